"""The training loop: steps, validation, early stopping, Ctrl-C, and resuming.

What is learned is an :class:`Objective`: the targets of reviews
(:mod:`cinesent.training.engine.review_objective`) or the words of a text
(:mod:`cinesent.training.engine.language_objective`).

Why not ``keras.Model.fit`` with callbacks? For one reason: a run that is killed at any step has
to reach, after resuming, the weights that it would have reached undisturbed, to the bit. That takes
the position within the shuffled epoch, the running means, and every variable of model and
optimizer, the dropouts' random streams among them, saved together after a step. ``fit`` owns the
data iterator and the metrics, and starts both again at the beginning of an epoch; its
``BackupAndRestore`` can save within an epoch but cannot return to that step. The rest would fit
into Keras: batches of a token budget into a ``PyDataset``, the adversarial step and the language
model into a ``train_step`` each, validation, early stopping and Ctrl-C into callbacks. But beside
the loop that resuming needs anyway, they are a few lines each. The price is that Keras callbacks
cannot be plugged in here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from cinesent.errors import TrainingError
from cinesent.progress import Task
from cinesent.training.engine.records import EpochRecord, EpochTotals, FitState, StepRecord
from cinesent.training.engine.run import Run

if TYPE_CHECKING:
    from keras import Model

#: Seconds between two checkpoints within an epoch.
CHECKPOINT_SECONDS = 60.0

#: Receives the record of each finished epoch.
OnEpoch = Callable[[EpochRecord], None]


class Objective(Protocol):
    """What a model learns, and how that is measured.

    Attributes:
        epochs: passes over the examples at most.
        patience: epochs without a lower validation loss before stopping.
        record_type: class of the epochs' records.
    """

    epochs: int
    patience: int
    record_type: type[EpochRecord]

    def compile(self, model: Model, seed: int) -> None:
        """Give the model its loss and an optimizer for all epochs."""

    def plan(self, seed: int, epoch: int) -> Sequence[Any]:
        """Return what the steps of an epoch read, in order."""

    def step(self, model: Model, planned: Any) -> StepRecord:
        """Take one step."""

    def validate(self, model: Model) -> tuple[float, float]:
        """Return loss and accuracy on the validation data."""


def fit(
    model: Model, objective: Objective, run: Run, *, on_epoch: OnEpoch | None = None
) -> FitState:
    """Train `model` and give it the weights of the epoch with the lowest validation loss.

    Args:
        model: from :mod:`cinesent.models.lstm` or :mod:`cinesent.models.language_model`, of the
            kind that the objective is for.
        objective: what to learn.
        run: its seed decides the order of the examples. The state is written to its checkpoint
            every minute and after each epoch, and a state found there is resumed. Its interrupt
            stops the training after the step under way.
        on_epoch: receives the record of each epoch that this call finishes.

    Returns:
        History and best weights, which the model holds as well. After an interruption before the
        first validation, they are the current weights.

    Raises:
        TrainingError: the loss is no longer a finite number, or the checkpoint is damaged.
    """
    from cinesent.models.backend import computes_on_gpu
    from cinesent.models.cudnn import uses_cudnn
    from cinesent.models.lstm import get_weights, set_weights

    objective.compile(model, run.seed)
    if computes_on_gpu() and not uses_cudnn(model):
        run.reporter.warning("this GPU computes the LSTMs step by step, not with cuDNN: slow")
    state = FitState()
    run.checkpoint.load_state(model, state, objective.record_type)
    with run.interrupt.listening():
        while state.epoch < objective.epochs and not _out_of_patience(state, objective):
            _train_epoch(model, objective, state, run)
            if run.interrupt.requested:
                break
            record = _finish_epoch(model, objective, state, run)
            if on_epoch:
                on_epoch(record)
            run.checkpoint.save_state(model, state)
    if run.interrupt.requested:
        run.checkpoint.save_state(model, state)
    if state.best_weights:
        set_weights(model, state.best_weights)
    else:
        state.best_weights = get_weights(model)
    return state


def _out_of_patience(state: FitState, objective: Objective) -> bool:
    return state.epoch - state.best_epoch >= objective.patience


def _train_epoch(model: Model, objective: Objective, state: FitState, run: Run) -> None:
    """Take the steps of the current epoch that are not done yet."""
    plan = objective.plan(run.seed, state.epoch)
    name = f"epoch {state.epoch + 1}/{objective.epochs}"
    if state.step:
        run.reporter.message(f"{name} resumes at step {state.step} of {len(plan)}")
    saved = time.monotonic()
    task = run.reporter.task(name, total=len(plan), completed=state.step, unit="steps")
    with task:
        for planned in plan[state.step :]:
            _take_step(model, objective, planned, state, task)
            if run.interrupt.requested:
                return
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                run.checkpoint.save_state(model, state)
                saved = time.monotonic()


def _take_step(
    model: Model, objective: Objective, planned: Any, state: FitState, task: Task
) -> None:
    started = time.perf_counter()
    model.reset_metrics()
    done = objective.step(model, planned)
    if not math.isfinite(done.loss):
        raise TrainingError(
            f"the loss became {done.loss} in epoch {state.epoch + 1}, step {state.step + 1}. "
            "Try a lower learning_rate, or clip_norm=1."
        )
    state.totals.add(done, time.perf_counter() - started)
    state.step += 1
    task.update(state.step, state.totals.summary())


def _finish_epoch(model: Model, objective: Objective, state: FitState, run: Run) -> EpochRecord:
    """Validate, record, and keep the weights if they are the best so far."""
    from cinesent.models.lstm import get_weights

    val_loss, val_accuracy = objective.validate(model)
    record = objective.record_type(
        epoch=state.epoch + 1,
        loss=state.totals.mean_loss,
        accuracy=state.totals.accuracy,
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        seconds=state.totals.seconds,
        tokens_per_second=state.totals.tokens_per_second,
    )
    improved = state.best is None or record.val_loss < state.best.val_loss
    state.history.append(record)
    state.epoch, state.step, state.totals = record.epoch, 0, EpochTotals()
    if improved:
        state.best_epoch, state.best_weights = record.epoch, get_weights(model)
    best = "  best so far" if improved else ""
    run.reporter.message(f"epoch {record.epoch}/{objective.epochs}  {record.summary()}{best}")
    return record

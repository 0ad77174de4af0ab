"""The epochs: steps, validation, early stopping, interruption, going on after a kill.

What is learnt is an :class:`Objective`: the labels of reviews (`training/objective.py`), or which
word comes next (`training/pretrain.py`).
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from cinesent.errors import TrainingError
from cinesent.training.checkpoint import Checkpoint

if TYPE_CHECKING:
    from keras import Model

    from cinesent.models.lstm import Weights

#: Seconds between two checkpoints within an epoch.
CHECKPOINT_SECONDS = 60.0


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch showed; a row of `history.csv`.

    Attributes:
        epoch: counted from 1.
        loss: mean cross-entropy of the training reviews against their targets, dropout on.
        accuracy: share of training reviews on the same side of 0.5 as their target, dropout on.
        val_loss: mean cross-entropy of the validation reviews, dropout off.
        val_accuracy: share of validation reviews labelled rightly.
        seconds: of training, validation not counted.
        tokens_per_second: real tokens, padding not counted.

    A language model's are of words: which one is next.
    """

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float
    tokens_per_second: float

    def summary(self) -> str:
        """Return the numbers as a line of a log."""
        return (
            f"loss {self.loss:.4f}  accuracy {self.accuracy:.4f}  "
            f"val_loss {self.val_loss:.4f}  val_accuracy {self.val_accuracy:.4f}  "
            f"{self.seconds:.0f} s  {self.tokens_per_second:,.0f} tokens/s"
        )


@dataclass(frozen=True)
class StepRecord:
    """What one step showed.

    Attributes:
        loss: mean over the batch.
        accuracy: share of right answers.
        weight: by which the two count in the epoch's means: how many answers were asked for.
        num_tokens: the real ones that were read.
    """

    loss: float
    accuracy: float
    weight: float
    num_tokens: int


class Objective(Protocol):
    """What a model is to learn, and how that is measured.

    Attributes:
        epochs: passes at most.
        patience: epochs without a better validation loss before stopping.
        record_type: of the epochs' records.
    """

    epochs: int
    patience: int
    record_type: type[EpochRecord]

    def compile(self, model: Model, seed: int) -> None:
        """Give the model its loss and an optimizer for all epochs."""

    def plan(self, seed: int, epoch: int) -> Sequence[Any]:
        """Return what the steps of an epoch are to read, in order."""

    def step(self, model: Model, planned: Any) -> StepRecord:
        """Take one step."""

    def validate(self, model: Model) -> tuple[float, float]:
        """Return loss and accuracy on what was held out."""


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        epoch: epochs finished.
        step: steps done in the epoch under way.
        sums: of losses, of right answers, of answers, of tokens and of seconds in that epoch.
        history: the finished epochs.
        best_epoch: the epoch with the lowest validation loss, 0 before the first.
        best_weights: the weights after it.
    """

    epoch: int = 0
    step: int = 0
    sums: list[float] = field(default_factory=lambda: [0.0] * 5)
    history: list[EpochRecord] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: Weights = field(default_factory=dict)

    @property
    def best(self) -> EpochRecord | None:
        """The record of the best epoch."""
        return self.history[self.best_epoch - 1] if self.best_epoch else None

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the weights."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "sums": self.sums,
            "history": [asdict(record) for record in self.history],
            "best_epoch": self.best_epoch,
        }

    def restore(self, payload: dict[str, Any], best_weights: Weights) -> None:
        """Take over what :meth:`to_dict` returned."""
        self.epoch, self.step = payload["epoch"], payload["step"]
        self.sums, self.best_epoch = list(payload["sums"]), payload["best_epoch"]
        self.history = [EpochRecord(**record) for record in payload["history"]]
        self.best_weights = best_weights


class Reporter(Protocol):
    """Hears how the training goes. The default one is silent; the command line shows it."""

    def say(self, message: str) -> None:
        """Hear a line about a stage."""

    def epoch_started(self, epoch: int, epochs: int, step: int, steps: int) -> None:
        """Hear that an epoch starts, or goes on at `step`."""

    def step_done(self, step: int, loss: float, accuracy: float, tokens_per_second: float) -> None:
        """Hear the running means of the epoch."""

    def epoch_done(self, record: EpochRecord, best: bool) -> None:
        """Hear what the epoch showed, and whether it is the best so far."""


class SilentReporter:
    """Says nothing."""

    def say(self, message: str) -> None:
        """Drop the line."""

    def epoch_started(self, epoch: int, epochs: int, step: int, steps: int) -> None:
        """Say nothing."""

    def step_done(self, step: int, loss: float, accuracy: float, tokens_per_second: float) -> None:
        """Say nothing."""

    def epoch_done(self, record: EpochRecord, best: bool) -> None:
        """Say nothing."""


class Interrupt:
    """Set by Ctrl-C, read between two steps, so that no step is cut in half."""

    def __init__(self) -> None:
        """Begin unset."""
        self.requested = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Catch the first Ctrl-C; the second one stops the program as usual."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def note(signum: int, frame: object) -> None:
            self.requested = True
            signal.signal(signal.SIGINT, signal.default_int_handler)

        before = signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def fit(
    model: Model,
    objective: Objective,
    *,
    seed: int = 0,
    checkpoint: Checkpoint | None = None,
    reporter: Reporter | None = None,
    interrupt: Interrupt | None = None,
) -> Progress:
    """Train `model`, keep the weights of the epoch with the lowest validation loss.

    Args:
        model: from :func:`~cinesent.models.lstm.build_model` or another one of
            :mod:`cinesent.models`, of the kind that the objective is for.
        objective: what to learn.
        seed: of the order of the reviews.
        checkpoint: where to write the state every minute and after each epoch; a state that lies
            there already is gone on with.
        reporter: hears of every step and epoch.
        interrupt: set from outside, stops the training after the step under way.

    Returns:
        The progress: history and best weights, which the model holds as well. Interrupted before
        the first validation, the weights are those of the moment.

    Raises:
        TrainingError: the loss is not a number any more.
    """
    from cinesent.models.backend import computes_on_gpu
    from cinesent.models.cudnn import uses_cudnn
    from cinesent.models.lstm import get_weights, set_weights

    reporter = reporter or SilentReporter()
    interrupt = interrupt or Interrupt()
    objective.compile(model, seed)
    if computes_on_gpu() and not uses_cudnn(model):
        reporter.say("note: this GPU computes the LSTMs word by word, not in cuDNN's kernels: slow")
    progress = Progress()
    if checkpoint:
        checkpoint.load_state(model, progress)
    with interrupt.listening():
        while progress.epoch < objective.epochs and not _out_of_patience(progress, objective):
            plan = objective.plan(seed, progress.epoch)
            reporter.epoch_started(progress.epoch + 1, objective.epochs, progress.step, len(plan))
            _run_steps(model, objective, plan, progress, checkpoint, reporter, interrupt)
            if interrupt.requested:
                break
            _finish_epoch(model, objective, progress, reporter)
            if checkpoint:
                checkpoint.save_state(model, progress)
    if interrupt.requested and checkpoint:
        checkpoint.save_state(model, progress)
    if progress.best_weights:
        set_weights(model, progress.best_weights)
    else:
        progress.best_weights = get_weights(model)
    return progress


def _out_of_patience(progress: Progress, objective: Objective) -> bool:
    return progress.epoch - progress.best_epoch >= objective.patience


def _run_steps(
    model: Model,
    objective: Objective,
    plan: Sequence[Any],
    progress: Progress,
    checkpoint: Checkpoint | None,
    reporter: Reporter,
    interrupt: Interrupt,
) -> None:
    """Take the steps of one epoch that are still to do."""
    saved = time.monotonic()
    for planned in plan[progress.step :]:
        started = time.perf_counter()
        model.reset_metrics()
        done = objective.step(model, planned)
        if not math.isfinite(done.loss):
            raise TrainingError(
                f"the loss became {done.loss} in epoch {progress.epoch + 1}, step "
                f"{progress.step + 1}. Try a lower learning_rate, or clip_norm=1."
            )
        seconds = time.perf_counter() - started
        n = done.weight
        for place, value in enumerate(
            (done.loss * n, done.accuracy * n, n, done.num_tokens, seconds)
        ):
            progress.sums[place] += value
        progress.step += 1
        losses, accuracies, weight, tokens, total = progress.sums
        reporter.step_done(progress.step, losses / weight, accuracies / weight, tokens / total)
        if interrupt.requested:
            return
        if checkpoint and time.monotonic() - saved > CHECKPOINT_SECONDS:
            checkpoint.save_state(model, progress)
            saved = time.monotonic()


def _finish_epoch(
    model: Model, objective: Objective, progress: Progress, reporter: Reporter
) -> None:
    """Validate, record, and keep the weights if they are the best so far."""
    from cinesent.models.lstm import get_weights

    val_loss, val_accuracy = objective.validate(model)
    losses, accuracies, weight, tokens, seconds = progress.sums
    record = objective.record_type(
        epoch=progress.epoch + 1,
        loss=losses / weight,
        accuracy=accuracies / weight,
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        seconds=seconds,
        tokens_per_second=tokens / seconds,
    )
    best = progress.best is None or record.val_loss < progress.best.val_loss
    progress.history.append(record)
    progress.epoch, progress.step, progress.sums = record.epoch, 0, [0.0] * 5
    if best:
        progress.best_epoch, progress.best_weights = record.epoch, get_weights(model)
    reporter.epoch_done(record, best)

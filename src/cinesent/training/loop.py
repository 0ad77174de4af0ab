"""The epochs: steps, validation, early stopping, interruption, going on after a kill."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cinesent.config import Recipe
from cinesent.errors import TrainingError
from cinesent.training.batches import Examples, make_batch, plan_batches, prediction_batches
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
    """

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float
    tokens_per_second: float


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        epoch: epochs finished.
        step: steps done in the epoch under way.
        sums: of loss, of agreements, of reviews, of tokens and of seconds in that epoch.
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


def compile_model(model: Model, recipe: Recipe, num_steps: int) -> None:
    """Give the model its loss and its optimizer, whose schedule ends after `num_steps` steps."""
    import keras

    settings = recipe.training
    rate: Any = settings.learning_rate
    if settings.schedule == "linear":
        rate = _linear_schedule(rate, min(settings.warmup_steps, num_steps // 10), num_steps)
    optimizer = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}
    model.compile(
        optimizer=optimizer[settings.optimizer](
            learning_rate=rate, clipnorm=settings.clip_norm or None
        ),
        loss="binary_crossentropy",
        weighted_metrics=[_agreement],
        # XLA would compile each batch shape anew on TensorFlow; JAX compiles in any case.
        jit_compile=keras.backend.backend() == "jax",
    )


def _linear_schedule(peak: float, warmup: int, num_steps: int) -> Any:
    """Return a schedule that climbs to `peak` in `warmup` steps and falls to zero at the end."""
    import keras
    from keras import ops

    class WarmupThenLinear(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            step = ops.cast(step, "float32")
            climb = ops.minimum((step + 1.0) / max(1, warmup), 1.0)
            fall = ops.maximum(0.0, (num_steps - step) / max(1, num_steps - warmup))
            return peak * ops.minimum(climb, fall)

        def get_config(self) -> dict[str, Any]:
            return {"peak": peak, "warmup": warmup, "num_steps": num_steps}

    return WarmupThenLinear()


def _agreement(targets: Any, probabilities: Any) -> Any:
    """Whether target and prediction lie on the same side of 0.5: accuracy for soft targets too."""
    from keras import ops

    return ops.cast(ops.equal(targets > 0.5, probabilities > 0.5), "float32")


def predict_rows(model: Model, rows: Sequence[NDArray[np.int32]]) -> NDArray[np.float64]:
    """Return P(positive) of each encoded review, float64 (n,), in order."""
    probabilities = np.zeros(len(rows))
    for indices, ids in prediction_batches(rows):
        predicted = np.asarray(model.predict_on_batch(ids))
        probabilities[indices] = predicted[: len(indices), 0]
    return probabilities


def cross_entropy(targets: NDArray[Any], probabilities: NDArray[Any]) -> float:
    """Return the mean negative log-likelihood in nats, probabilities clipped at 1e-7."""
    p = np.clip(probabilities, 1e-7, 1 - 1e-7)
    return float(-np.mean(targets * np.log(p) + (1 - targets) * np.log1p(-p)))


def fit(
    model: Model,
    recipe: Recipe,
    train: Examples,
    validation: Examples,
    *,
    seed: int = 0,
    checkpoint: Checkpoint | None = None,
    reporter: Reporter | None = None,
    interrupt: Interrupt | None = None,
) -> Progress:
    """Train `model`, keep the weights of the epoch with the lowest validation loss.

    Args:
        model: a network from :func:`~cinesent.models.lstm.build_model`.
        recipe: its recipe.
        train: what to learn.
        validation: what to choose the epoch on.
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
    from cinesent.models.lstm import get_weights, set_weights

    reporter = reporter or SilentReporter()
    interrupt = interrupt or Interrupt()
    lengths = np.array([len(row) for row in train.rows])
    steps = len(plan_batches(lengths, recipe, (seed, 0)))
    compile_model(model, recipe, steps * recipe.training.epochs)
    progress = Progress()
    if checkpoint:
        checkpoint.load_state(model, progress)
    with interrupt.listening():
        while progress.epoch < recipe.training.epochs and not _out_of_patience(progress, recipe):
            plan = plan_batches(lengths, recipe, (seed, progress.epoch))
            reporter.epoch_started(
                progress.epoch + 1, recipe.training.epochs, progress.step, len(plan)
            )
            _run_steps(model, train, plan, progress, checkpoint, reporter, interrupt)
            if interrupt.requested:
                break
            _finish_epoch(model, validation, progress, reporter)
            if checkpoint:
                checkpoint.save_state(model, progress)
    if interrupt.requested and checkpoint:
        checkpoint.save_state(model, progress)
    if progress.best_weights:
        set_weights(model, progress.best_weights)
    else:
        progress.best_weights = get_weights(model)
    return progress


def _out_of_patience(progress: Progress, recipe: Recipe) -> bool:
    return progress.epoch - progress.best_epoch >= recipe.training.patience


def _run_steps(
    model: Model,
    train: Examples,
    plan: list[Any],
    progress: Progress,
    checkpoint: Checkpoint | None,
    reporter: Reporter,
    interrupt: Interrupt,
) -> None:
    """Take the steps of one epoch that are still to do."""
    saved = time.monotonic()
    for indices, num_rows, width in plan[progress.step :]:
        started = time.perf_counter()
        batch = make_batch(train, indices, num_rows, width)
        model.reset_metrics()
        values = model.train_on_batch(batch.ids, batch.targets, batch.weights)
        loss, agreement = (float(value) for value in values)
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss} in epoch {progress.epoch + 1}, step {progress.step + 1}. "
                "Try a lower learning_rate, or clip_norm=1."
            )
        seconds = time.perf_counter() - started
        n = batch.num_reviews
        for place, value in enumerate((loss * n, agreement * n, n, batch.num_tokens, seconds)):
            progress.sums[place] += value
        progress.step += 1
        losses, agreements, reviews, tokens, total = progress.sums
        reporter.step_done(progress.step, losses / reviews, agreements / reviews, tokens / total)
        if interrupt.requested:
            return
        if checkpoint and time.monotonic() - saved > CHECKPOINT_SECONDS:
            checkpoint.save_state(model, progress)
            saved = time.monotonic()


def _finish_epoch(
    model: Model, validation: Examples, progress: Progress, reporter: Reporter
) -> None:
    """Validate, record, and keep the weights if they are the best so far."""
    from cinesent.models.lstm import get_weights

    probabilities = predict_rows(model, validation.rows)
    losses, agreements, reviews, tokens, seconds = progress.sums
    record = EpochRecord(
        epoch=progress.epoch + 1,
        loss=losses / reviews,
        accuracy=agreements / reviews,
        val_loss=cross_entropy(validation.targets, probabilities),
        val_accuracy=float(np.mean((probabilities > 0.5) == (validation.targets > 0.5))),
        seconds=seconds,
        tokens_per_second=tokens / seconds,
    )
    best = progress.best is None or record.val_loss < progress.best.val_loss
    progress.history.append(record)
    progress.epoch, progress.step, progress.sums = record.epoch, 0, [0.0] * 5
    if best:
        progress.best_epoch, progress.best_weights = record.epoch, get_weights(model)
    reporter.epoch_done(record, best)

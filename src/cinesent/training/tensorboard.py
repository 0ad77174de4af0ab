"""TensorBoard event files, written on request with TensorBoard's own writer."""

from __future__ import annotations

from pathlib import Path

from cinesent.errors import require
from cinesent.training.loop import EpochRecord, Reporter


class TensorBoardReporter:
    """Passes everything on to another reporter and writes each epoch as scalars.

    Attributes:
        folder: holds `train` and `validation`; show it with ``tensorboard --logdir FOLDER``.

    Raises:
        MissingExtraError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path, reporter: Reporter) -> None:
        """Open the writers."""
        require("tensorboard", "tensorboard", "Writing TensorBoard logs")
        from tensorboard.summary import Writer

        self.folder = folder
        self._reporter = reporter
        self._writers = {name: Writer(str(folder / name)) for name in ("train", "validation")}

    def say(self, message: str) -> None:
        """Pass the line on."""
        self._reporter.say(message)

    def epoch_started(self, epoch: int, epochs: int, step: int, steps: int) -> None:
        """Pass it on."""
        self._reporter.epoch_started(epoch, epochs, step, steps)

    def step_done(self, step: int, loss: float, accuracy: float, tokens_per_second: float) -> None:
        """Pass it on."""
        self._reporter.step_done(step, loss, accuracy, tokens_per_second)

    def epoch_done(self, record: EpochRecord, best: bool) -> None:
        """Write the epoch down and pass it on."""
        scalars = {
            "train": {
                "loss": record.loss,
                "accuracy": record.accuracy,
                "tokens_per_second": record.tokens_per_second,
            },
            "validation": {"loss": record.val_loss, "accuracy": record.val_accuracy},
        }
        for name, values in scalars.items():
            for key, value in values.items():
                self._writers[name].add_scalar(key, value, record.epoch)
            self._writers[name].flush()
        self._reporter.epoch_done(record, best)

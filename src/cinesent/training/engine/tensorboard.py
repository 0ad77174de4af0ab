"""TensorBoard event files, written on request with TensorBoard's own writer."""

from __future__ import annotations

from pathlib import Path

from cinesent.errors import TrainingError, option, require
from cinesent.training.engine.records import EpochRecord


class TensorBoardLog:
    """Writes each epoch as scalars; pass it to :func:`~cinesent.training.engine.loop.fit`.

    Args:
        folder: gets the folders `train` and `validation`; show it with
            ``tensorboard --logdir FOLDER``.

    Raises:
        MissingExtraError: TensorBoard is not installed.
        TrainingError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        require("tensorboard", "tensorboard", "Writing TensorBoard logs")
        from tensorboard.summary import Writer

        try:
            self._writers = {name: Writer(str(folder / name)) for name in ("train", "validation")}
        except OSError as error:
            raise TrainingError(
                f"TensorBoard logs cannot be written to {folder}: {error.strerror or error}. "
                f"Name another folder with {option('tensorboard')}."
            ) from error

    def __call__(self, record: EpochRecord) -> None:
        """Write the record of an epoch."""
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

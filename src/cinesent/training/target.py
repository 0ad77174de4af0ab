"""The output folder, and the checkpoint beside it."""

from __future__ import annotations

from pathlib import Path

from cinesent.bundle import is_bundle
from cinesent.errors import TrainingError, option
from cinesent.training.engine.checkpoint import Checkpoint
from cinesent.training.language_files import is_language_model


def checkpoint_folder(out: Path) -> Path:
    """Return the folder of the unfinished run for `out`: beside it, not in it."""
    return out.with_name(f"{out.name}.checkpoint")


def open_checkpoint(out: Path, *, resume: bool = False, overwrite: bool = False) -> Checkpoint:
    """Return the checkpoint of a run; an unfinished one to be overwritten is removed.

    Raises:
        TrainingError: see :func:`check_target`.
    """
    check_target(out, resume=resume, overwrite=overwrite)
    folder = checkpoint_folder(out)
    if overwrite and not resume:
        Checkpoint(folder).remove()
    return Checkpoint(folder)


def check_target(out: Path, *, resume: bool = False, overwrite: bool = False) -> None:
    """Make sure, before any slow work, that training into `out` loses nothing.

    Raises:
        TrainingError: `out` holds a model, an unfinished run or something else, and neither
            `resume` nor `overwrite` says what to do; or there is no run to resume.
    """
    if not out.name:
        raise TrainingError(
            f"the folder '{out}' cannot be replaced. Name another one with {option('out')}."
        )
    checkpoint = Checkpoint(checkpoint_folder(out))
    if resume:
        if not checkpoint.exists:
            raise TrainingError(
                f"there is no unfinished run to resume: {checkpoint.folder} does not exist. "
                f"Leave out {option('resume', True)}, or name the folder of the run with "
                f"{option('out')}."
            )
        return
    ours = is_bundle(out) or is_language_model(out)
    if out.exists() and not ours and (not out.is_dir() or any(out.iterdir())):
        raise TrainingError(
            f"{out} exists and is not a model of cinesent; it is not replaced. "
            f"Name another folder with {option('out')}."
        )
    if overwrite:
        return
    if checkpoint.exists:
        raise TrainingError(
            f"{checkpoint.folder} holds an unfinished run. Resume it with "
            f"{option('resume', True)}, or delete it with {option('overwrite', True)}."
        )
    if ours:
        raise TrainingError(
            f"{out} holds a model already. Name another folder with {option('out')}, or replace "
            f"the model with {option('overwrite', True)}."
        )

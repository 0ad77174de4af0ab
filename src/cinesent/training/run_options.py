"""The options of a run, checked before any work is done."""

from __future__ import annotations

import numbers
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cinesent.environment import expand_user
from cinesent.errors import ConfigError, option
from cinesent.progress import Reporter
from cinesent.training.initial import model_folder
from cinesent.training.target import checkpoint_folder

# Seeds are below this: scikit-learn and Keras take no larger ones.
_SEEDS = 2**32


@dataclass(frozen=True)
class RunOptions:
    """The options that `train` and `pretrain` share, checked.

    Attributes:
        out: the output folder.
        seed: of everything random.
        backend: of Keras; None: `KERAS_BACKEND`, else TensorFlow.
        mixed_precision: whether to compute in bfloat16 during training.
        resume: whether to resume the unfinished run for `out`.
        overwrite: whether to replace a model and delete an unfinished run.
        command: what started the run, for the manifest.
        reporter: receives messages and progress.

    Raises:
        ConfigError: a value is of the wrong type or out of its bounds.
    """

    out: Path
    seed: int
    backend: str | None
    mixed_precision: bool
    resume: bool
    overwrite: bool
    command: str | None
    reporter: Reporter

    def __post_init__(self) -> None:
        """Check the types, and turn an integer of NumPy into one of Python."""
        for name in ("mixed_precision", "resume", "overwrite"):
            check_option(name, getattr(self, name), bool, "True or False")
        for name in ("backend", "command"):
            check_option(name, getattr(self, name), (str, type(None)), "a str or None")
        check_option("reporter", self.reporter, Reporter, "a cinesent.progress.Reporter")
        check_option("seed", self.seed, numbers.Integral, "a whole number")
        if not 0 <= self.seed < _SEEDS:
            raise ConfigError(
                f"{option('seed')} is {self.seed}; expected a number from 0 to {_SEEDS - 1}."
            )
        object.__setattr__(self, "seed", int(self.seed))
        if self.out.name:
            # A name that leaves no room for the checkpoint beside it is refused here as well.
            expand_user(checkpoint_folder(self.out))


def path_option(name: str, value: str | os.PathLike[str]) -> Path:
    """Return the path that an option names.

    Raises:
        ConfigError: it is not a path.
    """
    check_option(name, value, (str, os.PathLike), "a path")
    return expand_user(value)


def check_option(name: str, value: object, kinds: type | tuple[type, ...], expected: str) -> None:
    """Raise unless the value of an option is of one of the `kinds`.

    Raises:
        ConfigError: it is not; bool counts as a number nowhere.
    """
    if isinstance(value, kinds) and (kinds is bool or not isinstance(value, bool)):
        return
    raise ConfigError(f"{option(name)} is of type {type(value).__name__}; expected {expected}.")


def teacher_folders(teachers: object) -> list[Path]:
    """Return the folders that the option `teachers` names.

    Raises:
        ConfigError: it is not a list of folders.
    """
    if isinstance(teachers, (str, bytes, os.PathLike, Mapping)) or not isinstance(
        teachers, Iterable
    ):
        raise ConfigError(
            f"{option('teachers')} is of type {type(teachers).__name__}; expected a list of model "
            "folders."
        )
    return [model_folder(folder) for folder in teachers]

"""Everything that cinesent raises on purpose.

    CinesentError
    ├── DataError          a file, archive, row or label is not what it must be
    │   └── DownloadError  the data could not be fetched
    ├── ConfigError        a preset, key or value is not known
    ├── BundleError        a model folder is missing, damaged or of another format
    ├── TrainingError      training cannot start or go on
    ├── ScoringError       scoring a file cannot start, go on or be resumed
    └── MissingExtraError  an optional dependency is not installed

Each message says what was wrong, what was found, what was expected and how to mend it; the
command line prints it as it is and exits with status 1 (2 for :class:`ConfigError`, which is
wrong usage).
"""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Iterable


class CinesentError(Exception):
    """The root of the tree: catch this to catch every error that cinesent raises on purpose."""

    exit_status = 1


class DataError(CinesentError):
    """A file, archive, row or label is not what it must be."""


class DownloadError(DataError):
    """The data could not be fetched."""


class ConfigError(CinesentError):
    """A preset, a key or a value is not known; the message names the nearest valid one."""

    exit_status = 2


class BundleError(CinesentError):
    """A model folder is missing, damaged, or of a format this version does not read."""


class TrainingError(CinesentError):
    """Training cannot start or go on."""


class ScoringError(CinesentError):
    """Scoring a file cannot start, go on or be resumed, or its result cannot be written."""


class MissingExtraError(CinesentError):
    """An optional dependency is not installed; the message holds the command that installs it."""

    def __init__(self, extra: str, what: str) -> None:
        """Name the `extra` to install and `what` needs it."""
        super().__init__(
            f"{what} needs the '{extra}' extra, which is not installed. "
            f"Install it with: pip install 'cinesent[{extra}]'"
        )
        self.extra = extra


def require(module: str, extra: str, what: str) -> None:
    """Raise :class:`MissingExtraError` unless `module` can be imported (it is not imported here).

    Raises:
        MissingExtraError: `module` is not installed.
    """
    if importlib.util.find_spec(module) is None:
        raise MissingExtraError(extra, what)


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which of the `known` words comes nearest to a mistyped `word`, then list them all.

    Example:
        >>> nearest("defualt", ["classic", "default"])
        "Did you mean 'default'? Known: classic, default."
    """
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    hint = f"Did you mean '{close[0]}'? " if close else ""
    return f"{hint}Known: {', '.join(names)}."

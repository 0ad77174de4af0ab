"""Everything that cinesent raises on purpose.

    CinesentError
    ├── DataError          a file, archive, row or label is not what it must be
    │   └── DownloadError  the data could not be fetched
    ├── ConfigError        a preset, key or value is not known
    ├── BundleError        a model folder is missing, damaged or of another format
    ├── TrainingError      training cannot start or continue
    ├── ScoringError       scoring a file cannot start, continue or be resumed
    └── MissingExtraError  an optional dependency is not installed

Each message says what was wrong, what was found, what was expected and how to fix it. The command
line prints it and exits with status 1 (2 for :class:`ConfigError`, which is wrong usage).

A message that advises a parameter names it with :func:`option`, so that a Python caller reads
``text_column="review"`` and a user of the command line ``--text-column review``.
"""

from __future__ import annotations

import difflib
import importlib.util
import json
import re
from collections.abc import Callable, Iterable

# Flags whose names differ from the parameters they set.
_FLAGS = {"initial": "--from", "teachers": "--teacher", "settings": "--set"}
# What `option` leaves in a message: a parameter and its value as JSON, between two marks that no
# text holds.
_OPTION = re.compile("\\x02(\\w+)=?(.*?)\\x03", re.DOTALL)


def option(name: str, value: object = None) -> str:
    """Name a parameter in an error message, with the value to give it if there is one to advise.

    Args:
        name: of the parameter in Python, such as "text_column".
        value: a string, number or True; None names the parameter alone.

    Example:
        >>> error = DataError(f"no text column; try {option('text_column', 'review')}.")
        >>> str(error)
        "no text column; try text_column='review'."
        >>> error.for_command_line()
        'no text column; try --text-column review.'
    """
    shown = "" if value is None else f"={json.dumps(value)}"
    return f"\x02{name}{shown}\x03"


class CinesentError(Exception):
    """The root of the tree: catch this to catch every error that cinesent raises on purpose."""

    exit_status = 1

    def __str__(self) -> str:
        return self._rendered(_in_python)

    def for_command_line(self) -> str:
        """Return the message with parameters named as flags."""
        return self._rendered(_as_flag)

    def _rendered(self, render: Callable[[str, str], str]) -> str:
        return _OPTION.sub(lambda found: render(found[1], found[2]), super().__str__())


def _in_python(name: str, value: str) -> str:
    return f"{name}={json.loads(value)!r}" if value else name


def _as_flag(name: str, value: str) -> str:
    flag = _FLAGS.get(name, f"--{name.replace('_', '-')}")
    decoded = json.loads(value) if value else True
    return flag if decoded is True else f"{flag} {decoded}"


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
    """Training cannot start or continue."""


class ScoringError(CinesentError):
    """Scoring a file cannot start, continue or be resumed, or its result cannot be written."""


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

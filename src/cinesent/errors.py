"""Everything that cinesent raises on purpose.

    CinesentError
    ├── DataError          a file, archive, row or label is not what it must be
    │   └── DownloadError  the data could not be fetched
    ├── ConfigError        a preset, key or value is not known
    ├── BundleError        a model folder is missing, damaged or of another format
    ├── TrainingError      training cannot start or continue
    ├── ScoringError       scoring a file cannot start, continue or be resumed
    ├── ExportError        a model cannot be exported to another format
    └── MissingExtraError  an optional dependency is not installed

Each message says what was wrong, what was found, what was expected and how to fix it. The command
line prints it and exits with status 1 (2 for :class:`ConfigError`, which is wrong usage).

A message that advises a parameter names it with :func:`option`, so that a Python caller reads
``text_column="review"`` and a user of the command line ``--text-column review``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

# Flags whose names differ from the parameters they set.
_FLAGS = {"initial": "--from", "teachers": "--teacher", "settings": "--set"}
# What `option` leaves in a message: a parameter and its value as JSON between two control
# characters. The JSON escapes them, so a value cannot hold the second one.
_OPTION = re.compile(r"\x02(\w+)(?:=(.*?))?\x03", re.DOTALL)
# Words that share fewer letters than this (0 to 1, as difflib counts) are not suggested.
_SIMILAR = 0.75
_LONGEST_WORD = 100


def option(name: str, value: object = None) -> str:
    """Name a parameter in an error message, with the value to give it if there is one to advise.

    Args:
        name: of the parameter in Python, such as "text_column".
        value: a string, number, True, False or mapping; None names the parameter alone.

    Example:
        >>> error = DataError(f"no text column; try {option('text_column', 'review')}.")
        >>> str(error)
        "no text column; try text_column='review'."
        >>> error.for_command_line()
        'no text column; try --text-column review.'
    """
    shown = "" if value is None else f"={json.dumps(value, default=str)}"
    return f"\x02{name}{shown}\x03"


class CinesentError(Exception):
    """The root of the tree: catch this to catch every error that cinesent raises on purpose."""

    exit_status = 1

    def __str__(self) -> str:
        return self._rendered(_in_python)

    def for_command_line(self) -> str:
        """Return the message with parameters named as flags."""
        return self._rendered(_as_flag)

    def _rendered(self, render: Callable[[str, Any], str]) -> str:
        return _OPTION.sub(lambda found: _render(found, render), super().__str__())


def _render(found: re.Match[str], render: Callable[[str, Any], str]) -> str:
    """Replace one marked parameter; marks that `option` did not write are left as they are."""
    try:
        value = None if found[2] is None else json.loads(found[2])
    except (ValueError, RecursionError):
        return found[0]
    return render(found[1], value)


def _in_python(name: str, value: Any) -> str:
    return name if value is None else f"{name}={value!r}"


def _as_flag(name: str, value: Any) -> str:
    import shlex

    flag = _FLAGS.get(name, f"--{name.replace('_', '-')}")
    if value is None or value is True:
        return flag
    if value is False:
        return f"--no-{flag.removeprefix('--')}"
    if isinstance(value, dict):
        return " ".join(f"{flag} {shlex.quote(f'{key}={one}')}" for key, one in value.items())
    return f"{flag} {shlex.quote(str(value))}"


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


class ExportError(CinesentError):
    """A model cannot be exported, or the export cannot be written or differs from the model."""


class MissingExtraError(CinesentError):
    """An optional dependency is not installed; the message holds the command that installs it."""

    def __init__(self, extra: str, what: str) -> None:
        """Name the `extra` to install and `what` needs it."""
        super().__init__(
            f"{what} needs the '{extra}' extra, which is not installed. "
            f"Install it with: pip install 'cinesent[{extra}]'"
        )
        self.extra = extra
        self.what = what

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        """Let the error pass from one process to another."""
        return type(self), (self.extra, self.what)


def check_type(name: str, value: object, kinds: type | tuple[type, ...], expected: str) -> None:
    """Check the type of an argument; True and False do not pass as numbers.

    Args:
        name: of the parameter.
        value: the argument.
        kinds: the types that it may have.
        expected: them in words, such as "a whole number".

    Raises:
        ConfigError: `value` has another type.

    Example:
        >>> check_type("seed", "3", int, "a whole number")
        Traceback (most recent call last):
        cinesent.errors.ConfigError: seed is of type str; expected a whole number.
    """
    allowed = kinds if isinstance(kinds, tuple) else (kinds,)
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise ConfigError(f"{option(name)} is of type {type(value).__name__}; expected {expected}.")


def require(module: str, extra: str, what: str) -> None:
    """Raise :class:`MissingExtraError` unless `module` can be imported (it is not imported here).

    Raises:
        MissingExtraError: `module` is not installed.
    """
    import importlib.util

    try:
        found = importlib.util.find_spec(module) is not None
    except ValueError:  # imported already, by a program that put an object of its own in its place
        found = True
    if not found:
        raise MissingExtraError(extra, what)


def nearest(word: object, known: Iterable[str]) -> str:
    """Suggest the `known` word that a mistyped `word` is close to, if any, and list them all.

    A word that is not a string, because a caller passed something else, is close to none.

    Example:
        >>> nearest("defualt", ["classic", "default"])
        "Did you mean 'default'? Known: classic, default."
        >>> nearest("attention", ["pooling", "truncation"])
        'Known: pooling, truncation.'
    """
    names = sorted(known)
    mistyped = word if isinstance(word, str) else ""
    best = max(names, key=lambda name: _similarity(mistyped, name), default="")
    hint = f"Did you mean '{best}'? " if _similarity(mistyped, best) >= _SIMILAR else ""
    return f"{hint}Known: {', '.join(names)}."


def _similarity(word: str, name: str) -> float:
    """Return how alike two words are, 0 to 1; letters in another order count as nearly alike."""
    # A table in front, as in "model.units", would make every setting of that table alike.
    one, other = (text[:_LONGEST_WORD].rpartition(".")[2].lower() for text in (word, name))
    if one and sorted(one) == sorted(other):
        return 0.99 if one != other else 1.0
    import difflib

    return difflib.SequenceMatcher(None, one, other).ratio()

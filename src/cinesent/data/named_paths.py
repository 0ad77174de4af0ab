"""Finds a dataset on this machine: where a variable points, else in the cache folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cinesent.errors import DataError


def check_named(
    variable: str, path: Path, recognises: Callable[[Path], bool], what: str, expected: str
) -> Path:
    """Return the path that an environment variable names.

    Args:
        variable: the name of the variable.
        path: its value.
        recognises: whether a path looks like the dataset.
        what: the dataset is, such as "IMDB archive or folder".
        expected: what the path may be.

    Raises:
        DataError: the path does not exist or is something else.
    """
    if path.exists() and recognises(path):
        return path
    found = f"is no {what}" if path.exists() else "does not exist"
    raise DataError(
        f"{variable} is {str(path)!r}, which {found}. Expected {expected}. Correct the variable "
        "or unset it."
    )

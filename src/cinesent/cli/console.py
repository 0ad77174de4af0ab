"""What the commands share: where messages go and how they look."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


@cache
def stderr() -> Console:
    """Return the console for progress and messages; plain text where stderr is no terminal."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


@cache
def stdout() -> Console:
    """Return the console for results shown as tables."""
    from rich.console import Console

    return Console(highlight=False)


def say(message: str) -> None:
    """Write a line to stderr."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201


def report_error(message: str) -> None:
    """Write an error to stderr, marked as one."""
    say(f"error: {message}")

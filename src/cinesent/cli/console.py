"""What the commands share: where messages go and how they look."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import typer

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


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Take it for no error when the reader of stdout (head, say) goes: that ends the work, quietly.

    Typer would exit with status 1, and Python would complain when it flushes stdout at exit.
    """
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None

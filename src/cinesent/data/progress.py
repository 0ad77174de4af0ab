"""Shows how far a long transfer has come: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Told the bytes there now are and, where known, the bytes there will be.
Advance = Callable[[int, int | None], None]
Say = Callable[[str], None]

#: Seconds between two lines where stderr is no terminal.
LINE_EVERY = 10.0


def silent(_message: str) -> None:
    """Say nothing: what stands in for `say` where nobody listens."""


@contextmanager
def transfer_progress(what: str, say: Say | None) -> Iterator[Advance]:
    """Yield the function to call as bytes of `what` arrive; without `say` nothing is shown."""
    if say is None:
        yield lambda _done, _total: None
    elif sys.stderr.isatty():
        with _bar(what) as advance:
            yield advance
    else:
        yield _lines(what, say)


@contextmanager
def _bar(what: str) -> Iterator[Advance]:
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(what: str, say: Say) -> Advance:
    last = time.monotonic()

    def advance(done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last < LINE_EVERY:
            return
        last = time.monotonic()
        share = f" of {total / 1e6:,.0f} MB ({done / total:.0%})" if total else " MB"
        say(f"{what}: {done / 1e6:,.0f}{share}")

    return advance

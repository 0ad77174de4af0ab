"""How a long pass over a file looks: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cinesent.cli.console import say, stderr
from cinesent.data.progress import LINE_EVERY

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from cinesent.scoring.job import Progress


@contextmanager
def rate_reporter(quiet: bool) -> Iterator[RateReporter]:
    """Yield the reporter that fits what stderr is; `quiet` keeps nothing but what may surprise."""
    if quiet or not sys.stderr.isatty():
        yield LineReporter(quiet)
        return
    reporter = BarReporter()
    try:
        yield reporter
    finally:
        reporter.close()


class LineReporter:
    """Writes a line every ten seconds."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._last = 0.0

    def say(self, message: str) -> None:
        """Write the line."""
        say(message)

    def progress(self, progress: Progress) -> None:
        """Say how far it is, if that is due."""
        if self._quiet or progress.seconds - self._last < LINE_EVERY:
            return
        self._last = progress.seconds
        self.say(_sentence(progress))


class BarReporter:
    """Shows one line with a bar and the time that is left."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def say(self, message: str) -> None:
        """Write the line above the bar."""
        if self._bar is None:
            say(message)
        else:
            self._bar.console.print(message, markup=False)

    def progress(self, progress: Progress) -> None:
        """Move the bar."""
        if self._bar is None:
            self._start()
        if self._bar is not None and self._task is not None:
            total = 1.0 if progress.done is not None else None
            self._bar.update(
                self._task,
                total=total,
                completed=progress.done or 0.0,
                numbers=_numbers(progress),
                left=_left(progress),
            )

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None

    def _start(self) -> None:
        from rich import progress

        self._bar = progress.Progress(
            progress.BarColumn(bar_width=24),
            progress.TaskProgressColumn(),
            progress.TextColumn("{task.fields[numbers]}"),
            progress.TextColumn("{task.fields[left]}", style="progress.remaining"),
            console=stderr(),
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, numbers="", left="")
        self._bar.start()


RateReporter = LineReporter | BarReporter


def time_of(seconds: float) -> str:
    """Return a stretch of time as people say it.

    Example:
        >>> [time_of(seconds) for seconds in (3.21, 31.9, 75, 4000)]
        ['3.2 s', '32 s', '1 min 15 s', '1 h 6 min']
    """
    if round(seconds) < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _sentence(progress: Progress) -> str:
    share = "" if progress.done is None else f" ({progress.done:.0%})"
    left = _left(progress)
    return f"{progress.num_rows:,} rows{share}, {_rate(progress)}{f', {left}' if left else ''}"


def _numbers(progress: Progress) -> str:
    return f"{progress.num_rows:,} rows  {_rate(progress)}"


def _rate(progress: Progress) -> str:
    rate = progress.new_rows / progress.seconds if progress.seconds else 0.0
    return f"{rate:,.0f} reviews/s"


def _left(progress: Progress) -> str:
    """Say how long it will take, as soon as that is more than a guess."""
    share = progress.new_share
    if not share or progress.done is None or progress.seconds < 2:
        return ""
    seconds = progress.seconds * (1 - progress.done) / share
    return f"{time_of(seconds) if seconds >= 10 else f'{seconds:.0f} s'} left"

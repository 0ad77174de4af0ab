"""How messages and progress look: bars on a terminal, a line every ten seconds in a log."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cinesent.cli.console import say, stderr_console, stderr_is_terminal
from cinesent.cli.escaping import printable
from cinesent.errors import CinesentError
from cinesent.progress import Reporter, Task

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: Seconds between two lines of progress in a log.
LINE_EVERY = 10.0

# Seconds after which a rate is more than a guess.
_SETTLED = 2.0


class ConsoleReporter(Reporter):
    """Shows messages and progress on stderr.

    Args:
        quiet: show warnings only.
        progress: show progress too, unless `quiet`; False where results scroll by on the terminal.
    """

    def __init__(self, quiet: bool = False, *, progress: bool = True) -> None:
        self._quiet = quiet
        self._progress = progress and not quiet
        self._bars = _Bars() if self._progress and stderr_is_terminal() else None

    def message(self, text: str) -> None:
        """Write the line."""
        if not self._quiet:
            say(_for_command_line(text))

    def warning(self, text: str) -> None:
        """Write the line, also when quiet."""
        say(f"warning: {_for_command_line(text)}")

    def task(
        self, description: str, *, total: float | None = None, completed: float = 0, unit: str = ""
    ) -> Task:
        """Return a task that shows how far it is."""
        if not self._progress:
            return Task()
        state = _State(printable(description), unit, total, completed, begun_with=completed)
        return _LineTask(state) if self._bars is None else _BarTask(state, self._bars)


def duration(seconds: float) -> str:
    """Return a length of time as people say it.

    Example:
        >>> [duration(seconds) for seconds in (3.21, 31.9, 75, 4000)]
        ['3.2 s', '32 s', '1 min 15 s', '1 h 6 min']
    """
    if round(seconds) < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


@dataclass
class _State:
    """How far a task is.

    Attributes:
        description: what is being done.
        unit: of `total`: "bytes", "steps", "rows"; "" for a share from 0 to 1.
        total: how much there is to do; None where nobody knows.
        completed: how much is done.
        begun_with: how much of it was done before.
        detail: a few words on the state.
        started: when the task began, in seconds of the monotonic clock.
    """

    description: str
    unit: str
    total: float | None
    completed: float
    begun_with: float
    detail: str = ""
    started: float = field(default_factory=lambda: time.monotonic())

    def update(self, completed: float, detail: str, total: float | None) -> None:
        """Store what a task reported."""
        self.completed = completed
        self.detail = printable(detail)
        self.total = self.total if total is None else total

    def numbers(self) -> str:
        """Return how much is done, unless the percentage tells it, and the detail."""
        amount = "" if not self.unit or self.unit == "steps" and self.total else self._amount()
        return "  ".join(part for part in (amount, self.detail) if part)

    def remaining(self) -> str:
        """Return how long it will take, as soon as that is more than a guess."""
        elapsed = time.monotonic() - self.started
        new = self.completed - self.begun_with
        if not self.total or new <= 0 or elapsed < _SETTLED:
            return ""
        seconds = max(0.0, elapsed * (self.total - self.completed) / new)
        return f"{duration(seconds) if seconds >= 10 else f'{seconds:.0f} s'} left"

    def line(self) -> str:
        """Return the state as one line of a log."""
        share = f"{self.completed / self.total:.0%}" if self.total else ""
        parts = ", ".join(part for part in (share, self.numbers(), self.remaining()) if part)
        return f"{self.description}: {parts}" if parts else self.description

    def _amount(self) -> str:
        if self.unit == "bytes":
            whole = f" of {self.total / 1e6:,.0f}" if self.total else ""
            return f"{self.completed / 1e6:,.0f}{whole} MB"
        whole = f" of {self.total:,.0f}" if self.total else ""
        return f"{self.completed:,.0f}{whole} {self.unit}"


class _LineTask(Task):
    """Writes a line every ten seconds."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._last = state.started

    def update(self, completed: float, detail: str = "", *, total: float | None = None) -> None:
        self._state.update(completed, detail, total)
        now = time.monotonic()
        if now - self._last >= LINE_EVERY:
            self._last = now
            say(self._state.line())


class _BarTask(Task):
    """Moves a bar, which goes away when the task ends."""

    def __init__(self, state: _State, bars: _Bars) -> None:
        self._state = state
        self._bars = bars
        self._id: TaskID | None = bars.add(state)

    def update(self, completed: float, detail: str = "", *, total: float | None = None) -> None:
        self._state.update(completed, detail, total)
        if self._id is not None:
            self._bars.move(self._id, self._state)

    def close(self) -> None:
        if self._id is not None:
            self._bars.remove(self._id)
            self._id = None


class _Bars:
    """The bars under way, one a task, in one display that exists while there are any.

    While it does, Rich puts itself in the place of ``sys.stdout`` and ``sys.stderr`` and writes
    messages above the bars.
    """

    def __init__(self) -> None:
        self._progress: Progress | None = None

    def add(self, state: _State) -> TaskID:
        """Show a bar."""
        if self._progress is None:
            self._progress = _new_progress()
            self._progress.start()
        task = self._progress.add_task(state.description, total=state.total, numbers="", left="")
        self.move(task, state)
        return task

    def move(self, task: TaskID, state: _State) -> None:
        """Show the new state of a bar."""
        if self._progress is not None:
            self._progress.update(
                task,
                total=state.total,
                completed=state.completed,
                numbers=state.numbers(),
                left=state.remaining(),
            )

    def remove(self, task: TaskID) -> None:
        """Take a bar away, and the display with the last one."""
        if self._progress is not None:
            self._progress.remove_task(task)
            if not self._progress.tasks:
                self._progress.stop()
                self._progress = None


def _new_progress() -> Progress:
    from rich import progress

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=24),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[numbers]}", markup=False),
        progress.TextColumn("{task.fields[left]}", style="progress.remaining", markup=False),
        console=stderr_console(),
        transient=True,
        redirect_stdout=False,  # results go to stdout as they are
    )


def _for_command_line(text: str) -> str:
    """Return a message with the parameters that it names as flags, as errors do."""
    return CinesentError(text).for_command_line()

"""How training looks: a live line on a terminal, a plain line an epoch in a log."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from cinesent.cli.console import say, stderr

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from cinesent.training.loop import EpochRecord


def training_reporter() -> PlainReporter:
    """Return the reporter that fits what stderr is."""
    return LiveReporter() if sys.stderr.isatty() else PlainReporter()


class PlainReporter:
    """Writes one line a stage and one line an epoch."""

    def __init__(self) -> None:
        """Start the clock."""
        self._started = time.monotonic()
        self._epochs = 1

    def say(self, message: str) -> None:
        """Write the line."""
        say(message)

    def epoch_started(self, epoch: int, epochs: int, step: int, steps: int) -> None:
        """Remember how many epochs there are; say where a resumed one goes on."""
        self._epochs = epochs
        if step:
            self.say(f"epoch {epoch}/{epochs} goes on at step {step} of {steps}")

    def step_done(self, step: int, loss: float, accuracy: float, tokens_per_second: float) -> None:
        """Say nothing: a log wants a line an epoch."""

    def epoch_done(self, record: EpochRecord, best: bool) -> None:
        """Write the epoch's line."""
        self.say(
            f"epoch {record.epoch}/{self._epochs}  {record.summary()}"
            f"{'  best so far' if best else ''}"
        )


class LiveReporter(PlainReporter):
    """Shows the epoch under way as one line with a bar and the time it still takes."""

    def __init__(self) -> None:
        """Begin without a bar."""
        super().__init__()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def epoch_started(self, epoch: int, epochs: int, step: int, steps: int) -> None:
        """Show a bar for the epoch."""
        from rich import progress

        super().epoch_started(epoch, epochs, step, steps)
        self._bar = progress.Progress(
            progress.TextColumn("epoch {task.fields[epoch]}"),
            progress.BarColumn(bar_width=24),
            progress.TaskProgressColumn(),
            progress.TextColumn("{task.fields[numbers]}"),
            progress.TimeRemainingColumn(),
            console=stderr(),
            transient=True,
        )
        self._task = self._bar.add_task(
            "", total=steps, completed=step, epoch=f"{epoch}/{epochs}", numbers=""
        )
        self._bar.start()

    def step_done(self, step: int, loss: float, accuracy: float, tokens_per_second: float) -> None:
        """Move the bar."""
        if self._bar is not None and self._task is not None:
            numbers = f"loss {loss:.4f}  accuracy {accuracy:.4f}  {tokens_per_second:,.0f} tokens/s"
            self._bar.update(self._task, completed=step, numbers=numbers)

    def epoch_done(self, record: EpochRecord, best: bool) -> None:
        """Put the epoch's line in the bar's place."""
        self.close()
        super().epoch_done(record, best)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None

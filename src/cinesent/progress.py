"""How long work reports messages and progress: one protocol for every function that takes time.

A function takes ``reporter: Reporter = SILENT``. It sends one-line messages and warnings, and opens
a task for work that takes more than a moment::

    with reporter.task("scoring", total=1.0) as task:
        task.update(0.25, "12,000 rows  860 reviews/s")

The base class drops everything. The command line draws bars on a terminal and writes lines to a
log; a program passes a subclass of its own.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Task:
    """Work under way. This base class ignores what it is told."""

    def update(self, completed: float, detail: str = "", *, total: float | None = None) -> None:
        """Report how much is done.

        Args:
            completed: in the units of `total`.
            detail: a few words or numbers on the state, without a line end.
            total: how much there is to do, where it was unknown at the start or has changed.
        """

    def close(self) -> None:
        """End the task; called once, also after an error."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Reporter:
    """Receives messages, warnings and progress. This base class ignores them all.

    Example:
        >>> class Printing(Reporter):
        ...     def message(self, text: str) -> None:
        ...         print(text)
        >>> Printing().message("25,000 reviews")
        25,000 reviews
    """

    def message(self, text: str) -> None:
        """Receive one line about what was found or decided, without a line end."""

    def warning(self, text: str) -> None:
        """Receive one line that a user should see even when other messages are hidden.

        Such as a guess, a fallback, or data that was left out.
        """

    def task(
        self, description: str, *, total: float | None = None, completed: float = 0, unit: str = ""
    ) -> Task:
        """Return a task to report progress to; use it in a ``with`` statement.

        Args:
            description: what is being done, such as "epoch 2/3" or "downloading".
            total: how much there is to do; None where nobody knows yet.
            completed: how much was done before, by an interrupted run.
            unit: of `total`: "bytes", "steps", "rows"; "" for a share from 0 to 1.
        """
        return Task()


#: Ignores everything.
SILENT = Reporter()

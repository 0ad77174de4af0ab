"""Reporters that tests hand to a training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cinesent.progress import Reporter, Task


class Messages(Reporter):
    """Remembers messages and warnings, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.warnings: list[str] = []

    def message(self, text: str) -> None:
        self.lines.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)


class _Watched(Task):
    def __init__(self, description: str, at: str, step: int, act: Callable[[], Any]) -> None:
        self.due = description.startswith(at)
        self.step, self.act = step, act

    def update(self, completed: float, detail: str = "", *, total: float | None = None) -> None:
        if self.due and completed == self.step:
            self.act()


class ActsAtStep(Messages):
    """Calls `act` after a step of an epoch: a crash or Ctrl-C at a moment of the test's choice."""

    def __init__(self, epoch: int, step: int, act: Callable[[], Any]) -> None:
        super().__init__()
        self.at, self.step, self.act = f"epoch {epoch}/", step, act

    def task(self, description: str, **options: Any) -> Task:
        return _Watched(description, self.at, self.step, self.act)


def power_cut() -> None:
    raise RuntimeError("the power went")

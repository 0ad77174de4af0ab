"""A reporter that keeps what it receives, for tests."""

from __future__ import annotations

from cinesent.progress import Reporter, Task


class RecordedTask(Task):
    def __init__(self, description: str, total: float | None, unit: str) -> None:
        self.description, self.total, self.unit = description, total, unit
        self.updates: list[float] = []
        self.closed = 0

    def update(self, completed: float, detail: str = "", *, total: float | None = None) -> None:
        self.updates.append(completed)

    def close(self) -> None:
        self.closed += 1


class Recorder(Reporter):
    def __init__(self) -> None:
        self.messages: list[str] = []
        self.warnings: list[str] = []
        self.tasks: list[RecordedTask] = []

    def message(self, text: str) -> None:
        self.messages.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def task(
        self, description: str, *, total: float | None = None, completed: float = 0, unit: str = ""
    ) -> RecordedTask:
        self.tasks.append(RecordedTask(description, total, unit))
        return self.tasks[-1]

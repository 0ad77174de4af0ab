"""A reporter that keeps what it is told."""

from __future__ import annotations

from cinesent.progress import Reporter, Task


class Recorder(Reporter):
    """Keeps messages, warnings and the last state of every task."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.warnings: list[str] = []
        self.tasks: dict[str, list[float]] = {}

    def message(self, text: str) -> None:
        self.messages.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def task(self, description, *, total=None, completed=0, unit=""):
        steps = self.tasks.setdefault(description, [])

        class Recording(Task):
            def update(self, completed, detail="", *, total=None):
                steps.append(completed)

        return Recording()

"""The contestants that are open, and why the others are not."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from benchmarks.predicting.contestants import Settings
from benchmarks.predicting.field import FIELD, Spec
from benchmarks.predicting.worker import Worker, WorkerError

Row = dict[str, Any]
Say = Callable[[str], None]


class Contest:
    """The contestants that are open, and why the others are not."""

    def __init__(self, say: Say) -> None:
        self.workers: dict[str, Worker] = {}
        self.absent: dict[str, str] = {}
        self._say = say

    def ask(self, name: str, question: str, **values: Any) -> Any:
        """Ask a contestant; None from one that failed, which takes no further part."""
        if name not in self.workers:
            return None
        try:
            return self.workers[name].ask(question, **values)
        except WorkerError as error:
            self.drop(name, f"failed: {error}")
            return None

    def drop(self, name: str, why: str) -> None:
        """Close a contestant and remember why; without our own there is nothing to compare."""
        self._say(f"{name} takes no further part: {why}")
        self.absent[name] = why
        self.workers.pop(name).close()
        if name == "cinesent":
            raise WorkerError(f"cinesent {why}")

    def entries(self, kind: str) -> list[tuple[Spec, str, str]]:
        """Return (contestant, way, title) of all that are open, of kind `one` or `many`."""
        return [
            (worker.spec, way, title)
            for worker in list(self.workers.values())
            for way, title in getattr(worker.spec, kind).items()
        ]

    def close(self) -> None:
        """End all processes."""
        for worker in self.workers.values():
            worker.close()


def open_contest(
    names: Collection[str], settings: Settings, texts: Sequence[str], folder: Path, say: Say
) -> Contest:
    """Start a process for each contestant that is installed, all at a time, and give it the texts.

    Args:
        names: of those who take part.
        settings: what they are opened with.
        texts: the reviews they will be asked about.
        folder: for temporary files.
        say: told who is missing.

    Raises:
        WorkerError: our own classifier failed.
    """
    path = folder / "texts.json"
    path.write_text(json.dumps(list(texts)), encoding="utf-8")
    contest = Contest(say)
    for spec in (spec for spec in FIELD if spec.name in names):
        missing = spec.missing()
        if missing:
            contest.absent[spec.name] = f"not installed: {missing}"
        else:
            contest.workers[spec.name] = Worker(spec, settings)
    try:
        for name, worker in list(contest.workers.items()):
            say(f"opening {name}")
            try:
                worker.receive()
                worker.ask("texts", path=str(path))
            except WorkerError as error:
                contest.drop(name, f"failed: {error}")
    except BaseException:
        contest.close()
        raise
    return contest

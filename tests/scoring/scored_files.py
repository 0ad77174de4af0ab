"""Files to score, read and written without the code under test."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from cinesent.progress import Reporter, Task


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "cinesent", "score", *map(str, arguments)]


def write_csv(path: Path, rows: Iterable[Iterable[object]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def read_csv(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def write_jsonl(path: Path, records: Iterable[dict]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def read_jsonl(content: bytes | Path) -> list[dict]:
    if isinstance(content, Path):
        content = content.read_bytes()
    return [json.loads(line) for line in content.split(b"\n") if line]


class Recorder(Reporter):
    """Keeps what is reported."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.warnings: list[str] = []
        self.updates: list[tuple[float, str]] = []

    def message(self, text: str) -> None:
        self.messages.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def task(self, description, *, total=None, completed=0, unit=""):
        recorder = self

        class Recording(Task):
            def update(self, completed, detail="", *, total=None):
                recorder.updates.append((completed, detail))

        return Recording()

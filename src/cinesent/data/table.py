"""The rows of somebody's table before their labels are understood, and the rows that are bad."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cinesent.data.labels import plain
from cinesent.data.progress import Say, silent
from cinesent.errors import DataError
from cinesent.tables.columns import Columns

#: How many bad rows a message quotes.
QUOTED_PROBLEMS = 5


class Row(NamedTuple):
    """A usable row: its line (or its number), its text, and its label as it was written."""

    line: int
    text: str
    label: str


@dataclass
class Problems:
    """The bad rows of a file: how many there are, and the first few in words.

    Attributes:
        source: the file.
        unit: what stands between its name and the number of a row; None where the messages
            say themselves where they belong.
        total: how many bad rows there are.
        first: line and message of the first few, in order.
    """

    source: Path
    unit: str | None = ":"
    total: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, what: str) -> None:
        """Note the bad row at `line`; they need not come in order."""
        self.total += 1
        bisect.insort(self.first, (line, what))
        del self.first[QUOTED_PROBLEMS:]

    def raise_if_any(self) -> None:
        """Raise a :class:`DataError` that quotes the first bad rows, if there are any."""
        if not self.total:
            return
        more = self.total - len(self.first)
        tail = [f"… and {more:,} more."] if more else []
        kind = "file" if self.unit is None else "row"
        rows = f"1 bad {kind}" if self.total == 1 else f"{self.total:,} bad {kind}s"
        quoted = [
            what if self.unit is None else f"{self.source}{self.unit}{line}: {what}"
            for line, what in self.first
        ]
        lines = [f"{self.source} has {rows}; mend or remove:", *quoted, *tail]
        raise DataError("\n  ".join(lines))


@dataclass
class Options:
    """How to read a table: the columns asked for by name, and who is told what was found."""

    text_column: str | None = None
    label_column: str | None = None
    say: Say = silent


@dataclass
class Table:
    """The rows of a file.

    Attributes:
        columns: the columns they were taken from.
        rows: the usable rows.
        empty: how many empty rows were passed over.
    """

    columns: Columns
    rows: list[Row] = field(default_factory=list)
    empty: int = 0

    def add(self, line: int, text: object, label: object, problems: Problems) -> None:
        """Add a row, or note what is wrong with it."""
        blank_text, blank_label = _blank(text), _blank(label)
        if blank_text and blank_label:
            self.empty += 1
        elif blank_text:
            problems.add(line, f"the text is empty, but the label is {plain(label)!r}.")
        elif blank_label:
            problems.add(line, "the label is empty.")
        elif not isinstance(text, str):
            problems.add(line, f"the text is {text!r:.40}, expected a string.")
        elif "\0" in text:
            problems.add(line, "the text holds a NUL character.")
        else:
            self.rows.append(Row(line, text, plain(label)))


def _blank(value: object) -> bool:
    if isinstance(value, float):
        return value != value  # pandas writes what is missing as not-a-number
    return value is None or (isinstance(value, str) and not value.strip())

"""Gathers the bad rows of a file, so that one run tells about all of them."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

from cinesent.errors import DataError

#: How many bad rows a message quotes.
_QUOTED = 5


@dataclass
class BadRows:
    """The bad rows of a file: how many there are, and the first few in words.

    Attributes:
        source: the file.
        unit: what is written between its name and the number of a row; None where the messages
            name the places themselves.
        total: how many there are.
        advice: what else could be done about them.
        first: number and message of the first few, in order.
    """

    source: str
    unit: str | None = ":"
    total: int = 0
    advice: str = ""
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, what: str) -> None:
        """Note a bad row by its number; they need not come in order."""
        self.total += 1
        bisect.insort(self.first, (number, what))
        del self.first[_QUOTED:]

    def raise_if_any(self) -> None:
        """Raise a :class:`DataError` that quotes the first bad rows, if there are any."""
        if not self.total:
            return
        more = self.total - len(self.first)
        tail = [f"… and {more:,} more."] if more else []
        kind = "file" if self.unit is None else "row"
        rows = f"1 bad {kind}" if self.total == 1 else f"{self.total:,} bad {kind}s"
        quoted = [
            what if self.unit is None else f"{self.source}{self.unit}{number}: {what}"
            for number, what in self.first
        ]
        lines = [f"{self.source} has {rows}; fix or remove:{self.advice}", *quoted, *tail]
        raise DataError("\n  ".join(lines))

"""What the readers of text formats share."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cinesent.tables.rows import Dialect, Position, Row
from cinesent.tables.stream import ByteStream, Line

#: The characters that end a line.
LINE_ENDS = "\r\n"


class TextReader:
    """The part of a :class:`~cinesent.tables.rows.TableReader` that concerns the stream."""

    unit = ":"
    format = ""
    dialect: Dialect | None = None
    columns: list[str]
    keys: list[str]
    text_column: str

    def __init__(self, stream: ByteStream) -> None:
        self.stream = stream
        self.name = stream.name
        self.encoding: str | None = stream.encoding

    def first(self) -> Position:
        """Return where the first row begins."""
        return self.stream.first()

    def done(self) -> float | None:
        """Return the share of the source that has been read."""
        return self.stream.done()

    def select(self, names: Collection[str]) -> None:
        """Do nothing: the bytes of all columns have to be read anyway."""

    def values(self, row: Row) -> dict[str, Any]:
        """Return the values of a row by the names of their columns."""
        values: dict[str, Any] = row.record
        return values

    def close(self) -> None:
        """Close the file."""
        self.stream.close()


def plain_row(
    line: Line, record: Any, text: Any, error: str | None, *, well_formed: bool = False
) -> Row:
    """Return the row that one line holds."""
    raw = line.text.rstrip(LINE_ENDS) if line.text else None
    text = None if error else text
    return Row(line.number, line.end, line.size, record, text, error, raw, well_formed)

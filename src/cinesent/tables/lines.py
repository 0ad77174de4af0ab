"""Reads plain text, one review per line."""

from __future__ import annotations

from collections.abc import Iterator

from cinesent.tables.missing import text_error
from cinesent.tables.rows import Position, Row
from cinesent.tables.stream import ByteStream
from cinesent.tables.text_reader import LINE_ENDS, TextReader, plain_row


class LineReader(TextReader):
    """One review per line; an empty line is a row too, so that line n of a result is line n."""

    format = "lines"
    text_column = "text"

    def __init__(self, stream: ByteStream) -> None:
        super().__init__(stream)
        self.columns = self.keys = ["text"]

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        for line in self.stream.lines(start):
            text = line.text.rstrip(LINE_ENDS)
            error = line.error or text_error(text)
            yield plain_row(line, {"text": text}, text, error, well_formed=bool(line.text))

"""Reads CSV and TSV."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import Any

from cinesent.errors import DataError
from cinesent.tables.columns import find_text_column, unique_names
from cinesent.tables.missing import text_error
from cinesent.tables.rows import ROW_LIMIT, Dialect, Position, Row
from cinesent.tables.stream import HEAD_BYTES, ByteStream, Line
from cinesent.tables.text_reader import LINE_ENDS, TextReader

_FIELD_LIMIT = 2**31 - 1
_ENDS = "\r\n"


class DelimitedReader(TextReader):
    """CSV and TSV: a first row of names; quoted fields may hold delimiters, quotes, line ends.

    Attributes:
        delimiter: a comma, a semicolon or a tab.
        quoting: how csv reads it; TSV without quotes that pair up is read without any.
        line_end: of the first row.
    """

    def __init__(
        self,
        stream: ByteStream,
        text_column: str | None = None,
        *,
        tabs: bool = False,
    ) -> None:
        super().__init__(stream)
        head = stream.head.decode("utf-8", "replace")
        first = head.lstrip().partition("\n")[0]
        # Where the comma is the decimal sign, spreadsheets write CSV with semicolons.
        self.delimiter = "\t" if tabs else ";" if "," not in first and ";" in first else ","
        self.quoting: Any = csv.QUOTE_MINIMAL
        if tabs and not _quotes_fit(head, len(stream.head) < HEAD_BYTES):
            # Many TSV files know no quotes: there, a lone " would swallow the rows that follow.
            self.quoting = csv.QUOTE_NONE
        self.line_end = "\r\n" if first.endswith("\r") else "\n"
        self.format = "tsv" if tabs else "csv"
        self.dialect = Dialect(
            self.delimiter, self.quoting != csv.QUOTE_NONE, self.line_end, stream.has_mark
        )
        self._waiting: deque[Line] = deque()
        self._header_end = self._read_header()
        self.keys = unique_names(self.columns)
        self.text_column = find_text_column(self.columns, stream.name, text_column)
        self._text_at = self.columns.index(self.text_column)

    def first(self) -> Position:
        """Return where the row after the names begins."""
        return self._header_end

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        lines = self.stream.lines(start)
        self._waiting.clear()
        while (found := self._record(lines)) is not None:
            taken, fields, error = found
            yield self._row(taken, fields, error)

    def values(self, row: Row) -> dict[str, Any]:
        """Return the fields by their names."""
        return dict(zip(self.keys, row.record, strict=True))

    def _read_header(self) -> Position:
        lines = self.stream.lines(self.stream.first())
        while (found := self._record(lines)) is not None:
            taken, fields, error = found
            if error:
                raise DataError(f"{self.name}:{taken[0].number}: {error}")
            if any(map(str.strip, fields)):
                self.columns = fields
                return taken[-1].end
        raise DataError(f"{self.name} is empty: expected a first row that names the columns.")

    def _record(self, lines: Iterator[Line]) -> tuple[list[Line], list[str], str | None] | None:
        """Return the lines of the next record, its fields and its error; None at the end."""
        taken: list[Line] = []
        before = csv.field_size_limit(_FIELD_LIMIT)
        try:
            reader = csv.reader(
                self._feed(lines, taken),
                delimiter=self.delimiter,
                quoting=self.quoting,
                strict=True,
            )
            fields = next(reader, None)
        except csv.Error as error:
            # The lines that follow are given another chance: a broken quote costs one line.
            self._waiting.extendleft(reversed(taken[1:]))
            return taken[:1], [], taken[0].error or _csv_error(str(error))
        finally:
            csv.field_size_limit(before)
        if fields is None:
            return None
        return taken, fields, next((line.error for line in taken if line.error), None)

    def _feed(self, lines: Iterator[Line], taken: list[Line]) -> Iterator[str]:
        """Hand csv the lines of one record, as many as it asks for."""
        size = 0
        while True:
            line = self._waiting.popleft() if self._waiting else next(lines, None)
            if line is None:
                return
            taken.append(line)
            size += line.size
            if size > ROW_LIMIT:
                raise csv.Error("unexpected end of data")
            yield line.text

    def _row(self, taken: list[Line], fields: list[str], error: str | None) -> Row:
        line, end = taken[0].number, taken[-1].end
        size = sum(one.size for one in taken)
        width = len(self.columns)
        if not error and not any(map(str.strip, fields)) and len(fields) in (0, 1, width):
            return Row(line, end, size, fields, blank=1)
        if not error and len(fields) != width:
            error = self._wrong_count(fields, len(taken))
        # A row of the result has as many fields as any other.
        record = (fields + [""] * width)[:width]
        if error:
            return Row(line, end, size, record, error=error)
        text = record[self._text_at]
        error = text_error(text)
        raw = "".join(one.text for one in taken).rstrip(LINE_ENDS)
        return Row(line, end, size, record, None if error else text, error, raw, True)

    def _wrong_count(self, fields: list[str], num_lines: int) -> str:
        shown = {"\t": "a tab", ",": "a comma", ";": "a semicolon"}[self.delimiter]
        found = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
        over = f" over {num_lines:,} lines" if num_lines > 1 else ""
        return (
            f"{found}{over}, expected {len(self.columns)}; text that holds {shown} must stand in "
            'double quotes ("…").'
        )


def _csv_error(error: str) -> str:
    if "unexpected end of data" in error:
        return "a quoted field that begins in this row is never closed."
    return f'a quote inside a field must be written twice ("") ({error}).'


def _quotes_fit(head: str, is_whole: bool) -> bool:
    """Say whether the first rows of a TSV have as many fields as its header, quotes heeded."""
    if '"' not in head:
        return True
    if not is_whole:
        head = head[: head.rfind("\n") + 1]
    before = csv.field_size_limit(_FIELD_LIMIT)
    widths: set[int] = set()
    lines = 0
    reader = csv.reader(io.StringIO(head, newline=""), delimiter="\t", strict=True)
    try:
        for fields in reader:
            widths.add(len(fields))
            lines = reader.line_num
    except csv.Error as error:
        # Where the head ends within a field, the quotes may yet pair up.
        cut = not is_whole and "unexpected end of data" in str(error)
        if not cut or head.count("\n") - lines > 100:
            return False
    finally:
        csv.field_size_limit(before)
    return len(widths - {0}) == 1

"""Rows of CSV, TSV, JSON Lines and plain lines, one at a time."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections import deque
from collections.abc import Iterator
from typing import Any

from cinesent.errors import DataError
from cinesent.tables.columns import find_text_column
from cinesent.tables.rows import ROW_LIMIT, Position, Row, text_error
from cinesent.tables.stream import HEAD_BYTES, ByteStream, Line

_FIELD_LIMIT = 2**31 - 1
_ENDS = "\r\n"


class _TextSource:
    """What the sources of text share."""

    unit = ":"
    columns: list[str]

    def __init__(self, stream: ByteStream, text_limit: int) -> None:
        self.stream = stream
        self.name = stream.name
        self._text_limit = text_limit

    def first(self) -> Position:
        """Return where the first row begins."""
        return self.stream.first()

    def done(self) -> float | None:
        """Say what share of the source has been read."""
        return self.stream.done()

    def close(self) -> None:
        """Close the file."""
        self.stream.close()


class LineSource(_TextSource):
    """One review a line; an empty line is a row too, so that line n of the result is line n."""

    columns = ["text"]

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        for line in self.stream.lines(start):
            text = line.text.rstrip(_ENDS)
            error = line.error or text_error(text, self._text_limit)
            # What is too long to be read is too long to be repeated.
            yield _row(line, {"text": text}, text, error)

    def values(self, row: Row) -> dict[str, Any]:
        """Return the line as the column `text`."""
        values: dict[str, Any] = row.record
        return values


class JsonSource(_TextSource):
    """One JSON object a line.

    The text field is found in the first object; the fields in the first :data:`HEAD_BYTES` bytes
    are the columns, where the result needs some.
    """

    def __init__(self, stream: ByteStream, text_limit: int, text_column: str | None = None) -> None:
        super().__init__(stream, text_limit)
        records = list(_head_objects(stream.head))
        if not records:
            raise DataError(f"{stream.name} does not begin with JSON: expected an object a line.")
        self.columns = list(dict.fromkeys(itertools.chain.from_iterable(records)))
        self.text_column = find_text_column(self.columns, stream.name, text_column)

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        for line in self.stream.lines(start):
            content = line.text.strip()
            if not content and not line.error:
                yield Row(line.number, line.end, line.size, {}, blank=True)
                continue
            record, error = ({}, line.error) if line.error else _json_object(content)
            if error:
                yield _row(line, record, None, error)
                continue
            text = record.get(self.text_column)
            if self.text_column in record:
                error = text_error(text, self._text_limit)
            else:
                found = ", ".join(map(repr, record)) or "none"
                error = f"has no field {self.text_column!r}; found {found:.200}."
            yield _row(line, record, text, error, content)

    def values(self, row: Row) -> dict[str, Any]:
        """Return the object."""
        record: dict[str, Any] = row.record
        return record


class DelimitedSource(_TextSource):
    """CSV and TSV: a first row of names; quoted fields may hold delimiters, quotes, line ends.

    Attributes:
        delimiter: a comma, a semicolon or a tab.
        quoting: how csv reads it; TSV without quotes that pair up is read without any.
        line_end: of the first row.
    """

    def __init__(
        self,
        stream: ByteStream,
        text_limit: int,
        text_column: str | None = None,
        *,
        tabs: bool = False,
    ) -> None:
        super().__init__(stream, text_limit)
        head = stream.head.decode("utf-8", "replace")
        first = head.lstrip().partition("\n")[0]
        # Where the comma is the decimal sign, spreadsheets write CSV with semicolons.
        self.delimiter = "\t" if tabs else ";" if "," not in first and ";" in first else ","
        self.quoting: Any = csv.QUOTE_MINIMAL
        if tabs and not _quotes_fit(head, len(stream.head) < HEAD_BYTES):
            # Many TSV files know no quotes: there, a lone " would swallow the rows that follow.
            self.quoting = csv.QUOTE_NONE
        self.line_end = "\r\n" if first.endswith("\r") else "\n"
        self._waiting: deque[Line] = deque()
        self._header_end = self._read_header()
        self._text_at = self.columns.index(find_text_column(self.columns, stream.name, text_column))

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
        return dict(zip(self.columns, row.record, strict=True))

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
            return Row(line, end, size, fields, blank=True)
        if not error and len(fields) != width:
            error = self._wrong_count(fields, len(taken))
        # A row of the result has as many fields as any other.
        record = (fields + [""] * width)[:width]
        if error:
            return Row(line, end, size, record, error=error)
        text = record[self._text_at]
        error = text_error(text, self._text_limit)
        raw = "".join(one.text for one in taken).rstrip(_ENDS)
        return Row(line, end, size, record, None if error else text, error, raw)

    def _wrong_count(self, fields: list[str], num_lines: int) -> str:
        shown = {"\t": "a tab", ",": "a comma", ";": "a semicolon"}[self.delimiter]
        found = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
        over = f" over {num_lines:,} lines" if num_lines > 1 else ""
        return (
            f"{found}{over}, expected {len(self.columns)}; text that holds {shown} must stand in "
            'double quotes ("…").'
        )


def _row(line: Line, record: Any, text: Any, error: str | None, raw: str | None = None) -> Row:
    text = None if error else text
    return Row(line.number, line.end, line.size, record, text, error, raw)


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


def _head_objects(head: bytes) -> Iterator[dict[str, Any]]:
    lines = head.split(b"\n")
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record


def _json_object(content: str) -> tuple[dict[str, Any], str | None]:
    """Return the object that a line holds, and what is wrong with it."""
    try:
        record = json.loads(content)
    except json.JSONDecodeError as error:
        return {}, f"is not JSON ({error.msg} at column {error.colno})."
    except (ValueError, RecursionError) as error:
        return {}, f"is not JSON that can be read ({error})."
    if not isinstance(record, dict):
        return {}, f"is {content[:40]!r}, expected a JSON object."
    return record, None

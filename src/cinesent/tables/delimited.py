"""Reads CSV and TSV."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from cinesent.errors import DataError
from cinesent.progress import SILENT, Reporter
from cinesent.tables.columns import find_text_column, numbered_text_column, unique_names
from cinesent.tables.dialect import (
    FieldError,
    escapes_with_backslash,
    find_delimiter,
    has_quotes,
    read_line,
    read_record,
    separator_line,
)
from cinesent.tables.missing import text_error
from cinesent.tables.options import DELIMITERS, TableOptions
from cinesent.tables.rows import ROW_LIMIT, Dialect, Position, Row
from cinesent.tables.stream import HEAD_BYTES, ByteStream, Line
from cinesent.tables.text_reader import LINE_ENDS, TextReader

#: Lines of one row, at most twice that: a quote that is still open then opened no field.
ROW_LINES = 10_000
_UNCLOSED = "unexpected end of data"


class _Record(NamedTuple):
    """The lines of a record, its fields, and what is wrong with it."""

    lines: list[Line]
    fields: list[str]
    error: str | None


class _NoEndError(Exception):
    """A record is known to have no end; the message is why."""


class _TooLongError(_NoEndError):
    """A record has no end within its bounds."""


def _bounds(line: Line) -> Position:
    """Return where a record that begins with a line has to end.

    It is a round number of lines and bytes, the same for records that begin near each other: what
    is known of one then holds for the others, wherever reading began.
    """
    offset = line.end.offset - line.size
    return Position(
        (offset // ROW_LIMIT + 2) * ROW_LIMIT, (line.number // ROW_LINES + 2) * ROW_LINES
    )


class _NoEnd:
    """Where records are known to have no end.

    A record that is inside quotes at the start of a line goes the same way from there as an
    earlier one that was. Where that one broke the rules or met the end of the file, so does this
    one; where it reached its bounds, so does this one if they are the same.
    """

    def __init__(self) -> None:
        self._broken: tuple[int, str] = 0, ""
        self._long: tuple[int, Position] = 0, Position()

    def add(self, line: int, error: Exception, bounds: Position) -> None:
        """Note that a record with these bounds went as far as `line`, and why no further."""
        if isinstance(error, _TooLongError):
            self._long = line, bounds
        elif line > self._broken[0]:
            self._broken = line, str(error)

    def check(self, line: int, bounds: Position) -> None:
        """Raise _NoEndError if a record that is inside quotes at the start of `line` has no end."""
        if line <= self._broken[0]:
            raise _NoEndError(self._broken[1])
        if line <= self._long[0] and bounds == self._long[1]:
            raise _NoEndError(_UNCLOSED)


class DelimitedReader(TextReader):
    """CSV and TSV: quoted fields may hold delimiters, quotes and line ends.

    Time is linear in the size of the file, whatever quotes it has: where a record has no end, the
    lines that were looked at are remembered as lines without one, and are read once more only.

    Args:
        stream: the text.
        options: how to read it.
        tabs: whether tabs are the usual delimiter.
        reporter: told which delimiter and column were chosen.
    """

    def __init__(
        self,
        stream: ByteStream,
        options: TableOptions,
        *,
        tabs: bool = False,
        reporter: Reporter = SILENT,
    ) -> None:
        super().__init__(stream)
        self.format = "tsv" if tabs else "csv"
        head = stream.head.decode("utf-8", "surrogateescape")
        separator, separated_by = separator_line(head)
        body = head[len(separator) :].lstrip(LINE_ENDS)
        usual = separated_by or ("\t" if tabs else ",")
        self._delimiter = options.delimiter or separated_by or find_delimiter(body, usual)
        self._backslash = escapes_with_backslash(body, self._delimiter)
        is_whole = len(stream.head) < HEAD_BYTES
        self._dialect = Dialect(
            delimiter=self._delimiter,
            # Many TSV files know no quotes: there, a lone " would swallow the rows that follow.
            quotes=not tabs or has_quotes(body, self._delimiter, whole=is_whole),
            line_end=stream.line_end,
            mark=stream.has_mark,
            header=options.header,
            separator_line=separator,
        )
        self.dialect = self._dialect
        if not self._dialect.quotes:
            reporter.message(f'{self.name}: quotes do not pair up, so " is read as a character')
        self._waiting: deque[Line] = deque()
        self._peeked: list[Line] = []
        self._no_end = _NoEnd()
        self._first = self._read_header(options)
        self.keys = unique_names(self.columns)
        find = find_text_column if options.header else numbered_text_column
        self.text_column = find(self.columns, self.name, options.text_column, reporter=reporter)
        self._text_at = self.columns.index(self.text_column)

    def first(self) -> Position:
        """Return where the first row begins, after the names."""
        return self._first

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        self._go_to(start)
        while (line := self._next_line()) is not None:
            if line.text in ("\n", "\r\n", "\r") and not self._waiting:
                count, end = self.stream.skip_blank()
                size = end.offset - line.end.offset + line.size
                yield Row(line.number, end, size, [], blank=count + 1)
            else:
                yield self._row(self._record(line))

    def values(self, row: Row) -> dict[str, Any]:
        """Return the fields by the names of their columns."""
        return dict(zip(self.keys, row.record, strict=True))

    def _go_to(self, start: Position) -> None:
        self._no_end = _NoEnd()
        if self._peeked and start == self._first:
            # A pipe cannot go back to the row that the columns were learned from.
            self._waiting, self._peeked = deque(self._peeked), []
            return
        self._waiting.clear()
        self.stream.seek(start)

    def _read_header(self, options: TableOptions) -> Position:
        """Learn the columns; return where the first row begins."""
        self._go_to(self.stream.first())
        begin = self.stream.first()
        while (line := self._next_line()) is not None:
            record = self._record(line)
            is_separator = line.number == 1 and self._dialect.separator_line
            if is_separator or not any(map(str.strip, record.fields or [line.text])):
                begin = record.lines[-1].end
                continue
            if not options.header:
                self.columns = [str(n + 1) for n in range(max(1, len(record.fields)))]
                self._peeked = [*record.lines, *self._waiting]
                return begin
            if record.error:
                raise DataError(f"{self.name}:{line.number}: {record.error}")
            self.columns = record.fields
            return record.lines[-1].end
        raise DataError(f"{self.name} is empty: expected a first row that names the columns.")

    def _next_line(self) -> Line | None:
        return self._waiting.popleft() if self._waiting else self.stream.next_line()

    def _record(self, line: Line) -> _Record:
        """Return the record that begins with a line."""
        text = line.text
        if '"' not in text or not self._dialect.quotes:
            text = text.rstrip(LINE_ENDS)
            fields = text.split(self._delimiter)
            error = line.error
            if error is None and "\r" in text:
                error = "a field without quotes holds a carriage return."
            return _Record([line], fields, error)
        return self._quoted_record(line)

    def _quoted_record(self, line: Line) -> _Record:
        """Return the record by the rule of the file, or else the line by the other rule."""
        fields = None if self._backslash else read_line(line.text, self._delimiter)
        if fields is not None:
            return _Record([line], fields, line.error)
        record = self._attempt(line)
        if self._is_good(record) or len(record.lines) > 1 or '\\"' not in line.text:
            return record
        other = not self._backslash
        try:
            fields = read_record(iter([line.text]), self._delimiter, backslash=other)
        except FieldError:
            return record
        second = _Record([line], fields or [], line.error)
        return second if self._is_good(second) else record

    def _is_good(self, record: _Record) -> bool:
        # While the header is read, any number of fields will do.
        width = len(getattr(self, "columns", record.fields))
        return not record.error and len(record.fields) == width

    def _attempt(self, line: Line) -> _Record:
        """Return the record by the rule of the file; if it has no end, its first line alone."""
        taken = [line]
        bounds = _bounds(line)
        try:
            lines = self._feed(taken, bounds)
            fields = read_record(lines, self._delimiter, backslash=self._backslash)
        except (FieldError, _NoEndError) as error:
            self._no_end.add(taken[-1].number, error, bounds)
            # The lines that follow are read on their own: a broken quote costs one line.
            self._waiting.extendleft(reversed(taken[1:]))
            return _Record([line], self._loose_fields(line), line.error or _field_error(error))
        damage = next((one.error for one in taken if one.error), None)
        return _Record(taken, fields or [], damage)

    def _feed(self, taken: list[Line], bounds: Position) -> Iterator[str]:
        """Yield the lines of one record, as many as are asked for."""
        yield taken[0].text
        while True:
            self._no_end.check(taken[-1].number + 1, bounds)
            following = self._next_line()
            if following is None:
                return
            taken.append(following)
            if following.number >= bounds.line or following.end.offset > bounds.offset:
                raise _TooLongError(_UNCLOSED)
            yield following.text

    def _loose_fields(self, line: Line) -> list[str]:
        return line.text.rstrip(LINE_ENDS).split(self._delimiter)

    def _row(self, record: _Record) -> Row:
        lines, fields, error = record
        line, end = lines[0].number, lines[-1].end
        size = sum(one.size for one in lines)
        width = len(self.columns)
        if not error and len(fields) in (0, 1, width) and not any(map(str.strip, fields)):
            return Row(line, end, size, fields, blank=1)
        raw = "".join([one.text for one in lines]).rstrip(LINE_ENDS) or None
        if not error and len(fields) != width:
            error = self._wrong_count(fields, len(lines))
        if error:
            return Row(line, end, size, self._fitted(fields), None, error, raw)
        text = fields[self._text_at]
        error = text_error(text)
        return Row(line, end, size, fields, None if error else text, error, raw, True)

    def _fitted(self, fields: list[str]) -> list[str]:
        """Return as many fields as there are columns; the last one takes what is left."""
        width = len(self.columns)
        if len(fields) > width:
            return [*fields[: width - 1], self._delimiter.join(fields[width - 1 :])]
        return fields + [""] * (width - len(fields))

    def _wrong_count(self, fields: list[str], num_lines: int) -> str:
        found = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
        over = f" over {num_lines:,} lines" if num_lines > 1 else ""
        return (
            f"{found}{over}, expected {len(self.columns)}; text that holds a "
            f'{DELIMITERS[self._delimiter]} must stand in double quotes ("…").'
        )


def _field_error(error: Exception) -> str:
    if _UNCLOSED in str(error):
        return "a quoted field that begins in this row is never closed."
    if "new-line character" in str(error):
        return "a field without quotes holds a carriage return."
    return f'a quote inside a field must be written twice ("") ({error}).'

"""Rows with their scores as CSV and TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from cinesent.progress import Reporter
from cinesent.scoring.added_columns import AddedColumns, Score
from cinesent.scoring.encoders import encoded_lines, own_fields, readable
from cinesent.scoring.json_encoder import dumps, own_object, plain
from cinesent.tables.rows import Chunk, Dialect, Row, TableReader

_ENDS = "\r\n"
# Spreadsheets take a cell that begins with one of these for a formula (OWASP, CSV injection).
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


class CsvEncoder:
    """A header, then the row's own fields followed by those that are added.

    Rows of a source of the same kind are written as they stand, in its dialect.

    Args:
        reader: where the rows come from.
        added: the columns that are added.
        reporter: receives a warning about a field that has no column.
        delimiter: a comma or a tab.
        escape_formulas: whether text that a spreadsheet would take for a formula gets an
            apostrophe in front.
    """

    def __init__(
        self,
        reader: TableReader,
        added: AddedColumns,
        reporter: Reporter,
        *,
        delimiter: str,
        escape_formulas: bool = False,
    ) -> None:
        self._reader = reader
        self._added = added
        self._reporter = reporter
        self._escaping = escape_formulas
        found = reader.dialect
        self._as_is = found is not None and (found.delimiter == "\t") == (delimiter == "\t")
        self._dialect = found if found and self._as_is else _changed(found, delimiter)
        self._columns = set(reader.columns)
        self._warned = False

    def header(self) -> bytes:
        """Return the names of the columns, and what stands before them."""
        dialect = self._dialect
        lines = [dialect.separator_line] if dialect.separator_line else []
        if dialect.header:
            lines.append(self._fields([*self._reader.columns, *self._added.names.values()]))
        mark = "\ufeff" if dialect.mark else ""
        return self._bytes(mark + "".join(line + dialect.line_end for line in lines))

    def encode(self, chunk: Chunk, scores: Sequence[Score]) -> bytes:
        """Return the rows."""
        return self._bytes(encoded_lines(chunk, scores, self._line))

    def _line(self, row: Row, score: Score | None) -> str:
        added = self._added.fields(row, score)
        if self._written_as_is(row):
            body = f"{row.raw}{self._dialect.delimiter}{self._fields(added)}"
        else:
            body = self._fields([*self._own(row), *added])
        return body + self._dialect.line_end

    def _written_as_is(self, row: Row) -> bool:
        """Return whether a row is written as it stands: it is complete, and nothing is escaped."""
        if not (self._as_is and row.well_formed):
            return False
        return not (self._escaping and any(map(_is_formula, row.record)))

    def _own(self, row: Row) -> list[str]:
        if self._reader.dialect is not None:
            return own_fields(self._reader, row)
        if isinstance(row.record, list):
            return [_field(value) for value in own_fields(self._reader, row)]
        values, _ = own_object(self._reader, row)
        self._warn_of(values, row)
        return [_field(values.get(name)) for name in self._reader.columns]

    def _warn_of(self, values: dict[str, Any], row: Row) -> None:
        if self._warned or values.keys() <= self._columns:
            return
        self._warned = True
        name = next(name for name in values if name not in self._columns)
        self._reporter.warning(
            f"{self._reader.name}{self._reader.unit}{row.line}: the field {name!r} does not occur "
            "in the first rows, so it has no column and is left out; write .jsonl to keep it."
        )

    def _fields(self, fields: Sequence[str]) -> str:
        if self._escaping:
            fields = [f"'{field}" if _is_formula(field) else field for field in fields]
        if not self._dialect.quotes:
            return self._dialect.delimiter.join(map(_one_line, fields))
        text = io.StringIO()
        # The csv module quotes a field for a line end only if that is among its own.
        csv.writer(text, delimiter=self._dialect.delimiter, lineterminator=_ENDS).writerow(fields)
        return text.getvalue().removesuffix(_ENDS)

    def _bytes(self, text: str) -> bytes:
        try:
            # Bytes that could not be decoded are written again as they were.
            return text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            return text.encode("utf-8", "backslashreplace")


def _changed(dialect: Dialect | None, delimiter: str) -> Dialect:
    """Return how a source of another kind is written."""
    if dialect is None:
        return Dialect(delimiter)
    return Dialect(delimiter, mark=dialect.mark, header=dialect.header)


def _is_formula(field: str) -> bool:
    return field.startswith(_FORMULA) and not _is_number(field)


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _one_line(field: str) -> str:
    return " ".join(field.split()) if any(mark in field for mark in "\t\r\n") else field


def _field(value: Any) -> str:
    """Return a value as a field of CSV."""
    if value is None:
        return ""
    if isinstance(value, (dict, list, bool)):
        return str(readable(dumps(value)))
    return str(readable(plain(value)))

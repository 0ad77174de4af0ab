"""Rows with their scores as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cinesent.progress import Reporter
from cinesent.scoring.added_columns import AddedColumns, Score
from cinesent.scoring.encoders import encoded_lines, own_fields, readable
from cinesent.tables.rows import Chunk, Row, TableReader

# Python's JSON module calls itself for each level, and Python limits how often that may be.
_MAX_DEPTH = 200


class JsonEncoder:
    """One JSON object per line: the row's own fields, then those that are added.

    Args:
        reader: where the rows come from.
        added: the columns that are added.
        reporter: receives a message if a row further down has a field with an added name.
    """

    def __init__(self, reader: TableReader, added: AddedColumns, reporter: Reporter) -> None:
        self._reader = reader
        self._added = added
        self._reporter = reporter
        self._warned = False

    def header(self) -> bytes:
        """Return nothing: JSON Lines has no header."""
        return b""

    def encode(self, chunk: Chunk, scores: Sequence[Score]) -> bytes:
        """Return one line per row."""
        # JSON writes half of a surrogate pair as the same escape.
        return encoded_lines(chunk, scores, self._line).encode("utf-8", "backslashreplace")

    def _line(self, row: Row, score: Score | None) -> str:
        own, raw = own_object(self._reader, row)
        columns = self._added.beside(own)
        if columns is not self._added and not self._warned:
            self._warned = True
            self._reporter.warning(
                f"{self._reader.name}{self._reader.unit}{row.line}: some rows have fields with the "
                "names of added ones; in these rows, the added ones begin with cinesent_."
            )
        added = columns.values(row, score)
        if raw is None:
            return dumps({**own, **added}) + "\n"
        # As it stands: numbers, escapes and repeated keys do not survive being read and written.
        body = raw[:-1].rstrip()
        return f"{body}{', ' if own else ''}{dumps(added)[1:]}\n"


class JsonPairEncoder:
    """One JSON array per line: the row's own object, and the object of what is added.

    This is what becomes Parquet at the end. The two are kept apart, since the names of the added
    columns are settled only when all rows have been seen.

    Args:
        reader: where the rows come from.
        added: the columns that are added, by their own names.
        whole: whether the row's own fields are written; else the first object is empty.
    """

    def __init__(self, reader: TableReader, added: AddedColumns, *, whole: bool) -> None:
        self._reader = reader
        self._added = added
        self._whole = whole

    def header(self) -> bytes:
        """Return nothing."""
        return b""

    def encode(self, chunk: Chunk, scores: Sequence[Score]) -> bytes:
        """Return one line per row."""
        return encoded_lines(chunk, scores, self._line).encode("utf-8", "backslashreplace")

    def _line(self, row: Row, score: Score | None) -> str:
        body = "{}"
        if self._whole:
            own, raw = own_object(self._reader, row)
            body = dumps(own) if raw is None else raw
        return f"[{body}, {dumps(self._added.values(row, score))}]\n"


def own_object(reader: TableReader, row: Row) -> tuple[dict[str, Any], str | None]:
    """Return a row's own fields by name, and the JSON they stand as in the file, if they do."""
    own: dict[str, Any]
    if isinstance(row.record, list):
        own = dict(zip(reader.keys, own_fields(reader, row), strict=True))
    elif row.raw and not row.record and not row.well_formed:
        # A line that is not JSON is kept as the text that it is.
        own = {reader.text_column: row.raw}
    else:
        own = row.record
        if reader.format == "jsonl" and row.well_formed and row.raw:
            return own, row.raw.strip()
    if row.error:
        own = {name: readable(value) for name, value in own.items()}
    return own, None


def rejecting_deep(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows; one whose values are nested too deeply to be written again becomes a bad one."""
    for row in rows:
        if isinstance(row.record, dict) and _may_be_deep(row) and _is_deep(row.record):
            whole = {} if row.raw else row.record
            row.record = {name: value for name, value in whole.items() if not _is_deep(value)}
            row.text, row.well_formed = None, False
            row.error = f"its values are nested more than {_MAX_DEPTH} levels deep."
        yield row


def dumps(value: Any) -> str:
    """Return a value as JSON; what JSON has no type for is written as a string."""
    return json.dumps(value, ensure_ascii=False, default=plain)


def plain(value: Any) -> str:
    """Return a value that JSON has no type for as a string."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _may_be_deep(row: Row) -> bool:
    return row.raw is None or row.raw.count("[") + row.raw.count("{") > _MAX_DEPTH


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH + 1):
        nested: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                nested += one.values()
            elif isinstance(one, list):
                nested += one
        if not nested:
            return False
        level = nested
    return True

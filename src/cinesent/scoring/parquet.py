"""Rows of Parquet, and Parquet as the result.

A Parquet file cannot be gone on with once its writer is gone. So the part holds JSON Lines, which
can, and becomes Parquet at the end: a minute for a million reviews.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from cinesent.errors import DataError, require
from cinesent.tables.columns import find_text_column
from cinesent.tables.rows import CHUNK_ROWS, Position, Row, text_error

# A row group of the result is full at this many rows, or bytes of JSON.
_GROUP_ROWS = 8192
_GROUP_BYTES = 2**24
_BUFFER = 2**20


class ParquetSource:
    """The rows of a Parquet file.

    Args:
        path: the file.
        text_limit: characters of a review at most.
        text_column: its name, where it is not one of the usual ones.
        whole: whether the other columns are read as well.

    Raises:
        DataError: the file is damaged or has no text column.
        MissingExtraError: pyarrow is not installed.
    """

    unit = ", row "

    def __init__(
        self, path: Path, text_limit: int, text_column: str | None = None, *, whole: bool = True
    ) -> None:
        require("pyarrow", "data", f"Reading {path.name}")
        self.name = str(path)
        self._file = _open(path)
        self.schema = self._file.schema_arrow
        self.columns: list[str] = list(self.schema.names)
        try:
            self.text_column = find_text_column(self.columns, self.name, text_column)
        except DataError:
            self.close()
            raise
        self._text_limit = text_limit
        self._whole = whole
        self._done = 0

    def first(self) -> Position:
        """Return where the first row begins."""
        return Position()

    def done(self) -> float | None:
        """Say what share of the rows has been read."""
        rows = self._file.metadata.num_rows
        return self._done / rows if rows else 1.0

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        columns = None if self._whole else [self.text_column]
        number = start.offset
        for batch in self.batches(number, columns):
            for record in _records(batch):
                number += 1
                self._done = number
                text = record[self.text_column]
                error = text_error(text, self._text_limit)
                size = len(text) if isinstance(text, str) else 1
                yield Row(
                    number,
                    Position(number, number + 1),
                    size,
                    record,
                    None if error else text,
                    error,
                )

    def values(self, row: Row) -> dict[str, Any]:
        """Return the values by the names of their columns."""
        values: dict[str, Any] = row.record
        return values

    def batches(self, start: int, columns: list[str] | None = None) -> Iterator[Any]:
        """Yield record batches from row `start` on.

        Raises:
            DataError: the file is damaged.
        """
        import pyarrow

        before = 0
        for group in range(self._file.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            before += rows
            if before <= start:
                continue
            skip = max(0, start - (before - rows))
            try:
                for batch in self._file.iter_batches(CHUNK_ROWS, [group], columns=columns):
                    if skip < batch.num_rows:
                        yield batch.slice(skip)
                    skip = max(0, skip - batch.num_rows)
            except (OSError, pyarrow.ArrowException) as error:
                raise DataError(f"{self.name} cannot be read as Parquet: {error}.") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _open(path: Path) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        # In pieces: a row group may hold a million reviews.
        return pyarrow.parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}.") from error


def _records(batch: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of a batch; times as text, since Python has none so fine."""
    import pyarrow

    names = batch.schema.names
    columns = [
        column.cast(pyarrow.string()) if pyarrow.types.is_temporal(column.type) else column
        for column in batch.columns
    ]
    for values in zip(*(column.to_pylist() for column in columns), strict=True):
        yield {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in zip(names, values, strict=True)
        }


def merge(source: ParquetSource, names: dict[str, str], part: Path, made: Path) -> None:
    """Write the source's columns, untouched, and beside them those in the part."""
    import pyarrow
    from pyarrow import parquet

    schema = source.schema
    for field in _added_fields(names):
        schema = schema.append(field)
    with part.open("rb") as lines, parquet.ParquetWriter(made, schema) as writer:
        waiting: list[Any] = []
        num_rows = 0
        for batch in source.batches(0):
            records = _read(lines, batch.num_rows)
            columns = [
                pyarrow.array(_column(records, field.name, field.type), field.type)
                for field in _added_fields(names)
            ]
            waiting.append(
                pyarrow.RecordBatch.from_arrays([*batch.columns, *columns], schema=schema)
            )
            num_rows += batch.num_rows
            if num_rows >= _GROUP_ROWS:
                writer.write_table(pyarrow.Table.from_batches(waiting))
                waiting, num_rows = [], 0
        if waiting:
            writer.write_table(pyarrow.Table.from_batches(waiting))


def convert(columns: list[str], names: dict[str, str], part: Path, made: Path) -> None:
    """Write a part as Parquet; the type of each column is the one that all its values fit.

    Args:
        columns: of the source, in order; others that the part has follow them.
        names: of the added columns.
        part: JSON Lines.
        made: what is written.
    """
    import pyarrow
    from pyarrow import parquet

    schema = _schema(columns, names, part)
    with part.open("rb") as lines, parquet.ParquetWriter(made, schema) as writer:
        while records := _read(lines, _GROUP_ROWS):
            arrays = [
                pyarrow.array(_column(records, field.name, field.type), field.type)
                for field in schema
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _added_fields(names: dict[str, str]) -> list[Any]:
    import pyarrow

    pair = [("token", pyarrow.string()), ("contribution", pyarrow.float64())]
    types = {
        "probability": pyarrow.float64(),
        "num_tokens": pyarrow.int64(),
        "evidence": pyarrow.list_(pyarrow.struct(pair)),
    }
    return [
        pyarrow.field(name, types.get(column, pyarrow.string())) for column, name in names.items()
    ]


def _schema(columns: list[str], names: dict[str, str], part: Path) -> Any:
    """Look through the part for the columns and the kinds of their values."""
    import pyarrow

    kinds: dict[str, set[str]] = {name: set() for name in columns}
    added = set(names.values())
    with part.open("rb") as lines:
        for line in lines:
            for name, value in json.loads(line).items():
                if name not in added:
                    kinds.setdefault(name, set()).add(_kind(value))
    types = {"int": pyarrow.int64(), "float": pyarrow.float64(), "bool": pyarrow.bool_()}
    fields = []
    for name, found in kinds.items():
        found -= {"null"}
        kind = "float" if found == {"int", "float"} else found.pop() if len(found) == 1 else ""
        fields.append(pyarrow.field(name, types.get(kind, pyarrow.string())))
    return pyarrow.schema([*fields, *_added_fields(names)])


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return "other"
    return type(value).__name__


def _read(lines: IO[bytes], count: int) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    size = 0
    while len(records) < count and (count < _GROUP_ROWS or size < _GROUP_BYTES):
        line = lines.readline()
        if not line:
            break
        size += len(line)
        records.append(json.loads(line))
    return records


def _column(records: list[dict[str, Any]], name: str, kind: Any) -> list[Any]:
    """Return the values of a column as its type wants them."""
    import pyarrow

    values = [record.get(name) for record in records]
    if pyarrow.types.is_string(kind):
        return [None if value is None else _text(value) for value in values]
    if pyarrow.types.is_list(kind):
        keys = ("token", "contribution")
        return [
            None if pairs is None else [dict(zip(keys, pair, strict=True)) for pair in pairs]
            for pairs in values
        ]
    if pyarrow.types.is_floating(kind):
        return [None if value is None else float(value) for value in values]
    return values


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Half of a surrogate pair is a string of JSON, but none of Parquet.
    return text.encode("utf-8", "replace").decode("utf-8")

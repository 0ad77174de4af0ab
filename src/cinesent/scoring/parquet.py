"""Parquet as the result.

A Parquet file cannot be gone on with once its writer is gone. So the part holds JSON Lines, which
can, and becomes Parquet at the end: a minute for a million reviews.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

from cinesent.tables.parquet_rows import ParquetReader

# A row group of the result is full at this many rows, or bytes of JSON.
_GROUP_ROWS = 8192
_GROUP_BYTES = 2**24


def merge(source: ParquetReader, names: dict[str, str], part: Path, made: Path) -> None:
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

"""Parquet as the result, made at the end from the lines of :class:`JsonPairEncoder`.

A Parquet file cannot be continued once its writer is gone, and JSON Lines can. The conversion takes
about a minute per million reviews.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import IO, Any

from cinesent.errors import ScoringError
from cinesent.progress import Reporter
from cinesent.scoring.added_columns import AddedColumns
from cinesent.scoring.encoders import readable
from cinesent.scoring.json_encoder import dumps
from cinesent.tables.parquet_rows import ParquetReader
from cinesent.tables.rows import TableReader

# A row group of the result is full at this many rows, or bytes of JSON.
_GROUP_ROWS = 8192
_GROUP_BYTES = 2**24
_INT64 = range(-(2**63), 2**63)
_EXACT = 2**53  # up to here, a float64 holds every integer


def merge(reader: ParquetReader, added: AddedColumns, part: IO[bytes], made: IO[bytes]) -> None:
    """Write the columns of a Parquet file unchanged, and beside them those in the part.

    Args:
        reader: the source.
        added: the added columns.
        part: one line per row of the source.
        made: what is written.

    Raises:
        ScoringError: it cannot be written as Parquet.
    """
    import pyarrow
    from pyarrow import parquet

    fields = _added_fields(added)
    schema = pyarrow.schema(
        [*reader.schema, *(field for _, field in fields)], metadata=reader.schema.metadata
    )
    part.seek(0)
    with _errors_named(), parquet.ParquetWriter(made, schema) as writer:
        waiting: list[Any] = []
        num_rows = 0
        for batch in reader.batches(0):
            values = [pair[1] for pair in _read(part, batch.num_rows)]
            columns = [_array(values, column, field) for column, field in fields]
            waiting.append(
                pyarrow.RecordBatch.from_arrays([*batch.columns, *columns], schema=schema)
            )
            num_rows += batch.num_rows
            if num_rows >= _GROUP_ROWS:
                writer.write_table(pyarrow.Table.from_batches(waiting))
                waiting, num_rows = [], 0
        if waiting:
            writer.write_table(pyarrow.Table.from_batches(waiting))


def convert(
    reader: TableReader,
    added: AddedColumns,
    reporter: Reporter,
    part: IO[bytes],
    made: IO[bytes],
) -> None:
    """Write a part as Parquet; each column gets the type that holds all its values exactly.

    Args:
        reader: the source; its columns come first, then others that the part has.
        added: the added columns.
        reporter: told which columns become text because their values differ in kind.
        part: one line per row.
        made: what is written.

    Raises:
        ScoringError: it cannot be written as Parquet.
    """
    import pyarrow
    from pyarrow import parquet

    part.seek(0)
    kinds = {key: _Kinds() for key in reader.keys}
    for own, _ in _pairs(part):
        for key, value in own.items():
            kinds.setdefault(key, _Kinds()).add(value)
    # What a row further down is called may be what was to be added.
    added = added.beside(kinds)
    own_fields = _own_fields(kinds, reader.name, reporter)
    added_fields = _added_fields(added)
    schema = pyarrow.schema([field for _, field in (*own_fields, *added_fields)])
    part.seek(0)
    with _errors_named(), parquet.ParquetWriter(made, schema) as writer:
        while pairs := _read(part, _GROUP_ROWS):
            owns, scores = zip(*pairs, strict=True)
            arrays = [_array(owns, key, field) for key, field in own_fields]
            arrays += [_array(scores, column, field) for column, field in added_fields]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


class _Kinds:
    """The kinds of values that a column holds."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.exact = True  # whether each integer is a float64 as well

    def add(self, value: Any) -> None:
        """Count one value."""
        if value is None:
            return
        if not isinstance(value, int) or isinstance(value, bool):
            self.found.add(type(value).__name__)
        elif value in _INT64:
            self.found.add("int")
            self.exact = self.exact and (-_EXACT <= value <= _EXACT or int(float(value)) == value)
        else:
            self.found.add("big")  # too large even for a float64, perhaps

    @property
    def chosen(self) -> str:
        """The kind that holds them all: int, float, bool, or str for everything else."""
        if self.found == {"int", "float"} and self.exact:
            return "float"
        return next(iter(self.found)) if len(self.found) == 1 else "str"


def _own_fields(kinds: dict[str, _Kinds], name: str, reporter: Reporter) -> list[tuple[str, Any]]:
    """Return the key of each of the source's columns, and the field it becomes."""
    import pyarrow

    types = {"int": pyarrow.int64(), "float": pyarrow.float64(), "bool": pyarrow.bool_()}
    fields = []
    used: set[str] = set()
    for key, kind in kinds.items():
        title = str(readable(key))
        while title in used:
            title += "_"
        used.add(title)
        fields.append((key, pyarrow.field(title, types.get(kind.chosen, pyarrow.string()))))
        if kind.found == {"int", "float"} and not kind.exact:
            reporter.warning(
                f"{name}: the column {title!r} holds integers that no float64 can hold beside "
                "floating-point numbers, so it is written as text."
            )
    return fields


def _added_fields(added: AddedColumns) -> list[tuple[str, Any]]:
    """Return each added column, and the field it becomes."""
    import pyarrow

    pair = [("token", pyarrow.string()), ("contribution", pyarrow.float64())]
    types = {
        "probability": pyarrow.float64(),
        "num_tokens": pyarrow.int64(),
        "evidence": pyarrow.list_(pyarrow.struct(pair)),
    }
    return [
        (column, pyarrow.field(name, types.get(column, pyarrow.string())))
        for column, name in added.names.items()
    ]


def _pairs(part: IO[bytes]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for line in part:
        own, score = json.loads(line)
        yield own, score


def _read(part: IO[bytes], count: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Read up to `count` rows; of a whole group, no more bytes than it may have."""
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = []
    size = 0
    while len(pairs) < count and (count < _GROUP_ROWS or size < _GROUP_BYTES):
        line = part.readline()
        if not line:
            break
        size += len(line)
        own, score = json.loads(line)
        pairs.append((own, score))
    return pairs


def _array(records: Any, key: str, field: Any) -> Any:
    """Return the values of a column as an array of its type."""
    import pyarrow

    kind = field.type
    values = [record.get(key) for record in records]
    if pyarrow.types.is_string(kind):
        values = [None if value is None else _text(value) for value in values]
    elif pyarrow.types.is_list(kind):
        values = [
            None
            if pairs is None
            else [{"token": _text(token), "contribution": value} for token, value in pairs]
            for pairs in values
        ]
    elif pyarrow.types.is_floating(kind):
        values = [None if value is None else float(value) for value in values]
    return pyarrow.array(values, kind)


def _text(value: Any) -> str:
    return str(readable(value if isinstance(value, str) else dumps(value)))


@contextlib.contextmanager
def _errors_named() -> Iterator[None]:
    import pyarrow

    try:
        yield
    except OSError:
        raise
    except (pyarrow.ArrowException, ValueError, OverflowError, RecursionError) as error:
        raise ScoringError(f"the result cannot be written as Parquet: {error}.") from error

"""Reads Parquet."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from cinesent.errors import DataError, require
from cinesent.tables.columns import find_text_column, unique_names
from cinesent.tables.missing import text_error
from cinesent.tables.rows import CHUNK_ROWS, Dialect, Position, Row

_BUFFER = 2**20


class ParquetReader:
    """The rows of a Parquet file.

    Args:
        path: the file.
        text_column: its name, where it is not one of the usual ones.

    Attributes:
        schema: of the file, a ``pyarrow.Schema``.

    Raises:
        DataError: the file is damaged or has no text column.
        MissingExtraError: pyarrow is not installed.
    """

    unit = ", row "
    format = "parquet"
    encoding: str | None = None
    dialect: Dialect | None = None

    def __init__(self, path: Path, text_column: str | None = None) -> None:
        require("pyarrow", "data", f"Reading {path.name}")
        self.name = str(path)
        self._file = _open(path)
        self.schema = self._file.schema_arrow
        self.columns: list[str] = list(self.schema.names)
        self.keys = unique_names(self.columns)
        try:
            self.text_column = find_text_column(self.columns, self.name, text_column)
        except DataError:
            self.close()
            raise
        self._selected: list[str] | None = None
        self._done = 0

    def first(self) -> Position:
        """Return where the first row begins."""
        return Position()

    def done(self) -> float | None:
        """Return the share of the rows that has been read."""
        rows = self._file.metadata.num_rows
        return self._done / rows if rows else 1.0

    def select(self, names: Collection[str]) -> None:
        """Read no other columns than the text and `names`."""
        self._selected = [n for n in self.columns if n in names or n == self.text_column]

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        number = start.offset
        for batch in self.batches(number, self._selected):
            text_at = batch.schema.names.index(self.text_column)
            for record in _records(batch):
                number += 1
                self._done = number
                text = record[text_at]
                error = text_error(text)
                size = len(text) if isinstance(text, str) else 1
                end = Position(number, number + 1)
                yield Row(number, end, size, record, None if error else text, error)

    def values(self, row: Row) -> dict[str, Any]:
        """Return the values by the names of their columns."""
        names = self.keys if self._selected is None else self._selected
        return dict(zip(names, row.record, strict=True))

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


def _records(batch: Any) -> Iterator[list[Any]]:
    """Yield the rows of a batch; times as text, since Python has none so fine."""
    import pyarrow

    columns = [
        column.cast(pyarrow.string()) if pyarrow.types.is_temporal(column.type) else column
        for column in batch.columns
    ]
    for values in zip(*(column.to_pylist() for column in columns), strict=True):
        yield [
            None if isinstance(value, float) and math.isnan(value) else value for value in values
        ]

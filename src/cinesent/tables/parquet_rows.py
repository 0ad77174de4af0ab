"""Reads Parquet."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cinesent.errors import CinesentError, DataError, require
from cinesent.progress import SILENT, Reporter
from cinesent.tables.arrow_values import is_damaged, python_values
from cinesent.tables.columns import find_text_column, unique_names
from cinesent.tables.missing import text_error
from cinesent.tables.options import TableOptions
from cinesent.tables.rows import CHUNK_ROWS, Dialect, Position, Row

_BUFFER = 2**20


class ParquetReader:
    """The rows of a Parquet file.

    Args:
        path: the file.
        options: of which only the text column counts.
        reporter: told which column was taken where several could be meant.

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

    def __init__(self, path: Path, options: TableOptions, *, reporter: Reporter = SILENT) -> None:
        require("pyarrow", "data", f"Reading {path.name}")
        self.name = str(path)
        with self._errors_named():
            self._file = _open(path)
        try:
            with self._errors_named():
                self.schema = self._file.schema_arrow
                self.columns: list[str] = list(self.schema.names)
            self.keys = unique_names(self.columns)
            self.text_column = find_text_column(
                self.columns, self.name, options.text_column, reporter=reporter
            )
        except BaseException:
            self.close()
            raise
        self._text_at = self.columns.index(self.text_column)
        self._places = list(range(len(self.columns)))
        self._done = 0

    def first(self) -> Position:
        """Return where the first row begins."""
        return Position()

    def done(self) -> float | None:
        """Return the share of the rows that has been read."""
        rows = self._file.metadata.num_rows
        return self._done / rows if rows else 1.0

    def select(self, names: Collection[str]) -> None:
        """Read no other columns than the text and `names`; those of the rest are None."""
        self._places = [
            place
            for place, name in enumerate(self.columns)
            if place == self._text_at or name in names or self.keys[place] in names
        ]

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        number = start.offset
        places = self._places
        for batch in self.batches(number, places):
            # Columns are found by position: two may have the same name.
            columns: list[Iterable[Any]] = [itertools.repeat(None)] * len(self.columns)
            for place, array in zip(places, batch.columns, strict=True):
                columns[place] = python_values(array)
            for values in zip(*columns, strict=False):
                number += 1
                self._done = number
                text = values[self._text_at]
                error = "the text is not UTF-8." if is_damaged(text) else text_error(text)
                size = len(text) if isinstance(text, str) else 1
                end = Position(number, number + 1)
                yield Row(number, end, size, list(values), None if error else text, error)

    def values(self, row: Row) -> dict[str, Any]:
        """Return the values by the names of their columns."""
        return dict(zip(self.keys, row.record, strict=True))

    def batches(self, start: int, places: list[int] | None = None) -> Iterator[Any]:
        """Yield record batches from row `start` on.

        Args:
            start: number of rows to leave out.
            places: which columns to read, by position from 0; None: all.

        Raises:
            DataError: the file is damaged.
        """
        before = 0
        for group in range(self._file.num_row_groups):
            with self._errors_named():
                rows = self._file.metadata.row_group(group).num_rows
            before += rows
            if before <= start:
                continue
            skip = max(0, start - (before - rows))
            batches = self._group(group, places)
            while (batch := self._next(batches)) is not None:
                if skip < batch.num_rows:
                    yield batch.slice(skip)
                skip = max(0, skip - batch.num_rows)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _group(self, group: int, places: list[int] | None) -> Iterator[Any]:
        """Return the batches of a row group with the columns at `places`."""
        if places is None or len(places) == len(self.columns):
            return iter(self._file.iter_batches(CHUNK_ROWS, [group]))
        names = list(dict.fromkeys(self.columns[place] for place in places))
        read = [p for name in names for p, column in enumerate(self.columns) if column == name]
        # Arrow finds columns by name, and takes a dot for a step into a nested one.
        if any("." in name for name in self.columns):
            names, read = self.columns, list(range(len(self.columns)))
        wanted = [read.index(place) for place in places]
        columns = None if names is self.columns else names
        batches = self._file.iter_batches(CHUNK_ROWS, [group], columns=columns)
        return (batch.select(wanted) for batch in batches)

    def _next(self, batches: Iterator[Any]) -> Any:
        with self._errors_named():
            return next(batches, None)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Turn what Arrow raises, errors of Python among it, into a DataError."""
        try:
            yield
        except CinesentError:
            raise
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DataError(f"{self.name} cannot be read as Parquet: {reason}.") from error


def _open(path: Path) -> Any:
    import pyarrow.parquet

    # In pieces: a row group may hold a million reviews.
    return pyarrow.parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)

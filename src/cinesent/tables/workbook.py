"""Reads the first sheet of an Excel file."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cinesent.errors import CinesentError, DataError, require
from cinesent.progress import SILENT, Reporter
from cinesent.tables.columns import find_text_column, numbered_text_column, unique_names
from cinesent.tables.missing import is_missing, text_error
from cinesent.tables.options import TableOptions
from cinesent.tables.rows import Dialect, Position, Row

# What a workbook may unpack to: texts are kept in memory while it is read.
_UNPACKED_LIMIT = 2**30


class WorkbookReader:
    """The rows of the first visible sheet of an Excel file (.xlsx), read as they come.

    Formulas are read as the values that Excel stored for them.

    Args:
        path: the file.
        options: of which the header and the text column count.
        reporter: told which sheet is read where there are several.

    Raises:
        DataError: the file is damaged, has no rows, or has no text column.
        MissingExtraError: openpyxl is not installed.
    """

    unit = ", row "
    format = "xlsx"
    encoding: str | None = None
    dialect: Dialect | None = None

    def __init__(self, path: Path, options: TableOptions, *, reporter: Reporter = SILENT) -> None:
        require("openpyxl", "data", f"Reading {path.name}")
        self.name = str(path)
        with self._errors_named():
            self._file = path.open("rb")
            try:
                self._book = _open(self._file, path)
            except BaseException:
                self._file.close()
                raise
        try:
            with self._errors_named():
                self._sheet = self._choose_sheet(reporter)
            self._first = self._read_header(options)
            self.keys = unique_names(self.columns)
            find = find_text_column if options.header else numbered_text_column
            self.text_column = find(self.columns, self.name, options.text_column, reporter=reporter)
        except BaseException:
            self.close()
            raise
        self._text_at = self.columns.index(self.text_column)
        self._done = 0

    def first(self) -> Position:
        """Return where the first row begins, after the names."""
        return self._first

    def done(self) -> float | None:
        """Return the share of the rows that has been read; None where the file does not say."""
        rows = self._num_rows
        return min(1.0, self._done / rows) if rows else None

    def select(self, names: Collection[str]) -> None:
        """Do nothing: all cells of a row are read together."""

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        width = len(self.columns)
        for number, values in self._numbered(start.line):
            self._done = number
            end = Position(number, number + 1)
            if all(map(is_missing, values)):
                yield Row(number, end, 1, [], blank=1)
                continue
            record = (values + [None] * width)[:width]
            text = record[self._text_at]
            error = text_error(text)
            if len(values) > width and not all(map(is_missing, values[width:])):
                error = f"{len(values)} cells, expected {width}."
            size = sum(len(value) for value in record if isinstance(value, str)) + 1
            yield Row(number, end, size, record, None if error else text, error)

    def values(self, row: Row) -> dict[str, Any]:
        """Return the values by the names of their columns."""
        return dict(zip(self.keys, row.record, strict=True))

    def close(self) -> None:
        """Close the file."""
        self._book.close()
        self._file.close()

    def _choose_sheet(self, reporter: Reporter) -> Any:
        sheets = [sheet for sheet in self._book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise DataError(f"{self.name} has no sheet with rows.")
        if len(sheets) > 1:
            reporter.warning(
                f"{self.name} has {len(sheets)} sheets; the first one, {sheets[0].title!r}, is "
                "read."
            )
        self._num_rows: int | None = sheets[0].max_row
        # Some programs write the size of a sheet wrongly.
        sheets[0].reset_dimensions()
        return sheets[0]

    def _read_header(self, options: TableOptions) -> Position:
        for number, values in self._numbered(1):
            while values and is_missing(values[-1]):
                values.pop()
            if not values:
                continue
            if not options.header:
                self.columns = [str(place + 1) for place in range(len(values))]
                return Position(number - 1, number)
            self.columns = ["" if value is None else str(value) for value in values]
            return Position(number, number + 1)
        raise DataError(f"{self.name} is empty: expected a first row that names the columns.")

    def _numbered(self, start: int) -> Iterator[tuple[int, list[Any]]]:
        """Yield the number and the values of each row from number `start` on."""
        rows = self._sheet.iter_rows(min_row=start, values_only=True)
        number = start
        while True:
            with self._errors_named():
                values = next(rows, None)
            if values is None:
                return
            yield number, list(values)
            number += 1

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Turn what openpyxl raises, whatever it is, into a DataError."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of styles that it does not know
                yield
        except CinesentError:
            raise
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DataError(f"{self.name} cannot be read as an Excel file: {reason}.") from error


def _open(file: IO[bytes], path: Path) -> Any:
    import openpyxl

    with zipfile.ZipFile(file) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > _UNPACKED_LIMIT:
        raise DataError(
            f"{path} unpacks to {unpacked:,} bytes; at most {_UNPACKED_LIMIT:,} are read. Save it "
            "as .csv."
        )
    return openpyxl.load_workbook(file, read_only=True, data_only=True)

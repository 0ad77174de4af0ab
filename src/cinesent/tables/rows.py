"""What every reader yields: rows, good and bad, and chunks of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

#: A chunk is full at this many rows or bytes, whichever comes first. It is what memory is counted
#: in: a few chunks are under way at a time. Where a chunk ends must depend on the input alone.
CHUNK_ROWS = 512
CHUNK_BYTES = 2**20

#: Bytes of one row at most. A longer one is bad: most likely a quote that is never closed, or no
#: line ends at all.
ROW_LIMIT = 2**24


class Position(NamedTuple):
    """A place between two rows.

    Attributes:
        offset: bytes of text, decompressed, before it; of Parquet, rows.
        line: number of the line that follows, from 1; of Parquet, of the row.
    """

    offset: int = 0
    line: int = 1


@dataclass(slots=True)
class Row:
    """A row as it was read.

    Attributes:
        line: number of the line it begins at, from 1; of Parquet, of the row.
        end: where the next row begins.
        size: bytes it takes.
        record: its values: a list in the order of the columns for CSV, TSV, Parquet and Excel
            (of a bad row too), else a dictionary.
        text: the review; None where the row is bad.
        error: what is wrong with it; None where nothing is.
        raw: the row of a text format as it stands in the file, without its line end; bytes that
            are not text are kept as with "surrogateescape". None where the row is too long.
        well_formed: whether `raw` is a whole row of the format, to which columns can be added.
            Otherwise `record` holds all that was read, in as many values as there are columns.
        blank: how many empty lines it stands for, which are no rows at all; 0 for a row.
    """

    line: int
    end: Position
    size: int
    record: Any
    text: str | None = None
    error: str | None = None
    raw: str | None = None
    well_formed: bool = False
    blank: int = 0


@dataclass(slots=True)
class Chunk:
    """Rows that are predicted and written together.

    Attributes:
        rows: in the order of the file.
        end: where the next chunk begins.
        num_blank: empty lines among them, which were skipped.
        done: share of the source that had been read then; None where it is unknown.
    """

    rows: list[Row]
    end: Position
    num_blank: int = 0
    done: float | None = None

    @property
    def texts(self) -> list[str]:
        """The reviews of the good rows."""
        return [row.text for row in self.rows if row.text is not None]


@dataclass(frozen=True)
class Dialect:
    """How a CSV or TSV table is written.

    Attributes:
        delimiter: between fields.
        quotes: whether double quotes enclose fields; False: they are ordinary characters.
        line_end: of the first row.
        mark: whether the file begins with a UTF-8 byte order mark.
        header: whether the first row names the columns.
        separator_line: Excel's first line ``sep=;`` without its line end; "" where there is none.
    """

    delimiter: str = ","
    quotes: bool = True
    line_end: str = "\n"
    mark: bool = False
    header: bool = True
    separator_line: str = ""


class TableReader(Protocol):
    """Reads the rows of a table; :func:`cinesent.tables.open_table` returns one.

    Attributes:
        name: of the file, for messages.
        unit: what is written between the name and the number of a row, in messages.
        format: one of :data:`cinesent.tables.options.FORMATS`.
        encoding: of the text as it was found or asked for; None for Parquet and Excel.
        columns: the names of the columns as the file has them, twice the same name included; of
            JSON, those in the first rows; of a table without a header, "1", "2" and so on.
        keys: the same names made unique, which `values` uses: ``a, a`` become ``a, a_2``.
        text_column: the name of the column with the text.
        dialect: of CSV and TSV; None for other formats.
    """

    name: str
    unit: str
    format: str
    encoding: str | None
    columns: list[str]
    keys: list[str]
    text_column: str
    dialect: Dialect | None

    def first(self) -> Position:
        """Return where the first row begins."""

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on: where the first row begins, or where a row ended."""

    def done(self) -> float | None:
        """Return the share of the source that has been read, 0 to 1; None where it is unknown."""

    def select(self, names: Collection[str]) -> None:
        """Read no other columns than the text and `names`, where leaving others out saves work."""

    def values(self, row: Row) -> dict[str, Any]:
        """Return the values of a row by the names of their columns."""

    def close(self) -> None:
        """Close the file; standard input stays open."""


def chunked(rows: Iterable[Row]) -> Iterator[Chunk]:
    """Gather rows in chunks."""
    chunk: Chunk | None = None
    size = 0
    for row in rows:
        chunk = chunk or Chunk([], row.end)
        chunk.end = row.end
        size += row.size
        if row.blank:
            chunk.num_blank += row.blank
        else:
            chunk.rows.append(row)
        if len(chunk.rows) >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = None, 0
    if chunk is not None:
        yield chunk

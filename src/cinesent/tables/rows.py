"""What every source yields: rows, good and bad, and chunks of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

#: A chunk is full at this many rows or bytes, whichever comes first. It is what memory is counted
#: in: a few chunks are under way at a time. Where a chunk ends must depend on the input alone.
CHUNK_ROWS = 512
CHUNK_BYTES = 2**20

#: Bytes of one row at most. A longer one is bad: most likely a quote that is never closed, or no
#: line ends at all.
ROW_LIMIT = 2**24

#: Characters of one review at most, unless asked otherwise. The longest labelled review of IMDB has
#: some 14,000. What the network keeps of each token is what memory goes to: with 96 units, reviews
#: of this length keep a process below 400 MB, twice the length does not.
TEXT_LIMIT = 50_000


class Position(NamedTuple):
    """A place between two rows.

    Attributes:
        offset: bytes of text, decompressed, that lie before it; of Parquet, rows.
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
        record: its values: a list of str for CSV and TSV, else a dictionary.
        text: the review; None where the row is bad.
        error: what is wrong with it; None where nothing is.
        raw: the row as it stands in the file, without its line end, where that can be written
            again with columns added; else None.
        blank: whether it is an empty line, which is no row at all.
    """

    line: int
    end: Position
    size: int
    record: Any
    text: str | None = None
    error: str | None = None
    raw: str | None = None
    blank: bool = False


@dataclass(slots=True)
class Chunk:
    """Rows that are predicted and written together.

    Attributes:
        rows: in the order of the file.
        end: where the next chunk begins.
        num_blank: empty lines among them that were passed over.
        done: share of the source that had been read then; None where nobody knows.
    """

    rows: list[Row]
    end: Position
    num_blank: int = 0
    done: float | None = None

    @property
    def texts(self) -> list[str]:
        """The reviews of the good rows."""
        return [row.text for row in self.rows if row.text is not None]


class Source(Protocol):
    """Where rows come from.

    Attributes:
        name: of the file, for messages.
        unit: what stands between the name and the number of a row, in messages.
        columns: the names of its columns; of JSON Lines, those in its first rows.
    """

    name: str
    unit: str
    columns: list[str]

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on; it is where a row of the same file ended."""

    def first(self) -> Position:
        """Return where the first row begins."""

    def done(self) -> float | None:
        """Say what share of the source has been read, 0 to 1; None where nobody knows."""

    def values(self, row: Row) -> dict[str, Any]:
        """Return the values of a row by the names of their columns."""

    def close(self) -> None:
        """Close the file."""


def chunked(rows: Iterable[Row]) -> Iterator[Chunk]:
    """Gather rows in chunks."""
    chunk: Chunk | None = None
    size = 0
    for row in rows:
        chunk = chunk or Chunk([], row.end)
        chunk.end = row.end
        size += row.size
        if row.blank:
            chunk.num_blank += 1
        else:
            chunk.rows.append(row)
        if len(chunk.rows) >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = None, 0
    if chunk is not None:
        yield chunk


def text_error(text: object, limit: int) -> str | None:
    """Say why `text` cannot be scored; None where it can."""
    if text is None or (isinstance(text, float) and text != text):
        return "the text is missing."
    if not isinstance(text, str):
        return f"the text is {text!r:.40}, expected a string."
    if not text.strip():
        return "the text is empty."
    if len(text) > limit:
        return f"the text has {len(text):,} characters; at most {limit:,} are read."
    return None

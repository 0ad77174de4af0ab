"""Rows with their scores to bytes, one chunk at a time: what all formats share."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from cinesent.scoring.added_columns import AddedColumns, Score
from cinesent.tables.rows import Chunk, Row, TableReader


class Encoder(Protocol):
    """Turns rows into the bytes of one format."""

    def header(self) -> bytes:
        """Return what comes before the first row."""

    def encode(self, chunk: Chunk, scores: Sequence[Score]) -> bytes:
        """Return the rows of a chunk; `scores` has one entry for each good row."""


class LineEncoder:
    """The added values of each row, separated by tabs, and nothing of the row itself."""

    def __init__(self, added: AddedColumns) -> None:
        self._added = added

    def header(self) -> bytes:
        """Return nothing: line n is row n."""
        return b""

    def encode(self, chunk: Chunk, scores: Sequence[Score]) -> bytes:
        """Return one line per row; that of a bad row begins with "error"."""
        return encoded_lines(chunk, scores, self._line).encode("utf-8", "backslashreplace")

    def _line(self, row: Row, score: Score | None) -> str:
        if score is None:
            return f"error\t{' '.join(self._added.error(row).split())}\n"
        return "\t".join(self._added.fields(row, score)[:-1]) + "\n"


class GzipEncoder:
    """Compresses each chunk of another encoder as a gzip member of its own.

    A part that ends between two members can be continued.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def header(self) -> bytes:
        """Return the header, compressed."""
        return _compressed(self._encoder.header())

    def encode(self, chunk: Chunk, scores: Sequence[Score]) -> bytes:
        """Return the rows, compressed."""
        return _compressed(self._encoder.encode(chunk, scores))


def encoded_lines(
    chunk: Chunk, scores: Sequence[Score], line: Callable[[Row, Score | None], str]
) -> str:
    """Return the lines of a chunk; a bad row has no score."""
    left = iter(scores)
    return "".join(line(row, next(left) if row.text is not None else None) for row in chunk.rows)


def own_fields(reader: TableReader, row: Row) -> list[Any]:
    """Return a row's own fields, as many as the table has columns."""
    fields: list[Any] = row.record
    return [*fields, *[""] * (len(reader.columns) - len(fields))]


def readable(value: Any) -> Any:
    r"""Return text in which bytes that could not be decoded are written as ``\xe9``.

    Other values, and text without such bytes, are returned as they are.
    """
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        content = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold and bytes cannot
        content = value.encode("utf-8", "backslashreplace")
    return content.decode("utf-8", "backslashreplace")


def _compressed(content: bytes) -> bytes:
    # Without the time, so that the same rows are the same bytes.
    return gzip.compress(content, compresslevel=6, mtime=0) if content else b""

"""Rows with their scores to bytes, a chunk at a time."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from cinesent.data.progress import Say
from cinesent.errors import DataError
from cinesent.scoring.pipeline import Score
from cinesent.tables.delimited import DelimitedReader
from cinesent.tables.json_rows import JsonReader
from cinesent.tables.rows import Chunk, Row, TableReader

_PREFIX = "cinesent_"
_ENDS = "\r\n"


class Encoder(Protocol):
    """What a format asks for."""

    def header(self) -> bytes:
        """Return what comes before the first row."""

    def encode(self, chunk: Chunk, scores: Sequence[Score]) -> bytes:
        """Return the rows of a chunk; `scores` has one entry for each that is good."""


def added_names(columns: Iterable[str], *, num_tokens: bool, evidence: bool) -> dict[str, str]:
    """Return the added columns and what they are called in a file that has `columns` already.

    A name that the file uses itself gets the prefix ``cinesent_``, and a number if need be.

    Example:
        >>> added_names(["id", "Label"], num_tokens=False, evidence=False)
        {'label': 'cinesent_label', 'probability': 'probability', 'error': 'error'}
    """
    wanted = ["label", "probability"]
    wanted += ["num_tokens"] if num_tokens else []
    wanted += ["evidence"] if evidence else []
    wanted.append("error")
    taken = {name.strip().casefold() for name in columns}
    names = {}
    for column in wanted:
        name, number = column, 1
        while name in taken:
            name = f"{_PREFIX}{column}" if number == 1 else f"{_PREFIX}{column}_{number}"
            number += 1
        names[column] = name
        taken.add(name)
    return names


class JsonEncoder:
    """One JSON object a line: the row's own fields as they were, then those of the score.

    Args:
        source: where the rows come from.
        names: as :func:`added_names` gives them.
        say: told where a later row has a field called as one that is added.
        whole: whether the row's own fields are written.
    """

    def __init__(
        self, source: TableReader, names: dict[str, str], say: Say, *, whole: bool = True
    ) -> None:
        if whole and len(set(source.columns)) < len(source.columns):
            twice = next(name for name in source.columns if source.columns.count(name) > 1)
            raise DataError(
                f"{source.name} has {source.columns.count(twice)} columns called {twice!r}; the "
                "result needs names that differ. Rename them, or write CSV."
            )
        self._source = source
        self._names = names
        self._say = say
        self._whole = whole
        self._has_raw = isinstance(source, JsonReader)
        self._warned = False

    def header(self) -> bytes:
        """Return nothing: JSON Lines has none."""
        return b""

    def encode(self, chunk: Chunk, scores: Sequence[Score]) -> bytes:
        """Return a line a row."""
        return _encoded(chunk, scores, self._line)

    def _line(self, row: Row, score: Score | None) -> str:
        if not self._whole:
            return _dumps(_added(self._source, row, score, self._names)) + "\n"
        own = self._source.values(row)
        added = _added(self._source, row, score, self._names_beside(own))
        if not (self._has_raw and row.well_formed and row.raw is not None):
            return _dumps({**own, **added}) + "\n"
        # As it stands: numbers, escapes and repeated keys do not survive being read and written.
        body = row.raw.strip()[:-1].rstrip()
        return f"{body}{', ' if own else ''}{_dumps(added)[1:]}\n"

    def _names_beside(self, own: dict[str, Any]) -> dict[str, str]:
        if not any(name in own for name in self._names.values()):
            return self._names
        if not self._warned:
            self._warned = True
            self._say(
                f"{self._source.name}: some rows further down have fields called as the added "
                f"ones; there, those begin with {_PREFIX}."
            )
        beside = added_names(
            own, num_tokens="num_tokens" in self._names, evidence="evidence" in self._names
        )
        return {
            column: beside[column] if name in own else name for column, name in self._names.items()
        }


class DelimitedEncoder:
    """CSV and TSV: the row's own fields as they were, then those of the score.

    Args:
        source: where the rows come from.
        names: as :func:`added_names` gives them.
        say: told about fields that have no column.
        delimiter: a comma or a tab; that of the source stays if it is of the same format.
    """

    def __init__(
        self, source: TableReader, names: dict[str, str], say: Say, *, delimiter: str
    ) -> None:
        self._source = source
        self._names = names
        self._say = say
        self._delimiter = delimiter
        self._line_end = "\n"
        self._mark = ""
        self._as_is = self._unquoted = False
        if isinstance(source, DelimitedReader):
            self._as_is = (source.delimiter == "\t") == (delimiter == "\t")
            self._mark = "\ufeff" if source.stream.has_mark else ""
            if self._as_is:
                self._delimiter, self._line_end = source.delimiter, source.line_end
                self._unquoted = source.quoting == csv.QUOTE_NONE
        self._columns = set(source.columns)
        self._warned = False

    def header(self) -> bytes:
        """Return the row of names."""
        names = self._fields([*self._source.columns, *self._names.values()])
        return f"{self._mark}{names}{self._line_end}".encode("utf-8", "replace")

    def encode(self, chunk: Chunk, scores: Sequence[Score]) -> bytes:
        """Return the rows."""
        return _encoded(chunk, scores, self._line)

    def _line(self, row: Row, score: Score | None) -> str:
        added = _added_fields(self._source, row, score, self._names)
        if self._as_is and row.well_formed:
            return f"{row.raw}{self._delimiter}{self._fields(added)}{self._line_end}"
        return self._fields([*self._own(row), *added]) + self._line_end

    def _own(self, row: Row) -> list[str]:
        if isinstance(row.record, list):
            return [_field(value) for value in row.record]
        values = self._source.values(row)
        self._warn_of(values, row)
        return [_field(values.get(name)) for name in self._source.columns]

    def _warn_of(self, values: dict[str, Any], row: Row) -> None:
        if self._warned or values.keys() <= self._columns:
            return
        self._warned = True
        name = next(name for name in values if name not in self._columns)
        self._say(
            f"{self._source.name}:{row.line}: the field {name!r} is in none of the first rows, so "
            "it has no column and is left out; write .jsonl to keep every field."
        )

    def _fields(self, fields: Sequence[str]) -> str:
        if self._unquoted:
            return self._delimiter.join(
                " ".join(field.split()) if any(mark in field for mark in "\t\r\n") else field
                for field in fields
            )
        text = io.StringIO()
        # The csv module quotes a field for a line end only if that is among its own.
        csv.writer(text, delimiter=self._delimiter, lineterminator=_ENDS).writerow(fields)
        return text.getvalue().removesuffix(_ENDS)


class LineEncoder:
    """Label and probability of each row, with a tab between them and nothing else."""

    def __init__(self, source: TableReader, names: dict[str, str]) -> None:
        self._source = source
        self._names = names

    def header(self) -> bytes:
        """Return nothing: line n is row n."""
        return b""

    def encode(self, chunk: Chunk, scores: Sequence[Score]) -> bytes:
        """Return a line a row; a bad one says "error", and why."""
        return _encoded(chunk, scores, self._line)

    def _line(self, row: Row, score: Score | None) -> str:
        if score is None:
            return f"error\t{' '.join(_error(self._source, row).split())}\n"
        return "\t".join(_added_fields(self._source, row, score, self._names)[:-1]) + "\n"


class GzipEncoder:
    """Wraps each chunk of another format in a gzip member of its own.

    A part that ends between two members can be gone on with.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def header(self) -> bytes:
        """Return the header, compressed."""
        header = self._encoder.header()
        return _compressed(header) if header else b""

    def encode(self, chunk: Chunk, scores: Sequence[Score]) -> bytes:
        """Return the rows, compressed."""
        content = self._encoder.encode(chunk, scores)
        return _compressed(content) if content else b""


def _encoded(
    chunk: Chunk, scores: Sequence[Score], line: Callable[[Row, Score | None], str]
) -> bytes:
    """Return the lines of a chunk; a bad row has no score."""
    left = iter(scores)
    lines = [line(row, next(left) if row.text is not None else None) for row in chunk.rows]
    return "".join(lines).encode("utf-8", "replace")


def _compressed(content: bytes) -> bytes:
    # Without the time in it, so that the same rows are the same bytes.
    return gzip.compress(content, compresslevel=6, mtime=0)


def _added(
    source: TableReader, row: Row, score: Score | None, names: dict[str, str]
) -> dict[str, Any]:
    """Return what is added to a row, by the names it gets; an error only where there is one."""
    if score is None:
        added: dict[str, Any] = dict.fromkeys(names.values())
        added[names["error"]] = _error(source, row)
        return added
    return {name: getattr(score, column) for column, name in names.items() if column != "error"}


def _added_fields(
    source: TableReader, row: Row, score: Score | None, names: dict[str, str]
) -> list[str]:
    """Return what is added to a row as strings, the error last."""
    if score is None:
        return [""] * (len(names) - 1) + [_error(source, row)]
    fields = [score.label, f"{score.probability:.6f}"]
    fields += [str(score.num_tokens)] if "num_tokens" in names else []
    fields += [_dumps(score.evidence)] if "evidence" in names else []
    return [*fields, ""]


def _error(source: TableReader, row: Row) -> str:
    return f"{'line' if source.unit == ':' else 'row'} {row.line}: {row.error}"


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    """Return what JSON has no type for as a string."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _field(value: Any) -> str:
    """Return a value as a field of CSV."""
    if value is None:
        return ""
    if isinstance(value, (dict, list, bool)):
        return _dumps(value)
    return _plain(value)

"""Reads a JSON array of objects, in pieces."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from cinesent.errors import DataError
from cinesent.progress import SILENT, Reporter
from cinesent.tables.json_rows import JsonReader, object_or_none
from cinesent.tables.options import TableOptions
from cinesent.tables.rows import ROW_LIMIT, Position, Row
from cinesent.tables.stream import ByteStream

_STEP = 2**16
_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_SPACE = b" \t\r\n"
# Strings, brackets and commas; a string whose end is not there yet is an opening quote alone.
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{},]', re.DOTALL)


class JsonArrayReader(JsonReader):
    """One JSON array, whose elements are the rows.

    Elements are told apart by brackets and commas, so that one that is no JSON is one bad row.

    Raises:
        DataError: the array holds no object at the beginning, or none with a text field.
    """

    format = "json"
    unit = ", element "

    def __init__(
        self, stream: ByteStream, options: TableOptions, *, reporter: Reporter = SILENT
    ) -> None:
        super().__init__(stream)
        self.find_columns(self._first_records(), options, reporter)

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        self.stream.seek(start)
        inside = start != self.first()
        for number, element in enumerate(
            _elements(self.stream, self.name, start.offset, inside=inside), start=start.line
        ):
            yield self._row(element, number)

    def _row(self, element: _Element, number: int) -> Row:
        raw = element.content.decode("utf-8", "surrogateescape")
        end = Position(element.end, number + 1)
        record: dict[str, Any] = {}
        error: str | None = "the element is not UTF-8."
        if not _is_damaged(element.content):
            record, error = self.checked(raw)
        text = None if error else record.get(self.text_column)
        return Row(number, end, element.size, record, text, error, raw, bool(record))

    def _first_records(self) -> list[dict[str, Any]]:
        stream = self.stream
        while True:
            records = list(_head_objects(stream))
            if records or len(stream.head) > ROW_LIMIT or not stream.extend_head():
                break
        if not records:
            raise DataError(f"{self.name} is a JSON array without objects; expected [{{…}}, …].")
        return records


def _head_objects(stream: ByteStream) -> Iterator[dict[str, Any]]:
    with contextlib.suppress(DataError):  # the head ends within the array
        for element in _elements(_Head(stream.head), stream.name, 0, inside=False):
            record = object_or_none(element.content)
            if record:
                yield record


class _Element(NamedTuple):
    """An element of the array, where the next one begins, and what it takes."""

    content: bytes
    end: int
    size: int


class _Bytes(Protocol):
    """What elements are read from."""

    def read(self, size: int) -> bytes: ...


class _Head:
    """The beginning of a file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, size: int) -> bytes:
        content, self._content = self._content, b""
        return content


def _elements(source: _Bytes, name: str, offset: int, *, inside: bool) -> Iterator[_Element]:
    """Yield the elements of an array.

    Args:
        source: of the bytes from `offset` on.
        name: of the file, for messages.
        offset: where reading begins.
        inside: whether that is between two elements, or before the opening bracket.
    """
    buffer = source.read(_STEP)
    depth = 1 if inside else 0
    begin = place = 0
    while True:
        token = _TOKENS.search(buffer, place)
        if token is None or token[0] == b'"':
            # What comes before `begin` is done with; twice as much is read as could not be used.
            place = (len(buffer) if token is None else token.start()) - begin
            buffer, offset, begin = buffer[begin:], offset + begin, 0
            buffer += _more(source, name, len(buffer))
            continue
        place = token.end()
        mark = token[0][:1]
        depth += _STEPS.get(mark, 0)
        if depth == 1 and mark == b"[" and not inside:
            begin, inside = place, True
        elif depth == 0 or (depth == 1 and mark == b","):
            content = buffer[begin : token.start()].strip(_SPACE)
            # The closing bracket is left for a reader that resumes here.
            end = place if depth else token.start()
            if content:
                yield _Element(content, offset + end, end - begin)
            begin = place
            if depth == 0:
                break
    if (buffer[place:] + source.read(_STEP)).strip(_SPACE):
        raise DataError(f"{name}: text follows the end of the JSON array.")


def _more(source: _Bytes, name: str, size: int) -> bytes:
    """Return at least as many bytes as there were, or raise DataError if there are none."""
    more = source.read(max(_STEP, size))
    if not more:
        raise DataError(
            f"{name}: the JSON array is not closed at the end of the file, which may be cut short."
        )
    if size > ROW_LIMIT:
        raise DataError(
            f"{name}: an element of the array is longer than {ROW_LIMIT / 2**20:.0f} MiB."
        )
    return more


def _is_damaged(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False

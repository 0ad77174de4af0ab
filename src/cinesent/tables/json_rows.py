"""Reads JSON Lines."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from cinesent.errors import DataError
from cinesent.tables.columns import find_text_column
from cinesent.tables.missing import text_error
from cinesent.tables.rows import Position, Row
from cinesent.tables.stream import ByteStream
from cinesent.tables.text_reader import TextReader, plain_row


class JsonReader(TextReader):
    """One JSON object per line.

    The text field is found in the first object; the fields in the first :data:`HEAD_BYTES` bytes
    are the columns, where the result needs some.
    """

    format = "jsonl"

    def __init__(self, stream: ByteStream, text_column: str | None = None) -> None:
        super().__init__(stream)
        records = list(_head_objects(stream.head))
        if not records:
            raise DataError(f"{stream.name} does not begin with JSON: expected an object a line.")
        self.columns = list(dict.fromkeys(itertools.chain.from_iterable(records)))
        self.keys = self.columns
        self.text_column = find_text_column(self.columns, stream.name, text_column)

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        for line in self.stream.lines(start):
            content = line.text.strip()
            if not content and not line.error:
                yield Row(line.number, line.end, line.size, {}, blank=1)
                continue
            record, error = ({}, line.error) if line.error else _json_object(content)
            if error:
                yield plain_row(line, record, None, error)
                continue
            text = record.get(self.text_column)
            if self.text_column in record:
                error = text_error(text)
            else:
                found = ", ".join(map(repr, record)) or "none"
                error = f"has no field {self.text_column!r}; found {found:.200}."
            yield plain_row(line, record, text, error, well_formed=True)


def _head_objects(head: bytes) -> Iterator[dict[str, Any]]:
    lines = head.split(b"\n")
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record


def _json_object(content: str) -> tuple[dict[str, Any], str | None]:
    """Return the object that a line holds, and what is wrong with it."""
    try:
        record = json.loads(content)
    except json.JSONDecodeError as error:
        return {}, f"is not JSON ({error.msg} at column {error.colno})."
    except (ValueError, RecursionError) as error:
        return {}, f"is not JSON that can be read ({error})."
    if not isinstance(record, dict):
        return {}, f"is {content[:40]!r}, expected a JSON object."
    return record, None

"""Reads JSON Lines."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from cinesent.errors import DataError
from cinesent.progress import SILENT, Reporter
from cinesent.tables.columns import find_text_column
from cinesent.tables.missing import text_error
from cinesent.tables.options import TableOptions
from cinesent.tables.rows import ROW_LIMIT, Position, Row
from cinesent.tables.stream import ByteStream
from cinesent.tables.text_reader import TextReader, plain_row


class JsonReader(TextReader):
    """What JSON Lines and arrays share: objects, in the first of which the text field is found.

    The fields of the objects in the first part of the file are its columns.
    """

    def find_columns(
        self, records: list[dict[str, Any]], options: TableOptions, reporter: Reporter
    ) -> None:
        """Learn the columns from the first objects."""
        self.columns = list(dict.fromkeys(itertools.chain.from_iterable(records)))
        self.keys = self.columns
        self.text_column = find_text_column(
            self.columns, self.name, options.text_column, reporter=reporter
        )

    def checked(self, content: str) -> tuple[dict[str, Any], str | None]:
        """Return the object in `content` and what is wrong with it or its text."""
        record, error = parse_object(content)
        if error or self.text_column in record:
            return record, error or text_error(record[self.text_column])
        found = ", ".join(map(repr, itertools.islice(record, 20))) or "none"
        return record, f"has no field {self.text_column!r}; found {found:.200}."


class JsonLinesReader(JsonReader):
    """One JSON object per line.

    Raises:
        DataError: no line at the beginning is a JSON object, or none has a text field.
    """

    format = "jsonl"

    def __init__(
        self, stream: ByteStream, options: TableOptions, *, reporter: Reporter = SILENT
    ) -> None:
        super().__init__(stream)
        self.find_columns(self._first_records(), options, reporter)

    def rows(self, start: Position) -> Iterator[Row]:
        """Yield the rows from `start` on."""
        stream = self.stream
        stream.seek(start)
        while (line := stream.next_line()) is not None:
            content = line.text.strip()
            if not content and not line.error:
                count, end = stream.skip_blank()
                size = end.offset - line.end.offset + line.size
                yield Row(line.number, end, size, {}, blank=count + 1)
                continue
            record, error = ({}, line.error) if line.error else self.checked(content)
            text = record.get(self.text_column)
            yield plain_row(line, record, text, error, well_formed=bool(record))

    def _first_records(self) -> list[dict[str, Any]]:
        """Return the objects at the beginning, as much of which is read as the first one needs."""
        stream = self.stream
        while True:
            lines = stream.head.replace(b"\r", b"\n").split(b"\n")
            records = [r for line in lines if line.strip() and (r := object_or_none(line))]
            if records or len(stream.head) > ROW_LIMIT or not stream.extend_head():
                break
        if not records:
            raise DataError(
                f"{self.name} does not begin with JSON: expected one object per line, or an array "
                "of objects."
            )
        return records


def parse_object(content: str) -> tuple[dict[str, Any], str | None]:
    """Return the JSON object in `content`, and what is wrong with it."""
    try:
        record = json.loads(content)
    except json.JSONDecodeError as error:
        return {}, f"is not JSON ({error.msg} at column {error.colno})."
    except (ValueError, RecursionError) as error:
        return {}, f"is not JSON that can be read ({error})."
    if not isinstance(record, dict):
        return {}, f"is {content[:40]!r}, expected a JSON object."
    return record, None


def object_or_none(content: bytes) -> dict[str, Any] | None:
    """Return the JSON object in `content`; None if it is none, or empty."""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and record else None

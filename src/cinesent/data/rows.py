"""Reads the rows of CSV, TSV, JSON Lines and Parquet files; what they mean is not its concern.

A bad row does not stop the reading: rows that cannot be used are gathered in
:class:`~cinesent.data.table.Problems`, so that one run tells about all of them.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cinesent.data.decode import read_text
from cinesent.data.table import Options, Problems, Table
from cinesent.errors import DataError, require
from cinesent.tables.columns import Columns, find_columns


def read_delimited(path: Path, problems: Problems, options: Options) -> Table:
    """Read a CSV or TSV file; quoted fields may hold delimiters, quotes and line ends.

    Raises:
        DataError: the file is no text, is empty, or lacks a column.
    """
    text = read_text(path, options.say)
    delimiter = _delimiter(path, text)
    if delimiter == "\t" and not _quotes_fit(text, delimiter):
        # Many TSV files know no quotes: there, a lone " would swallow the rows that follow it.
        options.say(f'{path}: quotes do not pair up, so " is read as any other character.')
        return _read_delimited(path, text, delimiter, csv.QUOTE_NONE, problems, options)
    return _read_delimited(path, text, delimiter, csv.QUOTE_MINIMAL, problems, options)


def read_jsonl(path: Path, problems: Problems, options: Options) -> Table:
    """Read a file with one JSON object a line.

    Raises:
        DataError: the file is no text, is empty, or its first object lacks a field.
    """
    table: Table | None = None
    empty = 0
    lines = re.split(r"\r\n|\n|\r", read_text(path, options.say))
    for line, content in enumerate(lines, start=1):
        if not content.strip():
            empty += 1
            continue
        record = _json_object(line, content, problems)
        if record is None:
            continue
        if table is None:
            table = Table(_columns(list(record), path, options))
        missing = [name for name in table.columns if name not in record]
        if missing:
            problems.add(
                line, f"has no field {missing[0]!r}; found {', '.join(map(repr, record))}."
            )
        else:
            table.add(line, record[table.columns.text], record[table.columns.label], problems)
    if table is None:
        problems.raise_if_any()
        raise DataError(f"{path} is empty: expected one JSON object a line.")
    table.empty += max(empty - 1, 0)  # what follows the last line end is no row
    return table


def read_parquet(path: Path, problems: Problems, options: Options) -> Table:
    """Read a Parquet file.

    Raises:
        DataError: the file is damaged or lacks a column.
        MissingExtraError: pyarrow is not installed.
    """
    require("pyarrow", "data", f"Reading {path.name}")
    import pyarrow
    import pyarrow.parquet

    problems.unit = ", row "
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            table = Table(_columns(file.schema_arrow.names, path, options))
            content = file.read(columns=list(table.columns))
            texts, labels = (content.column(name).to_pylist() for name in table.columns)
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}.") from error
    for number, (text, label) in enumerate(zip(texts, labels, strict=True), start=1):
        table.add(number, text, label, problems)
    return table


def _read_delimited(
    path: Path, text: str, delimiter: str, quoting: int, problems: Problems, options: Options
) -> Table:
    records = _records(text, delimiter, quoting, problems)
    names = next((fields for _, fields in records if any(map(str.strip, fields))), None)
    if names is None:
        problems.raise_if_any()
        raise DataError(f"{path} is empty: expected a first row that names the columns.")
    table = Table(_columns(names, path, options))
    text_at, label_at = names.index(table.columns.text), names.index(table.columns.label)
    for line, fields in records:
        if not any(map(str.strip, fields)):
            table.empty += 1
        elif len(fields) != len(names):
            problems.add(line, _wrong_count(fields, names, delimiter))
        else:
            table.add(line, fields[text_at], fields[label_at], problems)
    return table


def _records(
    text: str, delimiter: str, quoting: int, problems: Problems
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line each record begins at, and its fields; a broken quote ends the reading."""
    with _long_fields():
        reader = _reader(text, delimiter, quoting)
        line = 1
        try:
            for fields in reader:
                yield line, fields
                line = reader.line_num + 1
        except csv.Error as error:
            what = (
                "a quoted field that begins in this row is never closed"
                if "unexpected end of data" in str(error)
                else f'a quote inside a field must be written twice ("") ({error})'
            )
            problems.add(line, f"{what}; the rows from here on are not read.")


def _reader(text: str, delimiter: str, quoting: int) -> Any:
    source = io.StringIO(text, newline="")
    return csv.reader(source, delimiter=delimiter, quoting=quoting, strict=True)  # type: ignore[arg-type]


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let fields be longer than the 131,072 characters the csv module stops at."""
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _quotes_fit(text: str, delimiter: str) -> bool:
    """Say whether every record has as many fields as the first when quotes are heeded."""
    if '"' not in text:
        return True
    with _long_fields():
        try:
            widths = {len(fields) for fields in _reader(text, delimiter, csv.QUOTE_MINIMAL)}
        except csv.Error:
            return False
    return len(widths - {0}) == 1


def _delimiter(path: Path, text: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    # Where the comma is the decimal sign, spreadsheets write CSV with semicolons.
    header = text.lstrip().partition("\n")[0]
    return ";" if "," not in header and ";" in header else ","


def _wrong_count(fields: list[str], names: list[str], delimiter: str) -> str:
    shown = {"\t": "a tab", ",": "a comma", ";": "a semicolon"}[delimiter]
    found = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
    return (
        f"{found}, expected {len(names)} ({', '.join(repr(name.strip()) for name in names)}); "
        f'text that holds {shown} must stand in double quotes ("…").'
    )


def _columns(names: list[str], path: Path, options: Options) -> Columns:
    columns = find_columns(
        names, str(path), text_column=options.text_column, label_column=options.label_column
    )
    options.say(
        f"{path.name}: text from the column {columns.text.strip()!r}, "
        f"labels from {columns.label.strip()!r}"
    )
    return columns


def _json_object(line: int, content: str, problems: Problems) -> dict[str, Any] | None:
    try:
        record = json.loads(content)
    except json.JSONDecodeError as error:
        problems.add(line, f"is not JSON ({error.msg} at column {error.colno}).")
        return None
    except (ValueError, RecursionError) as error:
        problems.add(line, f"is not JSON that can be read ({error}).")
        return None
    if not isinstance(record, dict):
        problems.add(line, f"is {content.strip()[:40]!r}, expected a JSON object.")
        return None
    return record

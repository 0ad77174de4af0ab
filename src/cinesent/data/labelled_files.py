"""Labelled reviews in a file of one's own, of any format that tables are read in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, Unpack

import numpy as np

from cinesent.data.bad_rows import BadRows
from cinesent.data.labels import Dropped, LabelOptions, LabelRule, mapping_line, plain
from cinesent.data.review_folders import load_folder
from cinesent.data.reviews import Dataset, Reviews
from cinesent.errors import ConfigError, DataError, nearest, option
from cinesent.progress import SILENT, Reporter
from cinesent.tables import LabelKeywords, Row, TableOptions, TableReader, open_table
from cinesent.tables.columns import (
    Columns,
    check_columns,
    find_label_column,
    numbered_label_column,
)
from cinesent.tables.missing import is_missing

_TABLE_OPTIONS = tuple(item.name for item in fields(TableOptions))
_LABEL_OPTIONS = tuple(item.name for item in fields(LabelOptions))


class _Labelled(NamedTuple):
    """A usable row: its number, its text, and its label as it was written."""

    number: int
    text: str
    label: str


@dataclass
class _Rows:
    """The rows of a file.

    Attributes:
        columns: they were taken from.
        usable: those with a text and a label.
        num_empty: rows without either.
        num_unlabelled: rows with a text but no label, which are left out.
    """

    columns: Columns
    usable: list[_Labelled] = field(default_factory=list)
    num_empty: int = 0
    num_unlabelled: int = 0


def split_options(table: LabelKeywords) -> tuple[TableOptions, LabelOptions]:
    """Return the options of a table and those of labels; each is checked.

    Raises:
        ConfigError: a keyword is unknown, or a value is wrong.
    """
    values: dict[str, Any] = dict(table)
    unknown = next((key for key in values if key not in _TABLE_OPTIONS + _LABEL_OPTIONS), None)
    if unknown is not None:
        known = nearest(unknown, _TABLE_OPTIONS + _LABEL_OPTIONS)
        raise ConfigError(f"{unknown!r} is no option of a table. {known}")
    return (
        TableOptions(**{key: values[key] for key in _TABLE_OPTIONS if key in values}),
        LabelOptions(**{key: values[key] for key in _LABEL_OPTIONS if key in values}),
    )


def load_file(
    path: str | Path, *, reporter: Reporter = SILENT, **table: Unpack[LabelKeywords]
) -> Dataset:
    """Read labelled reviews from a file, or from a folder with ``pos/`` and ``neg/``.

    Args:
        path: a file of any format of :data:`cinesent.tables.FORMATS` but plain lines, or a folder.
        reporter: told which columns were taken, which label became what, and what was left out.
        table: see :func:`cinesent.load_dataset`.

    Returns:
        Every row as a training review; a folder may hold test and unlabelled reviews too.

    Raises:
        DataError: the file cannot be read, a column is missing, labels are ambiguous, or rows
            are bad; the message names file and row.
        ConfigError: an option does not fit what is read.
        MissingExtraError: Parquet or Excel without the ``data`` extra.
    """
    path = Path(path)
    options, labels = split_options(table)
    if path.is_dir():
        _check_folder_options(path, options, labels)
        return load_folder(path, options.encoding, reporter)
    reader = open_table(path, options, reporter=reporter)
    try:
        bad = BadRows(str(path), reader.unit)
        rows = _read_rows(reader, options, labels, bad, reporter)
    finally:
        reader.close()
    if rows.num_empty:
        reporter.message(f"{path.name}: {_count(rows.num_empty, 'empty row')} skipped")
    return Dataset(name=path.name, train=_labelled(rows, path, labels, bad, reporter))


def _check_folder_options(path: Path, options: TableOptions, labels: LabelOptions) -> None:
    given = [
        name
        for part in (options, labels)
        for name in (item.name for item in fields(part))
        if getattr(part, name) != getattr(type(part)(), name) and name != "encoding"
    ]
    if given:
        names = ", ".join(option(name) for name in given)
        raise ConfigError(f"{path} is a folder, which has no columns: leave out {names}.")


def _read_rows(
    reader: TableReader,
    options: TableOptions,
    labels: LabelOptions,
    bad: BadRows,
    reporter: Reporter,
) -> _Rows:
    columns = _find_columns(reader, options, labels, reporter)
    rows = _Rows(columns)
    key = reader.keys[reader.columns.index(columns.label)]
    reader.select([key])
    for row in reader.rows(reader.first()):
        if row.blank:
            # What follows the last line end is no row.
            rows.num_empty += row.blank
        else:
            _add(rows, row, reader, key, bad, skip=labels.skip_other_labels)
    return rows


def _find_columns(
    reader: TableReader, options: TableOptions, labels: LabelOptions, reporter: Reporter
) -> Columns:
    if reader.format == "lines":
        raise DataError(
            f"{reader.name} is read as plain lines, which have no labels. If it is another "
            f"format, name that with {option('format')}."
        )
    if options.header:
        label = find_label_column(
            reader.columns, reader.name, labels.label_column, reporter=reporter
        )
    else:
        label = numbered_label_column(reader.columns, reader.name, labels.label_column)
    columns = Columns(reader.text_column, label)
    check_columns(columns, reader.name)
    reporter.message(
        f"{Path(reader.name).name}: text from the column {columns.text.strip()!r}, "
        f"labels from {columns.label.strip()!r}"
    )
    return columns


def _add(rows: _Rows, row: Row, reader: TableReader, key: str, bad: BadRows, *, skip: bool) -> None:
    """Add a row, or note what is wrong with it."""
    is_row = isinstance(row.record, list) or row.well_formed
    structure_is_bad = row.raw is not None and not row.well_formed
    if row.text is None and (structure_is_bad or not is_row):
        bad.add(row.line, row.error or "cannot be read.")
        return
    values = reader.values(row)
    text = values.get(reader.text_column) if row.text is None else row.text
    label = values.get(key)
    if is_missing(text) and is_missing(label):
        rows.num_empty += 1
    elif is_missing(text):
        bad.add(row.line, f"the text is missing, but the label is {plain(label)[:40]!r}.")
    elif row.text is None:
        bad.add(row.line, row.error or "cannot be read.")
    elif key not in values:
        found = ", ".join(map(repr, list(values)[:20]))
        bad.add(row.line, f"has no field {key!r}; found {found:.200}.")
    elif is_missing(label) and skip:
        rows.num_unlabelled += 1
    elif is_missing(label):
        bad.add(row.line, "the label is missing.")
    elif "\0" in row.text:
        bad.add(row.line, "the text holds a NUL character.")
    else:
        rows.usable.append(_Labelled(row.line, row.text, plain(label)))


def _labelled(
    rows: _Rows, path: Path, options: LabelOptions, bad: BadRows, reporter: Reporter
) -> Reviews:
    if not rows.usable:
        bad.raise_if_any()
        raise DataError(f"{path} names its columns, but has no rows with a text and a label.")
    rule = LabelRule([row.label for row in rows.usable], rows.columns.label, str(path), options)
    kept: list[_Labelled] = []
    labels: list[int] = []
    dropped: Counter[Dropped] = Counter()
    others: Counter[str] = Counter()
    for row in rows.usable:
        meaning = rule.meaning(row.label)
        if meaning is None:
            bad.add(row.number, f"the label is {row.label[:40]!r}; {rule.expected}.")
            bad.advice = (
                f" (or leave out rows of other labels: {option('skip_other_labels', True)})"
            )
        elif isinstance(meaning, Dropped):
            dropped[meaning] += 1
            others.update([row.label] if meaning is Dropped.OTHER else [])
        else:
            kept.append(row)
            labels.append(meaning)
    bad.raise_if_any()
    reporter.message(f"{path.name}: {mapping_line([row.label for row in kept], labels)}")
    _report_dropped(path.name, dropped, others, rows.num_unlabelled, options, reporter)
    if not kept:
        raise DataError(f"{path} has no rows left that are negative or positive.")
    return Reviews(
        texts=[row.text for row in kept],
        labels=np.array(labels, dtype=np.int8),
        name=path.name,
    )


def _report_dropped(
    name: str,
    dropped: Counter[Dropped],
    others: Counter[str],
    num_unlabelled: int,
    options: LabelOptions,
    reporter: Reporter,
) -> None:
    if dropped[Dropped.MIDDLE]:
        reporter.warning(
            f"{name}: {_count(dropped[Dropped.MIDDLE], 'row')} left out, with a rating between "
            f"{options.negative_to:g} and {options.positive_from:g}"
        )
    if dropped[Dropped.OTHER]:
        shown = ", ".join(f"{label[:40]!r} ({n:,})" for label, n in others.most_common(5))
        more = ", …" if len(others) > 5 else ""
        rows = _count(dropped[Dropped.OTHER], "row")
        reporter.warning(f"{name}: {rows} left out, with another label: {shown}{more}")
    if num_unlabelled:
        reporter.warning(f"{name}: {_count(num_unlabelled, 'row')} left out, without a label")


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"

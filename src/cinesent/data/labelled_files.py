"""Somebody's own labelled reviews: a CSV, TSV, JSON Lines or Parquet file, or a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cinesent.data import review_folders
from cinesent.data.labels import EXPECTED, label_rule, mapping_line
from cinesent.data.progress import Say, silent
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.rows import read_delimited, read_jsonl, read_parquet
from cinesent.data.table import Options, Problems, Row, Table
from cinesent.errors import ConfigError, DataError

_READERS: dict[str, Callable[[Path, Problems, Options], Table]] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".parquet": read_parquet,
}

#: The endings of the files that are read.
FILE_ENDINGS = tuple(_READERS)


def load_file(
    path: str | Path,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    positive_from: float | None = None,
    say: Say | None = None,
) -> Dataset:
    """Read labelled reviews from a file, or from a folder with ``pos/`` and ``neg/``.

    Args:
        path: a ``.csv``, ``.tsv``, ``.jsonl``, ``.ndjson`` or ``.parquet`` file, or a folder.
        text_column: the text's column; looked for by usual names when not given.
        label_column: the label's column; looked for by usual names when not given.
        positive_from: the lowest rating that is positive, where the labels are ratings.
        say: told which columns were taken, which label became what, and what was passed over.

    Returns:
        Every row as a training review; a folder may hold test and unlabelled reviews too.

    Raises:
        DataError: the file cannot be read, a column is missing, labels are ambiguous, or rows
            are bad; the message names file and line.
        ConfigError: an option does not fit what is read.
        MissingExtraError: Parquet without the ``data`` extra.
    """
    path = Path(path)
    say = say or silent
    if path.is_dir():
        if (text_column, label_column, positive_from) != (None, None, None):
            raise ConfigError(
                f"{path} is a folder, which has no columns: leave out --text-column, "
                "--label-column and --positive-from."
            )
        return review_folders.load_folder(path, say)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"{path} has the ending {path.suffix!r}; expected one of {', '.join(FILE_ENDINGS)}, a "
            "folder with pos/ and neg/, or the IMDB archive (.tar.gz)."
        )
    problems = Problems(path)
    table = reader(path, problems, Options(text_column, label_column, say))
    if table.empty:
        rows = "row" if table.empty == 1 else "rows"
        say(f"{path.name}: {table.empty:,} empty {rows} passed over")
    reviews = _labelled(table, path, positive_from, problems, say)
    return Dataset(name=path.name, train=reviews)


def _labelled(
    table: Table, path: Path, positive_from: float | None, problems: Problems, say: Say
) -> Reviews:
    if not table.rows:
        problems.raise_if_any()
        raise DataError(f"{path} names its columns, but has no rows.")
    values = [row.label for row in table.rows]
    rule = label_rule(values, table.columns.label, str(path), positive_from)
    expected = EXPECTED if positive_from is None else "expected a number"
    kept: list[Row] = []
    labels: list[int] = []
    for row in table.rows:
        label = rule(row.label)
        if label is None:
            problems.add(row.line, f"the label is {row.label[:40]!r}; {expected}.")
        else:
            kept.append(row)
            labels.append(label)
    problems.raise_if_any()
    say(f"{path.name}: {mapping_line([row.label for row in kept], labels)}")
    return Reviews(
        texts=[row.text for row in kept],
        labels=np.array(labels, dtype=np.int8),
        name=path.name,
    )

"""How the result is written: the encoder for a format, and the conversion at the end."""

from __future__ import annotations

import functools
from typing import NamedTuple

from cinesent.errors import ConfigError, option, require
from cinesent.progress import Reporter
from cinesent.scoring import parquet_result
from cinesent.scoring.added_columns import AddedColumns
from cinesent.scoring.csv_encoder import CsvEncoder
from cinesent.scoring.encoders import Encoder, GzipEncoder, LineEncoder
from cinesent.scoring.json_encoder import JsonEncoder, JsonPairEncoder
from cinesent.scoring.part import Convert
from cinesent.scoring.result_format import ResultFormat
from cinesent.tables.parquet_rows import ParquetReader
from cinesent.tables.rows import TableReader


class Output(NamedTuple):
    """How the result is written.

    Attributes:
        encoder: turns rows into bytes.
        convert: makes the result from these bytes at the end; None: they are the result.
    """

    encoder: Encoder
    convert: Convert | None = None


def open_output(
    reader: TableReader,
    format: ResultFormat,
    wanted: list[str],
    reporter: Reporter,
    *,
    escape_formulas: bool,
) -> Output:
    """Return how the rows of a table are written.

    Args:
        reader: the table.
        format: of the result.
        wanted: the columns to add, see :class:`AddedColumns`.
        reporter: told which names were changed.
        escape_formulas: see :class:`CsvEncoder`.

    Raises:
        ConfigError: `escape_formulas` does not apply to the format.
    """
    if escape_formulas and format.name not in ("csv", "tsv"):
        raise ConfigError(
            f"{option('escape_formulas')} applies to CSV and TSV; the result is {format.name}."
        )
    added = AddedColumns(wanted, () if format.name == "lines" else reader.columns, reader.unit)
    _report_names(reader, added, format, reporter)
    if format.name == "parquet":
        return _parquet(reader, added, wanted, reporter)
    encoder: Encoder
    if format.name == "jsonl":
        encoder = JsonEncoder(reader, added, reporter)
    elif format.name == "lines":
        encoder = LineEncoder(added)
    else:
        delimiter = "\t" if format.name == "tsv" else ","
        encoder = CsvEncoder(
            reader, added, reporter, delimiter=delimiter, escape_formulas=escape_formulas
        )
    return Output(GzipEncoder(encoder) if format.gzip else encoder)


def _parquet(
    reader: TableReader, added: AddedColumns, wanted: list[str], reporter: Reporter
) -> Output:
    require("pyarrow", "data", "Writing Parquet")
    plain = AddedColumns(wanted, (), reader.unit)
    if isinstance(reader, ParquetReader):
        reader.select(())
        encoder = JsonPairEncoder(reader, plain, whole=False)
        return Output(encoder, functools.partial(parquet_result.merge, reader, added))
    encoder = JsonPairEncoder(reader, plain, whole=True)
    return Output(encoder, functools.partial(parquet_result.convert, reader, added, reporter))


def _report_names(
    reader: TableReader, added: AddedColumns, format: ResultFormat, reporter: Reporter
) -> None:
    for column, name in added.names.items():
        if column != name:
            reporter.message(
                f"{reader.name} has a column {column!r}; the one that is added is called {name!r}."
            )
    by_name = format.name == "jsonl" or (
        format.name == "parquet" and not isinstance(reader, ParquetReader)
    )
    for column, key in zip(reader.columns, reader.keys, strict=True):
        if by_name and column != key:
            reporter.warning(
                f"{reader.name} has several columns called {column!r}; one of them is called "
                f"{key!r} in the result."
            )

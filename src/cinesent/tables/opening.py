"""Opens a table of any format: :func:`open_table`."""

from __future__ import annotations

from pathlib import Path

from cinesent.progress import SILENT, Reporter
from cinesent.tables.delimited import DelimitedReader
from cinesent.tables.formats import source_format
from cinesent.tables.json_rows import JsonReader
from cinesent.tables.lines import LineReader
from cinesent.tables.options import TableOptions
from cinesent.tables.parquet_rows import ParquetReader
from cinesent.tables.rows import TableReader
from cinesent.tables.stream import ByteStream


def open_table(
    path: Path | None, options: TableOptions | None = None, *, reporter: Reporter = SILENT
) -> TableReader:
    """Open a table, whatever its format.

    Args:
        path: the file; None: standard input.
        options: how to read it.
        reporter: told which guesses were made.

    Raises:
        DataError: it cannot be read, or has no text column.
        ConfigError: an option does not fit the file.
        MissingExtraError: an extra is needed that is not installed.
    """
    options = options or TableOptions()
    name = source_format(path, options.format)
    if name == "parquet" and path is not None:
        return ParquetReader(path, options.text_column)
    stream = ByteStream(path, options.encoding)
    try:
        if name == "lines":
            return LineReader(stream)
        if name == "jsonl":
            return JsonReader(stream, options.text_column)
        return DelimitedReader(stream, options.text_column, tabs=name == "tsv")
    except BaseException:
        stream.close()
        raise

"""Opens a table of any format: :func:`open_table`."""

from __future__ import annotations

from pathlib import Path

from cinesent.errors import ConfigError, option
from cinesent.progress import SILENT, Reporter
from cinesent.tables.delimited import DelimitedReader
from cinesent.tables.formats import binary_format, text_format
from cinesent.tables.json_array import JsonArrayReader
from cinesent.tables.json_rows import JsonLinesReader
from cinesent.tables.lines import LineReader
from cinesent.tables.options import TableOptions, check_applies
from cinesent.tables.parquet_rows import ParquetReader
from cinesent.tables.rows import TableReader
from cinesent.tables.stream import ByteStream
from cinesent.tables.workbook import WorkbookReader


def open_table(
    path: Path | None, options: TableOptions | None = None, *, reporter: Reporter = SILENT
) -> TableReader:
    """Open a table, whatever its format.

    Args:
        path: the file; None: standard input.
        options: how to read it; None: the file decides.
        reporter: told which guesses were made.

    Raises:
        DataError: it cannot be read, or has no text column.
        ConfigError: an option does not fit the file.
        MissingExtraError: an extra is needed that is not installed.

    Example:
        >>> reader = open_table(Path("reviews.csv"))  # doctest: +SKIP
        >>> [row.text for row in reader.rows(reader.first())]  # doctest: +SKIP
        ['A fine film.', 'A waste of time.']
    """
    options = options or TableOptions()
    if path is None:
        if options.format in ("parquet", "xlsx"):
            raise ConfigError(
                f"{option('format', options.format)} cannot be read from standard input: name the "
                "file."
            )
        return _open_text(None, options, reporter)
    binary = binary_format(path, options.format, reporter)
    if binary:
        check_applies(options, binary, str(path))
    if binary == "parquet":
        return ParquetReader(path, options, reporter=reporter)
    if binary == "xlsx":
        return WorkbookReader(path, options, reporter=reporter)
    return _open_text(path, options, reporter)


def _open_text(path: Path | None, options: TableOptions, reporter: Reporter) -> TableReader:
    stream = ByteStream(path, options.encoding, reporter=reporter)
    try:
        name = text_format(path, stream.head, options.format, reporter)
        check_applies(options, name, stream.name)
        if name == "lines":
            return LineReader(stream)
        if name == "json":
            return JsonArrayReader(stream, options, reporter=reporter)
        if name == "jsonl":
            return JsonLinesReader(stream, options, reporter=reporter)
        return DelimitedReader(stream, options, tabs=name == "tsv", reporter=reporter)
    except BaseException:
        stream.close()
        raise

"""Which format a file has: as asked for, by its name, and by its first bytes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from cinesent.errors import ConfigError, DataError, option
from cinesent.progress import Reporter
from cinesent.tables.dialect import find_delimiter, sample_records
from cinesent.tables.options import FORMATS

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".txt": "lines",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}
#: How the names of files that are read may end.
FILE_ENDINGS = tuple(_SUFFIXES)
_MAGIC = {
    b"PAR1": "parquet",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\xd0\xcf\x11\xe0": "xls",
}
_BINARY = ("parquet", "xlsx")
_NAMES = {"parquet": "a Parquet file", "xlsx": "an Excel file", "jsonl": "JSON", "json": "JSON"}


def format_by_name(path: Path) -> str | None:
    """Return the format that belongs to the name of a file; None for an unknown ending.

    Example:
        >>> format_by_name(Path("reviews.csv.gz"))
        'csv'
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        del suffixes[-1]
    return _SUFFIXES.get(suffixes[-1]) if suffixes else None


def binary_format(path: Path, asked: str | None, reporter: Reporter) -> str | None:
    """Return "parquet" or "xlsx" where a file is that by its first bytes or its name; else None.

    Raises:
        DataError: it is a zip archive of something else, an old Excel file, or cannot be read.
        ConfigError: another format was asked for than it has.
    """
    named = format_by_name(path)
    found = _by_magic(path)
    expected = asked or named
    if found is None:
        return expected if expected in _BINARY else None
    if found in ("zip", "xls"):
        what = "a zip archive" if found == "zip" else "an Excel file of the format before 2007"
        cure = "Unpack it first" if found == "zip" else "Save it as .xlsx or .csv"
        raise DataError(f"{path} is {what}, which is not read. {cure}.")
    if asked is not None and asked != found:
        raise ConfigError(
            f"{path} is {_NAMES[found]}: leave out {option('format', asked)}, or name "
            f"{option('format', found)}."
        )
    if expected != found:
        reporter.warning(f"{path} is {_NAMES[found]} despite its name, and is read as one.")
    return found


def text_format(path: Path | None, head: bytes, asked: str | None, reporter: Reporter) -> str:
    """Return the format of a text: one of :data:`FORMATS` but "parquet" and "xlsx".

    Args:
        path: the file; None: standard input, which is plain lines unless asked.
        head: its first bytes as UTF-8.
        asked: the format that was asked for, which decides.
        reporter: told where the name is wrong.

    Raises:
        ConfigError: neither the name nor the content shows the format.
    """
    named = format_by_name(path) if path is not None else "lines"
    expected = asked or named
    if expected in ("json", "jsonl"):
        # Both names are used for both.
        return "json" if head.lstrip()[:1] == b"[" else "jsonl"
    if asked is not None or named == "lines":
        return expected or "lines"
    found = _by_content(head)
    if named is None:
        if found is None:
            raise ConfigError(
                f"neither the name {path.name if path else '-'!r} nor the content shows the "
                f"format: expected {', '.join(FILE_ENDINGS)}, or {option('format')} with one of "
                f"{', '.join(FORMATS)}."
            )
        reporter.message(f"{path} is read as {found}")
        return found
    if found in ("json", "jsonl"):
        reporter.warning(f"{path} holds JSON despite its name, and is read as JSON.")
        return found
    return named


def _by_magic(path: Path) -> str | None:
    """Return what the first bytes of a regular file say; a workbook is a zip archive."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            kind = _MAGIC.get(file.read(4))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}.") from error
    if kind == "zip":
        try:
            with zipfile.ZipFile(path) as archive:
                kind = "xlsx" if "xl/workbook.xml" in archive.namelist() else "zip"
        except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
            kind = "xlsx" if format_by_name(path) == "xlsx" else "zip"
    return kind


def _by_content(head: bytes) -> str | None:
    """Return the format that the beginning of a text has without doubt; None where there is."""
    start = head.lstrip()
    if start[:1] == b"[" and start[1:].lstrip()[:1] == b"{":
        return "json"
    if start[:1] == b"{":
        try:
            if isinstance(json.loads(start.split(b"\n", 1)[0]), dict):
                return "jsonl"
        except (ValueError, RecursionError):
            return None
    text = head.decode("utf-8", "replace").lstrip("\r\n")
    delimiter = find_delimiter(text, ",")
    widths = [len(fields) for fields in sample_records(text, delimiter)]
    if len(widths) > 1 and widths[0] > 1 and widths.count(widths[0]) > 0.9 * len(widths):
        return "tsv" if delimiter == "\t" else "csv"
    return None

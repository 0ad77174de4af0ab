"""Which format a file has: by its name, or by what the user says."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cinesent.errors import ConfigError, nearest
from cinesent.tables.options import FORMATS

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "lines",
    ".parquet": "parquet",
}


class Format(NamedTuple):
    """One of :data:`FORMATS`, and whether gzip lies around it."""

    name: str
    gzip: bool = False


def source_format(path: Path | None, asked: str | None) -> str:
    """Return the format of what is read; None, standard input, is plain lines unless asked.

    Raises:
        ConfigError: the format is unknown, or Parquet is to come from standard input.
    """
    name = _checked(asked, "--format") or ("lines" if path is None else _by_name(path, "--format"))
    if name == "parquet" and path is None:
        raise ConfigError("Parquet cannot be read from standard input: name the file.")
    return name


def target_format(path: Path | None, asked: str | None, source: str) -> Format:
    """Return the format of what is written; None is standard output.

    Without a name and without being asked, it is that of the source. Plain lines and Parquet
    become JSON Lines: the first have no columns to add to, the second is nothing for a pipe.

    Raises:
        ConfigError: the format is unknown, or Parquet is to go to standard output or into gzip.
    """
    name = _checked(asked, "--out-format")
    if path is None:
        if name == "parquet":
            raise ConfigError("Parquet cannot be written to standard output: name a file as OUT.")
        return Format(name or {"lines": "jsonl", "parquet": "jsonl"}.get(source, source))
    gzip = path.suffix.lower() == ".gz"
    name = name or _by_name(path, "--out-format")
    if gzip and name == "parquet":
        raise ConfigError(f"{path}: Parquet is compressed already; leave out the .gz.")
    return Format(name, gzip)


def _checked(asked: str | None, option: str) -> str | None:
    if asked is not None and asked not in FORMATS:
        raise ConfigError(f"{option} is {asked!r}. {nearest(asked, FORMATS)}")
    return asked


def _by_name(path: Path, option: str) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        del suffixes[-1]
    known = _SUFFIXES.get(suffixes[-1]) if suffixes else None
    if known is None:
        raise ConfigError(
            f"the name {path.name!r} does not say what format it has: expected "
            f"{', '.join(_SUFFIXES)}, or {option} {'|'.join(FORMATS)}."
        )
    return known

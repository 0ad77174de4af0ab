"""Which format the result has: by its name, by request, or as the source."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cinesent.errors import ConfigError, check_type, nearest, option

#: The formats that a result can be written in.
RESULT_FORMATS = ("csv", "tsv", "jsonl", "lines", "parquet")
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "lines",
    ".parquet": "parquet",
}
# Of formats that are not written, or not to a stream: what is written instead.
_INSTEAD = {"lines": "jsonl", "json": "jsonl", "parquet": "jsonl", "xlsx": "csv"}


class ResultFormat(NamedTuple):
    """One of :data:`RESULT_FORMATS`, and whether the result is compressed with gzip."""

    name: str
    gzip: bool = False

    def __str__(self) -> str:
        return f"{self.name}.gz" if self.gzip else self.name


def check_result_format(name: object) -> None:
    """Check what was asked for.

    Raises:
        ConfigError: `name` is not None and not one of :data:`RESULT_FORMATS`.
    """
    check_type("out_format", name, (str, type(None)), "the name of a format")
    if name is None or name in RESULT_FORMATS:
        return
    hint = nearest(name, RESULT_FORMATS)
    raise ConfigError(
        f"{option('out_format')} is {str(name)[:40]!r}, which cannot be written. {hint}"
    )


def result_format(target: Path | None, asked: str | None, source: str) -> ResultFormat:
    """Return the format of the result.

    Args:
        target: the file; None: standard output.
        asked: the format that the user named, if any.
        source: the format of the source. Standard output gets it if nothing is asked; plain lines,
            a JSON array and Parquet become JSON Lines, and Excel becomes CSV.

    Raises:
        ConfigError: the name does not tell the format, or it cannot be written there.
    """
    if target is None:
        if asked == "parquet":
            raise ConfigError(
                "Parquet cannot be written to standard output: name a file as the output."
            )
        return ResultFormat(asked or _INSTEAD.get(source, source))
    gzip = target.suffix.lower() == ".gz"
    name = asked or _by_suffix(target.with_suffix("") if gzip else target)
    if gzip and name == "parquet":
        raise ConfigError(f"{target}: Parquet is compressed already; leave out the .gz.")
    return ResultFormat(name, gzip)


def _by_suffix(target: Path) -> str:
    name = _SUFFIXES.get(target.suffix.lower())
    if name is None:
        found = f"{target.suffix!r} is not a format" if target.suffix else "it has no suffix"
        raise ConfigError(
            f"the name of the output, {target.name!r}, does not tell its format: {found} that can "
            f"be written. Expected {', '.join(_SUFFIXES)} (also with .gz), or name it with "
            f"{option('out_format')}: {', '.join(RESULT_FORMATS)}."
        )
    return name

"""How a table is read: the options that every command and public function shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from cinesent.errors import ConfigError, nearest, option

#: The formats a table can be read in.
FORMATS = ("csv", "tsv", "jsonl", "json", "lines", "parquet", "xlsx")
#: The delimiters that are detected, and how they are called in messages.
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


class TableKeywords(TypedDict, total=False):
    """The keyword arguments of public functions that read a table; see :class:`TableOptions`."""

    format: str | None
    encoding: str | None
    delimiter: str | None
    header: bool
    text_column: str | None


class LabelKeywords(TableKeywords, total=False):
    """Those of functions that read labelled reviews; see :func:`cinesent.load_dataset`."""

    label_column: str | None
    negative_to: float | None
    positive_from: float | None
    skip_other_labels: bool


@dataclass(frozen=True)
class TableOptions:
    r"""How to read a table; every default means that the file decides.

    Attributes:
        format: one of :data:`FORMATS`; None: by the name, and by the content where the name does
            not say or is wrong.
        encoding: of text, a name that Python knows; None: by the byte order mark, else UTF-8, else
            detected, which is reported.
        delimiter: a comma, semicolon, tab or vertical bar; None: detected.
        header: whether the first row of a CSV, TSV or Excel table names the columns. Without
            names, columns are numbered from 1.
        text_column: the name or number of the column with the text; None: by the usual names.

    Raises:
        ConfigError: a value has the wrong type or is unknown.

    Example:
        >>> TableOptions(format="csv", delimiter="tab").delimiter
        '\t'
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True
    text_column: str | None = None

    def __post_init__(self) -> None:
        """Check the types and the names."""
        for name in ("format", "encoding", "delimiter", "text_column"):
            check_optional_text(name, getattr(self, name))
        if not isinstance(self.header, bool):
            raise ConfigError(f"{option('header')} is {self.header!r}; expected True or False.")
        if self.format is not None and self.format not in FORMATS:
            raise ConfigError(
                f"{option('format')} is {self.format!r}. {nearest(self.format, FORMATS)}"
            )
        if self.delimiter is not None:
            object.__setattr__(self, "delimiter", _checked_delimiter(self.delimiter))


# The formats that an option has a meaning for.
_APPLIES = {
    "encoding": ("csv", "tsv", "jsonl", "json", "lines"),
    "delimiter": ("csv", "tsv"),
    "header": ("csv", "tsv", "xlsx"),
    "text_column": ("csv", "tsv", "jsonl", "json", "parquet", "xlsx"),
}


def check_applies(options: TableOptions, name: str, source: str) -> None:
    """Raise ConfigError for an option that has no meaning for a format.

    Args:
        options: those that were given.
        name: of the format.
        source: the file, for messages.
    """
    for key, formats in _APPLIES.items():
        value = getattr(options, key)
        if name not in formats and value != getattr(TableOptions, key):
            raise ConfigError(
                f"{source} is read as {name}, for which {option(key, value)} has no meaning; "
                "leave it out."
            )


def check_optional_text(name: str, value: object) -> None:
    """Raise ConfigError unless the parameter `name` is a string or None."""
    if value is not None and not isinstance(value, str):
        raise ConfigError(
            f"{option(name)} is {value!r:.40} ({type(value).__name__}); expected a string."
        )


def _checked_delimiter(delimiter: str) -> str:
    named = _DELIMITER_NAMES.get(delimiter.lower(), delimiter)
    if named not in DELIMITERS:
        raise ConfigError(
            f"{option('delimiter')} is {delimiter[:20]!r}; expected a comma, a semicolon, a tab "
            "or a vertical bar."
        )
    return named

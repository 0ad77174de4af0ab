"""Finds which columns of a table hold the text and the label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cinesent.errors import ConfigError, DataError, nearest, option
from cinesent.progress import SILENT, Reporter

#: Names of the column with the text; the first that a table has is taken. Case, spaces,
#: underscores and hyphens do not count.
TEXT_NAMES = (
    "text", "review", "review text", "review body", "review content", "sentence", "content",
    "comment", "phrase", "tweet", "body", "full text", "comment text", "tweet text", "message",
    "feedback", "reviews", "texts", "comments", "sentences", "document", "utterance",
)  # fmt: skip
#: The same for the column with the label.
LABEL_NAMES = (
    "label", "sentiment", "target", "rating", "stars", "star rating", "score", "polarity", "class",
    "review rating", "review score", "labels", "ratings", "sentiment label", "overall",
)  # fmt: skip
_SHOWN = 20
_LONG_NAME = 60


class Columns(NamedTuple):
    """The names, as the file has them, of the columns with the text and the label."""

    text: str
    label: str


def find_columns(
    names: Sequence[str],
    source: str,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    reporter: Reporter = SILENT,
) -> Columns:
    """Find the columns with the text and the label among the `names` of the columns of `source`.

    Args:
        names: as the file has them.
        source: the file, for messages.
        text_column: the name of the column with the text; None: one of :data:`TEXT_NAMES`.
        label_column: that of the label; None: one of :data:`LABEL_NAMES`.
        reporter: told which column was taken where several could be meant.

    Raises:
        DataError: there is no such column, or there are two of its name.
        ConfigError: both names are the same.

    Example:
        >>> find_columns(["id", "Review_Text", "Sentiment"], "my.csv")
        Columns(text='Review_Text', label='Sentiment')
    """
    found = Columns(
        find_text_column(names, source, text_column, reporter=reporter),
        find_label_column(names, source, label_column, reporter=reporter),
    )
    check_columns(found, source)
    return found


def check_columns(columns: Columns, source: str) -> None:
    """Raise ConfigError if the text and the label are the same column."""
    if columns.text == columns.label:
        raise ConfigError(
            f"the text and the label of {source} cannot both be the column {columns.text!r}; "
            f"name another one with {option('text_column')} or {option('label_column')}."
        )


def find_text_column(
    names: Sequence[str],
    source: str,
    text_column: str | None = None,
    *,
    reporter: Reporter = SILENT,
) -> str:
    """Find the column with the text; see :func:`find_columns`."""
    return _find(names, source, "text", text_column, TEXT_NAMES, reporter)


def find_label_column(
    names: Sequence[str],
    source: str,
    label_column: str | None = None,
    *,
    reporter: Reporter = SILENT,
) -> str:
    """Find the column with the label; see :func:`find_columns`."""
    return _find(names, source, "label", label_column, LABEL_NAMES, reporter)


def numbered_text_column(
    names: Sequence[str],
    source: str,
    text_column: str | None = None,
    *,
    reporter: Reporter = SILENT,
) -> str:
    """Find the column with the text in a table without a header, whose `names` are numbers."""
    return _numbered(names, source, "text", text_column)


def numbered_label_column(names: Sequence[str], source: str, label_column: str | None) -> str:
    """Find the column with the label in a table without a header, whose `names` are numbers."""
    return _numbered(names, source, "label", label_column)


def unique_names(names: Sequence[str]) -> list[str]:
    """Return `names` with later ones of the same name numbered, and empty ones by position.

    Example:
        >>> unique_names(["a", "a", ""])
        ['a', 'a_2', 'column_3']
    """
    used = set(names)
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    unique: list[str] = []
    for place, name in enumerate(names, start=1):
        base = name if name.strip() else f"column_{place}"
        candidate = base
        while candidate in taken or (candidate != name and candidate in used):
            numbers[base] = numbers.get(base, 1) + 1
            candidate = f"{base}_{numbers[base]}"
        taken.add(candidate)
        unique.append(candidate)
    return unique


def _numbered(names: Sequence[str], source: str, kind: str, asked: str | None) -> str:
    if asked is None and len(names) == 1 and kind == "text":
        return names[0]
    if asked is None:
        example = "1" if kind == "text" else names[-1]
        raise DataError(
            f"{source} is read without a header and has {len(names)} columns: give the number of "
            f"the {kind} column, such as {option(f'{kind}_column', example)}."
        )
    number = asked.strip()
    if number not in names:
        raise DataError(
            f"{source} is read without a header: {option(f'{kind}_column')} is {asked!r:.40}; "
            f"expected a number from 1 to {len(names)}."
        )
    return number


def _find(
    names: Sequence[str],
    source: str,
    kind: str,
    asked: str | None,
    known: Sequence[str],
    reporter: Reporter,
) -> str:
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(_plain(name), []).append(name)
    if asked is not None:
        found = _matching(alike, source, kind, asked)
        if found is None:
            raise DataError(f"{source} has no column {asked!r:.100}. {nearest(asked, names[:50])}")
        return found
    matches = [match for word in known if (match := _matching(alike, source, kind, word))]
    if not matches:
        raise DataError(_missing(names, source, kind, known))
    if len(matches) > 1:
        others = ", ".join(map(repr, matches[1:6]))
        reporter.warning(f"{source}: the {kind} is taken from {matches[0]!r}, not from {others}.")
    return matches[0]


def _matching(alike: dict[str, list[str]], source: str, kind: str, wanted: str) -> str | None:
    """Return the column that is meant by a name; None if there is none."""
    matches = alike.get(_plain(wanted), [])
    # A name that is exactly the one wanted goes before those that only resemble it.
    for closer in (
        [name for name in matches if name == wanted],
        [name for name in matches if name.strip().casefold() == wanted.strip().casefold()],
    ):
        matches = closer or matches
        if len(matches) == 1:
            break
    if len(matches) > 1:
        raise DataError(
            f"{source} has {len(matches)} columns called {matches[0]!r}; rename all but the "
            f"{kind} column."
        )
    return matches[0] if matches else None


def _missing(names: Sequence[str], source: str, kind: str, known: Sequence[str]) -> str:
    message = (
        f"{source} has no {kind} column: found {_listed(names)}; expected one of "
        f"{', '.join(known[:8])} in the first row. Name the column with "
        f"{option(f'{kind}_column')}"
    )
    if _looks_like_data(names):
        return (
            f"{message}. The first row looks like data: if the file has no header, read it with "
            f"{option('header', False)} and give columns by number, such as "
            f"{option('text_column', '1')}."
        )
    return f"{message}."


def _looks_like_data(names: Sequence[str]) -> bool:
    """Return whether a first row is none of names: long texts, sentences, numbers."""
    return any(
        len(name) > _LONG_NAME or len(name.split()) > 4 or _NUMBER.fullmatch(name.strip())
        for name in names
    )


_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_IGNORED = re.compile(r"[\s_\-]+")


def _plain(name: str) -> str:
    return _IGNORED.sub("", name.casefold())


def _listed(names: Sequence[str]) -> str:
    shown = [repr(name if len(name) <= 40 else name[:39] + "…") for name in names[:_SHOWN]]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(shown) + more

"""Finds which column of somebody's table holds the text and which the label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cinesent.errors import ConfigError, DataError, nearest

#: Names that tell what a column holds, the first found wins. Case and outer spaces do not count.
TEXT_NAMES = ("text", "review", "sentence", "content")
LABEL_NAMES = ("label", "sentiment", "target", "rating")


class Columns(NamedTuple):
    """The names, as the file writes them, of the two columns that count."""

    text: str
    label: str


def find_columns(
    names: Sequence[str],
    source: str,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
) -> Columns:
    """Find the text and the label column among the column `names` of `source`.

    Args:
        names: the column names, as the file has them.
        source: the file, for messages.
        text_column: the text column's name, where it is not one of :data:`TEXT_NAMES`.
        label_column: the label column's name, where it is not one of :data:`LABEL_NAMES`.

    Raises:
        DataError: a column is not there, or its name is there twice.
        ConfigError: both names are the same.

    Example:
        >>> find_columns(["id", " Review ", "Sentiment"], "my.csv")
        Columns(text=' Review ', label='Sentiment')
    """
    found = Columns(
        _find(names, source, "text", text_column, TEXT_NAMES),
        _find(names, source, "label", label_column, LABEL_NAMES),
    )
    if found.text == found.label:
        raise ConfigError(
            f"the text and the label of {source} cannot both be the column {found.text!r}; "
            "name another one with --text-column or --label-column."
        )
    return found


def find_text_column(names: Sequence[str], source: str, text_column: str | None = None) -> str:
    """Find the text column alone, as :func:`find_columns` does.

    Raises:
        DataError: it is not there, or its name is there twice.
    """
    return _find(names, source, "text", text_column, TEXT_NAMES)


def _find(
    names: Sequence[str], source: str, kind: str, asked: str | None, known: Sequence[str]
) -> str:
    for wanted in known if asked is None else (asked,):
        # A name that is exactly the one asked for goes before those that differ in case.
        matches = [name for name in names if name == wanted] or [
            name for name in names if _plain(name) == _plain(wanted)
        ]
        if len(matches) > 1:
            raise DataError(
                f"{source} has {len(matches)} columns called {matches[0]!r}; rename all but the "
                f"{kind} column."
            )
        if matches:
            return matches[0]
    if asked is not None:
        raise DataError(f"{source} has no column {asked!r}. {nearest(asked, names)}")
    raise DataError(
        f"{source} has no {kind} column: found {_listed(names)}; expected one of "
        f"{', '.join(known)} in the first row. Name the column with --{kind}-column."
    )


def _plain(name: str) -> str:
    return name.strip().casefold()


def _listed(names: Sequence[str]) -> str:
    shown = [repr(name if len(name) <= 40 else name[:39] + "…") for name in names[:20]]
    return ", ".join(shown) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def unique_names(names: Sequence[str]) -> list[str]:
    """Return `names` with later ones of the same name numbered, and empty ones by position.

    Example:
        >>> unique_names(["a", "a", ""])
        ['a', 'a_2', 'column_3']
    """
    taken: set[str] = set()
    unique: list[str] = []
    for place, name in enumerate(names, start=1):
        base = name if name.strip() else f"column_{place}"
        candidate, number = base, 1
        while candidate in taken or (candidate != name and candidate in names):
            number += 1
            candidate = f"{base}_{number}"
        taken.add(candidate)
        unique.append(candidate)
    return unique

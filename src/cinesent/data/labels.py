"""Makes 0 and 1 of whatever somebody's table calls negative and positive."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

from cinesent.errors import ConfigError, DataError
from cinesent.probability import LABELS

#: The label words that are understood, in lower case.
WORDS = {"0": 0, "neg": 0, "negative": 0, "1": 1, "pos": 1, "positive": 1}

EXPECTED = "expected 0 or 1, neg or pos, negative or positive"

_WHOLE = re.compile(r"([+-]?\d+)\.0*")

#: Makes 0 or 1 of one value, or None where the value means neither.
Rule = Callable[[str], int | None]


def plain(value: object) -> str:
    """Return a label as it is compared and shown: no outer spaces, and 1 for 1.0."""
    text = str(value).strip()
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def label_rule(
    values: Sequence[str], column: str, source: str, positive_from: float | None
) -> Rule:
    """Decide from all `values` of the label column what each of them means.

    Args:
        values: the labels as :func:`plain` leaves them, one a row.
        column: the column's name, for messages.
        source: the file, for messages.
        positive_from: the lowest rating that is positive, where the labels are ratings.

    Raises:
        DataError: the values are numbers other than 0 and 1 and no threshold was given, or none
            of them is a label.
        ConfigError: the threshold is no number.
    """
    if positive_from is not None:
        if not math.isfinite(positive_from):
            raise ConfigError(f"--positive-from must be a number, not {positive_from}.")
        return lambda value: _rated(value, positive_from)
    counts = Counter(values)
    words = {value for value in counts if value.casefold() in WORDS}
    # A column of ratings that are all 1 looks like labels, and would turn out all positive.
    only_ratings = column.strip().casefold() == "rating" and set(counts) == {"1"}
    if all(_number(value) is not None for value in counts) and (
        words < set(counts) or only_ratings
    ):
        raise DataError(
            f"{source}: the labels in column {column!r} are numbers: {_shown(counts)}. It is not "
            "known which are positive; say from which on with --positive-from, for example "
            f"--positive-from {_guess(counts)}."
        )
    if not words:
        raise DataError(
            f"{source}: the column {column!r} holds no labels: found {_shown(counts)}; {EXPECTED}, "
            "or numbers with --positive-from. Is it another column? Name it with --label-column."
        )
    return lambda value: WORDS.get(value.casefold())


def mapping_line(values: Sequence[str], labels: Sequence[int]) -> str:
    """Say which value became which label, and how often.

    Example:
        >>> mapping_line(["neg", "pos", "neg"], [0, 1, 0])
        "labels: 'neg' -> negative (2), 'pos' -> positive (1)"
    """
    counts = Counter(zip(labels, values, strict=True))
    pairs = sorted(counts.items(), key=lambda pair: (pair[0][0], _order(pair[0][1])))
    shown = [f"{value!r} -> {LABELS[label]} ({n:,})" for (label, value), n in pairs[:12]]
    return "labels: " + ", ".join(shown) + (", …" if len(pairs) > 12 else "")


def _rated(value: str, positive_from: float) -> int | None:
    number = _number(value)
    return None if number is None else int(number >= positive_from)


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _order(value: str) -> tuple[float, str]:
    number = _number(value)
    return (math.inf if number is None else number, value)


def _shown(counts: Counter[str]) -> str:
    ordered = sorted(counts, key=_order)
    shown = [f"{value[:40]!r} ({counts[value]:,})" for value in ordered[:12]]
    return ", ".join(shown) + (f" and {len(ordered) - 12} more" if len(ordered) > 12 else "")


def _guess(counts: Counter[str]) -> str:
    """Return a threshold for the example: just above the middle of the values found."""
    numbers = sorted(number for value in counts if (number := _number(value)) is not None)
    return f"{math.floor((numbers[0] + numbers[-1]) / 2) + 1}"

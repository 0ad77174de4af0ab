"""Makes 0 and 1 of what a table calls negative and positive."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from cinesent.errors import ConfigError, DataError, option
from cinesent.probability import LABELS

#: The label words that are understood, in lower case.
WORDS = {
    "0": 0, "neg": 0, "negative": 0, "false": 0,
    "1": 1, "pos": 1, "positive": 1, "true": 1,
}  # fmt: skip

EXPECTED = "expected 0 or 1, neg or pos, negative or positive, false or true"

_WHOLE = re.compile(r"([+-]?\d{1,300})\.0*")
# As fastText and Hugging Face write labels.
_PREFIX = re.compile(r"__label__|label[_ ]", re.IGNORECASE)
_RATING = re.compile(
    r"([+-]?\d{0,300}\.?\d{1,300}(?:[eE][+-]?\d{1,3})?)\.?"
    r"\s*(?:stars?|points?|(?:/|out of)\s*(\d{1,3}))?",
    re.IGNORECASE,
)


class Dropped(Enum):
    """Why a row with a label is left out."""

    MIDDLE = "between negative and positive"
    OTHER = "another label"


#: What a value means: 0, 1, why it is left out, or None where it is an error.
Meaning = int | Dropped | None


@dataclass(frozen=True)
class LabelOptions:
    """How labels are understood.

    Attributes:
        label_column: the name or number of the column with the label; None: by the usual names.
        negative_to: the highest rating that is negative; None: every rating below
            `positive_from`.
        positive_from: the lowest rating that is positive; None: every rating above
            `negative_to`. Ratings between the two are left out.
        skip_other_labels: whether rows whose label is missing or neither negative nor positive
            are left out, instead of being errors.

    Raises:
        ConfigError: a value has the wrong type, or the thresholds are in the wrong order.
    """

    label_column: str | None = None
    negative_to: float | None = None
    positive_from: float | None = None
    skip_other_labels: bool = False

    def __post_init__(self) -> None:
        """Check types and order."""
        if not isinstance(self.label_column, str | None):
            raise ConfigError(
                f"{option('label_column')} is {self.label_column!r:.40}; expected a string."
            )
        if not isinstance(self.skip_other_labels, bool):
            raise ConfigError(
                f"{option('skip_other_labels')} is {self.skip_other_labels!r:.40}; expected True "
                "or False."
            )
        for name in ("negative_to", "positive_from"):
            _check_number(name, getattr(self, name))
        if self.has_both and self.negative_to >= self.positive_from:  # type: ignore[operator]
            raise ConfigError(
                f"{option('negative_to', self.negative_to)} has to be below "
                f"{option('positive_from', self.positive_from)}."
            )

    @property
    def has_both(self) -> bool:
        """Whether ratings in the middle are left out."""
        return self.negative_to is not None and self.positive_from is not None

    @property
    def are_ratings(self) -> bool:
        """Whether labels are ratings."""
        return self.negative_to is not None or self.positive_from is not None


def plain(value: object) -> str:
    """Return a label as it is compared and shown: without outer spaces, and 1 for 1.0.

    Example:
        >>> [plain(value) for value in (" Pos ", 1.0, True)]
        ['Pos', '1', 'True']
    """
    text = str(value).strip()
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


class LabelRule:
    """What each value of a column of labels means; decided from all of them.

    Args:
        values: the labels as :func:`plain` returns them, one per row.
        column: the name of the column, for messages.
        source: the file, for messages.
        options: the thresholds of ratings, and what happens to other labels.

    Raises:
        DataError: the values are numbers other than 0 and 1 and there is no threshold, ratings
            are on different scales, or none of the values is a label.

    Example:
        >>> rule = LabelRule(["8/10", "2/10", "6/10"], "stars", "my.csv",
        ...                  LabelOptions(negative_to=4, positive_from=7))
        >>> rule.meaning("8/10"), rule.meaning("2/10"), rule.meaning("6/10")
        (1, 0, <Dropped.MIDDLE: 'between negative and positive'>)
    """

    def __init__(
        self, values: Sequence[str], column: str, source: str, options: LabelOptions
    ) -> None:
        self._options = options
        counts = Counter(values)
        if options.are_ratings:
            _check_scale(counts, source, column)
            self._meanings = {value: self._rated(value) for value in counts}
            self.expected = "expected a number"
        else:
            _check_words(counts, column, source)
            self._meanings = {value: self._word(value) for value in counts}
            self.expected = EXPECTED

    def meaning(self, value: str) -> Meaning:
        """Return 0, 1, why the row is left out, or None for an error."""
        return self._meanings[value]

    def _other(self) -> Meaning:
        return Dropped.OTHER if self._options.skip_other_labels else None

    def _word(self, value: str) -> Meaning:
        meaning = _label_of(value)
        return self._other() if meaning is None else meaning

    def _rated(self, value: str) -> Meaning:
        low, high = self._options.negative_to, self._options.positive_from
        number = rating(value)
        if number is None:
            return self._other()
        if high is not None and number >= high:
            return 1
        if low is None or number <= low:
            return 0
        return 1 if high is None else Dropped.MIDDLE


def rating(value: str) -> float | None:
    """Return the number of a rating such as "4", "5 stars" or "8/10"; None if it is none.

    Example:
        >>> [rating(value) for value in ("4", "5 stars", "8/10", "good", "nan", "1e999")]
        [4.0, 5.0, 8.0, None, None, None]
    """
    found = _RATING.fullmatch(value.strip()) if len(value) < 1000 else None
    if found is None:
        return None
    number = float(found[1])
    return number if math.isfinite(number) else None


def mapping_line(values: Sequence[str], labels: Sequence[int]) -> str:
    """Return which value became which label, and how often, as a line for the user.

    Example:
        >>> mapping_line(["neg", "pos", "neg"], [0, 1, 0])
        "labels: 'neg' -> negative (2), 'pos' -> positive (1)"
    """
    counts = Counter(zip(labels, values, strict=True))
    pairs = sorted(counts.items(), key=lambda pair: (pair[0][0], _order(pair[0][1])))
    shown = [f"{value[:40]!r} -> {LABELS[label]} ({n:,})" for (label, value), n in pairs[:12]]
    return "labels: " + ", ".join(shown) + (", …" if len(pairs) > 12 else "")


def _check_number(name: str, value: object) -> None:
    if value is None:
        return
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    try:
        is_finite = is_number and math.isfinite(value)  # type: ignore[arg-type]
    except OverflowError:
        is_finite = False
    if not is_finite:
        raise ConfigError(f"{option(name)} must be a number, not {value!r:.40}.")


def _check_scale(counts: Counter[str], source: str, column: str) -> None:
    """Raise DataError where ratings are out of different numbers, such as 8/10 and 4/5."""
    scales = sorted({int(f[2]) for value in counts if (f := _RATING.fullmatch(value)) and f[2]})
    if len(scales) > 1:
        shown = ", ".join(f"/{scale}" for scale in scales[:5])
        raise DataError(
            f"{source}: the ratings in column {column!r} are on different scales ({shown}). Bring "
            "them to one scale first."
        )


def _check_words(counts: Counter[str], column: str, source: str) -> None:
    """Raise DataError where the values are ratings, or nothing that means a label."""
    words = {value for value in counts if _label_of(value) is not None}
    # A column of ratings that are all 1 looks like labels, and would turn out all positive.
    only_ratings = column.strip().casefold() in ("rating", "stars") and set(counts) == {"1"}
    if all(rating(value) is not None for value in counts) and (words < set(counts) or only_ratings):
        raise DataError(
            f"{source}: the labels in column {column!r} are numbers: {_shown(counts)}. It is not "
            "known which are positive; say from which on, for example "
            f"{option('positive_from', _middle(counts))}. To leave out ratings in the middle, add "
            f"{option('negative_to')}."
        )
    if not words:
        raise DataError(
            f"{source}: the column {column!r} holds no labels: found {_shown(counts)}; {EXPECTED}, "
            f"or numbers with {option('positive_from')}. If it is another column, name that with "
            f"{option('label_column')}."
        )


def _label_of(value: str) -> int | None:
    return WORDS.get(_PREFIX.sub("", value, count=1).casefold()) if len(value) < 40 else None


def _order(value: str) -> tuple[float, str]:
    number = rating(value)
    return (math.inf if number is None else number, value)


def _shown(counts: Counter[str]) -> str:
    ordered = sorted(counts, key=_order)
    shown = [f"{value[:40]!r} ({counts[value]:,})" for value in ordered[:12]]
    return ", ".join(shown) + (f" and {len(ordered) - 12} more" if len(ordered) > 12 else "")


def _middle(counts: Counter[str]) -> int | float:
    """Return a threshold for the example: just above the middle of the values found."""
    numbers = sorted(number for value in counts if (number := rating(value)) is not None)
    middle = numbers[0] / 2 + numbers[-1] / 2
    return math.floor(middle) + 1 if abs(middle) < 2**53 else middle

"""The band of uncertain probabilities: outside it a model is right as often as was asked."""

from __future__ import annotations

import math
import numbers
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cinesent.errors import ConfigError, option

#: The accuracy that decided reviews shall reach.
TARGET_ACCURACY = 0.97
#: Decided reviews below which an accuracy says nothing.
MIN_DECIDED = 100
#: The thresholds of a model without a band: each review is decided.
NO_BAND = (0.5, 0.5)

_STEPS = 1000  # probabilities that a band may end at: 0.500, 0.501, …


@dataclass(frozen=True)
class Band:
    """Thresholds, and what they do to labelled reviews.

    Attributes:
        low: reviews below this probability are negative.
        high: reviews from this probability on are positive; those between are uncertain.
        target: the accuracy that was asked of decided reviews.
        reached: whether they reach it; where no band does, low and high are 0.5.
        num_reviews: reviews that it was chosen on.
        decided: share of them that is not uncertain, 0 to 1.
        accuracy: share of the decided ones that is correct; None if none is decided.
    """

    low: float
    high: float
    target: float
    reached: bool
    num_reviews: int
    decided: float
    accuracy: float | None

    @property
    def thresholds(self) -> tuple[float, float]:
        """The pair that a bundle stores."""
        return self.low, self.high

    def describe(self) -> str:
        """Return what the band does, in a line."""
        aim = f"{self.target:.1%} of decided reviews correct"
        if not self.reached:
            return f"no band of uncertain probabilities leaves {aim}: every review is decided"
        return (
            f"probabilities from {self.low:g} to {self.high:g} are uncertain: {self.decided:.1%} "
            f"of {self.num_reviews:,} reviews are decided, {self.accuracy:.1%} of them correctly"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers for JSON."""
        return asdict(self)


def choose_band(
    labels: ArrayLike, probabilities: ArrayLike, target: float = TARGET_ACCURACY
) -> Band:
    """Return the smallest band around 0.5 outside of which predictions reach an accuracy.

    The band is symmetric, so that it has one parameter to choose (selective prediction with the
    confidence max(p, 1 - p); Geifman and El-Yaniv 2017). It must leave at least 100 reviews
    decided; where no band reaches the target, there is none and `reached` is False.

    Args:
        labels: (n,) of 0 and 1, of reviews that the model was not trained on.
        probabilities: (n,) of positive, 0 to 1.
        target: the accuracy of decided reviews, 0 to 1.

    Example:
        >>> probabilities = np.repeat([0.1, 0.4, 0.6, 0.9], 100)
        >>> labels = np.repeat([0, 1, 0, 1], 100)
        >>> choose_band(labels, probabilities).thresholds
        (0.399, 0.601)
    """
    truth = np.asarray(labels) == 1
    scores = np.asarray(probabilities, dtype=np.float64)
    for step in range(_STEPS // 2, _STEPS):
        high = step / _STEPS
        low = (_STEPS - step) / _STEPS
        decided, correct = _count(truth, scores, low, high)
        if decided < MIN_DECIDED:
            break
        if correct >= target * decided:
            return _band(low, high, target, True, len(truth), decided, correct)
    return _band(*NO_BAND, target, False, len(truth), *_count(truth, scores, *NO_BAND))


def check_band(value: object) -> tuple[float, float]:
    """Return the two ends of a band as floats.

    Raises:
        ConfigError: they are not two probabilities, the lower one first.
    """
    pair = tuple(value) if isinstance(value, (tuple, list)) else ()
    if len(pair) == 2 and all(map(_is_probability, pair)) and pair[0] <= pair[1]:
        return float(pair[0]), float(pair[1])
    raise ConfigError(
        f"{option('thresholds')} is {value!r:.60}; expected two probabilities, 0 to 1, the lower "
        "one first, such as (0.3, 0.7); (0.5, 0.5) decides every review."
    )


def _is_probability(value: object) -> bool:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        return False
    return math.isfinite(value) and 0.0 <= float(value) <= 1.0


def _count(
    truth: NDArray[np.bool_], scores: NDArray[np.float64], low: float, high: float
) -> tuple[int, int]:
    """Return how many reviews are decided, and how many of these correctly."""
    positive, negative = scores >= high, scores < low
    correct = (positive & truth) | (negative & ~truth)
    return int((positive | negative).sum()), int(correct.sum())


def _band(
    low: float, high: float, target: float, reached: bool, total: int, decided: int, correct: int
) -> Band:
    return Band(
        low=low,
        high=high,
        target=target,
        reached=reached,
        num_reviews=total,
        decided=decided / total if total else 0.0,
        accuracy=correct / decided if decided else None,
    )

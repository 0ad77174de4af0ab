"""What an evaluation found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.evaluation.metrics import Metrics


@dataclass(frozen=True)
class Slice:
    """The accuracy on some of the reviews.

    Attributes:
        name: what they have in common, such as "1–123 tokens".
        num_reviews: how many they are, at least 1.
        accuracy: share of correct predictions, 0 to 1.
    """

    name: str
    num_reviews: int
    accuracy: float


@dataclass(frozen=True)
class Decided:
    """What a band of uncertain probabilities does to the reviews.

    Attributes:
        thresholds: the ends of the band.
        share: of the reviews that are not uncertain, 0 to 1.
        accuracy: share of these that is predicted correctly; None if there are none.
    """

    thresholds: tuple[float, float]
    share: float
    accuracy: float | None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The metrics of a model on labelled reviews.

    Attributes:
        model: the model's name.
        data: the dataset's name.
        split: the part of it that was scored: "test", "validation" or "train".
        fingerprint: SHA-256 of the reviews scored, see :meth:`Reviews.fingerprint`.
        metrics: on all reviews scored, at the threshold 0.5.
        interval: 95% confidence interval of the accuracy (Wilson 1927).
        without_duplicates: metrics on the reviews that are not among the training reviews, of this
            dataset or, where that is known, of the model's; None if none or all of them are.
        decided: what the band of the model does; None where it has none.
        by_rating: one slice per star rating; empty where ratings are unknown.
        by_length: one slice per quarter of the reviews, from the shortest to the longest.
        seconds: wall time of predicting.
        ids: of the reviews scored.
        labels: int8 (n,), 0 negative, 1 positive.
        probabilities: float32 (n,), of positive.
    """

    model: str
    data: str
    split: str
    fingerprint: str
    metrics: Metrics
    interval: tuple[float, float]
    without_duplicates: Metrics | None
    by_rating: tuple[Slice, ...]
    by_length: tuple[Slice, ...]
    seconds: float
    decided: Decided | None
    ids: Sequence[str] = field(repr=False)
    labels: NDArray[np.int8] = field(repr=False)
    probabilities: NDArray[np.float32] = field(repr=False)

    @property
    def reviews_per_second(self) -> float:
        """The number of reviews predicted per second."""
        return len(self.labels) / self.seconds

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the single reviews, for JSON."""
        without = self.without_duplicates
        return {
            "model": self.model,
            "data": self.data,
            "split": self.split,
            "fingerprint": self.fingerprint,
            "metrics": self.metrics.to_dict(),
            "accuracy_interval": list(self.interval),
            "without_duplicates": None if without is None else without.to_dict(),
            "decided": None if self.decided is None else asdict(self.decided),
            "by_rating": [asdict(part) for part in self.by_rating],
            "by_length": [asdict(part) for part in self.by_length],
            "seconds": round(self.seconds, 3),
            "reviews_per_second": round(self.reviews_per_second, 1),
        }

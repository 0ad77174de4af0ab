"""What a list of probabilities is worth: accuracy and its companions, in NumPy alone.

No framework and no scikit-learn, so that the base install can evaluate a model; the tests hold
every number equal to scikit-learn's. All functions take labels of 0 (negative) and 1 (positive) and
the probability of positive.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cinesent.errors import ConfigError, DataError
from cinesent.evaluation.curves import check_labels, check_scores, reliability_bins

#: Probabilities are kept this far from 0 and 1 in the loss, as Keras keeps them.
LOSS_EPSILON = 1e-7

#: Up to so many disagreements McNemar's test is exact.
EXACT_DISAGREEMENTS = 1000


@dataclass(frozen=True)
class Metrics:
    """How well probabilities meet labels. None: the number does not exist for these reviews.

    Attributes:
        num_reviews: reviews counted.
        accuracy: share of reviews labelled rightly, 0 to 1.
        loss: mean negative log-likelihood in nats, 0 and up; probabilities are clipped at 1e-7.
        precision: share of the positive predictions that are right; None if there are none.
        recall: share of the positive reviews that are found; None if there are none.
        f1: harmonic mean of the two, 2TP / (2TP + FP + FN); None if no review is positive and none
            is called so.
        roc_auc: chance that a positive review scores above a negative one, a tie counting half;
            None if only one class occurs.
        brier: mean squared distance of probability and label, 0 to 1.
        ece: expected calibration error, 0 to 1: the distance of mean probability and share of
            positives in 15 bins of equal width (Naeini et al. 2015), weighted by their reviews.
        confusion_matrix: rows the true class, columns the predicted: ((TN, FP), (FN, TP)).
        threshold: the probability from which a review is called positive.
    """

    num_reviews: int
    accuracy: float
    loss: float
    precision: float | None
    recall: float | None
    f1: float | None
    roc_auc: float | None
    brier: float
    ece: float
    confusion_matrix: tuple[tuple[int, int], tuple[int, int]]
    threshold: float = 0.5

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON holds them: the matrix as lists, what is missing as None."""
        return {**asdict(self), "confusion_matrix": [list(row) for row in self.confusion_matrix]}


def binary_metrics(labels: ArrayLike, probabilities: ArrayLike, threshold: float = 0.5) -> Metrics:
    """Measure probabilities against labels.

    Args:
        labels: (n,) of 0 and 1, n at least 1.
        probabilities: (n,) of the probability of positive, 0 to 1.
        threshold: probabilities of at least this are called positive, 0 to 1.

    Raises:
        DataError: the shapes differ, there is nothing, or a value is NaN or out of range.
        ConfigError: the threshold is out of range.

    Example:
        >>> metrics = binary_metrics([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9])
        >>> metrics.accuracy, metrics.roc_auc, metrics.confusion_matrix
        (0.5, 0.75, ((1, 1), (1, 1)))
    """
    truth, scores = check_scores(labels, probabilities)
    if not 0 <= threshold <= 1:
        raise ConfigError(f"the threshold is {threshold}; expected a probability, 0 to 1.")
    called = scores >= threshold
    tp, fp = int(np.sum(called & truth)), int(np.sum(called & ~truth))
    fn, tn = int(np.sum(~called & truth)), int(np.sum(~called & ~truth))
    likelihood = np.clip(np.where(truth, scores, 1 - scores), LOSS_EPSILON, 1 - LOSS_EPSILON)
    return Metrics(
        num_reviews=len(truth),
        accuracy=(tp + tn) / len(truth),
        loss=float(-np.mean(np.log(likelihood))),
        precision=_share(tp, tp + fp),
        recall=_share(tp, tp + fn),
        f1=_share(2 * tp, 2 * tp + fp + fn),
        roc_auc=_roc_auc(truth, scores),
        brier=float(np.mean((scores - truth) ** 2)),
        ece=reliability_bins(truth, scores).expected_calibration_error,
        confusion_matrix=((tn, fp), (fn, tp)),
        threshold=threshold,
    )


class McNemar(NamedTuple):
    """Whether two classifiers differ on the same reviews.

    Attributes:
        b: reviews that only the first got right.
        c: reviews that only the second got right.
        p_value: chance of a difference this large or larger if neither were better, 0 to 1.
    """

    b: int
    c: int
    p_value: float


def mcnemar(labels: ArrayLike, predictions_a: ArrayLike, predictions_b: ArrayLike) -> McNemar:
    """Test whether two classifiers are equally often right on the same reviews.

    Only the reviews that one gets right and the other wrong tell them apart. Up to 1,000 of these
    the p-value is the exact two-sided binomial one, beyond that it is the chi-squared one with
    Edwards's continuity correction (McNemar 1947; Dietterich 1998).

    Args:
        labels: (n,) of 0 and 1.
        predictions_a: (n,) of 0 and 1, what the first classifier says.
        predictions_b: (n,) of 0 and 1, what the second says.

    Raises:
        DataError: the shapes differ, there is nothing, or a value is neither 0 nor 1.

    Example:
        >>> mcnemar([1, 1, 1, 0, 0], [1, 1, 1, 0, 1], [0, 0, 1, 1, 1])
        McNemar(b=3, c=0, p_value=0.25)
    """
    truth = check_labels("labels", labels)
    right_a, right_b = (
        check_labels(name, values, len(truth)) == truth
        for name, values in (("predictions_a", predictions_a), ("predictions_b", predictions_b))
    )
    b, c = int(np.sum(right_a & ~right_b)), int(np.sum(right_b & ~right_a))
    if b + c > EXACT_DISAGREEMENTS:
        chi_squared = max(abs(b - c) - 1, 0) ** 2 / (b + c)
        return McNemar(b, c, math.erfc(math.sqrt(chi_squared / 2)))
    tail = sum(math.comb(b + c, k) for k in range(min(b, c) + 1))
    return McNemar(b, c, min(1.0, 2 * tail / 2 ** (b + c)))


def wilson_interval(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the interval in which a share lies, by the score method of Wilson (1927).

    Args:
        successes: how often it happened, 0 to `n`.
        n: out of how many, at least 1.
        z: width in standard deviations; 1.96 for 95 %.

    Raises:
        DataError: `n` is below 1, or `successes` is not between 0 and `n`.

    Example:
        >>> low, high = wilson_interval(9, 10)
        >>> round(low, 3), round(high, 3)
        (0.596, 0.982)
    """
    if n < 1 or not 0 <= successes <= n:
        raise DataError(f"{successes} of {n} is no share; expected 0 to n, and n at least 1.")
    share, spread = successes / n, z * z / n
    centre = share + spread / 2
    margin = z * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    low, high = (centre - margin) / (1 + spread), (centre + margin) / (1 + spread)
    return min(max(low, 0.0), share), max(min(high, 1.0), share)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _roc_auc(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> float | None:
    """Area under the ROC curve from the rank sum of the positives (Mann and Whitney 1947)."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return None
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[places]  # ties share the mean of their ranks, from 1
    surplus = ranks[truth].sum() - positives * (positives + 1) / 2
    return float(surplus / (positives * negatives))

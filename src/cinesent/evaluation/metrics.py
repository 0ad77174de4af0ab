"""Accuracy and other metrics of binary classification, McNemar's test and Wilson's interval.

They need only NumPy, so the base install can evaluate a model; the tests compare every number with
scikit-learn's. All functions take labels of 0 (negative) and 1 (positive) and the probability of
positive.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cinesent.errors import ConfigError, DataError
from cinesent.evaluation.curves import check_labels, check_scores, reliability_bins

#: The loss clips probabilities to this distance from 0 and 1, as Keras does.
LOSS_EPSILON = 1e-7

#: McNemar's test is exact up to this number of disagreements.
EXACT_DISAGREEMENTS = 1000


@dataclass(frozen=True)
class Metrics:
    """Metrics of predicted probabilities; None where a metric is undefined for these reviews.

    Attributes:
        num_reviews: number of reviews.
        accuracy: share of correct predictions, 0 to 1.
        loss: mean negative log-likelihood in nats, at least 0; probabilities are clipped to
            [1e-7, 1 - 1e-7].
        precision: share of the positive predictions that are correct; None if there are none.
        recall: share of the positive reviews that are predicted positive; None if there are none.
        f1: harmonic mean of precision and recall, 2TP / (2TP + FP + FN); None if no review is
            positive and none is predicted positive.
        roc_auc: probability that a positive review scores above a negative one, ties counting half;
            None if only one class occurs.
        brier: mean squared difference of probability and label, 0 to 1.
        ece: expected calibration error, 0 to 1: the distance of mean probability and share of
            positives in 15 bins of equal width, weighted by their reviews (Naeini et al. 2015).
        confusion_matrix: true classes in rows, predicted in columns: ((TN, FP), (FN, TP)).
        threshold: the probability from which a review is predicted positive.
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
        """Return the numbers for JSON, the confusion matrix as lists."""
        return {**asdict(self), "confusion_matrix": [list(row) for row in self.confusion_matrix]}


def binary_metrics(labels: ArrayLike, probabilities: ArrayLike, threshold: float = 0.5) -> Metrics:
    """Compute the metrics of predicted probabilities.

    Args:
        labels: (n,) of 0 and 1, n at least 1.
        probabilities: (n,) of the probability of positive, 0 to 1.
        threshold: reviews with at least this probability are predicted positive, 0 to 1.

    Raises:
        DataError: the shapes differ, there are no reviews, or a value is NaN or out of range.
        ConfigError: the threshold is out of range.

    Example:
        >>> metrics = binary_metrics([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9])
        >>> metrics.accuracy, metrics.roc_auc, metrics.confusion_matrix
        (0.5, 0.75, ((1, 1), (1, 1)))
    """
    truth, scores = check_scores(labels, probabilities)
    if not 0 <= threshold <= 1:
        raise ConfigError(f"the threshold is {threshold}; expected a probability, 0 to 1.")
    positive = scores >= threshold
    tp, fp = int(np.sum(positive & truth)), int(np.sum(positive & ~truth))
    fn, tn = int(np.sum(~positive & truth)), int(np.sum(~positive & ~truth))
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


def both_right(labels: ArrayLike, probabilities: ArrayLike, threshold: float = 0.5) -> float:
    """Return the share of pairs of which both texts are labelled correctly, 0 to 1.

    A model that adds up words is right on one text of a pair that differs in a few words. Source:
    Gardner et al. (2020), "Evaluating Models' Local Decision Boundaries via Contrast Sets".

    Args:
        labels: (2 n,) of 0 and 1; rows 2k and 2k + 1 are a pair.
        probabilities: (2 n,) of the probability of positive, 0 to 1.
        threshold: reviews with at least this probability are predicted positive, 0 to 1.

    Raises:
        DataError: as :func:`binary_metrics`, or a row has no partner.

    Example:
        >>> both_right([1, 0, 1, 0], [0.9, 0.2, 0.8, 0.7])
        0.5
    """
    truth, scores = check_scores(labels, probabilities)
    if len(truth) % 2:
        raise DataError(f"{len(truth):,} reviews are no pairs; expected an even number.")
    right = (scores >= threshold) == truth
    return float(right.reshape(-1, 2).all(axis=1).mean())


class McNemar(NamedTuple):
    """The result of McNemar's test of two classifiers on the same reviews.

    Attributes:
        b: reviews that only the first classified correctly.
        c: reviews that only the second classified correctly.
        p_value: probability of a difference at least this large if both were equally good, 0 to 1.
    """

    b: int
    c: int
    p_value: float


def mcnemar(labels: ArrayLike, predictions_a: ArrayLike, predictions_b: ArrayLike) -> McNemar:
    """Test whether two classifiers are equally accurate, by McNemar's test.

    It considers the reviews that exactly one of them classified correctly. Up to 1,000 of these
    the p-value is that of the exact two-sided binomial test, beyond that of the chi-squared test
    with Edwards's continuity correction (McNemar 1947; Dietterich 1998).

    Args:
        labels: (n,) of 0 and 1.
        predictions_a: (n,) of 0 and 1, predicted by the first classifier.
        predictions_b: (n,) of 0 and 1, predicted by the second.

    Raises:
        DataError: the shapes differ, there are no reviews, or a value is neither 0 nor 1.

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
    """Return the confidence interval of a share, by the score method of Wilson (1927).

    Args:
        successes: number of successes, 0 to `n`.
        n: number of trials, at least 1.
        z: half the width in standard deviations; 1.96 for 95% confidence.

    Raises:
        DataError: `n` is below 1, or `successes` is not between 0 and `n`.

    Example:
        >>> low, high = wilson_interval(9, 10)
        >>> round(low, 3), round(high, 3)
        (0.596, 0.982)
    """
    if n < 1 or not 0 <= successes <= n:
        raise DataError(f"{successes} of {n} is not a share; expected 0 to n, and n at least 1.")
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

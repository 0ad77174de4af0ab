"""Validation of labels and probabilities, the ROC curve and the calibration curve.

Labels are 0 (negative) and 1 (positive), probabilities are of positive. NumPy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cinesent.errors import ConfigError, DataError


def roc_curve(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points of the receiver operating characteristic, from (0, 0) to (1, 1).

    Args:
        labels: (n,) of 0 and 1, both occurring.
        probabilities: (n,) of the probability of positive, 0 to 1.

    Returns:
        False and true positive rates, float64 (m,) each, increasing: one point per distinct
        probability taken as threshold, and the origin.

    Raises:
        DataError: as :func:`binary_metrics`, or only one class occurs.

    Example:
        >>> false_positives, true_positives = roc_curve([0, 1, 1], [0.2, 0.2, 0.8])
        >>> false_positives.tolist(), true_positives.tolist()
        ([0.0, 0.0, 1.0], [0.0, 0.5, 1.0])
    """
    truth, scores = check_scores(labels, probabilities)
    if truth.all() or not truth.any():
        raise DataError("all reviews are of one class; a ROC curve needs both.")
    order = np.argsort(-scores, kind="stable")
    # Reviews with the same probability pass a threshold together: only the last one is a point.
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    found = np.cumsum(truth[order])[ends]
    false = ends + 1 - found
    return np.append(0.0, false / false[-1]), np.append(0.0, found / found[-1])


@dataclass(frozen=True, eq=False)
class ReliabilityBins:
    """Reviews binned by probability, in bins of equal width from 0 to 1; empty bins are left out.

    Attributes:
        counts: int64 (bins,), reviews in each, at least 1.
        positives: int64 (bins,), how many of them are positive.
        mean_probability: float64 (bins,), 0 to 1.
    """

    counts: NDArray[np.int64]
    positives: NDArray[np.int64]
    mean_probability: NDArray[np.float64]

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance of mean probability and share of positives, weighted by reviews, 0 to 1."""
        gaps = np.abs(self.mean_probability - self.positives / self.counts)
        return float(np.sum(gaps * self.counts) / np.sum(self.counts))


def reliability_bins(
    labels: ArrayLike, probabilities: ArrayLike, num_bins: int = 15
) -> ReliabilityBins:
    """Bin reviews by their probability, to see how well it is calibrated.

    Args:
        labels: (n,) of 0 and 1, n at least 1.
        probabilities: (n,) of the probability of positive, 0 to 1.
        num_bins: bins of equal width, at least 1; 15 as in Guo et al. (2017).

    Raises:
        DataError: as :func:`binary_metrics`.
        ConfigError: `num_bins` is below 1.

    Example:
        >>> bins = reliability_bins([0, 1, 1], [0.1, 0.1, 0.9], num_bins=2)
        >>> bins.counts.tolist(), bins.positives.tolist()
        ([2, 1], [1, 1])
    """
    truth, scores = check_scores(labels, probabilities)
    if num_bins < 1:
        raise ConfigError(f"num_bins is {num_bins}; expected at least 1.")
    places = np.minimum((scores * num_bins).astype(np.int64), num_bins - 1)
    counts = np.bincount(places, minlength=num_bins)
    used = counts > 0
    sums = np.bincount(places, weights=scores, minlength=num_bins)[used]
    return ReliabilityBins(
        counts=counts[used],
        positives=np.bincount(places[truth], minlength=num_bins)[used],
        mean_probability=sums / counts[used],
    )


def check_scores(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return labels as bool (n,) and probabilities as float64 (n,).

    Raises:
        DataError: the shapes differ, there are no reviews, or a value is NaN or out of range.
    """
    truth = check_labels("labels", labels)
    try:
        scores = np.asarray(probabilities, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"the probabilities are not numbers: {error}.") from error
    if scores.shape != truth.shape:
        hint = " Pass column 1, the positive class." if scores.ndim == 2 else ""
        raise DataError(
            f"the probabilities have shape {scores.shape} and the labels {truth.shape}; "
            f"expected one probability of positive per label.{hint}"
        )
    strange = ~((scores >= 0) & (scores <= 1))
    if strange.any():
        row = int(np.argmax(strange))
        raise DataError(f"the probability in row {row} is {scores[row]}; expected 0 to 1.")
    return truth, scores


def check_labels(name: str, values: ArrayLike, length: int | None = None) -> NDArray[np.bool_]:
    """Return labels of 0 and 1 as bool (n,), n at least 1.

    Args:
        name: what the message of an error calls them.
        values: the labels.
        length: the n that is required, if any.

    Raises:
        DataError: the shape is wrong, or a value is neither 0 nor 1.
    """
    array = np.asarray(values)
    if array.ndim != 1 or not len(array) or (length is not None and len(array) != length):
        expected = "(n,) with n at least 1" if length is None else f"({length},), like the labels"
        raise DataError(f"{name} has shape {array.shape}; expected {expected}.")
    strange = ~((array == 0) | (array == 1))
    if np.any(strange):
        row = int(np.argmax(strange))
        raise DataError(
            f"{name} holds {array[row]!r} in row {row}; expected 0 (negative) or 1 (positive). "
            "Leave out reviews without a label: reviews.labelled()."
        )
    return array.astype(np.bool_)

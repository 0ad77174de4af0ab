"""The interface of all baselines, and the simplest one.

All read the tokens of :func:`cinesent.text.tokenizer.tokenize` and predict log-odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cinesent.errors import DataError, TrainingError
from cinesent.probability import sigmoid

#: The tokens of several reviews.
TokenLists = Sequence[Sequence[str]]


class Baseline(Protocol):
    """The interface of all baselines."""

    def fit(self, token_lists: TokenLists, labels: ArrayLike) -> Self:
        """Learn from n tokenized reviews and their labels (n,), 0 or 1."""
        ...

    def decision_function(self, token_lists: TokenLists) -> NDArray[np.float64]:
        """Return the log-odds of positive, float64 (n,)."""
        ...

    def predict_proba(self, token_lists: TokenLists) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, 2), rows sum to 1: negative, positive."""
        ...

    @property
    def num_parameters(self) -> int:
        """Number of trained parameters."""
        ...


class LogOdds:
    """Base of the baselines: turns the log-odds of a subclass into probabilities."""

    def decision_function(self, token_lists: TokenLists) -> NDArray[np.float64]:
        """Return the log-odds of positive, float64 (n,)."""
        raise NotImplementedError

    def predict_proba(self, token_lists: TokenLists) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, 2), rows sum to 1: negative, positive.

        Raises:
            TrainingError: `fit` was not called.
        """
        positive = sigmoid(self.decision_function(token_lists))
        return np.stack([1.0 - positive, positive], axis=1)


class MajorityBaseline(LogOdds):
    """Predicts the share of positive training reviews for every review: the score to beat.

    Example:
        >>> baseline = MajorityBaseline().fit([["good"], ["fine"], ["bad"]], [1, 1, 0])
        >>> baseline.predict_proba([["awful"]]).tolist()
        [[0.4, 0.6]]
    """

    num_parameters = 1

    def fit(self, token_lists: TokenLists, labels: ArrayLike) -> Self:
        """Count the labels, one of each added, so that no class is certain.

        Raises:
            DataError: labels and reviews differ in number, or a label is neither 0 nor 1.
        """
        positives = check_labels(token_lists, labels, both=False)
        share = (positives.sum() + 1) / (len(positives) + 2)
        self.bias_ = float(np.log(share / (1 - share)))
        return self

    def decision_function(self, token_lists: TokenLists) -> NDArray[np.float64]:
        """Return the same log-odds for all reviews, float64 (n,).

        Raises:
            TrainingError: `fit` was not called.
        """
        check_fitted(self, "bias_")
        return np.full(len(token_lists), self.bias_)


def check_labels(
    token_lists: TokenLists, labels: ArrayLike, both: bool = True
) -> NDArray[np.bool_]:
    """Return labels as bool (n,).

    Raises:
        DataError: labels and reviews differ in number, there are none, a label is neither 0 nor 1,
            or one class is missing although `both` are needed.
    """
    array = np.asarray(labels)
    if array.shape != (len(token_lists),) or not len(array):
        raise DataError(
            f"there are {len(token_lists)} reviews and labels of shape {array.shape}; "
            "expected one label for each review, and at least one."
        )
    found = set(np.unique(array).tolist())
    if not found <= {0, 1} or (both and len(found) < 2):
        raise DataError(
            f"the labels are {sorted(found)}; expected both 0 (negative) and 1 (positive)."
        )
    return array.astype(np.bool_)


def check_fitted(model: object, attribute: str) -> None:
    """Raise TrainingError unless `fit` has set the attribute."""
    if not hasattr(model, attribute):
        raise TrainingError(f"this {type(model).__name__} is not fitted yet. Call fit first.")

"""The n-grams beside the LSTM: a weight each, learnt apart, then weighed against the network.

Learnt together, they would fit the labelled reviews so well that nothing is left for the network to
learn; so each learns alone, and two numbers are fitted to the validation reviews.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.config import ModelConfig
from cinesent.models.linear import log_count_ratio, logistic_regression
from cinesent.text.ngrams import first_occurrences, ngram_buckets

if TYPE_CHECKING:
    from cinesent.models.lstm import Weights

# An n-gram of fewer reviews gets no weight.
_MIN_COUNT = 2
# As for the n-gram baseline.
_C = 0.1


@dataclass(frozen=True)
class NgramWeights:
    """What the n-grams say alone.

    Attributes:
        weights: float32, of the shape that :meth:`ModelConfig.weight_shapes` names.
        bias: the log-odds of a review without known n-grams.
    """

    weights: NDArray[np.float32]
    bias: float

    def decision_function(
        self, rows: Sequence[NDArray[np.int32]], config: ModelConfig
    ) -> NDArray[np.float64]:
        """Return the log-odds of positive of encoded reviews, float64 (n,)."""
        features = ngram_features(rows, config)
        return np.asarray(features @ self.weights.reshape(-1).astype(np.float64) + self.bias)


def fit_ngrams(
    rows: Sequence[NDArray[np.int32]],
    labels: NDArray[Any],
    config: ModelConfig,
    seed: int = 0,
) -> NgramWeights:
    """Learn a weight for each bucket of n-grams: naive Bayes, then logistic regression.

    Args:
        rows: token ids of the labelled reviews.
        labels: (n,), 0 or 1.
        config: says how long the n-grams are, and how many buckets there are.
        seed: of the solver.

    Source:
        Wang & Manning (2012), "Baselines and Bigrams".
    """
    features, positives = ngram_features(rows, config), np.asarray(labels) > 0.5
    counts = np.bincount(features.indices, minlength=config.ngram_buckets)
    known = np.flatnonzero(counts >= _MIN_COUNT)
    features = features[:, known]
    ratio = log_count_ratio(features, positives)
    features.data *= ratio[features.indices]
    learnt, bias = logistic_regression(features, positives, _C, seed)
    weights = np.zeros(config.ngram_buckets, dtype=np.float32)
    weights[known] = learnt * ratio
    return NgramWeights(weights.reshape(config.weight_shapes()["ngrams"]), bias)


def ngram_features(rows: Sequence[NDArray[np.int32]], config: ModelConfig) -> Any:
    """Return which buckets each review's n-grams fall into: CSR float32 (n, buckets) of ones."""
    import scipy.sparse

    found = []
    for row in rows:
        buckets = ngram_buckets(row[None], config.ngrams, config.ngram_buckets)
        found.append(buckets[first_occurrences(buckets)])
    ends = np.cumsum([0, *map(len, found)])
    indices = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
    ones = np.ones(len(indices), dtype=np.float32)
    return scipy.sparse.csr_matrix((ones, indices, ends), shape=(len(rows), config.ngram_buckets))


def combine(weights: Weights, ngrams: NgramWeights, factors: NDArray[np.float64]) -> Weights:
    """Return the weights of one network that says `factors` times what the two say."""
    network, beside = (np.float32(factor) for factor in factors)
    return {
        **weights,
        "head.kernel": weights["head.kernel"] * network,
        "head.bias": weights["head.bias"] * network + beside * np.float32(ngrams.bias),
        "ngrams": ngrams.weights * beside,
    }

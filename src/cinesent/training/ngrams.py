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
from cinesent.text.ngrams import ngram_buckets

if TYPE_CHECKING:
    from cinesent.models.lstm import Weights

# An n-gram needs this many reviews to have a weight, or so large a share of them. A rare one says
# little, and its bucket would say it of all the unknown ones that fall into it.
_MIN_COUNT, _MIN_SHARE = 2, 1 / 2500
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
    shape = config.weight_shapes()["ngrams"]
    weights = np.zeros(config.ngram_buckets, dtype=np.float32)
    known, positives = _buckets_of_frequent(rows, config), np.asarray(labels) > 0.5
    if not len(known):
        return NgramWeights(weights.reshape(shape), 0.0)
    features = ngram_features(rows, config)[:, known]
    ratio = log_count_ratio(features, positives)
    features.data *= ratio[features.indices]
    learnt, bias = logistic_regression(features, positives, _C, seed)
    weights[known] = learnt * ratio
    return NgramWeights(weights.reshape(shape), bias)


def ngram_features(rows: Sequence[NDArray[np.int32]], config: ModelConfig) -> Any:
    """Return which buckets each review's n-grams fall into: CSR float32 (n, buckets) of ones."""
    import scipy.sparse

    ids, review = _joined(rows)
    buckets = ngram_buckets(ids, config.ngrams, config.ngram_buckets)[0]
    there = buckets >= 0
    review = np.broadcast_to(review, buckets.shape)[there]
    found = np.unique(review * config.ngram_buckets + buckets[there])
    shape = (len(rows), config.ngram_buckets)
    places = np.divmod(found, config.ngram_buckets)
    return scipy.sparse.csr_matrix((np.ones(len(found), dtype=np.float32), places), shape=shape)


def _buckets_of_frequent(
    rows: Sequence[NDArray[np.int32]], config: ModelConfig
) -> NDArray[np.int64]:
    """Return the buckets that n-grams of enough reviews fall into, in rising order."""
    ids, review = _joined(rows)
    buckets = ngram_buckets(ids, config.ngrams, config.ngram_buckets)[0]
    enough = max(_MIN_COUNT, round(_MIN_SHARE * len(rows)))
    key, known = np.zeros(ids.shape[1], dtype=np.uint64), []
    for order in range(config.ngrams):
        # 64 bits tell all n-grams apart: the key of one word fewer, mixed, and the word before.
        before = np.roll(ids[0], order).astype(np.uint64)
        key = (key ^ before) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
        there = np.flatnonzero(buckets[order] >= 0)
        # Equal ones together, review after review: an n-gram counts once in each.
        there = there[np.argsort(key[there], kind="stable")]
        new = np.diff(key[there], prepend=~key[there[:1]]) != 0
        number = np.cumsum(new) - 1
        counts = np.bincount(number[new | (np.diff(review[there], prepend=-1) != 0)])
        known.append(buckets[order][there[counts[number] >= enough]])
    return np.unique(np.concatenate(known))


def _joined(rows: Sequence[NDArray[np.int32]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all reviews as one row, (1, time), a padding before each, and whose each token is."""
    ids = np.concatenate([np.pad(row.astype(np.int64), (1, 0)) for row in rows])
    return ids[None], np.repeat(np.arange(len(rows)), [len(row) + 1 for row in rows])


def combine(weights: Weights, ngrams: NgramWeights, factors: NDArray[np.float64]) -> Weights:
    """Return the weights of one network that says `factors` times what the two say."""
    network, beside = (np.float32(factor) for factor in factors)
    return {
        **weights,
        "head.kernel": weights["head.kernel"] * network,
        "head.bias": weights["head.bias"] * network + beside * np.float32(ngrams.bias),
        "ngrams": ngrams.weights * beside,
    }

"""The n-grams beside the LSTM: a weight each, learnt apart, then weighed against the network.

Learnt together, they would fit the labelled reviews so well that nothing is left for the network to
learn; so each learns alone, and two numbers are fitted to the validation reviews.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.models.linear import log_count_ratio, logistic_regression
from cinesent.recipes import ModelConfig
from cinesent.text.ngrams import ngram_buckets
from cinesent.text.tokenizer import PADDING_ID

if TYPE_CHECKING:
    from cinesent.models.lstm import Weights

# An n-gram needs this many reviews to have a weight, or so large a share of them. A rare one says
# little, and its bucket would say it of all the unknown ones that fall into it.
_MIN_COUNT, _MIN_SHARE = 2, 1 / 2500
# As for the n-gram baseline.
_C = 0.1


def fit_ngrams(
    rows: Sequence[NDArray[np.int32]],
    labels: NDArray[Any],
    config: ModelConfig,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Learn a weight for each bucket of n-grams: naive Bayes, then logistic regression.

    Single words learn with them, so that an n-gram says what its words do not, and are then left
    to the LSTM.

    Args:
        rows: token ids of the labelled reviews.
        labels: (n,), 0 or 1.
        config: says how long the n-grams are, and how many buckets there are.
        seed: of the solver.

    Returns:
        Weights of the shape that :meth:`ModelConfig.weight_shapes` names.

    Source:
        Wang & Manning (2012), "Baselines and Bigrams".
    """
    import scipy.sparse

    weights = np.zeros(config.ngram_buckets, dtype=np.float32)
    known, positives = _buckets_of_frequent(rows, config), np.asarray(labels) > 0.5
    if len(known):
        words = word_features(rows, config)
        features = scipy.sparse.hstack([ngram_features(rows, config)[:, known], words], "csr")
        ratio = log_count_ratio(features, positives)
        features.data *= ratio[features.indices]
        learnt, _ = logistic_regression(features, positives, _C, seed)
        weights[known] = (learnt * ratio)[: len(known)]
    return weights.reshape(config.weight_shapes()["ngrams"])


def ngram_scores(
    weights: NDArray[np.float32], rows: Sequence[NDArray[np.int32]], config: ModelConfig
) -> NDArray[np.float64]:
    """Return what the n-grams add to the log-odds of encoded reviews, float64 (n,)."""
    return np.asarray(ngram_features(rows, config) @ weights.reshape(-1).astype(np.float64))


def word_features(rows: Sequence[NDArray[np.int32]], config: ModelConfig) -> Any:
    """Return which words each review has: CSR float32 (n, vocabulary) of ones."""
    ids, review = _joined(rows)
    there = ids[0] != PADDING_ID
    return _ones(review[there], ids[0][there], (len(rows), config.vocabulary_size))


def ngram_features(rows: Sequence[NDArray[np.int32]], config: ModelConfig) -> Any:
    """Return which buckets each review's n-grams fall into: CSR float32 (n, buckets) of ones."""
    ids, review = _joined(rows)
    buckets = ngram_buckets(ids, config.ngrams, config.ngram_buckets)[0]
    there = buckets >= 0
    review = np.broadcast_to(review, buckets.shape)[there]
    return _ones(review, buckets[there], (len(rows), config.ngram_buckets))


def _ones(reviews: NDArray[np.int64], features: NDArray[np.int64], shape: tuple[int, int]) -> Any:
    """Return a CSR matrix with a one wherever a review has a feature, however often."""
    import scipy.sparse

    places = np.divmod(np.unique(reviews * shape[1] + features), shape[1])
    return scipy.sparse.csr_matrix((np.ones(len(places[0]), dtype=np.float32), places), shape=shape)


def _buckets_of_frequent(
    rows: Sequence[NDArray[np.int32]], config: ModelConfig
) -> NDArray[np.int64]:
    """Return the buckets that n-grams of enough reviews fall into, in rising order."""
    ids, review = _joined(rows)
    buckets = ngram_buckets(ids, config.ngrams, config.ngram_buckets)[0]
    enough = max(_MIN_COUNT, round(_MIN_SHARE * len(rows)))
    key, known = ids[0].astype(np.uint64), []
    for order in range(2, config.ngrams + 1):
        # 64 bits tell all n-grams apart: the key of one word fewer, mixed, and the word before.
        key = key * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
        key ^= np.roll(ids[0], order - 1).astype(np.uint64)
        found = buckets[order - 2]
        there = np.flatnonzero(found >= 0)
        # Equal ones together, review after review: an n-gram counts once in each.
        there = there[np.argsort(key[there], kind="stable")]
        new = np.diff(key[there], prepend=~key[there[:1]]) != 0
        number = np.cumsum(new) - 1
        counts = np.bincount(number[new | (np.diff(review[there], prepend=-1) != 0)])
        known.append(found[there[counts[number] >= enough]])
    return np.unique(np.concatenate(known))


def _joined(rows: Sequence[NDArray[np.int32]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all reviews as one row, (1, time), a padding before each, and whose each token is."""
    ids = np.concatenate([np.pad(row.astype(np.int64), (1, 0)) for row in rows])
    return ids[None], np.repeat(np.arange(len(rows)), [len(row) + 1 for row in rows])


def combine(weights: Weights, ngrams: NDArray[np.float32], factors: NDArray[np.float64]) -> Weights:
    """Return the weights of one network that says the weighed sum.

    Args:
        weights: of the network.
        ngrams: the n-grams' weights.
        factors: of the network's log-odds and of the n-grams'.
    """
    network, beside = (np.float32(factor) for factor in factors)
    return {
        **weights,
        "head.kernel": weights["head.kernel"] * network,
        "head.bias": weights["head.bias"] * network,
        "ngrams": ngrams * beside,
    }

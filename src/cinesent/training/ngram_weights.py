"""Stage: the n-grams beside the LSTM, fitted on their own and then stacked with the network.

Trained together, n-grams would fit the labelled reviews so well that nothing is left for the
network to learn. So both are trained alone, and two stacking weights are fitted on the validation
reviews.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.models.linear import log_count_ratio, logistic_regression
from cinesent.network.reference import Weights
from cinesent.probability import log_odds
from cinesent.recipes import ModelConfig
from cinesent.text.ngrams import ngram_buckets
from cinesent.text.tokenizer import PADDING_ID
from cinesent.training.corpus import Corpus
from cinesent.training.engine.review_objective import predict_rows
from cinesent.training.engine.run import Run
from cinesent.training.stacking import stacking_weights

if TYPE_CHECKING:
    from keras import Model

# An n-gram gets a weight if at least so many reviews hold it, and so large a share of them. A rare
# one carries little information, and its bucket is shared with all unknown ones that hash into it.
_MIN_COUNT, _MIN_SHARE = 2, 1 / 2500
# Inverse strength of the L2 penalty, as for the n-gram baseline.
_C = 0.1


def add_ngrams(model: Model, corpus: Corpus, run: Run) -> Model:
    """Return the final network in float32, with the n-grams that the recipe asks for beside it.

    Args:
        model: the trained network. Where it has n-grams already, those of the model it started
            from, they are kept.
        corpus: the labelled reviews to fit the n-grams to, the validation reviews to fit the
            stacking weights on, and the recipe.
        run: of the training.
    """
    from cinesent.models.lstm import build_model, get_weights, set_weights

    config = corpus.recipe.model
    weights: Weights = get_weights(model)
    if config.ngrams and "ngrams" not in weights:
        run.reporter.message(
            f"fitting n-grams of 2 to {config.ngrams} words to the labelled reviews"
        )
        ids = [np.asarray(row, dtype=np.int32) for row in corpus.train.ids]
        ngrams = fit_ngrams(ids, corpus.train.reviews.labels, config, run.seed)
        validation = corpus.validation_examples
        network = log_odds(predict_rows(model, validation.rows))
        beside = ngram_scores(ngrams, validation.rows, config)
        factors = stacking_weights(np.stack([network, beside]), validation.targets)
        run.reporter.message(
            f"final log-odds: {factors[0]:.2f} x network + {factors[1]:.2f} x n-grams"
        )
        weights = combine(weights, ngrams, factors)
    finished = build_model(config)
    set_weights(finished, weights)
    return finished


def fit_ngrams(
    rows: Sequence[NDArray[np.int32]],
    labels: NDArray[Any],
    config: ModelConfig,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Fit a weight for each bucket of n-grams: naive Bayes, then logistic regression.

    Single words are fitted along with them, so that an n-gram adds only what its words do not say;
    their weights are then dropped, because the LSTM reads the words.

    Args:
        rows: token ids of the n labelled reviews.
        labels: (n,), 0 or 1.
        config: gives the longest n-gram and the number of buckets.
        seed: of the solver.

    Returns:
        float32, of the shape that :meth:`ModelConfig.weight_shapes` names.

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
        fitted, _ = logistic_regression(features, positives, _C, seed)
        weights[known] = (fitted * ratio)[: len(known)]
    return weights.reshape(config.weight_shapes()["ngrams"])


def ngram_scores(
    weights: NDArray[np.float32], rows: Sequence[NDArray[np.int32]], config: ModelConfig
) -> NDArray[np.float64]:
    """Return what the n-grams add to the log-odds of n encoded reviews, float64 (n,)."""
    return np.asarray(ngram_features(rows, config) @ weights.reshape(-1).astype(np.float64))


def word_features(rows: Sequence[NDArray[np.int32]], config: ModelConfig) -> Any:
    """Return which words each review holds: CSR float32 (n, vocabulary) of ones."""
    ids, review = _joined(rows)
    there = ids[0] != PADDING_ID
    return _ones(review[there], ids[0][there], (len(rows), config.vocabulary_size))


def ngram_features(rows: Sequence[NDArray[np.int32]], config: ModelConfig) -> Any:
    """Return the buckets of each review's n-grams: CSR float32 (n, buckets) of ones."""
    ids, review = _joined(rows)
    buckets = ngram_buckets(ids, config.ngrams, config.ngram_buckets)[0]
    there = buckets >= 0
    review = np.broadcast_to(review, buckets.shape)[there]
    return _ones(review, buckets[there], (len(rows), config.ngram_buckets))


def _ones(reviews: NDArray[np.int64], features: NDArray[np.int64], shape: tuple[int, int]) -> Any:
    """Return a CSR matrix with a one where a review has a feature, however often."""
    import scipy.sparse

    places = np.divmod(np.unique(reviews * shape[1] + features), shape[1])
    return scipy.sparse.csr_matrix((np.ones(len(places[0]), dtype=np.float32), places), shape=shape)


def _buckets_of_frequent(
    rows: Sequence[NDArray[np.int32]], config: ModelConfig
) -> NDArray[np.int64]:
    """Return the buckets of the n-grams that enough reviews hold, in ascending order."""
    ids, review = _joined(rows)
    buckets = ngram_buckets(ids, config.ngrams, config.ngram_buckets)[0]
    enough = max(_MIN_COUNT, round(_MIN_SHARE * len(rows)))
    key, known = ids[0].astype(np.uint64), []
    for order in range(2, config.ngrams + 1):
        # A 64-bit key per n-gram: that of one word fewer, mixed, and the word before it.
        key = key * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
        key ^= np.roll(ids[0], order - 1).astype(np.uint64)
        found = buckets[order - 2]
        there = np.flatnonzero(found >= 0)
        # Sorted by key and, within a key, by review: an n-gram counts once per review.
        there = there[np.argsort(key[there], kind="stable")]
        new = np.diff(key[there], prepend=~key[there[:1]]) != 0
        number = np.cumsum(new) - 1
        counts = np.bincount(number[new | (np.diff(review[there], prepend=-1) != 0)])
        known.append(found[there[counts[number] >= enough]])
    return np.unique(np.concatenate(known))


def _joined(rows: Sequence[NDArray[np.int32]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all reviews as one row, (1, time), padding before each, and each token's review."""
    ids = np.concatenate([np.pad(row.astype(np.int64), (1, 0)) for row in rows])
    return ids[None], np.repeat(np.arange(len(rows)), [len(row) + 1 for row in rows])


def combine(weights: Weights, ngrams: NDArray[np.float32], factors: NDArray[np.float64]) -> Weights:
    """Return the weights of one network whose logit is the weighted sum.

    Args:
        weights: of the network.
        ngrams: the weights of the n-grams.
        factors: of the network's log-odds and of those of the n-grams, (2,).
    """
    network, beside = (np.float32(factor) for factor in factors)
    return {
        **weights,
        "head.kernel": weights["head.kernel"] * network,
        "head.bias": weights["head.bias"] * network,
        "ngrams": ngrams * beside,
    }

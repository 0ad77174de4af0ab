from __future__ import annotations

import numpy as np
import pytest

from cinesent.config import ModelConfig
from cinesent.models.linear import NBLogisticRegression
from cinesent.text.ngrams import ngram_buckets
from cinesent.training.ngrams import (
    NgramWeights,
    _buckets_of_frequent,
    combine,
    fit_ngrams,
    ngram_features,
)

pytest.importorskip("sklearn")

CONFIG = ModelConfig(vocabulary_size=50, ngrams=2, ngram_buckets=2**20)


def reviews(count: int, seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    """Reviews in which 2 is good and 3 bad, unless 4 comes before it."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    rows = []
    for label in labels:
        row = rng.integers(5, 50, rng.integers(3, 12))
        word, place = int(rng.integers(2, 4)), int(rng.integers(1, len(row)))
        row[place] = word
        if (word == 2) != bool(label):
            row[place - 1] = 4
        rows.append(row.astype(np.int32))
    return rows, labels


def test_features_are_the_words_and_pairs_that_occur() -> None:
    features = ngram_features([np.array([5, 6, 5, 6]), np.array([7])], CONFIG)
    assert features.sum(axis=1).ravel().tolist() == [[4.0, 1.0]]  # 5, 6, 5 6, 6 5; 7
    assert features.shape == (2, 2**20)


def test_without_collisions_it_is_the_ngram_baseline() -> None:
    rows, labels = reviews(300)
    others, _ = reviews(100, seed=1)
    baseline = NBLogisticRegression(ngram_range=(1, 2))
    baseline.fit([[str(word) for word in row] for row in rows], labels)
    expected = baseline.decision_function([[str(word) for word in row] for row in others])
    found = fit_ngrams(rows, labels, CONFIG).decision_function(others, CONFIG)
    np.testing.assert_allclose(found, expected, atol=5e-3)


def test_pairs_are_worth_more_than_words() -> None:
    rows, labels = reviews(600)
    others, truth = reviews(300, seed=1)
    right = {}
    for ngrams in (1, 2):
        config = ModelConfig(vocabulary_size=50, ngrams=ngrams, ngram_buckets=2**16)
        said = fit_ngrams(rows, labels, config).decision_function(others, config)
        right[ngrams] = ((said > 0) == truth).mean()
    assert right[2] > right[1] + 0.05


def test_the_combination_says_the_weighed_sum() -> None:
    weights = {
        "head.kernel": np.array([[2.0], [4.0]], dtype=np.float32),
        "head.bias": np.array([1.0], dtype=np.float32),
    }
    ngrams = NgramWeights(np.ones((1, 64), dtype=np.float32), bias=-2.0)
    joined = combine(weights, ngrams, (0.5, 0.25))
    assert joined["head.kernel"].ravel().tolist() == [1.0, 2.0]
    assert joined["head.bias"].tolist() == [0.0]
    assert (joined["ngrams"] == 0.25).all()
    assert all(value.dtype == np.float32 for value in joined.values())


def test_an_ngram_needs_enough_reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    # 5 is in three reviews, four times; 6 and 7 are in two; 8 is in one, three times.
    rows = [np.array(row, dtype=np.int32) for row in ([5, 9, 5, 6], [5, 6, 7], [7, 5], [8, 8, 8])]
    config = ModelConfig(vocabulary_size=50, ngrams=2, ngram_buckets=2**20)
    for enough, expected in ((3, [[5]]), (2, [[5], [6], [7], [5, 6]])):
        monkeypatch.setattr("cinesent.training.ngrams._MIN_COUNT", enough)
        weights = fit_ngrams(rows, np.array([1, 0, 1, 0]), config).weights.reshape(-1)
        buckets = [
            ngram_buckets(np.array([gram]), 2, 2**20)[0, len(gram) - 1, -1] for gram in expected
        ]
        assert set(_buckets_of_frequent(rows, config)) == set(buckets)
        assert set(np.flatnonzero(weights)) <= set(buckets)


def test_reviews_without_a_word_in_common_teach_nothing() -> None:
    rows = [np.array([word], dtype=np.int32) for word in (5, 6, 7, 8)]
    found = fit_ngrams(rows, np.array([1, 0, 1, 0]), CONFIG)
    assert not found.weights.any()
    assert found.decision_function(rows, CONFIG).tolist() == [0.0] * 4

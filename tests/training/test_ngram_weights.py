from __future__ import annotations

import numpy as np
import pytest

from cinesent.models.linear import NBLogisticRegression
from cinesent.recipes import ModelConfig
from cinesent.text.ngrams import ngram_buckets
from cinesent.training.ngram_weights import (
    _buckets_of_frequent,
    combine,
    fit_ngrams,
    ngram_features,
    ngram_scores,
    word_features,
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
    rows = [np.array([5, 6, 5, 6]), np.array([7])]
    pairs = ngram_features(rows, CONFIG)
    assert pairs.sum(axis=1).ravel().tolist() == [[2.0, 0.0]]  # 5 6, 6 5; none
    assert pairs.shape == (2, 2**20)
    words = word_features(rows, CONFIG)
    assert words.toarray().nonzero()[1].tolist() == [5, 6, 7]
    assert words.max() == 1.0


def test_without_collisions_they_agree_with_the_ngram_baseline() -> None:
    rows, labels = reviews(300)
    others, _ = reviews(100, seed=1)
    baseline = NBLogisticRegression(ngram_range=(1, 2))
    baseline.fit([[str(word) for word in row] for row in rows], labels)
    whole = baseline.decision_function([[str(word) for word in row] for row in others])
    # Its words alone, one per review, so that there are no pairs.
    weights = {word: baseline.decision_function([[str(word)]])[0] for word in range(50)}
    bias = baseline.decision_function([[]])[0]
    words = [sum(weights[word] - bias for word in set(row.tolist())) + bias for row in others]
    found = ngram_scores(fit_ngrams(rows, labels, CONFIG), others, CONFIG)
    np.testing.assert_allclose(found, whole - words, atol=5e-3)


def test_a_pair_has_the_meaning_that_its_words_lack() -> None:
    rows, labels = reviews(600)
    weights = fit_ngrams(rows, labels, CONFIG)
    good, bad, after_not = (
        ngram_scores(weights, [np.array(row, dtype=np.int32)], CONFIG)[0]
        for row in ([4, 3], [4, 2], [4])
    )
    assert good > 0.5 > -0.5 > bad
    assert after_not == 0.0


def test_the_combined_network_has_the_weighted_sum() -> None:
    weights = {
        "head.kernel": np.array([[2.0], [4.0]], dtype=np.float32),
        "head.bias": np.array([1.0], dtype=np.float32),
    }
    joined = combine(weights, np.ones((1, 64), dtype=np.float32), np.array([0.5, 0.25]))
    assert joined["head.kernel"].ravel().tolist() == [1.0, 2.0]
    assert joined["head.bias"].tolist() == [0.5]
    assert (joined["ngrams"] == 0.25).all()
    assert all(value.dtype == np.float32 for value in joined.values())


def test_an_ngram_needs_enough_reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    # 5 6 is in three reviews, four times; 6 7 and 5 6 7 are in two; 8 8 is in one, three times.
    rows = [
        np.array(row, dtype=np.int32)
        for row in ([5, 6, 9, 5, 6], [5, 6, 7], [2, 5, 6, 7], [8, 8, 8, 8])
    ]
    config = ModelConfig(vocabulary_size=50, ngrams=3, ngram_buckets=2**20)
    for enough, expected in ((3, [[5, 6]]), (2, [[5, 6], [6, 7], [5, 6, 7]])):
        monkeypatch.setattr("cinesent.training.ngram_weights._MIN_COUNT", enough)
        weights = fit_ngrams(rows, np.array([1, 0, 1, 0]), config).reshape(-1)
        buckets = [
            ngram_buckets(np.array([gram]), 3, 2**20)[0, len(gram) - 2, -1] for gram in expected
        ]
        assert set(_buckets_of_frequent(rows, config)) == set(buckets)
        assert set(np.flatnonzero(weights)) <= set(buckets)


def test_reviews_without_common_pairs_give_no_weights() -> None:
    rows = [np.array([word, word + 1], dtype=np.int32) for word in (5, 6, 7, 8)]
    found = fit_ngrams(rows, np.array([1, 0, 1, 0]), CONFIG)
    assert not found.any()
    assert ngram_scores(found, rows, CONFIG).tolist() == [0.0] * 4

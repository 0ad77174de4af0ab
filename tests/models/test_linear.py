from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from cinesent.data.packaged import load_packaged
from cinesent.errors import ConfigError, DataError, MissingExtraError, TrainingError
from cinesent.models.backend import import_keras
from cinesent.models.linear import (
    BASELINES,
    BagOfWordsLogisticRegression,
    MajorityBaseline,
    NBLogisticRegression,
    log_count_ratio,
)
from cinesent.text.tokenizer import tokenize

TOKENS = [["good", "film"], ["bad", "film"], ["good"], ["bad", "bad", "plot"]]
LABELS = [1, 0, 1, 0]
LINEAR = ["majority", "bow-lr", "nb-lr"]


@pytest.fixture(scope="module")
def reviews():
    """400 training and 200 other reviews, tokenized, with their labels."""
    table = load_packaged("imdb-train").train
    rows = np.random.default_rng(0).choice(len(table), 600, replace=False)
    tokens = [tokenize(table.texts[i]) for i in rows]
    labels = table.labels[rows]
    return tokens[:400], labels[:400], tokens[400:], labels[400:]


@pytest.fixture(scope="module")
def keras():
    """Keras, imported before a test is timed."""
    return import_keras()


def _check_interface(baseline, train_tokens, train_labels, tokens):
    assert baseline.fit(train_tokens, train_labels) is baseline
    scores = baseline.decision_function(tokens)
    assert scores.shape == (len(tokens),)
    assert scores.dtype == np.float64
    probabilities = baseline.predict_proba(tokens)
    assert probabilities.shape == (len(tokens), 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(probabilities[:, 1], 1 / (1 + np.exp(-scores)), atol=1e-12)
    assert baseline.num_parameters >= 1
    assert baseline.decision_function([]).shape == (0,)
    assert baseline.predict_proba([]).shape == (0, 2)
    assert np.isfinite(baseline.decision_function([[], ["neverseenbefore"]])).all()


def test_registry():
    assert list(BASELINES) == ["majority", "bow-lr", "nb-lr", "multi-hot-dense"]


@pytest.mark.parametrize(("name", "floor"), [("majority", 0.0), ("bow-lr", 0.72), ("nb-lr", 0.72)])
def test_real_reviews(name, floor, reviews):
    train_tokens, train_labels, tokens, labels = reviews
    baseline = BASELINES[name](3)
    _check_interface(baseline, train_tokens, train_labels, tokens)
    assert np.mean((baseline.decision_function(tokens) > 0) == labels) > floor
    again = BASELINES[name](3).fit(train_tokens, train_labels)
    np.testing.assert_array_equal(
        again.decision_function(tokens), baseline.decision_function(tokens)
    )


@pytest.mark.train
def test_multi_hot_dense_learns(reviews, keras):
    from cinesent.models.dense import MultiHotDense

    train_tokens, train_labels, tokens, labels = reviews
    model = MultiHotDense(vocabulary_size=2000, units=4, epochs=8, batch_size=50)
    _check_interface(model, train_tokens, train_labels, tokens)
    assert np.mean((model.decision_function(tokens) > 0) == labels) > 0.7
    assert model.num_parameters == 2000 * 4 + 4 + 4 + 1


@pytest.mark.train
def test_multi_hot_dense_depends_on_its_seed_alone(keras):
    scores = [
        BASELINES["multi-hot-dense"](seed).fit(TOKENS, LABELS).decision_function(TOKENS)
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert not np.allclose(scores[0], scores[2])


def test_log_count_ratio_by_hand():
    features = csr_matrix(np.array([[1, 0, 1], [1, 1, 0], [0, 0, 1], [0, 0, 1]], np.float32))
    ratio = log_count_ratio(features, np.array([True, True, False, False]))
    # p = 1 + [2, 1, 1] adds up to 7, q = 1 + [0, 0, 2] to 5.
    expected = np.log([(3 / 7) / (1 / 5), (2 / 7) / (1 / 5), (2 / 7) / (3 / 5)])
    np.testing.assert_allclose(ratio, expected, rtol=1e-6)
    assert ratio.dtype == np.float32


def test_nb_counts_whether_and_not_how_often():
    model = NBLogisticRegression(ngram_range=(1, 1), min_count=1).fit(TOKENS, LABELS)
    assert model.feature_names_.tolist() == ["bad", "film", "good", "plot"]
    # p = [1, 2, 3, 1] of 7, q = [3, 2, 1, 2] of 8: the doubled "bad" counts once.
    expected = np.log(np.array([1, 2, 3, 1]) / 7 / (np.array([3, 2, 1, 2]) / 8))
    np.testing.assert_allclose(model.ratio_, expected, rtol=1e-6)
    once, twice = model.decision_function([["bad"], ["bad", "bad"]])
    assert once == twice


def test_log_odds_are_the_sum_of_the_weights():
    model = NBLogisticRegression(ngram_range=(1, 2), min_count=1).fit(TOKENS, LABELS)
    weight = dict(zip(model.feature_names_.tolist(), model.weights_, strict=True))
    expected = model.bias_ + weight["good"] + weight["film"] + weight["good film"]
    assert model.decision_function([["good", "film"]])[0] == pytest.approx(expected)
    assert model.num_parameters == len(weight) + 1


def test_nb_is_the_logistic_regression_of_weighted_features():
    from sklearn.linear_model import LogisticRegression

    model = NBLogisticRegression(ngram_range=(1, 1), min_count=1, C=1.0).fit(TOKENS, LABELS)
    binary = np.array([[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]])
    other = LogisticRegression(C=1.0, solver="liblinear", tol=1e-8, max_iter=10_000)
    other.fit(binary * model.ratio_, LABELS)
    np.testing.assert_allclose(
        model.decision_function(TOKENS), other.decision_function(binary * model.ratio_), atol=0.05
    )


def test_counts_and_limits():
    counting = BagOfWordsLogisticRegression("count", min_count=1, C=1.0).fit(TOKENS, LABELS)
    once, twice = counting.decision_function([["bad"], ["bad", "bad"]])
    assert twice < once
    limited = BagOfWordsLogisticRegression(min_count=2, max_features=2).fit(TOKENS, LABELS)
    assert limited.num_parameters == 3
    with pytest.raises(ConfigError, match="Did you mean 'count'"):
        BagOfWordsLogisticRegression("counts")


def test_majority_says_the_same_of_all():
    baseline = MajorityBaseline().fit([[]] * 8, [1] * 6 + [0] * 2)
    np.testing.assert_allclose(baseline.predict_proba([["a"], []])[:, 1], 0.7)
    assert MajorityBaseline().fit([[]], [1]).predict_proba([[]])[0, 1] == pytest.approx(2 / 3)
    assert baseline.num_parameters == 1


@pytest.mark.parametrize("name", BASELINES)
def test_not_fitted(name):
    with pytest.raises(TrainingError, match="Call fit first"):
        BASELINES[name](0).decision_function(TOKENS)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize(
    ("labels", "message"),
    [([1, 0], "4 reviews and labels of shape"), ([1, 0, -1, 0], r"labels are \[-1, 0, 1\]")],
)
def test_wrong_labels(name, labels, message):
    with pytest.raises(DataError, match=message):
        BASELINES[name](0).fit(TOKENS, labels)


@pytest.mark.parametrize("name", ["bow-lr", "nb-lr", "multi-hot-dense"])
def test_one_class_teaches_nothing(name):
    with pytest.raises(DataError, match="expected both"):
        BASELINES[name](0).fit(TOKENS, [1, 1, 1, 1])


@pytest.mark.parametrize("tokens", [[["a"], ["b"]], [[], []]])
def test_no_feature_left(tokens):
    with pytest.raises(DataError, match="lower min_count"):
        NBLogisticRegression().fit(tokens, [0, 1])


@pytest.mark.parametrize("name", ["bow-lr", "nb-lr", "multi-hot-dense"])
def test_missing_extra_names_the_command(name, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    with pytest.raises(MissingExtraError, match=rf"{name} baseline .* 'cinesent\[train\]'"):
        BASELINES[name](0).fit(TOKENS, LABELS)

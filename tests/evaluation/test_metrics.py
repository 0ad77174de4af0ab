from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference
from sklearn.calibration import calibration_curve

from cinesent.errors import ConfigError, DataError
from cinesent.evaluation.curves import reliability_bins, roc_curve
from cinesent.evaluation.metrics import binary_metrics, mcnemar, wilson_interval

LABELS = [0, 0, 0, 1, 1, 1, 1, 0]
PROBABILITIES = [0.1, 0.4, 0.6, 0.9, 0.6, 0.3, 0.8, 0.5]

# Few distinct probabilities, so that ties are the rule.
PAIRS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5, 0.7, 1.0])),
    min_size=1,
    max_size=60,
)


def test_by_hand():
    metrics = binary_metrics(LABELS, PROBABILITIES)
    assert metrics.num_reviews == 8
    assert metrics.confusion_matrix == ((2, 2), (1, 3))
    assert metrics.accuracy == 5 / 8
    assert metrics.precision == 3 / 5
    assert metrics.recall == 3 / 4
    assert metrics.f1 == 6 / 9
    # Positive above negative, pair by pair: 0.9 beats 4, 0.6 beats 3 and ties one, 0.3 beats 1,
    # 0.8 beats 4.
    assert metrics.roc_auc == (4 + 3.5 + 1 + 4) / 16
    likelihoods = [0.9, 0.6, 0.4, 0.9, 0.6, 0.3, 0.8, 0.5]
    assert metrics.loss == pytest.approx(-sum(map(math.log, likelihoods)) / 8)
    assert metrics.brier == pytest.approx(sum((1 - p) ** 2 for p in likelihoods) / 8)
    # One bin each but for the two of 0.6.
    gaps = [0.1, 0.4, 0.1, 0.7, 0.2, 0.5, 2 * abs(0.6 - 0.5)]
    assert metrics.ece == pytest.approx(sum(gaps) / 8)


def test_threshold_belongs_to_positive():
    assert binary_metrics([1, 0], [0.5, 0.499]).accuracy == 1
    strict = binary_metrics(LABELS, PROBABILITIES, threshold=0.85)
    assert strict.confusion_matrix == ((4, 0), (3, 1))
    assert strict.threshold == 0.85
    with pytest.raises(ConfigError, match="threshold is 1.5"):
        binary_metrics(LABELS, PROBABILITIES, threshold=1.5)


def test_certain_and_wrong_costs_a_finite_loss():
    assert binary_metrics([1, 0], [0.0, 1.0]).loss == pytest.approx(-math.log(1e-7))
    assert binary_metrics([1, 0], [1.0, 0.0]).loss == pytest.approx(1e-7, rel=1e-3)


def test_numbers_that_do_not_exist_are_none():
    negatives = binary_metrics([0, 0], [0.1, 0.2])
    assert (negatives.precision, negatives.recall, negatives.f1, negatives.roc_auc) == (None,) * 4
    assert negatives.accuracy == 1
    silent = binary_metrics([0, 1], [0.1, 0.2])
    assert (silent.precision, silent.recall, silent.f1, silent.roc_auc) == (None, 0, 0, 1)
    alarm = binary_metrics([0], [0.9])
    assert (alarm.precision, alarm.recall, alarm.f1, alarm.roc_auc) == (0, None, 0, None)


@given(PAIRS)
def test_as_scikit_learn(pairs):
    labels, scores = (np.array(column) for column in zip(*pairs, strict=True))
    metrics = binary_metrics(labels, scores)
    called = scores >= 0.5
    matrix = reference.confusion_matrix(labels, called, labels=[0, 1])
    assert metrics.confusion_matrix == tuple(map(tuple, matrix.tolist()))
    assert metrics.accuracy == pytest.approx(reference.accuracy_score(labels, called))
    clipped = np.clip(scores, 1e-7, 1 - 1e-7)
    assert metrics.loss == pytest.approx(reference.log_loss(labels, clipped, labels=[0, 1]))
    assert metrics.brier == pytest.approx(np.mean((labels - scores) ** 2))
    for name in ("precision", "recall", "f1"):
        expected = getattr(reference, f"{name}_score")(labels, called, zero_division=0)
        assert (getattr(metrics, name) or 0) == pytest.approx(expected)
    if 0 < labels.sum() < len(labels):
        assert metrics.roc_auc == pytest.approx(reference.roc_auc_score(labels, scores))
        expected_x, expected_y, _ = reference.roc_curve(labels, scores, drop_intermediate=False)
        np.testing.assert_allclose(roc_curve(labels, scores), (expected_x, expected_y))
        assert metrics.roc_auc == pytest.approx(np.trapezoid(expected_y, expected_x))
    assert 0 <= metrics.ece <= 1
    json.loads(json.dumps(metrics.to_dict(), allow_nan=False))


def test_reliability_bins_as_scikit_learn():
    generator = np.random.default_rng(0)
    scores = generator.random(5000)
    labels = generator.random(5000) < scores**2
    bins = reliability_bins(labels, scores)
    shares, means = calibration_curve(labels, scores, n_bins=15)
    np.testing.assert_allclose(bins.positives / bins.counts, shares)
    np.testing.assert_allclose(bins.mean_probability, means)
    assert bins.counts.sum() == 5000
    assert bins.expected_calibration_error == pytest.approx(1 / 6, abs=0.02)
    assert reliability_bins([0, 1], [0.0, 1.0]).counts.tolist() == [1, 1]
    with pytest.raises(ConfigError, match="num_bins is 0"):
        reliability_bins(labels, scores, num_bins=0)


def test_half_precision_probabilities_and_boolean_labels():
    metrics = binary_metrics(np.array(LABELS, bool), np.array(PROBABILITIES, np.float32))
    assert metrics.roc_auc == binary_metrics(LABELS, PROBABILITIES).roc_auc
    assert isinstance(metrics.accuracy, float)
    assert metrics.to_dict()["confusion_matrix"] == [[2, 2], [1, 3]]


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        ([], [], r"labels has shape \(0,\)"),
        ([0, 1], [0.5], r"probabilities have shape \(1,\) and the labels \(2,\)"),
        ([0, 1], [[0.5, 0.5], [0.1, 0.9]], "Pass column 1"),
        ([0, 1], [0.5, math.nan], "row 1 is nan"),
        ([0, 1], [math.inf, 0.5], "row 0 is inf"),
        ([0, 1], [0.5, 1.01], "row 1 is 1.01"),
        ([0, 1], [-0.1, 0.5], "row 0 is -0.1"),
        ([0, -1], [0.5, 0.5], r"-1\)? in row 1; .*reviews.labelled"),
        ([0, 2], [0.5, 0.5], "expected 0 .negative. or 1"),
        ([0.5, 1], [0.5, 0.5], "in row 0"),
        (["neg", "pos"], [0.5, 0.5], "in row 0"),
        ([[0, 1]], [0.5, 0.5], r"labels has shape \(1, 2\)"),
        ([0, 1], ["good", "bad"], "not numbers"),
    ],
)
def test_refuses(labels, probabilities, message):
    with pytest.raises(DataError, match=message):
        binary_metrics(labels, probabilities)


def test_roc_curve_needs_both_classes():
    with pytest.raises(DataError, match="needs both"):
        roc_curve([1, 1], [0.1, 0.2])


def test_mcnemar_by_hand():
    labels = [1] * 10
    first = [1] * 9 + [0]
    second = [1] * 4 + [0] * 5 + [1]
    # Five disagreements one way, one the other: 2 (C(6,0) + C(6,1)) / 2^6.
    assert mcnemar(labels, first, second) == (5, 1, 2 * 7 / 64)
    assert mcnemar(labels, second, first) == (1, 5, 2 * 7 / 64)
    assert mcnemar(labels, first, first) == (0, 0, 1.0)


def test_mcnemar_of_many_disagreements_nears_the_exact_test():
    from scipy.stats import binomtest

    for only_first, only_second in ((530, 470), (531, 470), (900, 700), (3000, 3000)):
        first = np.repeat([1, 0], [only_first, only_second])
        result = mcnemar(np.ones(len(first)), first, 1 - first)
        assert result[:2] == (only_first, only_second)
        exact = binomtest(only_first, only_first + only_second).pvalue
        assert result.p_value == pytest.approx(exact, rel=0.05)


def test_mcnemar_refuses():
    with pytest.raises(DataError, match=r"predictions_b has shape \(1,\); expected \(2,\)"):
        mcnemar([0, 1], [0, 1], [1])
    with pytest.raises(DataError, match="predictions_a holds"):
        mcnemar([0, 1], [0.2, 1], [0, 1])


def test_wilson_interval():
    from scipy.stats import binomtest

    for successes, n in ((0, 10), (10, 10), (9, 10), (22_500, 25_000), (1, 1)):
        expected = binomtest(successes, n).proportion_ci(0.95, method="wilson")
        low, high = wilson_interval(successes, n, z=1.959963984540054)
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
        assert 0 <= low <= successes / n <= high <= 1
    for successes, n in ((0, 0), (3, 2), (-1, 2)):
        with pytest.raises(DataError, match="is not a share"):
            wilson_interval(successes, n)

"""The choice of the band: the smallest that reaches the accuracy, or none."""

from __future__ import annotations

import numpy as np
import pytest

from cinesent.errors import ConfigError
from cinesent.uncertainty.band import check_band, choose_band


def calibrated(count: int = 20_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that mean what they say."""
    rng = np.random.default_rng(seed)
    probabilities = rng.beta(0.6, 0.6, size=count)
    return (rng.random(count) < probabilities).astype(int), probabilities


def accuracy_outside(labels, probabilities, low, high) -> tuple[float, float]:
    decided = (probabilities < low) | (probabilities >= high)
    return decided.mean(), ((probabilities >= 0.5) == labels)[decided].mean()


def test_it_is_the_smallest_that_reaches_the_target():
    labels, probabilities = calibrated()
    band = choose_band(labels, probabilities, 0.9)
    assert band.reached
    assert band.low == pytest.approx(1 - band.high)
    share, accuracy = accuracy_outside(labels, probabilities, *band.thresholds)
    assert (band.decided, band.accuracy) == (pytest.approx(share), pytest.approx(accuracy))
    assert accuracy >= 0.9
    for width in np.arange(0, band.high - 0.501, 0.001):
        assert accuracy_outside(labels, probabilities, 0.5 - width, 0.5 + width)[1] < 0.9


def test_a_model_that_is_always_right_needs_no_band():
    labels = np.tile([0, 1], 200)
    band = choose_band(labels, np.where(labels, 0.6, 0.4))
    assert (band.thresholds, band.reached, band.decided, band.accuracy) == ((0.5, 0.5), True, 1, 1)


def test_chance_reaches_nothing():
    rng = np.random.default_rng(0)
    labels, probabilities = rng.integers(0, 2, 5000), rng.random(5000)
    band = choose_band(labels, probabilities)
    assert (band.thresholds, band.reached, band.decided) == ((0.5, 0.5), False, 1)
    assert band.accuracy == pytest.approx(0.5, abs=0.05)
    assert "every review is decided" in band.describe()


def test_a_handful_of_reviews_proves_nothing():
    labels = np.tile([0, 1], 40)
    band = choose_band(labels, labels.astype(float))
    assert (band.thresholds, band.reached) == ((0.5, 0.5), False)
    assert not choose_band([], []).reached


def test_it_says_what_it_does():
    labels, probabilities = calibrated()
    band = choose_band(labels, probabilities, 0.9)
    assert f"{band.low:g} to {band.high:g} are uncertain" in band.describe()
    assert set(band.to_dict()) >= {"low", "high", "target", "reached", "decided", "accuracy"}


@pytest.mark.parametrize("value", [(0.3, 0.7), [0, 1], (np.float32(0.5), 0.5)])
def test_two_probabilities_are_a_band(value):
    assert check_band(value) == tuple(map(float, value))


@pytest.mark.parametrize(
    "value",
    [None, 0.5, "0.3:0.7", (0.7, 0.3), (0.3,), (0.1, 0.2, 0.3), (-0.1, 0.5), (0.5, 1.1), (True, 1)]
    + [(float("nan"), 0.5), (0.1, float("inf")), ("0.1", "0.2"), (None, None), (1j, 1)],
)
def test_what_is_no_band_is_an_error(value):
    with pytest.raises(ConfigError, match="thresholds is .*; expected two probabilities"):
        check_band(value)

"""Stacking weights: how much each of several models counts."""

from __future__ import annotations

import numpy as np
import pytest

from cinesent.probability import log_odds
from cinesent.training.stacking import stacking_weights


@pytest.mark.parametrize("truth", [(0.6, 0.3), (0.5, 0.2, 0.4), (0.7,)])
def test_the_factors_that_made_the_labels_are_found(truth: tuple[float, ...]) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(len(truth), 20_000)) * 2
    chance = 1 / (1 + np.exp(-(np.array(truth) @ logits)))
    factors = stacking_weights(logits, rng.random(20_000) < chance)
    assert factors == pytest.approx(truth, abs=0.06)


def test_a_model_that_contradicts_the_labels_gets_no_weight() -> None:
    rng = np.random.default_rng(0)
    network = rng.normal(size=1000)
    labels = rng.random(1000) < 1 / (1 + np.exp(-network))
    contrary = rng.normal(size=1000) - 2.0 * labels
    assert stacking_weights(np.stack([network, contrary]), labels)[1] == 0.0


def test_four_reviews_do_not_decide() -> None:
    # Both are right on all four, so without a prior the factors would grow to their bound.
    logits = np.array([[1.0, -1.0, 2.0, -2.0], [0.5, -0.5, 0.1, -0.1]])
    factors = stacking_weights(logits, np.array([1, 0, 1, 0]))
    assert factors == pytest.approx((0.5, 0.5), abs=0.2)


def test_log_odds_of_certainty_are_finite() -> None:
    assert log_odds(np.array([0.0, 0.5, 1.0])) == pytest.approx([-13.8155, 0.0, 13.8155], abs=1e-3)

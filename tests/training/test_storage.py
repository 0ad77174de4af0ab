from __future__ import annotations

import numpy as np
import pytest
from training_reporters import Messages

from cinesent.models.backend import computes_on_gpu
from cinesent.models.lstm import build_model, get_weights, set_weights
from cinesent.network.quantization import round_weights
from cinesent.recipes import ModelConfig, TrainingConfig
from cinesent.training.engine.review_objective import predict_rows
from cinesent.training.storage import choose_precision, parity_check, real_batches

pytestmark = pytest.mark.train

CONFIG = ModelConfig(vocabulary_size=200, embedding_dim=8, units=6, pooling="max")


@pytest.fixture(scope="module")
def rows() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(1, 200, length).astype(np.int32) for length in rng.integers(1, 60, 120)]


@pytest.fixture
def model():
    return build_model(CONFIG, seed=1)


def choose(model, rows, precision, weights=None):
    messages = Messages()
    settings = TrainingConfig(precision=precision)
    if weights:
        set_weights(model, weights)
    stored = choose_precision(model, rows, settings, messages)
    # Whatever was chosen, the model holds it.
    for name, value in get_weights(model).items():
        np.testing.assert_array_equal(value, stored.weights[name], err_msg=name)
    np.testing.assert_array_equal(stored.probabilities, predict_rows(model, rows))
    return stored, messages.lines


def test_float32_is_not_touched(model, rows) -> None:
    before = get_weights(model)
    stored, said = choose(model, rows, "float32")
    assert (stored.precision, stored.comparison, said) == ("float32", {}, [])
    np.testing.assert_array_equal(stored.weights["embedding"], before["embedding"])


@pytest.mark.parametrize("precision", ["auto", "int8"])
def test_int8_is_kept_where_it_does_no_harm(model, rows, precision) -> None:
    before = get_weights(model)
    # Far from 0.5, so that no label depends on the last digit.
    before["head.bias"] = np.array([2.0], np.float32)
    stored, said = choose(model, rows, precision, before)
    assert stored.precision == "int8"
    assert stored.comparison["labels_changed"] == 0
    assert stored.comparison["reviews"] == len(rows)
    assert stored.comparison["kept"] is True
    assert 0 < stored.comparison["max_probability_change"] < 0.01
    np.testing.assert_array_equal(
        stored.weights["embedding"], round_weights(before, "int8")["embedding"]
    )
    (line,) = said
    assert line == "int8 changes the labels of 0 of 120 validation reviews: stored in int8"


@pytest.fixture
def fragile(model) -> dict[str, np.ndarray]:
    """Weights that eight bits cannot hold: one dimension, which nothing reads, dwarfs the others.

    Labels lie on both sides of 0.5, as the bias is the median of the logits.
    """
    weights = get_weights(model)
    weights["embedding"][:, 0] = 1e4
    weights["forward.kernel"][0] = weights["backward.kernel"][0] = 0.0
    return weights


def centre(model, weights, rows) -> None:
    set_weights(model, weights)
    middle = np.median(predict_rows(model, rows))
    weights["head.bias"] -= np.float32(np.log(middle / (1 - middle)))


def test_int8_is_dropped_where_it_changes_labels(model, rows, fragile) -> None:
    centre(model, fragile, rows)
    stored, said = choose(model, rows, "auto", fragile)
    assert stored.precision == "float32"
    assert stored.comparison["kept"] is False
    assert stored.comparison["labels_changed"] > 10
    np.testing.assert_array_equal(stored.weights["embedding"], fragile["embedding"])
    assert said[0].endswith("stored in float32")


def test_int8_is_kept_all_the_same_if_it_was_asked_for(model, rows, fragile) -> None:
    centre(model, fragile, rows)
    stored, said = choose(model, rows, "int8", fragile)
    assert stored.precision == "int8"
    assert stored.comparison["labels_changed"] > 10
    assert stored.comparison["kept"] is True
    assert said[0].endswith("stored in int8")


def test_real_batches_span_all_lengths(rows) -> None:
    batches = real_batches(rows)
    assert [len(batch) for batch in batches] == [1, 4, 9, 20]
    lengths = [np.count_nonzero(row) for batch in batches for row in batch]
    assert min(lengths) == min(map(len, rows))
    assert max(lengths) == max(map(len, rows))
    assert [len(batch) for batch in real_batches(rows[:6])] == [1, 4, 1]
    assert real_batches([]) == []


def test_the_check_is_strict_on_a_cpu(model, rows) -> None:
    check = parity_check(model, rows)
    assert check.tolerance == (1e-3 if computes_on_gpu() else 1e-5)
    assert check.predict(check.batches[1]).shape == (4,)

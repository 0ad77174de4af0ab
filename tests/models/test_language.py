from __future__ import annotations

import numpy as np
import pytest

from cinesent.models.language_model import SampledSoftmax, build_language_model, nats_per_word
from cinesent.models.lstm import build_model, get_weights, set_weights
from cinesent.recipes import ModelConfig, PretrainingConfig

pytestmark = pytest.mark.train

COUNTS = np.array([0, 5, 40, 30, 20, 10, 4, 1])


@pytest.fixture
def scene():
    """A layer, vectors that expect words, and the words."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(2, 3, 4)).astype(np.float32)
    wanted = np.array([[2, 7, 0], [3, 1, 4]], dtype=np.int32)
    layer = SampledSoftmax(COUNTS, 5000, seed=1)
    layer(vectors, wanted)
    layer.vectors.assign(rng.normal(size=(8, 4)))
    return layer, vectors, wanted


def by_hand(layer, vectors, wanted):
    scores = vectors @ np.asarray(layer.vectors).T + np.asarray(layer.bias)
    logs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    nats = -np.take_along_axis(logs, wanted[..., None], -1)[..., 0]
    return np.where(wanted == 0, 0.0, nats)


def test_all_words_compete_when_it_is_measured(scene) -> None:
    layer, vectors, wanted = scene
    found = np.asarray(layer(vectors, wanted, training=False))
    np.testing.assert_allclose(found, by_hand(layer, vectors, wanted), rtol=1e-5)


def test_sampled_words_estimate_the_whole_softmax(scene) -> None:
    layer, vectors, wanted = scene
    sampled = np.asarray(layer._sample())
    shares = np.bincount(sampled, minlength=8) / len(sampled)
    np.testing.assert_allclose(shares, layer._shares, atol=0.02)
    assert shares[0] == 0.0
    estimates = [np.asarray(layer(vectors, wanted, training=True)) for _ in range(20)]
    # The biases of all words start at the log frequencies.
    np.testing.assert_allclose(np.mean(estimates, 0), by_hand(layer, vectors, wanted), atol=0.1)


@pytest.mark.parametrize("bidirectional", [True, False])
def test_it_has_the_words_and_lstms_of_the_network(bidirectional) -> None:
    config = ModelConfig(
        vocabulary_size=8, embedding_dim=4, units=3, bidirectional=bidirectional, pooling="max"
    )
    model = build_language_model(config, PretrainingConfig(negatives=4), COUNTS, seed=1)
    learnt, network = get_weights(model), build_model(config)
    assert set(learnt) == set(get_weights(network)) - {"head.kernel", "head.bias"}
    set_weights(network, learnt)
    ids = np.array([[2, 3, 4, 0, 0], [5, 6, 7, 2, 1]], dtype=np.int32)
    totals = np.asarray(model.predict_on_batch(ids))
    # Each word but the first is foretold, and each but the last looking back.
    assert totals[:, 1].tolist() == [2.0 * (1 + bidirectional), 4.0 * (1 + bidirectional)]
    longer = np.pad(ids, ((0, 0), (0, 3)))
    np.testing.assert_allclose(np.asarray(model.predict_on_batch(longer)), totals, rtol=1e-5)
    assert float(nats_per_word(None, totals)) == pytest.approx(
        totals[:, 0].sum() / totals[:, 1].sum()
    )


def test_neither_direction_sees_the_word_it_foretells() -> None:
    config = ModelConfig(vocabulary_size=8, embedding_dim=4, units=3, pooling="max")
    model = build_language_model(config, PretrainingConfig(negatives=4), COUNTS, seed=1)
    rng = np.random.default_rng(0)
    set_weights(model, {k: 3 * rng.normal(size=v.shape) for k, v in get_weights(model).items()})
    layer = model.get_layer("softmax")
    layer.vectors.assign(np.zeros((8, 4)))
    # With equal vectors only the biases count, so what is read must not matter.
    one = np.asarray(model.predict_on_batch(np.array([[2, 3, 4]], dtype=np.int32)))
    other = np.asarray(model.predict_on_batch(np.array([[4, 3, 2]], dtype=np.int32)))
    np.testing.assert_allclose(one, other, rtol=1e-5)

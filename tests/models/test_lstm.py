from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from cinesent.errors import BundleError
from cinesent.models.lstm import (
    LastState,
    MaskedMaxPooling,
    MaskedMeanPooling,
    NgramScore,
    ReverseSequence,
    WordDropout,
    build_model,
    get_weights,
    set_weights,
)
from cinesent.recipes import ModelConfig, Recipe
from cinesent.text.ngrams import first_occurrences, ngram_buckets

pytestmark = pytest.mark.train

IDS = np.array([[5, 6, 7, 0, 0], [8, 0, 0, 0, 0], [2, 3, 4, 5, 6]], dtype=np.int32)
STATES = np.arange(30, dtype=np.float32).reshape(3, 5, 2) / 30 - 0.9


def small(**settings) -> ModelConfig:
    return ModelConfig(**{"vocabulary_size": 50, "embedding_dim": 6, "units": 4, **settings})


def test_only_the_real_part_is_reversed() -> None:
    reversed_ids = np.asarray(ReverseSequence()(IDS))
    assert reversed_ids.tolist() == [[7, 6, 5, 0, 0], [8, 0, 0, 0, 0], [6, 5, 4, 3, 2]]


def test_pooling_looks_at_real_tokens_only() -> None:
    lengths = [3, 1, 5]
    for layer, expected in (
        (MaskedMaxPooling(), [STATES[i, :n].max(0) for i, n in enumerate(lengths)]),
        (MaskedMeanPooling(), [STATES[i, :n].mean(0) for i, n in enumerate(lengths)]),
        (LastState(), [STATES[i, n - 1] for i, n in enumerate(lengths)]),
    ):
        np.testing.assert_allclose(np.asarray(layer(STATES, IDS)), expected, rtol=1e-6)


def test_word_dropout_spares_padding_and_prediction() -> None:
    layer = WordDropout(0.5, seed=1)
    ids = np.repeat(IDS, 200, axis=0)
    assert (np.asarray(layer(ids)) == ids).all()
    dropped = np.asarray(layer(ids, training=True))
    assert ((dropped == ids) | (dropped == 1)).all()
    assert (dropped[ids == 0] == 0).all()
    share = (dropped[ids > 0] == 1).mean()
    assert 0.4 < share < 0.6


@pytest.mark.parametrize("order", [2, 3, 4])
def test_ngrams_score_as_numpy_says(order: int) -> None:
    rng = np.random.default_rng(0)
    layer = NgramScore(order, 128)
    ids = rng.integers(1, 6, (4, 20)).astype(np.int32)
    ids[1, 7:] = ids[2, :5] = ids[3, 1:] = 0
    layer(ids)
    weights = rng.normal(size=(2, 64)).astype(np.float32)
    layer.kernel.assign(weights)
    buckets = ngram_buckets(ids, order, 128)
    said = np.where(first_occurrences(buckets), weights.reshape(-1)[buckets], 0.0)
    # Buckets of different orders may be one, and count once then as well.
    np.testing.assert_allclose(np.asarray(layer(ids))[:, 0], said.sum((1, 2)), rtol=1e-5)


def test_ngrams_keep_their_weights_and_may_lose_their_say() -> None:
    model = build_model(small(ngrams=2, ngram_buckets=64))
    assert model.get_layer("ngrams").trainable_variables[0].shape == ()
    weights = {"ngrams": np.full((1, 64), 0.5, dtype=np.float32)}
    set_weights(model, weights)
    model.get_layer("ngrams").gain.assign(0.5)
    assert (get_weights(model)["ngrams"] == 0.25).all()
    set_weights(model, get_weights(model))
    assert (get_weights(model)["ngrams"] == 0.25).all()


@pytest.mark.parametrize("pooling", ["last", "max", "mean", "max+mean", "last+max+mean"])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_weights_have_the_names_and_shapes_of_the_config(pooling: str, bidirectional: bool) -> None:
    config = small(pooling=pooling, bidirectional=bidirectional)
    weights = get_weights(build_model(config))
    assert {name: w.shape for name, w in weights.items()} == config.weight_shapes()


@pytest.mark.parametrize("pooling", ["last", "max", "mean", "max+mean", "last+max+mean"])
def test_padding_and_company_do_not_change_a_probability(pooling: str) -> None:
    model = build_model(small(pooling=pooling))
    together = np.asarray(model.predict_on_batch(np.pad(IDS, ((0, 0), (0, 9)))))[:, 0]
    for row, expected in zip(IDS, together, strict=True):
        alone = np.asarray(model.predict_on_batch(row[row > 0][None]))[0, 0]
        assert alone == pytest.approx(expected, abs=1e-6)


def test_weights_go_in_as_they_came_out() -> None:
    config = small(pooling="max+mean")
    one, other = build_model(config, seed=1), build_model(config, seed=2)
    assert not np.allclose(one.predict_on_batch(IDS), other.predict_on_batch(IDS))
    set_weights(other, get_weights(one))
    np.testing.assert_array_equal(one.predict_on_batch(IDS), other.predict_on_batch(IDS))


def test_wrong_weights_are_named() -> None:
    model = build_model(small())
    with pytest.raises(BundleError, match=r"no weight 'tail'"):
        set_weights(model, {"tail": np.zeros(3)})
    with pytest.raises(BundleError, match=r"'head.bias' has shape \(3,\); expected \(1,\)"):
        set_weights(model, {"head.bias": np.zeros(3)})


def test_the_presets_build_what_they_say() -> None:
    classic = build_model(Recipe.from_preset("classic").model)
    assert [type(layer).__name__ for layer in classic.layers] == [
        "InputLayer",
        "Embedding",
        "LSTM",
        "Dense",
    ]
    default = build_model(Recipe.from_preset("default").model)
    assert sum(type(layer).__name__ == "LSTM" for layer in default.layers) == 2
    assert all(not getattr(layer, "mask_zero", False) for layer in default.layers)


_ON_A_BACKEND = """
import sys
import numpy as np
from cinesent.models.backend import import_keras
import_keras(sys.argv[1])
from cinesent.recipes import ModelConfig
from cinesent.models.lstm import build_model, set_weights
stored = np.load(sys.argv[2])
results = {}
for pooling in ("last", "max+mean"):
    config = ModelConfig(vocabulary_size=50, embedding_dim=6, units=4, pooling=pooling)
    model = build_model(config)
    prefix = pooling + '/'
    own = {k.removeprefix(prefix): v for k, v in stored.items() if k.startswith(prefix)}
    set_weights(model, own)
    results[pooling] = np.asarray(model.predict_on_batch(stored["ids"]))
np.savez(sys.argv[3], **results)
"""


@pytest.mark.backends
def test_the_backends_agree_on_the_same_weights(tmp_path) -> None:
    rng = np.random.default_rng(0)
    ids = np.zeros((6, 40), dtype=np.int32)
    for row, length in zip(ids, (1, 2, 7, 19, 33, 40), strict=True):
        row[:length] = rng.integers(1, 50, length)
    stored = {"ids": ids}
    for pooling in ("last", "max+mean"):
        weights = {
            name: rng.normal(0, 0.5, shape).astype(np.float32)
            for name, shape in small(pooling=pooling).weight_shapes().items()
        }
        stored.update({f"{pooling}/{name}": value for name, value in weights.items()})
    np.savez(tmp_path / "in.npz", **stored)
    found = {}
    backends = [name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name)]
    for backend in backends:
        target = tmp_path / f"{backend}.npz"
        subprocess.run(
            [sys.executable, "-c", _ON_A_BACKEND, backend, tmp_path / "in.npz", target],
            check=True,
            env={**os.environ, "KERAS_BACKEND": backend},
        )
        found[backend] = dict(np.load(target))
    for pooling, expected in found["tensorflow"].items():
        for backend in backends[1:]:
            np.testing.assert_allclose(found[backend][pooling], expected, atol=1e-5)

from __future__ import annotations

import itertools

import numpy as np
import onnx
import pytest
from bundles import random_weights, small_config

from cinesent import reference
from cinesent.config import PRESETS, Recipe
from cinesent.errors import BundleError
from cinesent.graph import IR_VERSION, OPSET, build_graph, write_graph
from cinesent.reference import check_parity, numpy_forward, sample_batches, sigmoid
from cinesent.runtime import open_session, run_session
from cinesent.text.batching import pad_ids

POOLINGS = ("last", "max", "mean", "max+mean")
SHAPES = list(itertools.product(POOLINGS, (True, False)))
#: Padding that the LSTM reads, and cut reviews: combinations that a config may ask for.
FIXED = [
    {"pooling": "last", "padding": "left", "bidirectional": False},
    {"pooling": "max", "padding": "left", "bidirectional": False},
    {"pooling": "mean", "padding": "left", "bidirectional": False},
    {"pooling": "max", "padding": "right"},
    {"pooling": "max+mean", "padding": "right"},
]


def session_of(config, weights):
    return open_session(build_graph(config, weights).SerializeToString(), "model.onnx")


def ragged(config, lengths, seed=0):
    rng = np.random.default_rng(seed)
    rows = [rng.integers(1, config.vocabulary_size, length) for length in lengths]
    return rows, pad_ids(rows), np.array(lengths, dtype=np.int32)


@pytest.mark.parametrize(("pooling", "bidirectional"), SHAPES)
@pytest.mark.parametrize("lengths", [[1], [1, 1], [9], [3, 1, 12, 7], [80, 2]])
def test_graph_equals_the_reference(pooling, bidirectional, lengths):
    config = small_config(pooling=pooling, bidirectional=bidirectional)
    weights = random_weights(config, seed=len(lengths))
    _, ids, read = ragged(config, lengths)
    logits, shares = run_session(session_of(config, weights), ids, read, explain=True)
    expected_logits, expected_shares = numpy_forward(config, weights, ids, read)
    assert logits.dtype == shares.dtype == np.float32
    np.testing.assert_allclose(logits, expected_logits, atol=2e-6)
    np.testing.assert_allclose(shares, expected_shares, atol=2e-6)


@pytest.mark.parametrize(("pooling", "bidirectional"), SHAPES)
def test_contributions_and_bias_sum_to_the_logit(pooling, bidirectional):
    config = small_config(pooling=pooling, bidirectional=bidirectional)
    weights = random_weights(config)
    _, ids, read = ragged(config, [5, 1, 30, 17])
    logits, shares = run_session(session_of(config, weights), ids, read, explain=True)
    sums = shares.sum(axis=1) + weights["head.bias"]
    np.testing.assert_allclose(sums, logits, atol=2e-6)
    beyond = np.arange(ids.shape[1]) >= read[:, None]
    assert not shares[beyond].any()


@pytest.mark.parametrize(("pooling", "bidirectional"), SHAPES)
def test_neither_padding_nor_company_changes_a_review(pooling, bidirectional):
    config = small_config(pooling=pooling, bidirectional=bidirectional)
    session = session_of(config, random_weights(config))
    rows, ids, read = ragged(config, [4, 1, 11])
    wide = pad_ids(rows, 200)
    together, shares = run_session(session, ids, read, explain=True)
    padded, padded_shares = run_session(session, wide, read, explain=True)
    np.testing.assert_allclose(padded, together, atol=1e-6)
    np.testing.assert_allclose(padded_shares[:, : ids.shape[1]], shares, atol=1e-6)
    for index, row in enumerate(rows):
        alone, _ = run_session(session, row[None], np.array([len(row)], dtype=np.int32))
        np.testing.assert_allclose(alone[0], together[index], atol=1e-6)


@pytest.mark.parametrize("settings", FIXED)
def test_fixed_lengths_equal_the_reference(settings):
    config = small_config(sequence_length=9, **settings)
    weights = random_weights(config)
    check_parity(build_graph(config, weights).SerializeToString(), config, weights)
    session = session_of(config, weights)
    for ids, read in sample_batches(config):
        assert ids.shape[1] == 9
        _, shares = run_session(session, ids, read, explain=True)
        np.testing.assert_allclose(shares, numpy_forward(config, weights, ids, read)[1], atol=2e-6)


def test_a_tie_belongs_to_the_first_token():
    # Weights of zero: every state is 0, so that every feature ties at every token.
    config = small_config()
    weights = {name: np.zeros_like(value) for name, value in random_weights(config).items()}
    weights["head.kernel"][:] = 1.0
    for name in config.directions:
        # The output gate shut and the cell saturated: equal states other than 0.
        weights[f"{name}.bias"][:] = 40.0
        weights[f"{name}.bias"][config.units : 2 * config.units] = -40.0
    _, ids, read = ragged(config, [6])
    logits, shares = run_session(session_of(config, weights), ids, read, explain=True)
    assert shares[0, 0] == pytest.approx(logits[0])
    assert not shares[0, 1:].any()


def test_contributions_come_unless_they_are_refused():
    config = small_config()
    session = session_of(config, random_weights(config))
    _, ids, read = ragged(config, [6, 2])
    feed = {"token_ids": ids, "lengths": read}
    logits, shares = session.run(["logits", "contributions"], feed)
    assert shares.any()
    plain, nothing = run_session(session, ids, read, explain=False)
    assert nothing.shape == ids.shape
    assert not nothing.any()
    np.testing.assert_array_equal(plain, logits)


def test_graph_is_one_that_old_runtimes_read():
    config = small_config(pooling="max+mean")
    model = build_graph(config, random_weights(config))
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", OPSET)]
    assert (model.ir_version, model.producer_name) == (IR_VERSION, "cinesent")
    assert model.doc_string
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node].count("LSTM") == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"head.bias": None}, "lack \\['head.bias'\\]"),
        ({"head.bias": np.zeros(2, np.float32)}, "'head.bias' is float32 \\(2,\\)"),
        ({"head.bias": np.zeros(1)}, "float64"),
        ({"head.bias": np.array([np.nan], np.float32)}, "NaN"),
        ({"extra": np.zeros(1, np.float32)}, "unknown names \\['extra'\\]"),
    ],
)
def test_wrong_weights_are_refused(change, says):
    config = small_config()
    weights = {**random_weights(config), **change}
    with pytest.raises(BundleError, match=says):
        build_graph(config, {name: value for name, value in weights.items() if value is not None})


def test_a_graph_that_differs_is_not_written(tmp_path, monkeypatch):
    config = small_config()
    weights = random_weights(config)
    path = tmp_path / "model.onnx"

    def other(ids):
        return np.full(len(ids), 0.5)

    with pytest.raises(BundleError, match="the trained model differ by"):
        write_graph(path, config, weights, check=other)
    with pytest.raises(BundleError, match="shape"):
        write_graph(path, config, weights, check=lambda ids: np.zeros(len(ids) + 1))
    with pytest.raises(BundleError, match="the trained model differ by nan"):
        write_graph(path, config, weights, check=lambda ids: np.full(len(ids), np.nan))
    monkeypatch.setattr(
        reference, "numpy_forward", lambda *a: (np.zeros(len(a[2])), np.zeros(a[2].shape))
    )
    with pytest.raises(BundleError, match="the NumPy reference differ by"):
        write_graph(path, config, weights)
    assert not path.exists()


def test_weights_beyond_the_file_format_are_refused(monkeypatch):
    config = small_config()
    monkeypatch.setattr("cinesent.graph._LARGEST", 100)
    with pytest.raises(BundleError, match="an ONNX file holds 100"):
        build_graph(config, random_weights(config))


def test_the_reference_samples_every_length():
    config = small_config()
    shapes = [ids.shape for ids, _ in sample_batches(config)]
    assert (1, 1) in shapes
    assert max(width for _, width in shapes) > 200
    for ids, read in sample_batches(config):
        np.testing.assert_array_equal(read, (ids != 0).sum(axis=1))


def test_sigmoid_does_not_overflow():
    np.testing.assert_allclose(sigmoid(np.array([-1e6, 0.0, 1e6])), [0.0, 0.5, 1.0])


def keras_states(config, weights, ids):
    """The states of Keras's own LSTMs for one review without padding, in reading order."""
    import keras

    vectors = weights["embedding"][ids][None]
    states = {}
    for name in config.directions:
        layer = keras.layers.LSTM(
            config.units, return_sequences=True, go_backwards=name == "backward"
        )
        layer.build(vectors.shape)
        layer.set_weights(
            [weights[f"{name}.{part}"] for part in ("kernel", "recurrent_kernel", "bias")]
        )
        states[name] = keras.ops.convert_to_numpy(layer(vectors))[0]
    return states


@pytest.mark.train
@pytest.mark.parametrize(("pooling", "bidirectional"), SHAPES)
def test_graph_equals_keras(pooling, bidirectional):
    config = small_config(pooling=pooling, bidirectional=bidirectional)
    weights = random_weights(config, seed=4)
    rows, ids, read = ragged(config, [7, 1, 4])
    logits, _ = run_session(session_of(config, weights), ids, read)
    pools = {"last": lambda s: s[-1], "max": lambda s: s.max(0), "mean": lambda s: s.mean(0)}
    for row, logit in zip(rows, logits, strict=True):
        states = keras_states(config, weights, row)
        features = [pools[p](states[d]) for d in config.directions for p in config.poolings]
        expected = np.concatenate(features) @ weights["head.kernel"] + weights["head.bias"]
        assert logit == pytest.approx(float(expected[0]), abs=5e-6)


@pytest.mark.train
@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_graph_equals_the_model_that_is_trained(preset, tmp_path):
    from cinesent.models.lstm import build_model, get_weights

    settings = {"vocabulary_size": 80, "embedding_dim": 8, "units": 6}
    config = Recipe.from_preset(preset).overlay(settings).model
    model = build_model(config, seed=3)
    write_graph(
        tmp_path / "model.onnx",
        config,
        get_weights(model),
        check=lambda ids: model.predict_on_batch(ids.astype(np.int32))[:, 0],
    )
    assert (tmp_path / "model.onnx").stat().st_size > 1000

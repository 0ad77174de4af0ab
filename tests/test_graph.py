from __future__ import annotations

import itertools

import numpy as np
import onnx
import pytest
from bundles import random_weights, small_config

from cinesent.errors import BundleError
from cinesent.network import IR_VERSION, OPSET, build_graph, reference, write_graph
from cinesent.network.quantization import round_weights
from cinesent.network.reference import Check, check_parity, numpy_forward, sample_batches
from cinesent.network.runtime import open_session, run_session
from cinesent.probability import sigmoid
from cinesent.recipes import Recipe, preset_names
from cinesent.text.batching import fit_length, pad_ids, reading_lengths
from cinesent.text.tokenizer import Tokenizer

POOLINGS = ("last", "max", "mean", "max+mean", "last+max+mean")
SHAPES = list(itertools.product(POOLINGS, (True, False)))
#: n-grams in so few buckets that several share one.
NGRAMS = [{"ngrams": order, "ngram_buckets": 128} for order in (2, 3, 4)]
#: Padding that the LSTM reads, and cut reviews: combinations that a config may ask for.
FIXED = [
    {"pooling": "last", "padding": "left", "bidirectional": False},
    {"pooling": "max", "padding": "left", "bidirectional": False},
    {"pooling": "mean", "padding": "left", "bidirectional": False},
    {"pooling": "max", "padding": "right"},
    {"pooling": "max+mean", "padding": "right"},
    {"pooling": "last", "padding": "left", "bidirectional": False, **NGRAMS[1]},
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


@pytest.mark.parametrize("settings", NGRAMS)
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_ngrams_count_once_and_are_shared_out(settings, precision):
    config = small_config(pooling="max", **settings)
    weights = random_weights(config)
    session = open_session(
        build_graph(config, weights, precision).SerializeToString(), "model.onnx"
    )
    # Words and pairs that come back, beside reviews of one word.
    rows = [[3, 4, 3, 4, 5, 3, 4], [7], [6] * 30, [2, 9]]
    ids, read = pad_ids(rows), np.array([len(row) for row in rows], dtype=np.int32)
    logits, shares = run_session(session, ids, read, explain=True)
    stored = round_weights(weights, precision)
    expected_logits, expected_shares = numpy_forward(config, stored, ids, read)
    np.testing.assert_allclose(logits, expected_logits, atol=2e-6)
    np.testing.assert_allclose(shares, expected_shares, atol=2e-6)
    unheard = {**stored, "ngrams": np.zeros_like(stored["ngrams"])}
    without, _ = numpy_forward(config, unheard, ids, read)
    scores = [
        sum(stored["ngrams"].reshape(-1)[bucket] for bucket in buckets_of(row, config))
        for row in rows
    ]
    np.testing.assert_allclose(expected_logits - without, scores, atol=1e-6)


def buckets_of(row, config):
    """The set of a review's buckets, by the definition: one n-gram after the other."""
    factors, found = (1, 12041, 15013, 9311), set()
    for end in range(1, len(row) + 1):
        for length in range(2, min(config.ngrams, end) + 1):
            words = reversed(row[end - length : end])
            products = zip(words, factors, strict=False)
            found.add(sum(word % 2**17 * factor for word, factor in products))
    return {bucket % config.ngram_buckets for bucket in found}


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
        write_graph(path, config, weights, check=Check(other))
    with pytest.raises(BundleError, match="shape"):
        write_graph(path, config, weights, check=Check(lambda ids: np.zeros(len(ids) + 1)))
    with pytest.raises(BundleError, match="the trained model differ by nan"):
        write_graph(path, config, weights, check=Check(lambda ids: np.full(len(ids), np.nan)))
    monkeypatch.setattr(
        reference, "numpy_forward", lambda *a: (np.zeros(len(a[2])), np.zeros(a[2].shape))
    )
    with pytest.raises(BundleError, match="the NumPy reference differ by"):
        write_graph(path, config, weights)
    assert not path.exists()


def test_weights_beyond_the_file_format_are_refused(monkeypatch):
    config = small_config()
    monkeypatch.setattr("cinesent.network.graph._LARGEST", 100)
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


def real_reviews(reviews, config, count=34):
    """Some real reviews, encoded with a vocabulary of their own."""
    texts = reviews.texts[:count]
    tokenizer = Tokenizer.fit(texts, config.vocabulary_size)
    return [np.array(fit_length(tokenizer.encode(text), config), dtype=np.int32) for text in texts]


NETWORKS = {
    **{
        f"{pooling}-{'both' if both else 'forward'}": {"pooling": pooling, "bidirectional": both}
        for pooling, both in SHAPES
    },
    **{f"fixed-{index}": {"sequence_length": 70, **fixed} for index, fixed in enumerate(FIXED)},
}


@pytest.mark.train
@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_the_one_that_is_trained(name, precision, imdb_train, tmp_path):
    from cinesent.models.lstm import build_model, set_weights
    from cinesent.training.storage import parity_check

    config = small_config(vocabulary_size=500, **NETWORKS[name])
    weights = random_weights(config, seed=5)
    model = build_model(config)
    set_weights(model, round_weights(weights, precision))
    check = parity_check(model, real_reviews(imdb_train, config))
    assert [len(batch) for batch in check.batches] == [1, 4, 9, 20]
    assert check.tolerance == 1e-5
    path = tmp_path / "model.onnx"
    write_graph(path, config, weights, precision=precision, check=check)
    assert path.exists()


@pytest.mark.train
@pytest.mark.parametrize("preset", preset_names())
def test_presets_are_the_models_that_are_trained(preset, tmp_path):
    from cinesent.models.lstm import build_model, get_weights
    from cinesent.training.storage import parity_check

    settings = {"vocabulary_size": 80, "embedding_dim": 8, "units": 6}
    config = Recipe.from_preset(preset).overlay(settings).model
    model = build_model(config, seed=3)
    path = tmp_path / "model.onnx"
    write_graph(path, config, get_weights(model), check=parity_check(model, []))
    assert path.stat().st_size > 1000


@pytest.mark.train
def test_a_model_with_other_word_vectors_than_the_graph_is_noticed(imdb_train, tmp_path):
    # What a graph in int8 stands for is what remains of the weights, not the weights.
    from cinesent.models.lstm import build_model, set_weights
    from cinesent.training.storage import parity_check

    config = small_config(vocabulary_size=500)
    weights = random_weights(config)
    model = build_model(config)
    set_weights(model, weights)
    check = parity_check(model, real_reviews(imdb_train, config, count=3))
    with pytest.raises(BundleError, match="the trained model differ by"):
        write_graph(tmp_path / "model.onnx", config, weights, precision="int8", check=check)


def test_real_reviews_are_compared_as_well(tmp_path):
    # A model that is wrong where a review is longer than the random ones.
    config = small_config()
    weights = random_weights(config)

    def predict(ids):
        lengths = reading_lengths(ids, config)
        logits, _ = numpy_forward(config, weights, ids, lengths)
        return np.where(lengths > 300, 0.5, sigmoid(logits))

    path = tmp_path / "model.onnx"
    write_graph(path, config, weights, check=Check(predict))
    long = [np.full((1, 301), 7)]
    with pytest.raises(BundleError, match=r"differ by .* shape \(1, 301\)"):
        write_graph(path, config, weights, check=Check(predict, long))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_graph_in_int8_is_the_one_of_the_weights_that_remain(pooling):
    config = small_config(pooling=pooling)
    weights = random_weights(config, seed=8)
    small = build_graph(config, weights, "int8").SerializeToString()
    check_parity(small, config, round_weights(weights, "int8"))
    _, ids, read = ragged(config, [9, 1, 30])
    rounded = session_of(config, round_weights(weights, "int8"))
    logits, shares = run_session(open_session(small, "model.onnx"), ids, read, explain=True)
    expected_logits, expected_shares = run_session(rounded, ids, read, explain=True)
    np.testing.assert_array_equal(logits, expected_logits)
    np.testing.assert_array_equal(shares, expected_shares)


def test_word_vectors_in_int8_take_a_quarter():
    config = small_config(vocabulary_size=5000, embedding_dim=128)
    weights = random_weights(config)
    sizes = [build_graph(config, weights, p).ByteSize() for p in ("float32", "int8")]
    assert sizes[1] < 0.29 * sizes[0]

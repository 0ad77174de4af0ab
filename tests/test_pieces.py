"""Long reviews, which are read in pieces of time: the same answers in bounded memory."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import onnx
import pytest
from bundles import SENTENCES, bundle_parts, random_weights, small_config, write_bundle
from peak_memory import linux_only, peak_of

import cinesent
import cinesent.network.graph_network
import cinesent.network.pieces
from cinesent import load
from cinesent.bundle import open_bundle, save_bundle
from cinesent.bundle.graph_check import check_graph
from cinesent.network.admission import LARGEST_RUN
from cinesent.network.lstm_model import INPUTS, OUTPUTS, lstm_model
from cinesent.network.pieces import PieceReader
from cinesent.network.reference import numpy_forward
from cinesent.network.runtime import open_session, run_session

WORDS = " ".join(SENTENCES).split()
POOLINGS = ["last", "max", "mean", "max+mean", "last+max+mean"]


def words(count: int, seed: int = 0) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=count))


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("ngrams", "precision"), [(0, "float32"), (3, "int8"), (4, "float32")])
@pytest.mark.parametrize("length", [1, 7, 64, 129])
def test_pieces_give_what_the_graph_gives(
    tmp_path, monkeypatch, pooling, bidirectional, ngrams, precision, length
):
    monkeypatch.setattr(cinesent.network.pieces, "PIECE", 16)
    settings = {"pooling": pooling, "bidirectional": bidirectional}
    parts = bundle_parts(**settings, ngrams=ngrams, ngram_buckets=128)
    folder = save_bundle(tmp_path / "model", **parts, precision=precision)
    bundle, graph = open_bundle(folder)
    reader = PieceReader(bundle.config, check_graph(graph, bundle.config, precision, folder))
    assert reader.piece == 16
    ids = np.random.default_rng(length).integers(1, 60, length)
    session = open_session(graph, folder)
    lengths = np.array([length], dtype=np.int32)
    expected, shares = run_session(session, ids[None], lengths, explain=True)
    logit, found = reader.read(ids, explain=True)
    assert logit == pytest.approx(expected[0], abs=1e-6, rel=1e-6)
    np.testing.assert_allclose(found, shares[0], atol=1e-6, rtol=1e-6)
    plain, nothing = reader.read(ids)
    assert plain == logit
    assert not nothing.any()
    right, evidence = numpy_forward(bundle.config, bundle.weights(), ids[None], lengths)
    assert logit == pytest.approx(right[0], abs=1e-5, rel=1e-5)
    np.testing.assert_allclose(found, evidence[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("pooling", ["max", "mean", "max+mean"])
def test_pieces_may_hold_padding(monkeypatch, pooling):
    """Padding in the middle of what is read does not count, wherever the pieces are cut."""
    monkeypatch.setattr(cinesent.network.pieces, "PIECE", 8)
    config = small_config(pooling=pooling)
    weights = random_weights(config)
    from cinesent.network.graph import graph_weights

    ids = np.array([5, 0, 0, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 4])
    logit, found = PieceReader(config, graph_weights(config, weights)).read(ids, explain=True)
    right, evidence = numpy_forward(config, weights, ids[None], np.array([len(ids)]))
    assert logit == pytest.approx(right[0], abs=1e-5)
    np.testing.assert_allclose(found, evidence[0], atol=1e-5)


def test_of_equal_states_the_first_token_counts(tmp_path, monkeypatch):
    """A unit that is saturated has its maximum at many tokens."""
    monkeypatch.setattr(cinesent.network.pieces, "PIECE", 4)
    parts = bundle_parts(pooling="max")
    for name in parts["config"].directions:
        parts["weights"][f"{name}.kernel"][:] = 0
        parts["weights"][f"{name}.recurrent_kernel"][:] = 0
        parts["weights"][f"{name}.bias"][:] = 100
    bundle, graph = open_bundle(save_bundle(tmp_path / "model", **parts))
    ids = np.arange(2, 50)
    session = open_session(graph, tmp_path)
    _, shares = run_session(session, ids[None], np.array([48], dtype=np.int32), explain=True)
    reader = PieceReader(bundle.config, check_graph(graph, bundle.config, "float32", tmp_path))
    _, found = reader.read(ids, explain=True)
    assert np.count_nonzero(found) <= 2
    np.testing.assert_allclose(found, shares[0], atol=1e-6)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    settings = {"pooling": "max+mean", "ngrams": 2, "ngram_buckets": 128}
    return load(write_bundle(tmp_path_factory.mktemp("pieces") / "model", **settings), threads=2)


def test_a_long_review_is_answered_as_the_graph_answers(classifier):
    text = words(9000)
    (prediction,) = classifier.predict([text], evidence=3)
    assert prediction.num_tokens > LARGEST_RUN
    ids = np.array([classifier.bundle.tokenizer.encode(text)])
    graph = classifier.bundle.read("model.onnx")
    session = open_session(graph, classifier.bundle.path)
    lengths = np.array([ids.shape[1]], dtype=np.int32)
    logits, shares = run_session(session, ids, lengths, explain=True)
    expected = 1 / (1 + np.exp(-float(logits[0])))
    assert prediction.probability == pytest.approx(expected, abs=1e-6)
    explanation = classifier.explain(text)
    np.testing.assert_allclose(explanation.contributions, shares[0], atol=1e-6)
    assert explanation.probability == prediction.probability
    assert prediction.evidence == tuple(explanation.top(3))
    total = explanation.contributions.sum(dtype=np.float64) + explanation.bias
    assert total == pytest.approx(explanation.logit, abs=1e-6)


def test_a_long_review_does_not_depend_on_company_or_threads(classifier):
    texts = [words(9000, 1), "fine", words(8500, 2), words(100, 3), words(9900, 4)]
    alone = [classifier.predict([text])[0] for text in texts]
    folder = classifier.bundle.path
    for threads in (1, 2, 5):
        together = load(folder, threads=threads).predict(texts)
        for one, other in zip(alone, together, strict=True):
            if one.num_tokens > LARGEST_RUN:
                assert one == other
            assert one.probability == pytest.approx(other.probability, abs=1e-6)


def test_reviews_below_the_limit_are_not_read_in_pieces(classifier, monkeypatch):
    monkeypatch.setattr(cinesent.network.graph_network, "PieceReader", None)
    copy = load(classifier.bundle.path)
    assert copy.predict([words(6000)])[0].num_tokens < LARGEST_RUN
    with pytest.raises(TypeError):
        copy.predict([words(9000)])


def test_a_fixed_length_may_be_long(tmp_path):
    settings = {"sequence_length": 9000, "pooling": "max"}
    right = load(write_bundle(tmp_path / "right", **settings))
    left = {**settings, "bidirectional": False, "padding": "left", "pooling": "last"}
    for classifier in (right, load(write_bundle(tmp_path / "left", **left))):
        bundle = classifier.bundle
        for text in ("fine", words(3000), words(9900)):
            ids = [bundle.tokenizer.encode(text)]
            from cinesent.text.batching import fit_length, pad_ids, reading_lengths

            read = pad_ids([fit_length(ids[0], bundle.config)])
            lengths = reading_lengths(read, bundle.config)
            expected, _ = numpy_forward(bundle.config, bundle.weights(), read, lengths)
            assert classifier.predict_logits([text])[0] == pytest.approx(expected[0], abs=1e-5)


def test_the_model_of_one_lstm_is_valid_onnx():
    for units in (1, 5, 128, 4096):
        model = onnx.load_from_string(lstm_model(units))
        onnx.checker.check_model(model)
        (node,) = model.graph.node
        assert node.op_type == "LSTM"
        assert list(node.input) == list(INPUTS)
        assert list(node.output) == list(OUTPUTS)
        (size,) = [item.i for item in node.attribute if item.name == "hidden_size"]
        assert size == units
        assert model.opset_import[0].version == 17
        assert {value.name for value in model.graph.input} == set(INPUTS) - {""}


#: Prints the peak of the resident memory in MB, before and after predicting.
PEAK = """
import random, sys
import cinesent
classifier = cinesent.load("packaged", threads=2)
words = random.Random(0)
texts = {
    "one letter": lambda: ["a " * 24_999] * 20,
    "commas": lambda: ["," * 50_000] * 6,
    "quadruple primes": lambda: ["\\u2057" * 49_999] * 5,
    "generator": lambda: ("a " * 24_999 for _ in range(20)),
    "a million words": lambda: [
        " ".join(words.choices(["good", "bad", "film", "zorbo", "plot's", "not"], k=10**6))
    ],
}[sys.argv[1]]()
if sys.argv[2] == "explain":
    explanation = classifier.explain(texts[0])
    assert len(explanation.tokens) == len(explanation.contributions) >= 10**6
else:
    predictions = classifier.predict(texts, evidence=int(sys.argv[2]))
    assert all(0 <= prediction.probability <= 1 for prediction in predictions)
"""


@pytest.mark.slow
@pytest.mark.timeout(1200)
@linux_only
@pytest.mark.parametrize(
    ("texts", "evidence", "most"),
    [
        ("one letter", "0", 400),
        ("one letter", "5", 400),
        ("commas", "0", 400),
        ("quadruple primes", "0", 400),
        ("generator", "0", 400),
        ("a million words", "0", 500),
        ("a million words", "explain", 500),
    ],
)
def test_memory_is_bounded(texts, evidence, most):
    packaged = Path(cinesent.__file__).with_name("default_model")
    assert packaged.is_dir()
    assert peak_of(PEAK, texts, evidence) < most

"""The network in the native library, compared with the NumPy reference and with ONNX Runtime."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from bundles import random_weights, small_config, write_bundle

import cinesent
import cinesent.network.kernel
from cinesent.errors import BundleError, ConfigError
from cinesent.native import NativeLibrary, native_library
from cinesent.network.graph import build_graph, graph_weights
from cinesent.network.inference import Network, choose_runtime
from cinesent.network.kernel import Kernel, why_not_native
from cinesent.network.quantization import round_weights, stored_weights
from cinesent.network.reference import numpy_forward
from cinesent.network.runtime import open_session, run_session
from cinesent.probability import sigmoid
from cinesent.text.batching import pad_ids, reading_lengths

LIBRARY = native_library()
INSTRUCTION_SETS = list(LIBRARY.instruction_sets) if isinstance(LIBRARY, NativeLibrary) else []
pytestmark = pytest.mark.skipif(not INSTRUCTION_SETS, reason=str(LIBRARY))

POOLINGS = ["last", "max", "mean", "max+mean", "last+max+mean"]
LENGTHS = [1, 2, 7, 40, 211, 3, 5, 9, 100, 1, 30, 30, 30, 31, 50, 60, 70, 80, 90, *range(10, 21)]


def wide_config(**settings):
    return small_config(**{"units": 48, "embedding_dim": 20, "vocabulary_size": 200, **settings})


def calm_weights(config, seed=0):
    """Random weights that do not amplify rounding from token to token, as trained ones do not."""
    return {
        name: value if name == "embedding" else (value * 2 / config.units**0.5).astype(np.float32)
        for name, value in random_weights(config, seed).items()
    }


def random_rows(config, lengths=LENGTHS, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.integers(1, config.vocabulary_size, length) for length in lengths]


def kernel_of(config, weights, precision="float32", instruction_set=None):
    return Kernel(
        config, graph_weights(config, stored_weights(weights, precision)), instruction_set
    )


def reference(config, weights, rows):
    ids = pad_ids(rows)
    return numpy_forward(config, weights, ids, reading_lengths(ids, config))


@pytest.mark.parametrize("instruction_set", INSTRUCTION_SETS)
@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_it_computes_what_the_reference_computes(
    pooling, bidirectional, precision, instruction_set
):
    for units in (16, 48, 80):
        settings = {"units": units, "ngrams": 3, "ngram_buckets": 640}
        config = wide_config(pooling=pooling, bidirectional=bidirectional, **settings)
        weights, rows = calm_weights(config, units), random_rows(config)
        kernel = kernel_of(config, weights, precision, instruction_set)
        logits, shares = kernel.read(rows, explain=True)
        expected, expected_shares = reference(config, round_weights(weights, precision), rows)
        np.testing.assert_allclose(sigmoid(logits), sigmoid(expected), atol=1e-6, rtol=0)
        for share, full in zip(shares, expected_shares, strict=True):
            np.testing.assert_allclose(share, full[: len(share)], atol=1e-5, rtol=0)


def test_it_computes_what_onnx_runtime_computes():
    config = wide_config(pooling="max+mean", ngrams=3, ngram_buckets=640)
    weights, rows = calm_weights(config), random_rows(config)
    session = open_session(build_graph(config, weights).SerializeToString(), "model.onnx")
    ids = pad_ids(rows)
    expected, shares = run_session(session, ids, reading_lengths(ids, config), explain=True)
    logits, found = kernel_of(config, weights).read(rows, explain=True)
    np.testing.assert_allclose(sigmoid(logits), sigmoid(expected), atol=1e-5, rtol=0)
    for one, other in zip(found, shares, strict=True):
        np.testing.assert_allclose(one, other[: len(one)], atol=1e-5, rtol=0)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_weights_may_begin_anywhere_in_a_file(precision):
    config = wide_config(pooling="last+max+mean", ngrams=3, ngram_buckets=640)
    constants = graph_weights(config, stored_weights(calm_weights(config), precision))
    shifted = {}
    for name, value in constants.items():
        memory = np.empty(value.nbytes + 1, dtype=np.uint8)
        shifted[name] = memory[1:].view(value.dtype).reshape(value.shape)
        shifted[name][...] = value
    assert not shifted["head_max"].flags.aligned
    rows = random_rows(config)
    expected, shares = Kernel(config, constants).read(rows, explain=True)
    found, others = Kernel(config, shifted).read(rows, explain=True)
    np.testing.assert_array_equal(found, expected)
    for one, other in zip(others, shares, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("ngrams", [0, 2, 4])
def test_ngrams_count_once_and_not_across_reviews(ngrams):
    config = wide_config(vocabulary_size=6, ngrams=ngrams, ngram_buckets=64)
    weights = calm_weights(config)
    rows = random_rows(config, [1, 3, 2, 300, 4])
    logits, shares = kernel_of(config, weights).read(rows, explain=True)
    expected, expected_shares = reference(config, weights, rows)
    np.testing.assert_allclose(sigmoid(logits), sigmoid(expected), atol=1e-6, rtol=0)
    for share, full in zip(shares, expected_shares, strict=True):
        np.testing.assert_allclose(share, full[: len(share)], atol=1e-5, rtol=0)


@pytest.mark.parametrize("instruction_set", INSTRUCTION_SETS)
@pytest.mark.parametrize("pooling", POOLINGS)
def test_bits_do_not_depend_on_the_batch(pooling, instruction_set):
    config = wide_config(pooling=pooling, ngrams=3, ngram_buckets=640)
    kernel = kernel_of(config, calm_weights(config), instruction_set=instruction_set)
    rows = random_rows(config)
    together, shares = kernel.read(rows, explain=True)
    np.testing.assert_array_equal(kernel.read(rows)[0], together)
    np.testing.assert_array_equal(kernel.read(rows[::-1])[0][::-1], together)
    for size in (1, 2, 3, 4, 5, 6, 7, 11, 25):
        parts = [kernel.read(rows[i : i + size])[0] for i in range(0, len(rows), size)]
        np.testing.assert_array_equal(np.concatenate(parts), together)
    for row, share in zip(rows, shares, strict=True):
        np.testing.assert_array_equal(kernel.read([row], explain=True)[1][0], share)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_bits_do_not_depend_on_pieces_or_on_which_rows_stay(pooling, monkeypatch):
    config = wide_config(pooling=pooling, ngrams=3, ngram_buckets=640)
    weights, rows = calm_weights(config), random_rows(config, [*LENGTHS, 2000])
    expected, shares = kernel_of(config, weights).read(rows, explain=True)
    row_bytes = 16 * config.units
    for resident, extra, tokens in ((3, 5, 10**6), (1, 1, 10**6), (200, 1, 7), (50, 40, 333)):
        monkeypatch.setattr(cinesent.network.kernel, "_RESIDENT_BYTES", resident * row_bytes * 2)
        monkeypatch.setattr(cinesent.network.kernel, "_EXTRA_BYTES", extra * row_bytes)
        monkeypatch.setattr(cinesent.network.kernel, "MOST_TOKENS", tokens)
        found, parts = kernel_of(config, weights).read(rows, explain=True)
        np.testing.assert_array_equal(found, expected)
        for one, other in zip(parts, shares, strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_table_of_words_is_bounded():
    config = wide_config(vocabulary_size=50_000, units=128)
    kernel = kernel_of(config, calm_weights(config))
    tables = sum(lstm.table.nbytes for lstm in kernel._lstms)
    assert tables <= 2**25
    assert kernel._most_extra * 16 * 128 <= 2**22


def test_a_mean_over_a_million_tokens_is_exact():
    config = wide_config(units=16, pooling="mean", bidirectional=False, vocabulary_size=12)
    weights = calm_weights(config)
    row = np.tile(np.arange(1, 11), 100_000)
    (logit,), _ = kernel_of(config, weights).read([row])
    # After a few periods the states repeat: the mean is that of one period.
    period = reference(config, weights, [row[:100]])[1][0][-10:].sum() * 10
    assert logit == pytest.approx(period + weights["head.bias"][0], abs=1e-5)


PADDED = [
    {"sequence_length": 12, "pooling": "max+mean"},
    {"sequence_length": 12, "pooling": "mean", "padding": "left", "bidirectional": False},
    {"sequence_length": 12, "pooling": "last", "padding": "left", "bidirectional": False},
]


@pytest.mark.parametrize("settings", PADDED, ids=str)
def test_fixed_lengths_pad_as_onnx_runtime_does(settings, tmp_path):
    folder = write_bundle(tmp_path / "model", units=16, ngrams=2, ngram_buckets=64, **settings)
    texts = ["A fine film.", "", "Not good, not bad; simply long. What a waste of a great cast."]
    native, graph = (cinesent.load(folder, runtime=name) for name in ("native", "onnxruntime"))
    for one, other in zip(native.predict(texts, 5), graph.predict(texts, 5), strict=True):
        assert one.probability == pytest.approx(other.probability, abs=1e-5)
        assert one.num_tokens == other.num_tokens
    for text in texts:
        one, other = native.explain(text), graph.explain(text)
        assert one.tokens == other.tokens
        np.testing.assert_allclose(one.contributions, other.contributions, atol=1e-5)
        assert one.bias == pytest.approx(other.bias, abs=1e-5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("kernel") / "model", units=16, pooling="max+mean")


TEXTS = [f"{'A fine film, a quiet triumph. ' * (n % 13)} What a waste {n}!" for n in range(300)]


def test_the_runtime_can_be_chosen(folder, monkeypatch):
    monkeypatch.delenv("CINESENT_RUNTIME", raising=False)
    assert cinesent.load(folder).runtime == "native"
    assert cinesent.load(folder, runtime="onnxruntime").runtime == "onnxruntime"
    monkeypatch.setenv("CINESENT_RUNTIME", "onnxruntime")
    assert cinesent.load(folder).runtime == "onnxruntime"
    assert cinesent.load(folder, runtime="native").runtime == "native"
    monkeypatch.setenv("CINESENT_RUNTIME", "abacus")
    with pytest.raises(ConfigError, match="CINESENT_RUNTIME is 'abacus'; expected native or onnx"):
        cinesent.load(folder)
    with pytest.raises(ConfigError, match="runtime is 'abacus'; expected native or onnxruntime"):
        cinesent.load(folder, runtime="abacus")


def test_what_it_cannot_run_runs_in_onnx_runtime(tmp_path, monkeypatch):
    monkeypatch.delenv("CINESENT_RUNTIME", raising=False)
    folder = write_bundle(tmp_path / "narrow", units=5)
    classifier = cinesent.load(folder)
    assert classifier.runtime == "onnxruntime"
    assert "5 units" in classifier.runtime_details[1]
    with pytest.raises(ConfigError, match="the native runtime cannot be used: the model has 5 un"):
        cinesent.load(folder, runtime="native")
    assert "1040 units" in why_not_native(wide_config(units=1040))


def test_where_it_was_not_built_onnx_runtime_runs(folder, monkeypatch):
    reason = "the native library was not built when cinesent was installed"
    monkeypatch.delenv("CINESENT_RUNTIME", raising=False)
    monkeypatch.setattr(cinesent.network.kernel, "native_library", lambda: reason)
    assert choose_runtime(wide_config()) == ("onnxruntime", reason)
    assert cinesent.load(folder).runtime_details == (None, reason)
    assert cinesent.load(folder).predict(TEXTS[:2])[0].num_tokens == 5


def test_a_processor_without_the_instructions_gets_onnx_runtime(monkeypatch):
    monkeypatch.setattr(LIBRARY, "instruction_sets", {})
    assert "AVX2" in why_not_native(wide_config())


def test_batches_of_the_classifier_change_no_bit(folder):
    classifier = cinesent.load(folder, threads=1)
    alone = [classifier.predict_logits([text])[0] for text in TEXTS]
    for threads in (1, 2, 5):
        together = cinesent.load(folder, threads=threads).predict_logits(TEXTS)
        np.testing.assert_array_equal(together, alone)
    evidence = [prediction.probability for prediction in classifier.predict(TEXTS, evidence=3)]
    assert evidence == [prediction.probability for prediction in classifier.predict(TEXTS)]


def test_threads_may_share_it_while_its_table_fills(folder):
    expected = cinesent.load(folder, threads=1).predict_logits(TEXTS)
    for _ in range(5):
        classifier = cinesent.load(folder, threads=1)
        start = threading.Barrier(8)

        def ask(seed, classifier=classifier, start=start):
            order = np.random.default_rng(seed).permutation(len(TEXTS))
            start.wait()
            found = np.empty(len(TEXTS), dtype=np.float32)
            found[order] = classifier.predict_logits([TEXTS[index] for index in order])
            return found

        with ThreadPoolExecutor(8) as pool:
            for found in pool.map(ask, range(8)):
                np.testing.assert_array_equal(found, expected)


def test_it_releases_the_lock_of_python():
    config = wide_config(units=256, vocabulary_size=200)
    kernel = kernel_of(config, calm_weights(config))
    rows, ticks, over = random_rows(config, [4000] * 12), [], threading.Event()

    def count():
        while not over.wait(0.001):
            ticks.append(1)

    thread = threading.Thread(target=count)
    kernel.read(rows[:1])
    thread.start()
    before = len(ticks)
    kernel.read(rows)
    during = len(ticks) - before
    over.set()
    thread.join()
    assert during > 5


def test_the_library_refuses_sizes_that_do_not_fit():
    config = wide_config()
    kernel = kernel_of(config, calm_weights(config))
    lstm, states = kernel._lstms[0], np.zeros((1, 5, config.units), dtype=np.float32)
    good, offsets = np.array([2, 3], dtype=np.int32), np.array([0, 2])
    kernel._advance(lstm, good, None, offsets, states, None)
    for rows, bounds in (
        (np.array([2, 200], dtype=np.int32), offsets),  # a row beyond the table
        (np.array([2, -1], dtype=np.int32), offsets),
        (good, np.array([0, 3])),  # beyond the tokens
        (good, np.array([1, 2])),
    ):
        with pytest.raises(BundleError, match="its sizes do not fit"):
            kernel._advance(lstm, rows, None, bounds, states, None)


def test_an_instruction_set_that_is_not_there_is_refused():
    assert why_not_native(wide_config(), "abacus") == "the processor has no abacus"


def test_onnx_runtime_is_not_imported(folder):
    program = (
        "import sys, cinesent\n"
        f"print(cinesent.load({str(folder)!r}, runtime='native').predict(['A film.'])[0].label)\n"
        "print('onnxruntime' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split()[1:] == ["False"], done.stderr


def test_the_network_states_what_runs_it(folder):
    classifier = cinesent.load(folder, runtime="native")
    network = classifier._network
    assert isinstance(network, Network)
    assert network.instruction_set == INSTRUCTION_SETS[0]
    assert network.why_not_native is None

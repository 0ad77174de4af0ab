from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from bundles import SENTENCES, bundle_parts, write_bundle
from hypothesis import example, given
from hypothesis import strategies as st

import cinesent.classifier
import cinesent.network.graph_network
import cinesent.network.inference
import cinesent.text.encoded_reviews
from cinesent import Classifier, load
from cinesent.bundle import save_bundle
from cinesent.errors import BundleError, CinesentError, ConfigError
from cinesent.network.reference import numpy_forward, sigmoid

#: Texts of all lengths, in an order that is not that of their lengths.
MANY = [" ".join(SENTENCES[: n % 5 + 1] * (n % 7 + 1)) + f" {n}/10" for n in range(150)]
ODD = [
    "",
    "   \n\t ",
    "<br /><br />",
    "<b>Great</b> &amp; <a href='x'>good</a>",
    "😍😍😍👎🏽",
    "這部電影很好看。",
    "Этот фильм был ужасен!",
    "فيلم رائع",
    "\x00\x1b[31m\ud800",
    "a" * 10_000,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("classifier") / "model", pooling="max+mean")


@pytest.fixture(scope="module")
def classifier(folder) -> Classifier:
    return load(folder)


@pytest.fixture(scope="module")
def classic(tmp_path_factory) -> Classifier:
    settings = {
        "sequence_length": 12,
        "padding": "left",
        "truncation": "left",
        "pooling": "last",
        "bidirectional": False,
    }
    return load(write_bundle(tmp_path_factory.mktemp("classic") / "model", **settings))


def test_predictions_are_those_of_the_reference(classifier):
    bundle = classifier.bundle
    weights = bundle.weights()
    for text, prediction in zip(SENTENCES, classifier.predict(SENTENCES), strict=True):
        ids = np.array([bundle.tokenizer.encode(text)])
        logits, _ = numpy_forward(bundle.config, weights, ids, np.array([ids.shape[1]]))
        assert prediction.probability == pytest.approx(float(sigmoid(logits)[0]), abs=1e-6)
        assert prediction.label == ("positive" if prediction.probability >= 0.5 else "negative")


def test_order_is_kept_and_company_changes_nothing(classifier):
    alone = [classifier.predict([text])[0] for text in MANY]
    together = classifier.predict(MANY)
    for one, other in zip(alone, together, strict=True):
        assert one.probability == pytest.approx(other.probability, abs=1e-6)
        assert one.num_tokens == other.num_tokens
    backwards = classifier.predict_logits(MANY[::-1])[::-1]
    np.testing.assert_allclose(backwards, classifier.predict_logits(MANY), atol=1e-6)


def test_small_batches_change_nothing(classifier, monkeypatch):
    expected = classifier.predict_logits(MANY)
    monkeypatch.setattr(cinesent.network.inference, "_GRAPH_TOKENS", 50)
    np.testing.assert_allclose(classifier.predict_logits(MANY), expected, atol=1e-6)


def test_the_number_of_threads_changes_nothing(folder):
    found = [load(folder, threads=threads).predict_logits(MANY) for threads in (None, 1, 2, 5)]
    for logits in found[1:]:
        np.testing.assert_array_equal(logits, found[0])
    with pytest.raises(ConfigError, match="threads is 0"):
        load(folder, threads=0)


def test_probabilities_logits_and_labels_agree(classifier):
    probabilities = classifier.predict_proba(MANY)
    logits = classifier.predict_logits(MANY)
    assert probabilities.shape == (len(MANY), 2)
    assert probabilities.dtype == logits.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(probabilities[:, 1], sigmoid(logits), atol=1e-6)
    for row, prediction in zip(probabilities, classifier.predict(MANY), strict=True):
        assert row[1] == pytest.approx(prediction.probability, abs=1e-6)
    assert classifier.labels == ("negative", "positive")


def test_no_texts_give_no_predictions(classifier):
    assert classifier.predict([]) == []
    assert classifier.predict_proba([]).shape == (0, 2)
    assert classifier.predict_logits(iter(())).shape == (0,)


def test_any_iterable_of_strings_will_do(classifier):
    expected = classifier.predict(SENTENCES)
    for texts in (
        list(SENTENCES),
        iter(SENTENCES),
        np.array(SENTENCES),
        dict.fromkeys(SENTENCES).keys(),
    ):
        assert classifier.predict(texts) == expected


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_logits"])
@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ("a fine film", r"found one str. .*predict\(\[text\]\)"),
        (b"a fine film", "found one bytes"),
        (5, "found int"),
        (None, "found NoneType"),
        (["fine", 3], "text 1 is of type int; expected str"),
        (["fine", None], r"text 1 is of type NoneType; .*missing value"),
        ([float("nan")], r"text 0 is of type float; .*missing value"),
        ([["fine"]], "text 0 is of type list"),
        ([np.zeros(3)], "text 0 is of type ndarray"),
    ],
)
def test_what_is_no_list_of_texts_is_refused(classifier, method, texts, says):
    with pytest.raises(CinesentError, match=says):
        getattr(classifier, method)(texts)


def test_odd_texts_are_answered(classifier, classic):
    for model in (classifier, classic):
        for text, prediction in zip(ODD, model.predict(ODD), strict=True):
            assert 0.0 <= prediction.probability <= 1.0, text
        assert [p.num_tokens for p in model.predict(ODD[:3])] == [0, 0, 0]
        assert [p.num_unknown for p in model.predict(ODD[:3])] == [0, 0, 0]


def test_unknown_words_are_counted(classifier):
    (prediction,) = classifier.predict(["a quiet zyzzyva"])
    assert (prediction.num_tokens, prediction.num_unknown) == (3, 1)
    assert prediction.to_dict()["num_unknown"] == 1
    assert json.dumps(prediction.to_dict())


def test_markup_and_typography_change_nothing(classifier):
    plain, other = classifier.predict_logits(
        ["I laughed & it isn't good", "I <i>laughed</i><br />&amp; it isn\u2019t  good"]
    )
    assert plain == pytest.approx(other, abs=1e-6)


def test_a_text_of_fifty_thousand_tokens_is_read_whole(classifier):
    text = "a quiet triumph , not good . " * 8500
    (prediction,) = classifier.predict([text])
    assert prediction.num_tokens > 50_000
    assert not prediction.truncated
    assert len(classifier.explain(text).contributions) == prediction.num_tokens


@given(st.text(max_size=200))
@example("\ud800")
@example("&#0;&#xFFFFFF;")
def test_any_text_has_a_probability(classifier, text):
    (prediction,) = classifier.predict([text])
    assert 0.0 <= prediction.probability <= 1.0
    explanation = classifier.explain(text)
    assert explanation.probability == pytest.approx(prediction.probability, abs=1e-6)


def test_an_explanation_sums_to_its_logit(classifier, classic):
    for model in (classifier, classic):
        for text in [*SENTENCES, *ODD, MANY[34]]:
            explanation = model.explain(text)
            total = explanation.contributions.sum(dtype=np.float64) + explanation.bias
            assert total == pytest.approx(explanation.logit, abs=1e-5)
            assert explanation.logit == pytest.approx(model.predict_logits([text])[0], abs=1e-5)
            assert explanation.probability == pytest.approx(sigmoid(explanation.logit), abs=1e-6)
            assert len(explanation.tokens) == len(explanation.contributions)
            assert explanation.label == model.predict([text])[0].label


def test_a_cut_review_says_so(classic):
    text = "one two three four " + "a quiet triumph not good , simply long . what a waste"
    (prediction,) = classic.predict([text])
    assert prediction.truncated
    explanation = classic.explain(text)
    assert explanation.truncated
    assert explanation.tokens[-1] == "waste"
    assert len(explanation.tokens) == 12
    assert not classic.explain("a quiet triumph").truncated
    assert classic.explain("a quiet triumph").tokens == ("a", "quiet", "triumph")


def test_temperature_and_thresholds_shape_the_answer(tmp_path):
    parts = bundle_parts()
    plain = load(save_bundle(tmp_path / "plain", **parts))
    mild = load(save_bundle(tmp_path / "mild", **parts, temperature=4.0, thresholds=(0.05, 0.95)))
    np.testing.assert_allclose(mild.predict_logits(SENTENCES), plain.predict_logits(SENTENCES))
    expected = sigmoid(plain.predict_logits(SENTENCES) / 4)
    np.testing.assert_allclose(mild.predict_proba(SENTENCES)[:, 1], expected, atol=1e-6)
    assert {prediction.label for prediction in mild.predict(SENTENCES)} == {"uncertain"}
    explanation = mild.explain(SENTENCES[0])
    assert explanation.logit == pytest.approx(plain.explain(SENTENCES[0]).logit / 4, abs=1e-6)
    assert explanation.probability == pytest.approx(sigmoid(explanation.logit))
    assert [mild.label_of(p) for p in (0.04, 0.05, 0.94, 0.95)] == [
        "negative",
        "uncertain",
        "uncertain",
        "positive",
    ]


def test_an_explanation_shows_itself(classifier):
    explanation = classifier.explain("<script>alert(1)</script> 1 < 2 & a quiet triumph")
    shown = explanation._repr_html_()
    assert "<script" not in shown
    assert "&lt;" in shown
    assert "&amp;" in shown
    lines = str(explanation).splitlines()
    assert lines[0].startswith(explanation.label)
    assert len(lines) == 1 + min(10, len(explanation.tokens))
    assert json.dumps(explanation.to_dict())
    heaviest = [abs(value) for _, value in explanation.top(4)]
    assert heaviest == sorted(heaviest, reverse=True)
    assert str(classifier.explain(""))
    assert classifier.explain("")._repr_html_()


def test_explain_takes_one_text(classifier):
    with pytest.raises(CinesentError, match="found list"):
        classifier.explain(["a"])


def test_the_size_of_a_chunk_changes_nothing(classifier, monkeypatch):
    expected = classifier.predict(MANY)
    for rows in (1, 7, len(MANY), len(MANY) + 1):
        monkeypatch.setattr(cinesent.text.encoded_reviews, "_CHUNK_ROWS", rows)
        for one, other in zip(classifier.predict(iter(MANY)), expected, strict=True):
            assert one.probability == pytest.approx(other.probability, abs=1e-6)
            assert (one.num_tokens, one.num_unknown) == (other.num_tokens, other.num_unknown)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_generator_is_read_as_it_is_needed(folder, monkeypatch, threads):
    """No more than two chunks are ahead of what was predicted: the one that runs and the next."""
    monkeypatch.setattr(cinesent.text.encoded_reviews, "_CHUNK_ROWS", 8)
    classifier, ahead, seen = load(folder, threads=threads), [], []

    def texts():
        for text in MANY:
            seen.append(text)
            yield text

    done = 0
    for rows, _ in classifier._answers(texts()):
        done += len(rows)
        ahead.append(len(seen) - done)
    assert done == len(MANY)
    assert max(ahead) == 8


def test_a_list_is_looked_through_before_anything_runs(classifier, monkeypatch):
    monkeypatch.setattr(cinesent.network.graph_network, "run_session", None)
    with pytest.raises(CinesentError, match="text 150 is of type float"):
        classifier.predict([*MANY, float("nan")])


def test_an_error_in_a_thread_is_raised_and_leaves_none(folder, monkeypatch):
    classifier, count = load(folder, threads=2), threading.active_count()

    def fail(*args):
        raise BundleError("the graph fails")

    monkeypatch.setattr(cinesent.network.graph_network, "run_session", fail)
    with pytest.raises(BundleError, match=r"model\.onnx: the graph fails"):
        classifier.predict(MANY)
    assert threading.active_count() == count


def test_threads_may_share_a_classifier(classifier):
    expected = classifier.predict(MANY)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: classifier.predict(MANY), range(16)):
            assert found == expected


def test_eight_threads_say_what_one_says(classifier):
    texts = [f"{MANY[n % len(MANY)]} {n}" for n in range(200)]
    expected = [classifier.predict([text]) for text in texts]

    def ask(seed: int) -> list:
        order = np.random.default_rng(seed).permutation(len(texts))
        found = {n: classifier.predict([texts[n]]) for n in order}
        return [found[n] for n in range(len(texts))]

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(ask, range(8)):
            assert found == expected


#: Counts the threads of the process, those of the libraries included.
COUNT_THREADS = """
import os, sys, threading
import cinesent
count = lambda: len(os.listdir("/proc/self/task"))
classifier = cinesent.load(sys.argv[1], threads=int(sys.argv[2]))
before = count()  # NumPy and ONNX Runtime start some of their own when they are imported
seen = []
run = classifier._network.run
classifier._network.run = lambda *args, **more: (seen.append(count()), run(*args, **more))[1]
classifier.predict(["one fine film"])
alone = max(seen)
classifier.predict(["fine film " * 400] * 60)
print(alone - before, max(seen) - before, threading.active_count())
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")
def test_threads_are_as_many_as_were_asked_for(folder):
    for threads, expected in ((1, ["0", "0", "1"]), (3, ["0", "3", "1"])):
        command = [sys.executable, "-c", COUNT_THREADS, str(folder), str(threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.split() == expected


#: Says by how many bytes the process grows over 10,000 calls, after 2,000 for warming up.
MEASURE_GROWTH = """
import os, sys
import cinesent
classifier = cinesent.load(sys.argv[1])
size = lambda: int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
def call(times):
    for n in range(times):
        classifier.predict(["a quiet triumph , not good . " * (n % 60), "long " * (n % 7)])
        if n % 10 == 0:
            classifier.explain("what a waste " * (n % 60))
call(2000)
before = size()
call(10_000)
print(size() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="needs Linux's /proc")
def test_memory_does_not_grow(folder):
    command = [sys.executable, "-c", MEASURE_GROWTH, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=250)
    assert int(done.stdout) < 2e6


def test_a_classifier_can_be_pickled(folder):
    classifier = load(folder, threads=1, verify=False)
    copy = pickle.loads(pickle.dumps(classifier))
    assert (copy.threads, copy._verify) == (1, False)
    assert copy.predict(SENTENCES) == classifier.predict(SENTENCES)
    assert repr(copy) == repr(classifier)


def test_a_classifier_reaches_processes_that_are_spawned(classifier):
    parts = [MANY[:50], MANY[50:60], MANY[60:]]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = [row for rows in pool.map(classifier.predict, parts) for row in rows]
    assert found == [row for part in parts for row in classifier.predict(part)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_classifier_survives_a_fork(folder):
    code = (
        "import os, cinesent\n"
        "c = cinesent.load(os.environ['CINESENT_MODEL'], threads=2)\n"
        "texts = ['fine film ' * 300] * 60\n"
        "before = c.predict(texts)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if c.predict(texts) == before else 1)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    environment = {**os.environ, "CINESENT_MODEL": str(folder)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)


def test_predicting_imports_no_framework(folder):
    code = (
        "import sys, cinesent\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'sklearn', 'pandas', 'scipy', 'onnx',\n"
        "         'safetensors', 'matplotlib', 'numpy', 'onnxruntime', 'typer'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
        f"cinesent.load({str(folder)!r}).predict(['a quiet triumph'])\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == ["[]", "['numpy', 'onnxruntime']"]
    assert done.stderr == ""


def test_the_environment_may_name_the_model(folder, monkeypatch):
    monkeypatch.setenv("CINESENT_MODEL", str(folder))
    assert load().bundle.path == folder


def test_without_a_name_it_is_the_packaged_model(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("CINESENT_MODEL", "")
    monkeypatch.setattr(cinesent.classifier, "_PACKAGED", folder)
    assert load().bundle.path == folder
    monkeypatch.setattr(cinesent.classifier, "_PACKAGED", tmp_path / "none")
    with pytest.raises(BundleError, match="cinesent train"):
        load()


def test_a_graph_that_is_none_is_named(folder, tmp_path):
    import onnx
    from onnx import TensorProto, helper

    copy = tmp_path / "model"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(BundleError, match=r"model\.onnx is no prediction graph"):
        load(copy, verify=False)
    value = helper.make_tensor_value_info("x", TensorProto.BOOL, [1])
    other = helper.make_tensor_value_info("y", TensorProto.BOOL, [1])
    graph = helper.make_graph([helper.make_node("Not", ["x"], ["y"])], "g", [value], [other])
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), copy / "model.onnx")
    with pytest.raises(BundleError, match=r"model\.onnx .* the operator 'Not' as node 1"):
        load(copy, verify=False)

"""Classifiers in memory, evidence in one pass, texts without tokens, and wrong arguments."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bundles import SENTENCES, write_bundle

import cinesent
import cinesent.classifier
import cinesent.text.encoded_reviews
from cinesent import Classifier, load
from cinesent.bundle import open_bundle, open_files
from cinesent.errors import BundleError, CinesentError, ConfigError

MANY = [" ".join(SENTENCES[: n % 5 + 1] * (n % 4 + 1)) + f" {n}/10" for n in range(60)]
WITHOUT_TOKENS = ["", "   \n\t ", "<br /><br />", "\x00\x07", "\u200b\ufeff", "&nbsp;"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    settings = {"pooling": "max+mean", "ngrams": 2, "ngram_buckets": 128}
    return write_bundle(tmp_path_factory.mktemp("api") / "model", **settings)


@pytest.fixture(scope="module")
def classifier(folder) -> Classifier:
    return load(folder)


@pytest.fixture(scope="module")
def classic(tmp_path_factory) -> Classifier:
    settings: dict[str, Any] = {
        "sequence_length": 12,
        "padding": "left",
        "truncation": "left",
        "pooling": "last",
        "bidirectional": False,
    }
    return load(write_bundle(tmp_path_factory.mktemp("classic") / "model", **settings))


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_classifier_needs_no_folder(folder, classifier):
    copy = Classifier(*open_files(files_of(folder)), threads=2)
    assert copy.predict(MANY) == classifier.predict(MANY)
    assert "in memory" in repr(copy)
    assert str(folder) in repr(classifier)


def test_making_a_classifier_reads_no_file(folder, classifier, tmp_path, monkeypatch):
    moved = tmp_path / "model"
    shutil.copytree(folder, moved)
    bundle, graph = open_bundle(moved)
    shutil.rmtree(moved)
    long = " ".join(MANY) * 4
    assert Classifier(bundle, graph).predict([*MANY, long]) == classifier.predict([*MANY, long])


def test_a_classifier_in_memory_is_pickled_with_its_model(folder, classifier):
    copy = Classifier(*open_files(files_of(folder)), threads=3)
    assert copy.bundle.folder is None
    pickled = pickle.dumps(copy)
    again = pickle.loads(pickled)
    assert again.threads == 3
    assert again.predict(MANY) == classifier.predict(MANY)
    assert again.bundle.weights().keys() == classifier.bundle.weights().keys()
    assert len(pickled) < 1.5 * sum(map(len, files_of(folder).values())) + 20_000


def test_a_classifier_of_a_folder_is_pickled_as_its_path(folder):
    assert len(pickle.dumps(load(folder))) < 1000
    bundle, graph = open_bundle(folder)
    copy = pickle.loads(pickle.dumps(Classifier(bundle, graph, threads=1)))
    assert (copy.bundle.folder, copy.threads) == (folder, 1)


@pytest.mark.parametrize("count", [1, 3, 10_000])
def test_evidence_is_that_of_explain(classifier, classic, count):
    for model in (classifier, classic):
        texts = [*MANY, *WITHOUT_TOKENS, "fine"]
        plain = model.predict(texts)
        for text, without, prediction in zip(
            texts, plain, model.predict(texts, evidence=count), strict=True
        ):
            expected = dict(model.explain(text).top(10_000))
            assert len(prediction.evidence) == min(count, len(model.explain(text).tokens))
            sizes = [abs(value) for _, value in prediction.evidence]
            assert sizes == sorted(sizes, reverse=True)
            top = [abs(value) for _, value in model.explain(text).top(count)]
            np.testing.assert_allclose(sizes, top, atol=1e-6)
            assert {token for token, _ in prediction.evidence} <= expected.keys()
            assert prediction.probability == without.probability
            assert prediction.label == without.label
            assert without.evidence == ()


def test_evidence_alone_is_that_of_explain_to_the_bit(classifier):
    for text in MANY[:10]:
        (prediction,) = classifier.predict([text], evidence=4)
        assert list(prediction.evidence) == classifier.explain(text).top(4)


def test_evidence_takes_one_pass(classifier, monkeypatch):
    calls = []
    run = classifier._network.run
    monkeypatch.setattr(
        classifier._network, "run", lambda rows, explain: calls.extend(rows) or run(rows, explain)
    )
    classifier.predict(MANY, evidence=2)
    assert len(calls) == len(MANY)


def test_json_holds_evidence_where_there_is_some(classifier):
    (plain,), (evident,) = classifier.predict(["fine"]), classifier.predict(["fine"], evidence=1)
    assert "evidence" not in plain.to_dict()
    ((token, value),) = evident.evidence
    assert json.loads(json.dumps(evident.to_dict()))["evidence"] == [[token, value]]


@pytest.mark.parametrize("text", WITHOUT_TOKENS)
def test_a_text_without_a_token_is_uncertain(classifier, classic, text):
    for model in (classifier, classic):
        (prediction,) = model.predict([text], evidence=5)
        explanation = model.explain(text)
        assert prediction.label == explanation.label == "uncertain"
        assert prediction.num_tokens == prediction.num_unknown == 0
        assert prediction.evidence == ()
        assert explanation.tokens == ()
        assert 0 < prediction.probability < 1
        assert prediction.probability == pytest.approx(explanation.probability, abs=1e-6)
    assert classifier.predict(["?"])[0].label != "uncertain"


@pytest.mark.parametrize("value", ["2", 2.0, True, np.True_, [2], {}, -1, 0, 10**400 * -1])
def test_threads_are_a_whole_number(folder, value):
    bundle, graph = open_bundle(folder)
    for make in (load, lambda path, threads: Classifier(bundle, graph, threads=threads)):
        with pytest.raises(ConfigError, match="threads is"):
            make(folder, threads=value)


def test_whole_numbers_of_numpy_will_do(folder):
    assert load(folder, threads=np.int64(2)).threads == 2
    assert len(load(folder).predict(["a fine film"], evidence=np.int32(2))[0].evidence) == 2


@pytest.mark.parametrize("value", ["2", 2.5, None, True, [2], -1])
def test_evidence_is_a_whole_number(classifier, value):
    with pytest.raises(ConfigError, match="evidence is"):
        classifier.predict(["fine"], evidence=value)


@pytest.mark.parametrize("value", ["FULL", 1, 0, None, [], np.array([1, 2])])
def test_verify_is_one_of_three(folder, value):
    with pytest.raises(ConfigError, match="verify is"):
        load(folder, verify=value)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (1, "found int"),
        (True, "found bool"),
        (b"model", "found bytes"),
        (["model"], "found list"),
        (pd.DataFrame(), "found DataFrame"),
        ("a\0b", "NUL"),
        ("~nosuchuser/x", "home folder of a user"),
        ("x" * 5000, "too long"),
        ("no-such-folder", "there is no folder"),
        ("", "path is empty"),
    ],
)
def test_a_path_that_is_none_is_refused(path, says):
    with pytest.raises(CinesentError, match=says):
        load(path)


def test_a_classifier_is_not_made_from_a_path(folder):
    for wrong in ((str(folder), b""), (folder, None), (open_bundle(folder)[0], "graph")):
        with pytest.raises(ConfigError, match=r"cinesent\.load\(folder\)"):
            Classifier(*wrong)


def test_the_packaged_model_has_a_name(folder, monkeypatch):
    monkeypatch.setenv("CINESENT_MODEL", str(folder))
    assert load().bundle.folder == folder
    packaged = Path(cinesent.__file__).with_name("default_model")
    assert load("packaged").bundle.folder == packaged
    monkeypatch.setattr(cinesent.classifier, "_PACKAGED", folder / "none")
    with pytest.raises(BundleError, match="no model comes with"):
        load("packaged")


def test_the_environment_variable_knows_the_home_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("CINESENT_MODEL", f"~{os.sep}{folder.name}")
    assert load().bundle.folder == folder
    monkeypatch.setenv("CINESENT_MODEL", "~nosuchuser/x")
    with pytest.raises(ConfigError, match="home folder"):
        load()


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_logits"])
def test_a_table_is_never_classified(classifier, method):
    with pytest.raises(CinesentError, match=r'df\["review"\]'):
        getattr(classifier, method)(pd.DataFrame({"review": ["a", "b"], "r": [1, 2]}))


@pytest.mark.parametrize("text", [None, 5, b"film", ["film"], pd.Series(["a"]), float("nan")])
def test_explain_takes_one_text(classifier, text):
    with pytest.raises(CinesentError, match=r"explain takes one review as a str; found"):
        classifier.explain(text)


def test_chunks_are_bounded_in_tokens(classifier, monkeypatch):
    monkeypatch.setattr(cinesent.text.encoded_reviews, "_CHUNK_TOKENS", 100)
    sizes = [len(rows) for rows, _ in classifier._answers(MANY)]
    assert sum(sizes) == len(MANY)
    assert max(sizes) < 10
    expected = [classifier.predict([text])[0].probability for text in MANY]
    found = [prediction.probability for prediction in classifier.predict(MANY)]
    np.testing.assert_allclose(found, expected, atol=1e-6)

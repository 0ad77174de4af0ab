"""Scoring a model: which reviews, which numbers, and the report."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from recording import Recorder

import cinesent
from cinesent.bundle import load_bundle
from cinesent.data import Dataset, Reviews
from cinesent.errors import BundleError, ConfigError, DataError
from cinesent.evaluation.evaluate import evaluate, length_slices
from cinesent.evaluation.metrics import wilson_interval
from cinesent.evaluation.report import write_report
from cinesent.evaluation.selection import choose_reviews

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def classifier(tiny_run):
    return tiny_run.classifier()


@pytest.fixture(scope="module")
def evaluation(classifier, small_dataset):
    return evaluate(classifier, small_dataset)


@pytest.fixture
def recorder():
    return Recorder()


def stars(texts, labels, ratings):
    return Reviews(
        texts, np.array(labels, np.int8), "stars", ratings=np.array(ratings, dtype=np.int8)
    )


def test_validation_is_what_training_held_out(tiny_run, small_dataset):
    found = evaluate(tiny_run.bundle, small_dataset, split="validation")
    assert found.split == "validation"
    assert found.metrics.accuracy == tiny_run.validation["accuracy"]
    assert found.metrics.num_reviews == tiny_run.validation["num_reviews"]
    assert found.metrics.loss == pytest.approx(tiny_run.validation["loss"], abs=1e-5)
    matrix = [list(row) for row in found.metrics.confusion_matrix]
    assert matrix == tiny_run.validation["confusion_matrix"]


def test_the_test_reviews_come_first(evaluation, classifier, small_dataset):
    assert (evaluation.split, evaluation.data) == ("test", "small")
    assert evaluation.metrics.num_reviews == len(small_dataset.test) == 100
    expected = classifier.predict_proba(small_dataset.test.texts)[:, 1]
    assert evaluation.probabilities.dtype == np.float32
    np.testing.assert_allclose(evaluation.probabilities, expected, atol=1e-6)
    right = (expected >= 0.5) == small_dataset.test.labels
    assert evaluation.metrics.accuracy == right.mean()
    assert evaluation.interval == wilson_interval(int(right.sum()), 100)
    assert evaluation.fingerprint == small_dataset.test.fingerprint()
    assert evaluation.reviews_per_second == pytest.approx(100 / evaluation.seconds)


def test_own_data_without_test_reviews_scores_what_was_held_out(
    classifier, small_dataset, tiny_run, recorder
):
    own = Dataset("mine", small_dataset.train)
    found = evaluate(classifier, own, reporter=recorder)
    assert found.split == "validation"
    assert found.metrics.accuracy == tiny_run.validation["accuracy"]
    (warning,) = recorder.warnings
    assert warning.startswith("default was trained on mine, which has no test reviews")


def test_a_bare_table_of_reviews_is_known_too(classifier, small_dataset):
    split, reviews = choose_reviews(
        Dataset("table", small_dataset.train), classifier.bundle, split=None
    )
    assert split == "validation"
    assert len(reviews) < len(small_dataset.train)
    other = small_dataset.train.take(range(50))
    assert evaluate(classifier, other).split == "train"


def test_training_reviews_only_with_a_warning(classifier, small_dataset, recorder):
    _, reviews = choose_reviews(small_dataset, classifier.bundle, "train", recorder)
    assert len(reviews) == len(small_dataset.train)
    (warning,) = recorder.warnings
    assert warning.startswith("default was trained on these reviews")


def test_other_data_without_test_reviews_is_scored_whole(classifier, small_dataset, recorder):
    other = Dataset("other", small_dataset.test)
    split, reviews = choose_reviews(other, classifier.bundle, None, recorder)
    assert (split, len(reviews), recorder.warnings) == ("train", 100, [])


def test_validation_of_other_data_is_refused(classifier, small_dataset):
    other = Dataset("other", small_dataset.train.take(range(10)))
    with pytest.raises(DataError, match="other is not the data that default was trained on") as e:
        evaluate(classifier, other, split="validation")
    assert "(small)" in str(e.value)
    assert other.train.fingerprint()[:12] in str(e.value)
    assert small_dataset.train.fingerprint()[:12] in str(e.value)


def test_what_cannot_be_scored(classifier, small_dataset):
    with pytest.raises(ConfigError, match="Did you mean 'test'"):
        evaluate(classifier, small_dataset, split="tset")
    with pytest.raises(DataError, match="mine has no test reviews"):
        evaluate(classifier, Dataset("mine", small_dataset.train), split="test")
    with pytest.raises(DataError, match="none of the 100 reviews of unlabelled has a label"):
        evaluate(classifier, small_dataset.unlabelled)


def test_unlabelled_rows_are_left_out(classifier, small_dataset):
    labels = small_dataset.test.labels.copy()
    labels[:40] = -1
    mixed = Reviews(small_dataset.test.texts, labels, "mixed")
    assert evaluate(classifier, mixed).metrics.num_reviews == 60


def test_without_duplicates(classifier):
    train = Reviews(["a fine film", "awful"], np.array([1, 0], np.int8), "train")
    texts = ["awful", "great, a fine film", "dull and bad", "a fine film", "wonderful"]
    test = Reviews(texts, np.array([0, 1, 0, 1, 1], np.int8), "test")
    found = evaluate(classifier, Dataset("copies", train, test=test))
    assert found.metrics.num_reviews == 5
    assert found.without_duplicates.num_reviews == 3
    kept = [1, 2, 4]
    right = (found.probabilities[kept] >= 0.5) == (test.labels[kept] == 1)
    assert found.without_duplicates.accuracy == pytest.approx(right.mean())


def test_no_duplicates_no_second_score(evaluation, classifier):
    assert evaluation.without_duplicates is None
    same = Reviews(["fine", "awful"], np.array([1, 0], np.int8), "same")
    assert evaluate(classifier, Dataset("same", same, test=same)).without_duplicates is None


def test_slices_by_rating(classifier):
    reviews = stars(["fine", "awful", "bad", "so so"], [1, 0, 0, 1], [10, 1, 1, 0])
    found = evaluate(classifier, reviews)
    assert [(part.name, part.num_reviews) for part in found.by_rating] == [
        ("1 star", 2),
        ("10 stars", 1),
    ]
    right = (found.probabilities >= 0.5) == (reviews.labels == 1)
    assert found.by_rating[0].accuracy == right[1:3].mean()


def test_slices_by_length():
    lengths = np.array([5, 1, 2, 3, 4, 6, 7, 8])
    right = np.array([1, 1, 0, 1, 0, 1, 1, 1], dtype=bool)
    assert [
        (part.name, part.num_reviews, part.accuracy) for part in length_slices(lengths, right)
    ] == [
        ("1–2 tokens", 2, 0.5),
        ("3–4 tokens", 2, 0.5),
        ("5–6 tokens", 2, 1.0),
        ("7–8 tokens", 2, 1.0),
    ]
    (only,) = length_slices(np.full(1500, 1234), np.ones(1500, dtype=bool))
    assert (only.name, only.num_reviews, only.accuracy) == ("1,234 tokens", 1500, 1.0)


def test_every_review_is_in_one_length_slice(evaluation):
    assert sum(part.num_reviews for part in evaluation.by_length) == 100
    total = sum(part.num_reviews * part.accuracy for part in evaluation.by_length)
    assert total == pytest.approx(100 * evaluation.metrics.accuracy)


def test_to_dict_is_json_without_single_reviews(evaluation):
    payload = json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))
    assert payload["metrics"]["accuracy"] == evaluation.metrics.accuracy
    assert payload["accuracy_interval"] == list(evaluation.interval)
    assert not {"labels", "probabilities", "ids"} & set(payload)


def test_report(classifier, small_dataset, tmp_path, recorder):
    folder = tmp_path / "new" / "report"
    found = evaluate(classifier, small_dataset, report=folder, reporter=recorder)
    names = {path.name for path in folder.iterdir()}
    assert names >= {"index.html", "metrics.json", "predictions.csv", "roc.png", "roc.svg"}
    assert recorder.messages[-1] == f"wrote {folder / 'index.html'}"
    with (folder / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", "label", "probability"]
    assert [row["id"] for row in rows] == list(small_dataset.test.ids)
    assert [int(row["label"]) for row in rows] == small_dataset.test.labels.tolist()
    probabilities = np.array([row["probability"] for row in rows], dtype=np.float32)
    np.testing.assert_array_equal(probabilities, found.probabilities)
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["model_origin"]["data"] == load_bundle(classifier.bundle.path).manifest["data"]
    assert metrics["metrics"] == found.metrics.to_dict()
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert 'aria-label="ROC curve"' in page
    assert f"{found.metrics.accuracy:.2%}" in page


def test_report_of_one_class_and_a_strange_name(classifier, tmp_path):
    reviews = Reviews(["fine", "great"], np.array([1, 1], np.int8), "<script>")
    found = evaluate(classifier, reviews)
    page = write_report(found, tmp_path)
    assert not (tmp_path / "roc.png").exists()
    assert "<script>" not in page.read_text(encoding="utf-8")


def test_report_where_a_file_is_costs_no_scoring(classifier, small_dataset, tmp_path, recorder):
    (tmp_path / "report").write_text("mine")
    with pytest.raises(DataError, match="is a file; a report needs a folder"):
        evaluate(classifier, small_dataset, report=tmp_path / "report", reporter=recorder)
    assert recorder.messages == []


def test_progress_is_reported(classifier, small_dataset, recorder, monkeypatch):
    monkeypatch.setattr("cinesent.evaluation.evaluate._CHUNK", 60)
    evaluate(classifier, small_dataset, reporter=recorder)
    assert recorder.messages == ["scoring 100 reviews: small, test"]
    (task,) = recorder.tasks
    assert (task.total, task.unit, task.updates, task.closed) == (100, "reviews", [60, 100], 1)


def test_keywords_for_files_are_not_ignored(classifier, small_dataset):
    for data in (small_dataset, small_dataset.test):
        with pytest.raises(ConfigError, match="text_column, header: for files only"):
            evaluate(classifier, data, text_column="body", header=True)


def test_a_model_validated_on_separate_reviews_has_no_validation_split(
    classifier, small_dataset, recorder
):
    bundle = replace(
        classifier.bundle,
        manifest={
            **classifier.bundle.manifest,
            "validation": {"name": "own", "sha256": "0" * 64},
        },
    )
    own = Dataset("mine", small_dataset.train)
    with pytest.raises(BundleError, match="does not state how the training reviews were split"):
        choose_reviews(own, bundle, "validation")
    assert choose_reviews(own, bundle, None, recorder)[0] == "train"
    assert len(recorder.warnings) == 1


@pytest.mark.parametrize("report", ["", "a\0b", "n" * 300, 5])
def test_a_report_needs_a_path(classifier, small_dataset, report):
    with pytest.raises(ConfigError, match="path"):
        evaluate(classifier, small_dataset, report=report)


@pytest.mark.parametrize("split", [5, ["test"], "", b"test", np.array(["test", "train"])])
def test_a_split_is_a_name(classifier, small_dataset, split):
    with pytest.raises(ConfigError, match="there is no split|expected the name of a split"):
        evaluate(classifier, small_dataset, split=split)


def test_the_public_name(tiny_run, small_dataset):
    found = cinesent.evaluate(str(tiny_run.bundle), small_dataset.test)
    assert isinstance(found, cinesent.Evaluation)

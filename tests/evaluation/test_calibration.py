"""Calibration: the temperature, the band, the new model, and what cannot be calibrated."""

from __future__ import annotations

import json

import numpy as np
import pytest
from bundles import bundle_parts, write_bundle
from typer.testing import CliRunner

import cinesent
from cinesent import Reviews, calibrate, load
from cinesent.bundle import open_bundle, save_bundle
from cinesent.classifier import Classifier
from cinesent.cli import app
from cinesent.errors import BundleError, ConfigError, DataError
from cinesent.evaluation.calibration import fit_temperature
from cinesent.evaluation.metrics import binary_metrics
from cinesent.probability import sigmoid
from cinesent.text.tokenizer import Tokenizer

#: A little more than the accuracy of the model below, so that it takes a band to reach it.
TARGET = 0.84
WORDS = [f"w{a}{b}" for a in "bdfgklmn" for b in "aeiou"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model with random weights."""
    parts = bundle_parts()
    parts["tokenizer"] = Tokenizer.fit([" ".join(WORDS)], 60)
    return save_bundle(tmp_path_factory.mktemp("calibrate") / "model", **parts)


@pytest.fixture(scope="module")
def reviews(folder) -> Reviews:
    """Texts of random words, whose labels follow twice the logits of the model."""
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, size=rng.integers(1, 9))) for _ in range(1500)]
    logits = load(folder).predict_logits(texts).astype(float)
    labels = (rng.random(len(texts)) < sigmoid(2 * logits)).astype(np.int8)
    return Reviews(texts, labels, "own reviews")


def csv_of(path, reviews, count=None):
    rows = zip(reviews.texts[:count], reviews.labels[:count], strict=True)
    path.write_text("review,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    return path


def test_the_temperature_is_that_of_the_lowest_loss():
    rng = np.random.default_rng(1)
    logits = rng.normal(size=4000)
    labels = (rng.random(4000) < sigmoid(logits)).astype(int)
    found = fit_temperature(labels, 5 * logits)
    losses = {
        factor: binary_metrics(labels, sigmoid(5 * logits / (found * factor))).loss
        for factor in (0.9, 1, 1.1)
    }
    assert found == pytest.approx(5, rel=0.1)
    assert min(losses, key=losses.get) == 1


def test_a_model_that_is_always_right_is_not_made_infinitely_sure():
    labels = np.tile([0, 1], 50)
    assert fit_temperature(labels, np.where(labels, 1.0, -1.0)) > 0.1


def test_a_new_model_is_written(folder, reviews, tmp_path):
    found = calibrate(folder, reviews, tmp_path / "new", target=TARGET)
    assert found.temperature == pytest.approx(0.5, rel=0.25)
    assert found.after.loss < found.before.loss
    new = load(tmp_path / "new")
    assert (new.bundle.temperature, new.thresholds) == (found.temperature, found.band.thresholds)
    assert found.band.reached
    assert found.band.low < 0.5 < found.band.high
    texts = reviews.texts[:50]
    np.testing.assert_array_equal(new.predict_logits(texts), load(folder).predict_logits(texts))
    labels = [p.label for p in new.predict(reviews.texts)]
    assert labels.count("uncertain") == pytest.approx((1 - found.band.decided) * 1500, abs=1)
    names = new.bundle.manifest["files"]
    for kind, start in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        assert new.bundle.read(f"plots/calibration.{kind}").startswith(start)
    assert set(load(folder).bundle.manifest["files"]) < set(names)
    assert new.bundle.manifest["calibrated_from"]["manifest_sha256"] == (
        load(folder).bundle.manifest_sha256
    )
    assert "are labelled uncertain" in new.bundle.read("README.md").decode()
    open_bundle(tmp_path / "new", verify="full")


def test_the_band_alone_changes_no_probability(folder, reviews, tmp_path):
    found = calibrate(folder, reviews, tmp_path / "new", target=TARGET, keep_temperature=True)
    assert (found.temperature, found.after) == (found.previous_temperature, found.before)
    texts = reviews.texts[:50]
    new = load(tmp_path / "new")
    np.testing.assert_array_equal(new.predict_proba(texts), load(folder).predict_proba(texts))
    assert new.has_band


def test_numbers_of_the_old_temperature_are_left_out(reviews, tmp_path):
    parts = bundle_parts()
    parts["tokenizer"] = Tokenizer.fit([" ".join(WORDS)], 60)
    parts["metrics"]["test"] = {"accuracy": 0.9, "loss": 0.3, "ece": 0.02, "decided_share": 0.8}
    calibrate(save_bundle(tmp_path / "old", **parts), reviews, tmp_path / "new")
    metrics = json.loads((tmp_path / "new" / "metrics.json").read_text())
    assert metrics["test"] == {"accuracy": 0.9}
    assert metrics["calibration"]["num_reviews"] == 1500


def test_a_model_in_memory_can_be_calibrated(folder, reviews, tmp_path):
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}
    classifier = Classifier(*cinesent.bundle.open_files(files))
    assert calibrate(classifier, reviews, tmp_path / "new").bundle == tmp_path / "new"


def test_a_model_is_replaced_only_on_request(folder, reviews, tmp_path):
    out = write_bundle(tmp_path / "old")
    before = (out / "manifest.json").read_bytes()
    with pytest.raises(BundleError, match=r"holds a model.*overwrite=True"):
        calibrate(folder, reviews, out)
    assert (out / "manifest.json").read_bytes() == before
    calibrate(folder, reviews, out, overwrite=True)
    assert (out / "manifest.json").read_bytes() != before
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with pytest.raises(BundleError, match="is no model of cinesent"):
        calibrate(folder, reviews, tmp_path / "notes", overwrite=True)


def test_what_cannot_be_calibrated_is_said(folder, reviews, tmp_path):
    out = tmp_path / "new"
    with pytest.raises(DataError, match="needs at least 50 labelled"):
        calibrate(folder, reviews.take(range(40)), out)
    ones = reviews.take(np.flatnonzero(reviews.labels == 1))
    with pytest.raises(DataError, match="0 negative and .* positive reviews"):
        calibrate(folder, ones, out)
    exchanged = Reviews(reviews.texts, (1 - reviews.labels).astype(np.int8), "exchanged")
    with pytest.raises(DataError, match="Are the two labels exchanged"):
        calibrate(folder, exchanged, out)
    with pytest.raises(DataError, match=r"none of the .* has a label"):
        calibrate(folder, Reviews(reviews.texts, np.full(1500, -1, np.int8), "no labels"), out)
    for target in (0.5, 1.1, "0.9", True):
        with pytest.raises(ConfigError, match="target"):
            calibrate(folder, reviews, out, target=target)
    assert not out.exists()


def run(*arguments: object):
    return CliRunner().invoke(app, ["calibrate", *map(str, arguments)])


def test_the_command(folder, reviews, tmp_path):
    data = csv_of(tmp_path / "labelled.csv", reviews)
    common = ("--model", folder, "--data", data, "--target", TARGET)
    done = run(*common, "--out", tmp_path / "a")
    assert done.exit_code == 0, done.output
    assert "calibration error" in done.stdout
    assert "are uncertain" in done.stdout
    done = run(*common, "--out", tmp_path / "b", "--json", "--quiet", "--keep-temperature")
    payload = json.loads(done.stdout)
    assert payload["temperature"] == payload["previous_temperature"] == 1
    assert payload["band"]["high"] > 0.5
    again = run(*common, "--out", tmp_path / "b")
    assert "--overwrite" in again.exception.for_command_line()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "column"),
        ("review,label\nfine,pos\nbad,neg\n", "at least 50"),
        ("review,label\n" + "fine,pos\n" * 60, "0 negative and 60 positive"),
    ],
)
def test_files_that_cannot_be_used_are_named(folder, tmp_path, content, says):
    path = tmp_path / "labelled.csv"
    path.write_text(content)
    done = run("--model", folder, "--data", path, "--out", tmp_path / "out")
    assert (type(done.exception), done.stdout) == (DataError, "")
    assert says in str(done.exception)
    assert not (tmp_path / "out").exists()

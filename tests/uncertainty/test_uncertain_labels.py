"""The band in the classifier, in scoring, in evaluation and on the command line."""

from __future__ import annotations

import csv
import json
import pickle
from pathlib import Path

import pytest
from bundles import SENTENCES, bundle_parts, write_bundle
from typer.testing import CliRunner

from cinesent import Reviews, evaluate, load, score_file
from cinesent.bundle import load_bundle, save_bundle
from cinesent.cli import app
from cinesent.errors import ConfigError

FOREIGN = "Der Film war nicht gut, und das ist sehr schade."
WIDE = (0.0, 1.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("band") / "model")


@pytest.fixture(scope="module")
def banded(tmp_path_factory) -> Path:
    parts = bundle_parts()
    return save_bundle(tmp_path_factory.mktemp("band") / "banded", **parts, thresholds=(0.2, 0.8))


def run(*arguments: object):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, (done.output, done.exception)
    return done


def test_a_bundle_without_a_band_decides_every_text(folder):
    classifier = load(folder)
    assert not classifier.has_band
    for prediction in classifier.predict([*SENTENCES, FOREIGN, "?!"]):
        assert prediction.label == ("positive" if prediction.probability >= 0.5 else "negative")


def test_the_reason_is_given_with_and_without_a_band(folder, banded):
    for classifier in (load(folder), load(banded)):
        reasons = [p.reason for p in classifier.predict([SENTENCES[0], FOREIGN, "?!", "xq zv"])]
        assert reasons == [None, "not English", "no words", "mostly unknown words"]


def test_a_reason_to_doubt_makes_a_text_uncertain_where_there_is_a_band(banded):
    (prediction,) = load(banded, thresholds=(0.49999, 0.50001)).predict([FOREIGN])
    assert prediction.label == "uncertain"
    assert load(banded, thresholds=(0.5, 0.5)).predict([FOREIGN])[0].label != "uncertain"


def test_the_caller_may_choose_the_band(folder):
    classifier = load(folder, thresholds=WIDE)
    assert {p.label for p in classifier.predict(SENTENCES)} == {"uncertain"}
    assert classifier.thresholds == WIDE
    copy = pickle.loads(pickle.dumps(classifier))
    assert copy.thresholds == WIDE
    with pytest.raises(ConfigError, match="expected two probabilities"):
        load(folder, thresholds=(0.7, 0.3))


@pytest.mark.parametrize("workers", [1, 2])
def test_score_adds_the_reason_and_counts_the_three(banded, tmp_path, workers):
    source = tmp_path / "in.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["review"], [SENTENCES[0]], [FOREIGN], ["?!"]])
    target = tmp_path / "out.csv"
    summary = score_file(source, target, load(banded, thresholds=(0.4, 0.6)), workers=workers)
    assert set(summary.labels) == {"negative", "positive", "uncertain"}
    assert summary.labels["uncertain"] >= 2
    assert summary.reasons == {"no words": 1, "not English": 1}
    assert summary.to_dict()["reasons"] == summary.reasons
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["reason"] for row in rows] == ["", "not English", "no words"]
    assert list(rows[0]) == ["review", "label", "probability", "reason", "error"]


def test_score_writes_what_it_wrote_where_there_is_no_band(folder, tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"text": FOREIGN}) + "\n")
    summary = score_file(source, tmp_path / "out.jsonl", folder)
    (row,) = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert list(row) == ["text", "label", "probability"]
    assert (summary.reasons, len(summary.labels)) == ({"not English": 1}, 1)


def test_evaluation_states_what_is_decided(banded):
    reviews = Reviews(list(SENTENCES), [1, 0, 1, 1, 0], "own")
    decided = evaluate(load(banded, thresholds=WIDE), reviews).decided
    assert (decided.thresholds, decided.share, decided.accuracy) == (WIDE, 0, None)
    found = evaluate(load(banded), reviews)
    labels = [prediction.label for prediction in load(banded).predict(SENTENCES)]
    assert found.decided.share == pytest.approx(1 - labels.count("uncertain") / 5)
    assert found.to_dict()["decided"]["thresholds"] == (0.2, 0.8)
    assert evaluate(load(banded, thresholds=(0.5, 0.5)), reviews).decided is None


def test_the_command_line_chooses_the_band(folder, banded, tmp_path):
    shown = run("predict", SENTENCES[0], "--model", folder, "--uncertain", "0:1").output
    assert shown.startswith("uncertain")
    for options in (("--no-uncertain",), ("--uncertain", "0.5:0.5")):
        assert "uncertain" not in run("predict", FOREIGN, "--model", banded, *options).output
    assert "[not English]" in run("predict", FOREIGN, "--model", banded).output
    rows = tmp_path / "in.txt"
    rows.write_text(f"{SENTENCES[0]}\n{SENTENCES[1]}\n")
    out = tmp_path / "out.txt"
    done = run("score", rows, out, "--model", folder, "--uncertain", "0:1", "--json", "--quiet")
    assert json.loads(done.stdout)["labels"] == {"negative": 0, "positive": 0, "uncertain": 2}
    labelled = tmp_path / "in.csv"
    labelled.write_text("text,label\nA quiet triumph.,pos\nA long waste.,neg\n")
    arguments = ("evaluate", "--model", banded, "--data", labelled)
    assert "decided" in run(*arguments).stdout
    assert "decided" not in run(*arguments, "--no-uncertain").stdout


@pytest.mark.parametrize("given", ["0.3", "0.7:0.3", "a:b", "0.1:0.2:0.3", "-1:2", "nan:0.5", ""])
@pytest.mark.parametrize("command", ["predict", "score", "evaluate"])
def test_what_is_no_band_is_wrong_usage(command, given):
    text = () if command == "evaluate" else ("x",)
    done = CliRunner().invoke(app, [command, *text, "--uncertain", given])
    assert (done.exit_code, "expected two probabilities" in " ".join(done.stderr.split())) == (
        2,
        True,
    )


def test_both_options_exclude_each_other(folder):
    done = CliRunner().invoke(app, ["predict", "x", "--uncertain", "0:1", "--no-uncertain"])
    assert (done.exit_code, "exclude each other" in done.stderr) == (2, True)


def test_the_card_tells_of_the_band(tmp_path):
    parts = bundle_parts()
    band = {
        "target": 0.97,
        "reached": True,
        "num_reviews": 2500,
        "decided": 0.81,
        "accuracy": 0.971,
    }
    parts["metrics"]["band"] = band
    folder = save_bundle(tmp_path / "model", **parts, thresholds=(0.2, 0.8))
    card = (folder / "README.md").read_text()
    assert "Probabilities from 0.2 to 0.8 are labelled uncertain" in card
    assert "on 2,500 reviews that were held out, 81.0% are decided, 97.1% of these" in card
    assert "### band" not in card
    assert load_bundle(folder).thresholds == (0.2, 0.8)
    parts["metrics"]["band"] = {**band, "reached": False}
    card = (save_bundle(tmp_path / "none", **parts) / "README.md").read_text()
    assert "No band of uncertain probabilities allows 97%" in card

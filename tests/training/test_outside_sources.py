"""Training with outside data and the labels of a teacher."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from commands import run_here
from outside_data import write_sources

from cinesent.data import load_dataset
from cinesent.distillation.label_texts import LabelPlan, texts_to_label
from cinesent.distillation.outside import load_outside
from cinesent.distillation.teacher_labels import save_labels

pytestmark = pytest.mark.train

PLAN = LabelPlan(cuts=1, augmented=40, seed=0)
SMALL = ["units=16", "embedding_dim=8", "training.epochs=2"]
SMALL += ["pretraining.epochs=1", "pretraining.negatives=8", "training.min_count=1"]


@pytest.fixture
def cinesent(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return run_here(monkeypatch, capsys, *words)

    return run


@pytest.fixture
def train(cinesent, tmp_path):
    """`cinesent train --preset distilled` on small data; the flags of the data come first."""
    _, imdb, *outside = write_sources(tmp_path)
    settings = [word for pair in SMALL for word in ("--set", pair)]

    def run(*words, preset="distilled"):
        data = ["--data", imdb, *outside]
        return cinesent("train", *data, "--preset", preset, *settings, *words)

    return run


def write_labels(seed=0):
    plan = LabelPlan(PLAN.cuts, PLAN.augmented, seed)
    texts = list(texts_to_label(load_dataset("reviews"), load_outside("treebank", "pairs"), plan))
    save_labels(Path("labels.npz"), texts, np.linspace(-3, 3, len(texts)), "a teacher", plan)
    return len(texts)


def test_a_student_learns_from_labels_and_outside_data(train, tmp_path):
    labelled = write_labels()
    done = train("--labels", "labels.npz", "--json")
    assert done.status == 0, done.err
    count = int(done.err.partition("beside them: ")[2].split(" ")[0].replace(",", ""))
    assert count > labelled
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert [source["name"] for source in manifest["sources"]] == [
        "sst",
        "cad",
        "labels of a teacher",
    ]
    assert manifest["sources"][2]["sha256"] == "a teacher"
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert metrics["sst/validation"]["num_reviews"] == 12
    assert 0 <= metrics["cad/held out"]["both_right"] <= 1


def test_outside_data_alone_need_no_labels(train):
    done = train("--set", "sources.labels=0", "--set", "sources.augmented=0")
    assert done.status == 0, done.err


def test_labels_are_asked_for_and_refused(train):
    write_labels()
    done = train()
    assert done.status == 2
    assert "Name their file with --labels" in done.err
    done = train("--labels", "labels.npz", preset="default")
    assert done.status == 2
    assert "--labels has no effect" in done.err
    done = train("--labels", "none.npz")
    assert done.status == 1
    assert "none.npz cannot be read as labels of a teacher" in done.err


def test_a_teacher_that_has_read_the_validation_reviews_is_reported(train):
    write_labels(seed=3)
    done = train("--labels", "labels.npz")
    assert done.status == 0
    assert "validation scores will be too high. Use --seed 3" in done.err


def test_a_language_model_knows_the_words_of_the_outside_data(train, cinesent, tmp_path):
    write_labels()
    outside = ["--sst", "treebank", "--cad", "pairs", "--labels", "labels.npz"]
    settings = [word for pair in SMALL for word in ("--set", pair)]
    begin = ["pretrain", "--data", "reviews", "--preset", "distilled"]
    done = cinesent(*begin, *outside, *settings, "--out", "lm")
    assert done.status == 0, done.err
    vocabulary = json.loads((tmp_path / "lm" / "tokenizer.json").read_text())["vocabulary"]
    assert "good" in vocabulary  # in outside data alone
    done = train("--labels", "labels.npz", "--from", "lm")
    assert done.status == 0, done.err
    assert (
        json.loads((tmp_path / "model" / "tokenizer.json").read_text())["vocabulary"] == vocabulary
    )

"""The label audit: what it finds in data with planted errors, and how it is run."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import replace

import numpy as np
import pytest
from bundles import write_bundle
from commands import run_here

import cinesent
from cinesent.audit import audit_labels
from cinesent.audit.similar_texts import similar_pairs
from cinesent.data import Dataset, Reviews

GOOD = ["fine", "lovely", "great", "warm", "superb", "charming", "wise", "tender"]
BAD = ["dull", "awful", "bad", "cold", "poor", "clumsy", "silly", "weak"]
THINGS = ["film", "story", "cast", "plot", "music", "ending", "script", "scene"]


def made(count: int, seed: int = 0, name: str = "made") -> Reviews:
    """`count` reviews whose words tell their labels, half of them negative."""
    draw = random.Random(seed)
    texts = [
        " ".join(f"{draw.choice((BAD, GOOD)[row % 2])} {draw.choice(THINGS)}" for _ in range(8))
        + f" number {seed} {row}"
        for row in range(count)
    ]
    return Reviews(texts, np.tile(np.int8([0, 1]), count // 2), name)


def flipped(reviews: Reviews, rows: list[int]) -> Reviews:
    labels = reviews.labels.copy()
    labels[rows] = 1 - labels[rows]
    return replace(reviews, labels=labels)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("small") / "model")


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *arguments: run_here(monkeypatch, capsys, *arguments)


@pytest.fixture
def own_file(tmp_path):
    reviews = flipped(made(80), [4, 11])
    path = tmp_path / "mine.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows(zip(reviews.texts, reviews.labels.tolist(), strict=True))
        writer.writerow((reviews.texts[0].upper() + "!", 1))
    return path


def test_planted_errors_come_first():
    rows = [3, 20, 41, 66, 90]
    audit = audit_labels(flipped(made(100), rows))
    assert sorted(audit.ranking()[:5].tolist()) == rows
    wrong = [finding for finding in audit.findings if finding.problem == "likely wrong"]
    assert {finding.id for finding in wrong} >= {str(row) for row in rows}
    qualities = [finding.quality for finding in wrong]
    assert qualities == sorted(qualities)
    for finding in wrong:
        assert finding.label == ("positive", "negative")[finding.probability > 0.5]


@pytest.mark.train
def test_planted_errors_come_first_in_real_reviews(small_dataset):
    reviews = small_dataset.train.take(range(600))
    rows = np.random.default_rng(0).choice(len(reviews), len(reviews) // 20, replace=False)
    # Named as the data that the packaged model was trained on: the n-grams decide alone.
    audit = audit_labels(replace(flipped(reviews, rows.tolist()), name="imdb"))
    assert audit.model is None
    found = np.isin(audit.ranking()[: len(rows)], rows).mean()
    assert found > 0.25  # 0.05 by chance; 600 reviews are few for n-grams


def test_it_is_the_same_each_time():
    one, two = (audit_labels(made(60), seed=3) for _ in range(2))
    assert one.findings == two.findings
    assert one.quality.tolist() == two.quality.tolist()


def test_a_model_is_used_unless_it_has_seen_the_reviews(folder):
    with_model = audit_labels(made(60), model=folder)
    assert with_model.model == "small"
    seen = audit_labels(made(60, name="own sentences"), model=cinesent.load(folder))
    assert seen.model is None
    assert with_model.quality.tolist() != seen.quality.tolist()


def test_contradictions_near_duplicates_and_leaks():
    train = made(40)
    long = "We saw it on a Monday and it was raining and the hall was full of people in coats"
    train = Reviews(
        [*train.texts, train.texts[0].title(), f"{long} again", f"{long} today"],
        np.int8([*train.labels, 1, 0, 0]),
        ids=[f"t{row}" for row in range(43)],
    )
    test = Reviews(
        [train.texts[5] + "!!", "Nothing like the others."], np.int8([1, 0]), ids=list("ab")
    )
    audit = audit_labels(Dataset("both", train, test=test))
    pairs = {
        (found.problem, found.split, found.id, found.other_split, found.other_id)
        for found in audit.findings
        if found.problem != "likely wrong"
    }
    assert pairs == {
        ("contradiction", "train", "t40", "train", "t0"),
        ("near duplicate", "train", "t42", "train", "t41"),
        ("leak", "test", "a", "train", "t5"),
    }
    assert audit.count("leak") == audit.to_dict()["counts"]["leak"] == 1


@pytest.mark.parametrize(
    ("one", "other", "similar"),
    [
        ("Same.", "same", True),
        ("!!!", "???", False),
        ("", "", True),
        ("a b c", "a b d", False),
        (" ".join(map(str, range(100))), " ".join(map(str, range(99))), True),
        (" ".join(map(str, range(100))), " ".join(map(str, range(50, 150))), False),
    ],
)
def test_similar_pairs(one, other, similar):
    assert bool(list(similar_pairs([one, other]))) is similar


def test_many_copies_give_one_pair_each():
    pairs = list(similar_pairs(["ok"] * 2000 + ["fine"]))
    assert len(pairs) == 1999
    assert {earlier for earlier, _, _ in pairs} == {0}


@pytest.mark.parametrize(
    ("reviews", "message"),
    [
        (Reviews(["a"] * 9, np.ones(9, np.int8)), "has positive reviews"),
        (made(8), "4 different reviews of its rarer label"),
        (Reviews(["same"] * 20 + ["other"] * 20, np.repeat(np.int8([0, 1]), 20)), "has 1 diff"),
        (Reviews([], np.int8([])), "has no reviews"),
    ],
)
def test_too_little_data_is_an_error(reviews, message):
    with pytest.raises(cinesent.DataError, match=message):
        audit_labels(reviews)


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"folds": "5"}, {"seed": 0.5}, {"reporter": 1}])
def test_wrong_arguments(wrong):
    with pytest.raises(cinesent.ConfigError, match=next(iter(wrong))):
        audit_labels(made(40), **wrong)


def test_one_movie_alone_is_split_by_text():
    reviews = replace(made(40), movie_ids=np.array(["tt1"] * 40))
    assert audit_labels(reviews).num_reviews == 40


# The command.


def test_the_file_to_review(run, own_file, folder, tmp_path):
    out = tmp_path / "audit.csv"
    done = run("data", "check", own_file, "--audit", "--out", out, "--model", folder)
    assert done.status == 0, done.err
    assert "likely wrong" in done.out
    assert f"wrote {out}" in done.err
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert {row["problem"] for row in rows} == {"likely wrong", "contradiction"}
    assert {"4", "11"} <= {row["id"] for row in rows}
    assert all(row["text"] and row["label"] in ("negative", "positive") for row in rows)


def test_json(run, own_file, folder, tmp_path):
    out = tmp_path / "audit.csv"
    command = ("data", "check", own_file, "--audit", "--out", out, "--model", folder, "--json")
    found = json.loads(run(*command).out)["audit"]
    assert found["num_reviews"] == 81
    assert found["model"] == "small"
    assert found["counts"]["contradiction"] == 1
    assert json.loads(run("data", "check", own_file, "--json").out)["audit"] is None


def test_a_file_is_not_replaced_unasked(run, own_file, folder, tmp_path):
    out = tmp_path / "audit.csv"
    out.write_text("mine")
    command = ("data", "check", own_file, "--audit", "--out", out, "--model", folder)
    done = run(*command)
    assert done.status == 1
    assert "--overwrite" in done.err
    assert out.read_text() == "mine"
    assert run(*command, "--overwrite").status == 0
    assert out.read_text() != "mine"


def test_a_folder_that_is_missing_is_an_error(run, own_file, folder, tmp_path):
    out = tmp_path / "missing" / "audit.csv"
    done = run("data", "check", own_file, "--audit", "--out", out, "--model", folder)
    assert done.status == 1
    assert "cannot be written" in done.err

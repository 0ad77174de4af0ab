"""`cinesent evaluate` and `cinesent compare` as a user meets them."""

from __future__ import annotations

import json
import shutil

import pytest

from cinesent.bundle import load_bundle

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def own_file(small_dataset, tmp_path_factory):
    """The reviews that `tiny_run` was trained on, as a file of one's own."""
    path = tmp_path_factory.mktemp("data") / "mine.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for text, label in zip(
            small_dataset.train.texts, small_dataset.train.labels.tolist(), strict=True
        ):
            file.write(json.dumps({"text": text, "label": label}) + "\n")
    return path


@pytest.fixture
def other_file(tmp_path):
    path = tmp_path / "other.csv"
    rows = [("a fine film", 9), ("a bad film", 2), ("great fun", 8), ("so dull", 1)]
    path.write_text("body,stars\n" + "".join(f"{text},{label}\n" for text, label in rows))
    return path


def test_evaluate_finds_the_validation_reviews_again(run, tiny_run, own_file):
    status, out, err = run(
        "evaluate",
        "--model",
        tiny_run.bundle,
        "--data",
        own_file,
        "--split",
        "validation",
        "--json",
    )
    assert status == 0, err
    payload = json.loads(out)
    assert payload["metrics"]["accuracy"] == tiny_run.validation["accuracy"]
    assert payload["split"] == "validation"


def test_evaluate_shows_tables(run, tiny_run, own_file, monkeypatch):
    monkeypatch.setenv("CINESENT_MODEL", str(tiny_run.bundle))
    status, out, err = run("evaluate", "--data", own_file)
    assert status == 0, err
    accuracy = f"{tiny_run.validation['accuracy']:.2%}"
    assert "accuracy" in out
    assert accuracy in out
    for expected in ("log loss", "ROC AUC", "predicted positive", "by length", "tokens", "95% CI"):
        assert expected in out
    assert "…" not in out  # nothing is cut on 80 columns
    assert max(map(len, out.splitlines())) <= 80
    assert "scoring the part that training held out (validation)" in err


def test_evaluate_other_data_by_columns(run, tiny_run, other_file):
    status, out, err = run(
        *("evaluate", "--model", tiny_run.bundle, "--data", other_file, "--json"),
        *("--text-column", "body", "--label-column", "stars", "--positive-from", "6"),
    )
    assert status == 0, err
    assert json.loads(out)["metrics"]["num_reviews"] == 4


def test_evaluate_writes_a_report(run, tiny_run, own_file, tmp_path):
    folder = tmp_path / "report"
    status, _, err = run(
        "evaluate", "--model", tiny_run.bundle, "--data", own_file, "--report", folder
    )
    assert status == 0
    assert err.splitlines()[-1] == f"wrote {folder / 'index.html'}"
    assert (folder / "predictions.csv").is_file()


def test_evaluate_records_what_it_measured(run, tiny_run, own_file, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(tiny_run.bundle, model)
    (model / "notes.txt").write_text("kept")
    command = ("evaluate", "--model", model, "--data", own_file, "--split", "validation")
    status, out, err = run(*command, "--record", "--json")
    assert status == 0, err
    assert "recorded in" in err.splitlines()[-1]
    recorded = load_bundle(model, verify="full").metrics["mine.jsonl validation"]
    assert recorded["accuracy"] == json.loads(out)["metrics"]["accuracy"]
    assert recorded["command"].startswith("cinesent ")
    assert recorded["command"] in (model / "README.md").read_text()
    assert (model / "notes.txt").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_evaluate_warns_of_training_reviews(run, tiny_run, own_file):
    _, out, err = run(
        "evaluate", "--model", tiny_run.bundle, "--data", own_file, "--split", "train", "--json"
    )
    assert json.loads(out)["metrics"]["num_reviews"] == 1200
    assert "warning: default was trained on these reviews" in err


def test_evaluate_mistakes(run, tiny_run, other_file, tmp_path):
    columns = ("--text-column", "body", "--label-column", "stars", "--positive-from", "6")
    model = ("evaluate", "--model", tiny_run.bundle, "--data", other_file, *columns)
    status, out, err = run(*model, "--split", "validation")
    assert (status, out) == (1, "")
    assert "is not the data that default was trained on" in err
    status, _, err = run(*model, "--split", "valdation")
    assert status == 2
    assert "Did you mean 'validation'?" in err
    status, _, err = run("evaluate", "--model", tmp_path / "nothing")
    assert status == 1
    assert err.startswith("error: there is no folder")


def test_compare_shows_a_table(run, own_file, tmp_path):
    out_file = tmp_path / "table.md"
    status, out, err = run(
        *("compare", "--data", own_file, "--models", "majority,bow-lr", "--out", out_file)
    )
    assert status == 0, err
    assert out.index("bow-lr") < out.index("majority")
    for expected in ("accuracy", "log loss", "train s", "parameters"):
        assert expected in out
    assert "…" not in out
    assert "[2/2] bow-lr: accuracy 0." in err
    lines = out_file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "| model | accuracy | log loss | p | train s | parameters |"
    assert lines[2].startswith("| bow-lr | ")
    assert "1,080 reviews to train on, 120 to validate on, seed 0" in lines[-1]


def test_compare_on_test_fits_a_narrow_terminal(run, small_dataset, monkeypatch):
    monkeypatch.setattr(
        "cinesent.evaluation.selection.load_dataset", lambda *_args, **_options: small_dataset
    )
    status, out, err = run("compare", "--models", "majority,bow-lr,multi-hot-dense", "--test")
    assert status == 0, err
    assert " test " in out
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_compare_as_json(run, own_file):
    status, out, _ = run(
        "compare", "--data", own_file, "--models", "bow-lr", "--seed", "3", "--json"
    )
    assert status == 0
    payload = json.loads(out)
    assert payload["seed"] == 3
    assert [row["name"] for row in payload["rows"]] == ["bow-lr"]
    assert payload["rows"][0]["validation"]["num_reviews"] == payload["num_validation"]


def test_compare_mistakes(run, own_file, tmp_path):
    status, out, err = run("compare", "--data", own_file, "--models", "bow-lr,nb-rl")
    assert (status, out) == (2, "")
    assert "Did you mean 'nb-lr'?" in err
    status, _, err = run("compare", "--data", own_file, "--models", "bow-lr", "--set", "units=4")
    assert status == 2
    assert "are for presets" in err
    status, _, err = run("compare", "--data", own_file, "--models", "bow-lr", "--test")
    assert status == 1
    assert "has no test reviews" in err
    status, _, err = run("compare", "--data", own_file, "--out", tmp_path / "none" / "table.md")
    assert status == 1
    assert "does not exist" in err

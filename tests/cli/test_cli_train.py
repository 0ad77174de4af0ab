"""What `cinesent train` and `pretrain` hand to the library, and what they print."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from cinesent import load
from cinesent.recipes import Recipe
from cinesent.training.train import TrainingRun

pytestmark = pytest.mark.train


@pytest.fixture
def calls(monkeypatch):
    """Take down the calls of training instead of training."""
    made: list[dict] = []
    outcome = TrainingRun(
        bundle=Path("model"),
        recipe=Recipe.from_preset("classic"),
        history=(),
        best_epoch=0,
        validation={"accuracy": 0.75, "num_reviews": 4},
        seconds=75.0,
    )

    def train(data, recipe, **options):
        made.append({"data": data, "recipe": recipe, **options})
        if isinstance(result[0], BaseException):
            raise result[0]
        return result[0]

    result: list = [outcome]
    monkeypatch.setattr("cinesent.training.train.train", train)
    train.made, train.result, train.outcome = made, result, outcome
    return train


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "train.csv"
    rows = [f"film number {n};{n % 10 + 1}\n" for n in range(20)]
    path.write_text("body;stars\n" + "".join(rows))
    return path


FLAGS = ("--text-column", "body", "--label-column", "stars", "--positive-from", "6")


def test_options_reach_the_library(run, calls, reviews):
    done = run(
        *("train", "--data", reviews, *FLAGS, "--out", "mine", "--preset", "classic"),
        *("--set", "epochs=2", "--seed", "7", "--backend", "jax", "--mixed-precision"),
        *("--teacher", "one", "--teacher", "two", "--tensorboard", "logs", "--overwrite"),
    )
    assert done.status == 0, done.err
    (call,) = calls.made
    assert len(call["data"].train) == 20
    assert call["recipe"] == Recipe.from_preset("classic").overlay({"epochs": 2})
    given = {name: call[name] for name in ("seed", "backend", "mixed_precision", "overwrite")}
    assert given == {"seed": 7, "backend": "jax", "mixed_precision": True, "overwrite": True}
    assert [str(folder) for folder in call["teachers"]] == ["one", "two"]
    assert (str(call["out"]), str(call["tensorboard"])) == ("mine", "logs")
    assert call["command"].startswith("cinesent train --data ")
    assert done.out == "model  validation accuracy 0.7500 on 4 reviews\n"
    assert done.err.endswith(
        "1 min 15 s in all. Try it: cinesent predict --model model 'A fine film.'\n"
    )


def test_a_file_to_validate_on(run, calls, reviews, tmp_path):
    (tmp_path / "dev.csv").write_text("body;stars\nfine;9\ndull;2\ngreat;10\n")
    done = run("train", "--data", reviews, "--validation", "dev.csv", *FLAGS)
    assert done.status == 0, done.err
    (call,) = calls.made
    assert call["validation"].texts == ["fine", "dull", "great"]
    assert call["validation"].labels.tolist() == [1, 0, 1]
    assert len(call["data"].train) == 20


def test_beside_a_known_dataset_the_flags_are_for_the_validation_file(run, calls, tmp_path):
    (tmp_path / "dev.csv").write_text("body;stars\nfine;9\ndull;2\n")
    done = run("train", "--data", "rotten-tomatoes", "--validation", "dev.csv", *FLAGS)
    assert done.status == 0, done.err
    (call,) = calls.made
    assert call["validation"].texts == ["fine", "dull"]
    assert len(call["data"].train) == 8530


def test_from_the_packaged_model(run, calls, reviews):
    done = run("train", "--data", reviews, *FLAGS, "--from", "packaged", "--out", "mine")
    assert done.status == 0, done.err
    (call,) = calls.made
    assert call["initial"] == "packaged"
    assert call["recipe"].model == load().bundle.config


def test_mistakes_come_before_the_data(run, calls, tmp_path):
    for arguments, status, message in (
        (("--preset", "defualt"), 2, "Did you mean 'default'?"),
        (("--set", "unist=3"), 2, "Did you mean 'units'?"),
        (("--set", "units=many"), 2, "expected a whole number"),
        (("--from", "nowhere"), 1, "there is no"),
        (("--resume",), 1, "there is no unfinished run to resume"),
        (("--out", str(tmp_path / "full")), 1, "is not a model of cinesent"),
        (("--config", "none.toml"), 2, "none.toml cannot be read"),
    ):
        (tmp_path / "full").mkdir(exist_ok=True)
        (tmp_path / "full" / "file").touch()
        done = run("train", "--data", "no-such-file.csv", *arguments)
        assert (done.status, done.out) == (status, "")
        assert message in done.err
        assert done.err.count("\n") == 1
    assert calls.made == []


def test_an_interrupted_training_says_how_to_resume(run, calls, reviews, tmp_path):
    command = ("train", "--data", reviews, *FLAGS)
    calls.result[0] = dataclasses.replace(calls.outcome, interrupted=True)
    done = run(*command)
    assert done.status == 130
    assert "validation accuracy" in done.out
    assert done.err.splitlines()[-1] == (
        "error: interrupted; the best model so far is in model. The same command with --resume "
        "continues."
    )
    calls.result[0] = KeyboardInterrupt()
    done = run(*command)
    assert done.status == 130
    assert done.err.splitlines()[-1] == "error: interrupted."
    (tmp_path / "model.checkpoint").mkdir()
    done = run(*command)
    assert done.err.splitlines()[-1] == (
        "error: interrupted. The same command with --resume continues."
    )


def test_quiet_and_json(run, calls, reviews):
    done = run("train", "--data", reviews, *FLAGS, "--quiet", "--json")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out)["validation"] == {"accuracy": 0.75, "num_reviews": 4}

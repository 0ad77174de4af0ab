"""What `--json` prints is what docs/json.md says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from test_cli_help import COMMANDS

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
SECTIONS = dict(
    re.findall(r"^## `cinesent ([^`]+)`$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
)


def documented(command: str) -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", SECTIONS[command], re.MULTILINE))


def printed(done) -> dict:
    assert done.status == 0, done.err
    line, *_ = done.out.splitlines()
    assert line.isascii()
    return json.loads(line)


@pytest.fixture
def own_file(tmp_path):
    path = tmp_path / "mine.csv"
    rows = [f"{kind} film number {n},{kind}\n" for n in range(8) for kind in ("good", "bad")]
    path.write_text("text,label\n" + "".join(rows).replace(",good", ",pos").replace(",bad", ",neg"))
    return path


def test_every_command_is_documented():
    assert set(SECTIONS) == set(COMMANDS)


def test_predict(run, folder):
    done = run("predict", "fine", "--explain", "--json", "--model", folder)
    assert set(printed(done)) == documented("predict")


def test_score(run, folder, own_file):
    done = run("score", own_file, "out.csv", "--json", "--quiet", "--model", folder)
    assert set(printed(done)) == documented("score")
    assert done.err == ""
    done = run("score", own_file, "--json")
    assert done.status == 2
    assert "name a file as OUT" in done.err


def test_evaluate(run, folder, own_file):
    done = run("evaluate", "--data", own_file, "--json", "--model", folder)
    payload = printed(done)
    assert set(payload) == documented("evaluate")
    for key in payload["metrics"]:
        assert f"`{key}`" in SECTIONS["evaluate"]


def test_settings(run):
    assert set(printed(run("settings", "--json"))) == documented("settings")


def test_data(run, own_file, tmp_path, monkeypatch):
    described = printed(run("data", "describe", "--data", own_file, "--json"))
    assert set(described) == documented("data describe")
    for key in described["splits"][0]:
        assert f"`{key}`" in SECTIONS["data describe"]
    checked = printed(run("data", "check", own_file, "--json"))
    assert set(checked) == documented("data check")
    assert checked["description"] == described
    archive = tmp_path / "aclImdb_v1.tar.gz"
    monkeypatch.setattr("cinesent.data.sources.fetch_dataset", lambda name, **_: archive)
    assert printed(run("data", "fetch", "--json")) == {"path": str(archive)}
    assert documented("data fetch") == {"path"}


def test_doctor(run, folder):
    payload = printed(run("doctor", "--json", "--model", folder))
    assert set(payload) == documented("doctor")
    for part in ("model", "cache"):
        for key in payload[part]:
            assert f"`{key}`" in SECTIONS["doctor"]


@pytest.mark.train
def test_train_and_pretrain(run, own_file):
    tiny = ("--set", "units=2", "--set", "embedding_dim=4", "--set", "min_count=1")
    tiny += ("--set", "training.epochs=1", "--set", "teacher=none", "--set", "ngrams=0")
    tiny += ("--set", "pretraining.epochs=1", "--set", "vocabulary_size=50")
    done = run("train", "--data", own_file, "--json", "-q", "--preset", "default", *tiny)
    assert set(printed(done)) == documented("train")
    done = run("pretrain", "--data", own_file, "--json", "-q", "--preset", "default", *tiny)
    assert set(printed(done)) == documented("pretrain")
    done = run("compare", "--data", own_file, "--json", "-q", "--models", "majority")
    payload = printed(done)
    assert set(payload) == documented("compare")
    for key in payload["rows"][0]:
        assert f"`{key}`" in SECTIONS["compare"]


@pytest.mark.train
def test_export(run, folder):
    done = run("export", "--format", "onnx", "--out", "exported", "--json", "--model", folder)
    assert set(printed(done)) == documented("export")

"""`cinesent data` as a user meets it: output, messages, exit status."""

from __future__ import annotations

import functools
import json

import pytest
from commands import run_here
from imdb_archives import write_folder


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line in this process; return exit status, stdout and stderr."""
    return functools.partial(run_here, monkeypatch, capsys, columns=100)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("text,label\ngood film,pos\nbad film,neg\nbad film,neg\n")
    return path


def test_check_of_a_good_file(run, table):
    status, out, err = run("data", "check", table)
    assert status == 0
    assert "mine.csv" in out
    assert "labels: 'neg' -> negative (2), 'pos' -> positive (1)" in err
    assert "1 texts are repeats" not in err
    assert "1 text is a repeat" in err
    assert err.splitlines()[-1] == f"ok: {table} can be trained on."


def test_check_of_a_bad_file(run, table):
    table.write_text("text,label\ngood film,pos\nbad film\n")
    status, out, err = run("data", "check", table)
    assert status == 1
    assert out == ""
    assert "error: " in err
    assert "mine.csv:3: 1 field, expected 2" in err
    assert "Traceback" not in err


def test_check_of_one_class_warns(run, table):
    table.write_text("text,label\ngood film,pos\n")
    status, _, err = run("data", "check", table)
    assert status == 0
    assert "note: all reviews are positive" in err


def test_check_without_a_path_takes_what_is_here(run, small_archive, monkeypatch):
    monkeypatch.setenv("CINESENT_DATA", str(small_archive))
    status, _, err = run("data", "check")
    assert status == 0
    assert f"ok: {small_archive} can be trained on." in err


def test_check_with_a_threshold(run, table):
    table.write_text("body,stars\ngood film,9\nbad film,2\n")
    options = ("--text-column", "body", "--label-column", "stars")
    status, _, err = run("data", "check", table, *options)
    assert status == 1
    assert "--positive-from 6" in err
    status, _, err = run("data", "check", table, *options, "--positive-from", "6")
    assert status == 0
    assert "'9' -> positive (1)" in err


def test_wrong_usage_is_status_2(run, table):
    assert run("data", "check", table, "--positive-from", "x")[0] == 2
    assert run("data", "nothing")[0] == 2
    status, _, err = run("data", "describe", "--data", "imdb-train", "--positive-from", "3")
    assert status == 2
    assert err.startswith("error: ")


def test_describe_shows_all_splits(run, small_archive):
    status, out, _ = run("data", "describe", "--data", small_archive)
    assert status == 0
    for expected in ("train", "test", "unlabelled", "stars given", "texts of test in train: 0"):
        assert expected in out


def test_describe_as_json(run, small_archive):
    status, out, err = run("data", "describe", "--data", small_archive, "--json")
    assert status == 0
    assert json.loads(out)["splits"][0]["reviews"] == 6
    assert "data: imdb" in err


def test_describe_draws(run, tmp_path):
    pytest.importorskip("matplotlib")
    write_folder(tmp_path / "mine", {"pos/a.txt": b"good", "neg/a.txt": b"bad"})
    folder = tmp_path / "plots"
    status, _, err = run("data", "describe", "--data", tmp_path / "mine", "--plots", folder)
    assert status == 0
    assert err.count("wrote ") == 2
    assert (folder / "lengths.png").is_file()


def test_fetch_that_fails_names_the_ways_out(run, monkeypatch):
    monkeypatch.setenv("CINESENT_IMDB_URL", "nowhere")
    status, out, err = run("data", "fetch")
    assert status == 1
    assert out == ""
    assert "Three ways out" in err


def test_unknown_dataset(run):
    status, _, err = run("data", "describe", "--data", "imdb-trian")
    assert status == 1
    assert "Did you mean 'imdb-train'?" in err

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
    rows = ["good film,pos", "great film,pos", "bad film,neg", "bad film,neg", "dull film,neg"]
    path.write_text("text,label\n" + "".join(f"{row}\n" for row in rows))
    return path


def test_check_of_a_good_file(run, table):
    status, out, err = run("data", "check", table)
    assert status == 0
    assert "mine.csv" in out
    assert "labels: 'neg' -> negative (3), 'pos' -> positive (2)" in err
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


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["good film,pos", "great film,pos"], "no review is negative"),
        (["good film,pos", "bad film,neg"], "at least 2 are needed"),
        (["a film,pos", "a film,neg", "b film,pos", "b film,neg"], "labelled both ways"),
    ],
)
def test_what_cannot_be_trained_on_is_an_error(run, table, rows, message):
    table.write_text("text,label\n" + "".join(f"{row}\n" for row in rows))
    status, out, err = run("data", "check", table)
    assert status == 1
    assert "mine.csv" in out
    assert message in err
    assert err.splitlines()[-1] == f"error: {table} cannot be trained on."
    assert "ok: " not in err
    status, out, err = run("data", "check", table, "--json", "--quiet")
    assert status == 1
    found = json.loads(out)
    assert (found["ok"], found["source"]) == (False, str(table))
    assert any(message in problem for problem in found["problems"])
    assert all(line.startswith(("error: ", "warning: ")) for line in err.splitlines())


def test_check_takes_data_as_every_command(run, table):
    status, _, err = run("data", "check", "--data", table, "--quiet")
    assert (status, err) == (0, "")
    status, _, err = run("data", "check", table, "--data", table)
    assert status == 2
    assert "given twice" in err


def test_the_flags_of_a_table(run, table):
    rows = ["+;good film", "+;great film", "0;so so", "-;bad film", "-;dull film"]
    table.write_bytes("\n".join(rows).replace("dull", "fad\u00e9").encode("cp1252"))
    status, out, err = run(
        *("data", "describe", "--data", table, "--json", "--quiet", "--no-header"),
        *("--format", "csv", "--delimiter", ";", "--encoding", "cp1252"),
        *("--label-column", "1", "--text-column", "2"),
    )
    assert status == 1
    assert "'+'" in err
    table.write_bytes(table.read_bytes().replace(b"+", b"9").replace(b"-;", b"1;"))
    status, out, err = run(
        *("data", "describe", "--data", table, "--json", "--no-header"),
        *("--format", "csv", "--delimiter", ";", "--encoding", "cp1252"),
        *(
            "--label-column",
            "1",
            "--text-column",
            "2",
            "--negative-to",
            "0",
            "--positive-from",
            "9",
        ),
    )
    assert status == 0, err
    counts = json.loads(out)["splits"][0]["labels"]
    assert counts == {"negative": 1, "positive": 2, "unlabelled": 0}


def test_rows_of_other_labels_are_left_out_on_demand(run, table):
    with table.open("a") as file:
        file.write("so so,neutral\n")
    status, _, err = run("data", "check", table)
    assert status == 1
    assert "--skip-other-labels" in err
    status, _, err = run("data", "check", table, "--skip-other-labels")
    assert status == 0, err


def test_check_without_a_path_takes_what_is_here(run, small_archive, monkeypatch):
    monkeypatch.setenv("CINESENT_DATA", str(small_archive))
    status, _, err = run("data", "check")
    assert status == 0
    assert f"ok: {small_archive} can be trained on." in err


def test_check_with_a_threshold(run, table):
    table.write_text("body,stars\ngood film,9\ngreat film,9\nbad film,2\ndull film,1\n")
    options = ("--text-column", "body", "--label-column", "stars")
    status, _, err = run("data", "check", table, *options)
    assert status == 1
    assert "--positive-from 6" in err
    status, _, err = run("data", "check", table, *options, "--positive-from", "6")
    assert status == 0
    assert "'9' -> positive (2)" in err


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

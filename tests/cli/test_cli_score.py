"""`cinesent score` as a command: where rows and messages go, and what mistakes say."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
from commands import run_process


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("id,text\n1,a quiet triumph\n2,\n3,simply long\n")
    return path


@pytest.fixture
def score(run, folder):
    def _score(*arguments, **options):
        return run("score", *arguments, "--model", folder, **options)

    return _score


def test_the_summary_is_shown_on_stderr(score, source, tmp_path):
    done = score(source, "out.csv")
    assert (done.status, done.out) == (0, "")
    lines = done.err.splitlines()
    assert lines[0].startswith("3 rows in ")
    assert lines[1:] == [
        "1 bad row, marked in the result:",
        f"  {source}:3: the text is empty.",
        "wrote out.csv",
    ]
    assert (tmp_path / "out.csv").read_text().startswith("id,text,label,probability,error\n")


def test_quiet_leaves_rows_alone(score, source, tmp_path):
    done = score(source, "--out", "out.csv", "--quiet")
    assert done == (0, "", "")
    done = run_process("score", str(source), "-q")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.splitlines()[0] == b"id,text,label,probability,error"


def test_one_place_for_the_rows(score, source):
    done = score(source, "a.csv", "--out", "b.csv")
    assert done.status == 2
    assert "OUT is given twice" in done.err
    for out in ((), ("-",), ("--out", "-")):
        done = score(source, *out, "--json")
        assert (done.status, done.out) == (2, "")
        assert "name a file as OUT" in done.err


def test_flags_of_the_table_reach_the_reader(score, tmp_path):
    path = tmp_path / "in.data"
    path.write_bytes("a|schön war's\nb|öde\n".encode("cp1252"))
    done = score(
        *(path, "out.jsonl", "--format", "csv", "--delimiter", "|", "--no-header"),
        *("--encoding", "cp1252", "--text-column", "2", "--tokens", "--evidence", "2"),
    )
    assert done.status == 0, done.err
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["2"] for row in rows] == ["schön war's", "öde"]
    assert {"num_tokens", "evidence"} <= set(rows[0])


def test_formulas_are_escaped_on_demand(score, tmp_path):
    (tmp_path / "in.csv").write_text("id,text\n=1+1,fine\n")
    assert score("in.csv", "a.csv").status == 0
    assert (tmp_path / "a.csv").read_text().splitlines()[1].startswith("=1+1,")
    assert score("in.csv", "b.csv", "--escape-formulas").status == 0
    assert "'=1+1" in (tmp_path / "b.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((".",), 1, "is a folder"),
        (("no.csv",), 1, "cannot read no.csv: No such file or directory"),
        (("in.csv", "in.csv"), 1, "are the same file"),
        (("in.csv", "."), 1, "is a folder; expected the name of a file"),
        (("in.csv", "none/out.csv"), 1, "there is no folder"),
        (("in.csv", "out.foo"), 2, "--out-format"),
        (("in.csv", "--format", "cvs"), 2, "Did you mean 'csv'?"),
        (("in.csv", "--delimiter", "x"), 2, "expected a comma"),
        (("in.csv", "--encoding", "utf8x"), 2, "--encoding is 'utf8x'"),
        (("in.csv", "--text-column", "review"), 1, "review"),
        (("in.csv", "--workers", "0"), 2, "0 is not in the range"),
        (("~nosuchuser/x.csv",), 2, "nosuchuser"),
        (("in.csv", "-", "--resume"), 1, "--resume"),
    ],
)
def test_mistakes(score, source, arguments, status, message):
    done = score(*arguments)
    assert (done.status, done.out) == (status, "")
    assert message in done.err
    assert done.err.splitlines()[-1].startswith("error: ")


def test_a_file_without_a_good_row_is_an_error(score, tmp_path):
    (tmp_path / "in.csv").write_text("text\n ,\n")
    done = score("in.csv", "out.csv")
    assert done.status == 1
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a child alone")
def test_an_interrupted_run_is_resumed_by_the_command_that_is_advised(folder, tmp_path):
    source, target = tmp_path / "in.txt", tmp_path / "out.jsonl"
    source.write_text("a quiet triumph, simply long " * 40 + "\n" + "a quiet triumph\n" * 60_000)
    command = ("score", str(source), str(target), "--model", str(folder))
    with subprocess.Popen(
        [sys.executable, "-m", "cinesent", *command], stderr=subprocess.PIPE
    ) as process:
        part = tmp_path / ".out.jsonl.part"
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(timeout=60) == 130
    assert said.splitlines()[-1] == (
        b"error: interrupted. The same command with --resume continues."
    )
    assert not target.exists()
    done = run_process(*command, "--resume")
    assert done.returncode == 0, done.stderr
    assert len(target.read_bytes().splitlines()) == 60_001
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt", "out.jsonl"]

r"""What files and models say, end to end: shown, but never obeyed by a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from bundles import write_bundle

#: A title, a clear screen, a CSI of one byte, a mark that reverses text, a carriage return, DEL.
EVIL = "x\x1b]0;owned\x07\x1b[2J\x9b2J\u202ey\x7f"
STEERING = "\x1b\x07\x9b\u202e\x7f\r"


def safe(done) -> None:
    for stream in (done.out, done.err):
        for character in STEERING:
            assert character not in stream
    assert "x\\x1b]0;owned\\x07" in done.out + done.err


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "mine.csv"
    rows = [f"film number {n},{n % 2}\n" for n in range(8)]
    path.write_text("text,label\n" + "".join(rows))
    return path


def test_columns(run, tmp_path):
    (tmp_path / "in.csv").write_text(f"{EVIL},b\nfine,1\n", encoding="utf-8")
    done = run("score", "in.csv", "out.csv")
    assert done.status == 1
    safe(done)
    safe(run("data", "check", "in.csv"))
    safe(run("data", "check", "in.csv", "--text-column", "b", "--label-column", "c"))


def test_labels(run, tmp_path):
    (tmp_path / "in.csv").write_text(f"text,label\nfine,{EVIL}\nbad,0\n", encoding="utf-8")
    for command in (("data", "check", "in.csv"), ("data", "describe", "--data", "in.csv")):
        done = run(*command)
        assert done.status == 1
        safe(done)


def test_keys_and_values_of_json(run, tmp_path):
    rows = [{"text": "fine"}, {EVIL: "fine"}, {"text": [EVIL]}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("score", "in.jsonl", "out.jsonl")
    assert done.status == 0
    safe(done)


def test_names_of_files(run, tmp_path, folder):
    name = EVIL.replace("\x7f", "") + ".csv"
    (tmp_path / name).write_text("text,label\nfine,1\ngood,1\nbad,0\nworse,0\n")
    for command in (
        ("data", "check", name),
        ("data", "describe", "--data", name),
        ("score", name, f"{name}.tsv"),
        ("evaluate", "--data", name, "--model", folder),
    ):
        done = run(*command)
        assert done.status == 0, done.err
        safe(done)


def test_models(run, labelled, tmp_path):
    model = write_bundle(tmp_path / EVIL.replace("\x7f", ""))
    for command in (
        ("doctor", "--model", model),
        ("evaluate", "--model", model, "--data", labelled, "--record"),
        ("predict", "fine", "--model", f"{model}x"),
    ):
        done = run(*command)
        assert done.status == (1 if command[0] == "predict" else 0), done.err
        safe(done)


@pytest.mark.parametrize("key", ["name", "format_version", "config", "files", "labels", "data"])
def test_forged_manifests(run, tmp_path, key, labelled):
    model = write_bundle(tmp_path / "model")
    manifest = json.loads((model / "manifest.json").read_bytes())
    for forged in (EVIL, {EVIL: EVIL}, {"name": EVIL}, [EVIL]):
        (model / "manifest.json").write_text(json.dumps({**manifest, key: forged}))
        for command in (("doctor",), ("predict", "fine"), ("evaluate", "--data", labelled)):
            done = run(*command, "--model", model)
            assert "unexpected" not in done.err
            for character in STEERING:
                assert character not in done.out + done.err


def test_environment_variables(run, folder, monkeypatch):
    monkeypatch.setenv("CINESENT_IMDB_URL", EVIL)
    safe(run("doctor", "--model", folder))
    monkeypatch.setenv("CINESENT_MODEL", EVIL)
    safe(run("predict", "fine"))


@pytest.mark.train
def test_compared_models(run, labelled, tmp_path, folder):
    model = write_bundle(tmp_path / EVIL.replace("\x7f", ""))
    models = f"majority,{model}"
    done = run("compare", "--data", labelled, "--models", models, "--out", "out.md", columns=300)
    assert done.status == 0, done.err
    safe(done)
    written = (tmp_path / "out.md").read_text()
    assert not any(character in written for character in STEERING)


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """Return what a command writes to a terminal, as its stdout and stderr."""
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cinesent", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not piece:
                break
            shown += piece
        process.wait(timeout=60)
    os.close(ours)
    return shown.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_terminal_gets_our_colours_and_nobody_elses(folder):
    model = ("--model", str(folder))
    shown = on_a_terminal("predict", "fine \x1b[35mpink", "--explain", *model)
    assert "\x1b[3" in shown
    assert "\x1b[35m" not in shown
    assert "\x1b" not in on_a_terminal("predict", "fine", "--explain", *model, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal("predict", "fine \x1b[35mpink", "--json", *model)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_rows_on_a_terminal_have_no_bar_among_them(folder, tmp_path):
    (tmp_path / "in.txt").write_text("a quiet triumph\n" * 300)
    shown = on_a_terminal("score", str(tmp_path / "in.txt"), "--model", str(folder))
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 301

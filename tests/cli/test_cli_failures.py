"""Whatever goes wrong is one message on stderr and an exit status, never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest
import typer
from commands import run_process, run_shell

from cinesent.cli import failures
from cinesent.errors import BundleError, CinesentError, ConfigError, DataError, option

needs_full = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is of Linux")


def end_with(error: BaseException, monkeypatch, capsys, *arguments: str) -> tuple[int, str]:
    """Run an app whose one command raises `error`; return the exit status and stderr."""
    app = typer.Typer()

    @app.command()
    def command() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["cinesent", *arguments])
    with pytest.raises(SystemExit) as stop:
        failures.run(app)
    return stop.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (CinesentError("no luck."), 1, "error: no luck.\n"),
        (
            BundleError("there is no folder\nnor a file."),
            1,
            "error: there is no folder\nnor a file.",
        ),
        (ConfigError("no such preset."), 2, "error: no such preset."),
        (DataError(f"try {option('text_column', 'a b')}."), 1, "error: try --text-column 'a b'."),
        (KeyboardInterrupt(), 130, "error: interrupted.\n"),
        (MemoryError(), 1, "error: there is not enough memory for this.\n"),
        (RecursionError("maximum"), 1, "error: the input is nested too deeply.\n"),
        (
            PermissionError(errno.EACCES, "Permission denied", "x.csv"),
            1,
            "x.csv: Permission denied.",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "No space left on device. Free some"),
        (OSError("odd"), 1, "error: odd."),
        (UnicodeEncodeError("ascii", "é", 0, 1, "ordinal"), 1, "error: text cannot be converted: "),
        (ValueError("odd"), 1, "error: unexpected ValueError: odd. This is a mistake in cinesent."),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 0, ""),
    ],
)
def test_every_kind_of_error_is_a_message(error, status, message, monkeypatch, capsys):
    found, err = end_with(error, monkeypatch, capsys)
    assert found == status
    assert message in err
    assert "Traceback" not in err
    assert not message or err.startswith("error: ")


def test_the_debug_variable_shows_where(monkeypatch, capsys):
    monkeypatch.setenv("CINESENT_DEBUG", "1")
    _, err = end_with(DataError("no luck."), monkeypatch, capsys)
    assert err.startswith("Traceback")
    assert err.endswith("error: no luck.\n")


def test_wrong_usage_shows_the_usage(monkeypatch, capsys):
    status, err = end_with(AssertionError(), monkeypatch, capsys, "--nothing")
    assert status == 2
    assert err.startswith("Usage: cinesent")
    assert "error: No such option: --nothing" in err


STEERING = "a\x1b]0;title\x07\x9b2J\u202eb\rc\x7f"


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "fine", "--model", STEERING),
        ("predict", f"--{STEERING}"),
        ("predict", "fine", "--encoding", STEERING),
        (STEERING,),
        ("score", STEERING),
        ("score", f"{STEERING}.csv", "--workers", STEERING),
        ("score", f"{STEERING}.csv", f"{STEERING}.tsv"),
        ("data", "check", f"{STEERING}.csv"),
        ("data", "describe", "--data", STEERING),
        ("evaluate", "--split", STEERING),
        ("train", "--preset", STEERING),
        ("train", "--set", f"{STEERING}=1"),
        ("train", "--config", STEERING),
        ("settings", STEERING),
        ("export", "--format", STEERING, "--out", "x"),
        ("compare", "--models", STEERING),
    ],
)
def test_what_a_user_typed_is_escaped_in_messages(run, arguments):
    status, out, err = run(*arguments)
    # A dash and a line end make a text; everything else here is a mistake.
    assert status in ((0,) if arguments == ("predict", f"--{STEERING}") else (1, 2))
    for character in "\x1b\x07\x9b\u202e\r\x7f":
        assert character not in out + err


@needs_full
@pytest.mark.parametrize(
    "command", ["predict fine", "settings", "--help", "settings --json", "doctor", "--version"]
)
def test_a_full_disk_under_stdout_is_an_error(command):
    done = run_shell(f"$CINESENT {command} > /dev/full")
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("command", ["predict fine", "settings", "doctor --json"])
def test_a_closed_stdout_is_an_error(command):
    done = run_shell(f"$CINESENT {command} >&-")
    assert done.returncode == 1
    assert done.stderr == b"error: the result cannot be written: standard output is closed.\n"


def test_a_closed_stdin_holds_no_reviews():
    done = run_shell("$CINESENT predict <&-")
    assert done.returncode == 2
    assert b"no review given" in done.stderr
    assert run_shell("$CINESENT predict fine <&-").returncode == 0
    for command in ("predict -", "score -", "score - out.csv"):
        done = run_shell(f"$CINESENT {command} <&-")
        assert done.returncode in (1, 2)
        assert done.stderr.startswith(b"error: standard input")
        assert done.stderr.count(b"\n") == 1


def test_a_closed_stderr_changes_nothing():
    done = run_shell("$CINESENT predict fine 2>&-")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)
    assert run_shell("$CINESENT predict fine --model nowhere 2>&-").returncode == 1


def test_a_closed_stream_lends_its_number_to_no_file(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text\nfine\nbad\n")
    done = run_shell(f"$CINESENT score {source} {target} >&- 2>&- <&-")
    assert done.returncode == 0
    lines = target.read_text().splitlines()
    assert lines[0] == "text,label,probability,error"
    assert len(lines) == 3


def test_a_reader_that_leaves_is_no_error():
    done = run_shell("set -o pipefail; $CINESENT settings --json | head -n 1")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "ascii:strict", "shift_jis:strict"])
def test_no_encoding_of_stdout_stops_a_result(encoding):
    text = "naïve 映画 \U0001f60d caf\udce9"
    for arguments in ((), ("--json",)):
        done = run_process("predict", text, *arguments, PYTHONIOENCODING=encoding)
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(done.stdout.splitlines()) == 1
    done = run_process("predict", "fine", "--model", text, PYTHONIOENCODING=encoding)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: there is no folder")


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are Unicode elsewhere")
def test_file_names_that_are_not_utf8(tmp_path):
    name = str(tmp_path).encode() + b"/caf\xe9.csv"
    done = run_process("score", name, PYTHONIOENCODING="utf-8:strict")
    assert done.returncode == 1
    assert rb"caf\udce9.csv" in done.stderr
    Path(os.fsdecode(name)).write_bytes(b"text,label\nfine,1\ngood,1\nbad,0\nworse,0\n")
    for command in (("score", name), ("data", "check", name), ("data", "check", name, "--json")):
        done = run_process(*command, PYTHONIOENCODING="utf-8:strict")
        assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr

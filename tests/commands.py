"""Runs `cinesent` for tests: in this process, or in one of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import NamedTuple

from cinesent import cli


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


class _Input(io.TextIOWrapper):
    """Standard input of a process that reads a pipe."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")


def run_here(
    monkeypatch, capsys, *arguments: object, stdin: bytes = b"", columns: int = 80
) -> Done:
    """Run the command line in this process, through `main` as a user does."""
    monkeypatch.setattr(sys, "argv", ["cinesent", *map(str, arguments)])
    monkeypatch.setattr(sys, "stdin", _Input(stdin))
    monkeypatch.setenv("COLUMNS", str(columns))
    try:
        cli.main()
    except SystemExit as stop:
        status = stop.code or 0
    captured = capsys.readouterr()
    return Done(status, captured.out, captured.err)


def run_process(
    *arguments: str | bytes, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "cinesent", *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def run_shell(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a shell command in which $CINESENT is the command line."""
    return subprocess.run(
        ["bash", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "CINESENT": f"{sys.executable} -m cinesent", **environment},
        timeout=120,
        check=False,
    )

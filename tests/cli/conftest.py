from __future__ import annotations

from pathlib import Path

import pytest
from bundles import write_bundle
from commands import run_here


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    for name in (
        "CINESENT_MODEL",
        "CINESENT_DATA",
        "CINESENT_SST",
        "CINESENT_CAD",
        "CINESENT_DEBUG",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """A small model with random weights."""
    return write_bundle(tmp_path_factory.mktemp("cli") / "model")


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line in this process; return exit status, stdout and stderr."""

    def _run(*arguments, **options):
        return run_here(monkeypatch, capsys, *arguments, **options)

    return _run

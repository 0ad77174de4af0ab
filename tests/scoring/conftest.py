"""What the tests of scoring share: a small model, real reviews, and the command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from bundles import write_bundle
from scored_files import command

import cinesent
from cinesent import Classifier
from cinesent.data import Reviews


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("scoring") / "model", pooling="max+mean")


@pytest.fixture(scope="session")
def classifier(model) -> Classifier:
    return cinesent.load(model, threads=2)


@pytest.fixture(scope="session")
def reviews(imdb_train: Reviews) -> list[str]:
    """200 real reviews from all over the set."""
    return [str(text) for text in imdb_train.texts[::125]]


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path) -> Path:
    monkeypatch.delenv("CINESENT_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(model) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run `cinesent score` as a process."""

    def run(*arguments: object, stdin=b"", stdout=subprocess.PIPE, **options):
        return subprocess.run(
            command(*arguments, "--model", model),
            **({"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}),
            stdout=stdout,
            stderr=subprocess.PIPE,
            env={**os.environ, "COLUMNS": "200"},
            timeout=120,
            **options,
        )

    return run

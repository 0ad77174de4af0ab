"""What the data tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from imdb_archives import REAL, SMALL, small_files, write_archive

from cinesent.data import imdb


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path_factory):
    """Give each test an empty cache folder and none of the caller's variables."""
    for name in ("CINESENT_DATA", "CINESENT_SST", "CINESENT_CAD", "CINESENT_IMDB_URL"):
        monkeypatch.delenv(name, raising=False)
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("CINESENT_CACHE", str(cache))
    return cache


@pytest.fixture
def small_counts(monkeypatch):
    monkeypatch.setattr(imdb, "EXPECTED", dict(SMALL))


@pytest.fixture
def small_archive(tmp_path, small_counts) -> Path:
    return write_archive(tmp_path / "aclImdb_v1.tar.gz", small_files())


@pytest.fixture(scope="session")
def real_imdb(tmp_path_factory):
    """The whole IMDB dataset, read once; skips where there is no archive."""
    if REAL is None:
        pytest.skip("no IMDB archive here: name one in CINESENT_TEST_IMDB")
    return imdb.load_imdb(REAL)

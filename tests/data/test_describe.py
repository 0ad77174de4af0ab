from __future__ import annotations

import json

import numpy as np
import pytest
from imdb_archives import REAL

from cinesent.data import Dataset, Reviews, load_dataset
from cinesent.data.describe import describe
from cinesent.data.description_plots import save_plots
from cinesent.errors import DataError


@pytest.fixture
def dataset():
    train = Reviews(
        ["one", "two words", "one", "and three words"],
        np.int8([0, 1, 0, 1]),
        ratings=np.int8([1, 9, 1, 10]),
        movie_ids=np.array(["a", "b", "a", "c"]),
    )
    test = Reviews(["one", "new"], np.int8([0, 1]))
    return Dataset("tiny", train, test, Reviews(["two words"], np.int8([-1])))


def test_counts(dataset):
    description = describe(dataset)
    train, test, unlabelled = description.splits
    assert train.labels == {"negative": 2, "positive": 2, "unlabelled": 0}
    assert train.positive_share == 0.5
    assert train.ratings == dict.fromkeys(range(1, 11), 0) | {1: 2, 9: 1, 10: 1}
    assert train.words == {"p5": 1, "p25": 1, "p50": 2, "p75": 2, "p95": 3, "p99": 3, "max": 3}
    assert train.characters["max"] == 15
    assert (train.movies, train.repeats) == (3, 1)
    assert (test.movies, test.ratings, test.repeats) == (None, None, 0)
    assert unlabelled.positive_share is None
    assert description.shared == {
        "test in train": 1,
        "unlabelled in train": 1,
        "unlabelled in test": 0,
    }


def test_it_goes_through_json(dataset):
    again = json.loads(json.dumps(describe(dataset).to_dict()))
    assert again["splits"][0]["ratings"]["10"] == 1


def test_empty_split():
    empty = Dataset("none", Reviews([], np.int8([])))
    assert describe(empty).splits[0].words == {}


def test_plots_are_pictures(dataset, tmp_path):
    pytest.importorskip("matplotlib")
    paths = save_plots(dataset, tmp_path / "new" / "plots")
    assert [path.name for path in paths] == ["lengths.png", "balance.png", "ratings.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_plots_of_real_reviews_without_ratings(tmp_path):
    pytest.importorskip("matplotlib")
    paths = save_plots(load_dataset("rotten-tomatoes"), tmp_path)
    assert [path.name for path in paths] == ["lengths.png", "balance.png"]


def test_folder_that_cannot_be_made(dataset, tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot write plots"):
        save_plots(dataset, tmp_path / "file" / "plots")


@pytest.mark.slow
@pytest.mark.skipif(REAL is None, reason="no IMDB archive here")
def test_real_archive(real_imdb):
    description = describe(real_imdb)
    assert [split.movies for split in description.splits] == [3456, 3581, 7091]
    assert [split.repeats for split in description.splits] == [96, 199, 493]
    assert description.shared["test in train"] == 123
    assert description.splits[0].words["p50"] == 174

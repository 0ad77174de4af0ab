"""The counterfactually augmented reviews as a dataset: paired, found, downloaded, kept together."""

from __future__ import annotations

import functools
import hashlib
import json
import sys

import numpy as np
import pytest
from commands import run_here
from file_server import serving
from reporters import Recorder
from treebanks import EDITED, ORIGINAL, pairs_file, write_pairs

from cinesent.data import Reviews, cad, load_dataset
from cinesent.data.cad import find_cad, is_cad, load_cad, match_pairs
from cinesent.data.split import split_reviews
from cinesent.errors import ConfigError, DataError, DownloadError, MissingExtraError

pytestmark = pytest.mark.train  # pairing needs scikit-learn and SciPy


@pytest.fixture
def folder(tmp_path):
    return write_pairs(tmp_path / "pairs")


@pytest.fixture
def run(monkeypatch, capsys):
    return functools.partial(run_here, monkeypatch, capsys, columns=120)


def test_pairs_are_found(folder):
    reviews = load_cad(folder).train
    assert reviews.ids[:3] == ["pair-0/original", "pair-0/edited", "pair-1/original"]
    assert reviews.texts[::2] == [text for _, text in ORIGINAL]
    assert reviews.texts[1::2] == [EDITED[row][1] for row in (1, 3, 2, 0)]
    assert (reviews.labels[::2] != reviews.labels[1::2]).all()
    assert reviews.movie_ids.tolist()[:3] == ["pair-0", "pair-0", "pair-1"]


def test_a_pair_is_on_one_side_of_a_split(folder):
    reviews = load_dataset(folder).train
    for seed in range(5):
        for rows in split_reviews(reviews, 0.25, seed):
            assert len(rows) % 2 == 0
            assert len(set(reviews.movie_ids[rows])) == len(rows) // 2


@pytest.mark.parametrize("prefix", ["", "sentiment/"])
def test_a_clone_of_the_repository(folder, tmp_path, prefix):
    names = (f"{prefix}orig/train.tsv", f"{prefix}new/train.tsv")
    clone = write_pairs(tmp_path / "clone", names=names)
    assert is_cad(clone)
    assert load_dataset(clone).train.fingerprint() == load_cad(folder).train.fingerprint()


def test_texts_without_a_word(tmp_path):
    original = [("Positive", "!!!"), ("Negative", "A dull film.")]
    edited = [("Positive", "A fine film."), ("Negative", "???")]
    reviews = load_cad(write_pairs(tmp_path / "a", original, edited)).train
    assert reviews.texts == ["!!!", "???", "A dull film.", "A fine film."]


@pytest.mark.parametrize(
    ("original", "edited", "message"),
    [
        (ORIGINAL[:3], EDITED, "1 original reviews of cad are negative and 2 edited ones positive"),
        (ORIGINAL, EDITED[:3], "2 original reviews of cad are negative and 1 edited ones positive"),
        (ORIGINAL, ORIGINAL[:1] * 3 + ORIGINAL[1:2], "expected pairs of opposite labels"),
        (ORIGINAL, [("Positive", "")], "the text is missing"),
        (ORIGINAL, [("Perhaps", "A film.")], "Perhaps"),
    ],
)
def test_what_forms_no_pairs(tmp_path, original, edited, message):
    with pytest.raises(DataError, match=message):
        load_dataset(write_pairs(tmp_path / "a", original, edited))


def test_too_many_are_refused_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(cad, "_MAX_PAIRS", 1)
    one = Reviews(["a", "b"], np.int8([0, 0]))
    other = Reviews(["a", "b"], np.int8([1, 1]))
    with pytest.raises(DataError, match=r"expected at most 1\. The dataset has 1,707 pairs"):
        match_pairs(one, other)


@pytest.mark.parametrize("module", ["sklearn", "scipy"])
def test_without_the_extra(folder, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"(?s)Pairing the reviews of cad.*\[train\]"):
        load_cad(folder)


def test_what_is_recognised(folder, tmp_path):
    assert is_cad(folder)
    assert not is_cad(folder / "train_edited.tsv")
    (folder / "train_edited.tsv").unlink()
    assert not is_cad(folder)
    with pytest.raises(DataError, match=r"is not a folder with train_original\.tsv and train_edit"):
        load_cad(folder)


def test_the_variable_comes_before_the_cache(folder, monkeypatch, own_environment):
    assert find_cad() is None
    cached = write_pairs(own_environment / "cad", ORIGINAL[:1], EDITED[1:2])
    assert find_cad() == cached
    assert len(load_dataset("cad").train) == 2
    monkeypatch.setenv("CINESENT_CAD", str(folder))
    told = Recorder()
    assert len(load_dataset("cad", reporter=told).train) == 8
    assert told.messages == [f"data: cad, from {folder}"]
    monkeypatch.setenv("CINESENT_CAD", str(folder / "none"))
    with pytest.raises(DataError, match=r"CINESENT_CAD is .* which does not exist.*unset it"):
        load_dataset("cad")


def test_options_for_files_are_refused(folder):
    for data in ("cad", folder):
        with pytest.raises(ConfigError, match="text_column: these are for files of your own"):
            load_dataset(data, text_column="Text")


class TestDownload:
    @pytest.fixture
    def server(self, monkeypatch):
        monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        contents = {"orig": pairs_file(ORIGINAL).encode(), "new": pairs_file(EDITED).encode()}
        files = {
            name: (part, hashlib.sha256(contents[part]).hexdigest())
            for name, (part, _) in cad.CAD_FILES.items()
        }
        with serving() as server:
            server.files = {f"/{part}/train.tsv": text for part, text in contents.items()}
            monkeypatch.setattr(cad, "CAD_URL", server.url + "/{part}/train.tsv")
            monkeypatch.setattr(cad, "CAD_FILES", files)
            yield server

    def test_it_is_downloaded_once(self, server, run, own_environment):
        status, out, err = run("data", "fetch", "cad")
        assert (status, out) == (0, f"{own_environment / 'cad'}\n"), err
        told = Recorder()
        assert len(load_dataset("cad", reporter=told).train) == 8
        assert server.asked == ["/orig/train.tsv", "/new/train.tsv"]
        assert told.messages == [f"data: cad, from {own_environment / 'cad'}"]

    def test_half_a_download_is_completed(self, server):
        edited = server.files.pop("/new/train.tsv")
        with pytest.raises(DownloadError, match=r"404.*\n.*CINESENT_CAD") as caught:
            load_dataset("cad")
        assert f"{server.url}/new/train.tsv as train_edited.tsv" in str(caught.value)
        assert find_cad() is None
        server.files["/new/train.tsv"] = edited
        assert len(load_dataset("cad").train) == 8
        assert server.asked.count("/orig/train.tsv") == 1

    def test_other_content_is_refused(self, server):
        server.files["/new/train.tsv"] += b"x"
        with pytest.raises(DownloadError, match="checksum"):
            load_dataset("cad")


def test_describe(run, folder):
    status, out, err = run("data", "describe", "--data", folder, "--json")
    assert status == 0, err
    (split,) = json.loads(out)["splits"]
    assert split["labels"] == {"negative": 4, "positive": 4, "unlabelled": 0}

"""Whether data can be trained on."""

from __future__ import annotations

import gzip
import json

import pytest
from imdb_archives import write_folder

from cinesent.data import check_dataset
from cinesent.errors import DataError


@pytest.fixture
def check(tmp_path):
    def check(*rows, name="a.csv", **options):
        path = tmp_path / name
        content = "text,label\n" + "".join(f"{text},{label}\n" for text, label in rows)
        path.write_bytes(
            gzip.compress(content.encode()) if name.endswith("gz") else content.encode()
        )
        return check_dataset(path, **options)

    return check


GOOD = [("a fine film", "pos"), ("a good one", "pos"), ("bad", "neg"), ("worse", "neg")]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_good_data(check, name):
    found = check(*GOOD, name=name)
    assert found.ok
    assert found.problems == ()
    assert found.notes == ("4 reviews are very little to train on.",)
    assert json.loads(json.dumps(found.to_dict()))["ok"] is True


def test_one_label_alone_cannot_be_trained_on(check):
    found = check(("one", "pos"), ("two", "pos"))
    assert not found.ok
    assert found.problems == (
        "no review is negative: nothing can be learned from one label alone.",
    )
    assert found.to_dict()["ok"] is False


def test_one_review_of_each_label_is_too_few(check):
    found = check(("one", "pos"), ("two", "neg"))
    assert len(found.problems) == 2
    assert "only 1 distinct negative text; at least 2 are needed" in found.problems[0]


def test_copies_count_once(check):
    assert not check(*[("one", "pos")] * 5, *[("two", "neg")] * 5).ok


def test_texts_with_both_labels_are_conflicts(check):
    both = [(f"text {n}", label) for n in range(100) for label in ("pos", "neg")]
    found = check(*both)
    assert found.conflicts == 100
    assert not found.ok
    assert "only 0 distinct negative texts that are not labelled both ways" in found.problems[0]
    found = check(*both, *GOOD)
    assert found.ok
    assert "100 texts are labelled negative in one row and positive in another." in found.notes


def test_rare_labels_and_repeats_are_notes(check):
    rows = [(f"text {n}", "pos") for n in range(40)]
    found = check(*rows, rows[0], *GOOD[2:])
    assert found.ok
    assert any("rarer label" in note for note in found.notes)
    assert any("1 text is a repeat" in note for note in found.notes)


def test_options_of_tables_and_labels(check):
    rows = [(f"text {n}", n % 5 + 1) for n in range(10)]
    found = check(*rows, negative_to=2, positive_from=4)
    assert found.description.splits[0].labels == {"negative": 4, "positive": 4, "unlabelled": 0}


def test_bad_rows_are_errors(check):
    with pytest.raises(DataError, match=r"a\.csv:3: the label is missing"):
        check(GOOD[0], ("text", ""))


def test_folders_and_named_data(tmp_path):
    files = {f"{kind}/{n}.txt": f"{kind} {n}".encode() for kind in ("pos", "neg") for n in range(2)}
    assert check_dataset(write_folder(tmp_path / "mine", files)).ok
    assert check_dataset("rotten-tomatoes").ok


def test_nothing_is_downloaded(small_archive, monkeypatch):
    monkeypatch.setenv("CINESENT_DATA", str(small_archive))
    assert check_dataset().source == str(small_archive)

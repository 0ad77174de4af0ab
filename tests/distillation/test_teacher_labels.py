"""Which texts a teacher labels, and the file that keeps its labels."""

from __future__ import annotations

import numpy as np
import pytest
from outside_data import movie_reviews, outside_data

from cinesent.distillation.label_texts import LabelPlan, texts_to_label
from cinesent.distillation.teacher_labels import Labels, save_labels, text_hash
from cinesent.errors import DataError

PLAN = LabelPlan(cuts=3, augmented=600, seed=0)


def test_the_texts_to_label_are_the_same_each_time():
    imdb = movie_reviews()
    outside = outside_data(imdb)
    texts = texts_to_label(imdb, outside, PLAN)
    assert list(texts) == list(texts_to_label(imdb, outside, PLAN))
    assert set(imdb.unlabelled.texts) <= set(texts)
    assert len(texts) == len(set(texts)) > 500
    assert list(texts) != list(texts_to_label(imdb, outside, LabelPlan(3, 600, seed=1)))


def test_no_held_out_text_is_labelled():
    imdb = movie_reviews()
    outside = outside_data(imdb)
    texts = set(texts_to_label(imdb, outside, PLAN))
    _, held = outside.split_pairs(imdb.train)
    assert len(held) == 80
    assert "Skip it." not in texts
    assert outside.sentences[0].text not in texts
    assert outside.sentences[1].text in texts
    # Passages of the pairs whose original is learned are labelled, those of the others are not.
    numbers = [n for n in range(40) if any(f"number {n} is not" in text for text in texts)]
    assert 30 <= len(numbers) <= 38
    assert all((n ^ 1) in numbers for n in numbers)


def test_labels_are_found_by_text(tmp_path):
    texts = [f"text {number}" for number in range(1000)]
    save_labels(tmp_path / "labels.npz", texts, np.arange(1000) / 100, "a teacher", PLAN)
    labels = Labels(tmp_path / "labels.npz")
    assert labels.plan == PLAN
    found = labels.find([texts[3], "another", texts[999]])
    assert found[0] == pytest.approx(0.03, abs=1e-3)
    assert np.isnan(found[1])
    assert found[2] == pytest.approx(9.99, abs=1e-2)
    assert np.abs(labels.find(texts) - np.arange(1000) / 100).max() < 0.01
    assert text_hash("text 3") == text_hash("text 3") != text_hash("text 4")


def test_a_file_without_labels_yet_has_none(tmp_path):
    save_labels(tmp_path / "labels.npz", [], np.zeros(0), "a teacher", PLAN)
    assert np.isnan(Labels(tmp_path / "labels.npz").find(["one"])).all()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", b"no archive"])
def test_a_damaged_file_of_labels_is_named(tmp_path, content):
    (tmp_path / "labels.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"labels\.npz cannot be read as labels"):
        Labels(tmp_path / "labels.npz")

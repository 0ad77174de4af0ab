"""What a student learns beside its dataset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from outside_data import movie_reviews, outside_data

from cinesent.data.sst import Phrase
from cinesent.distillation.label_texts import LabelPlan, texts_to_label
from cinesent.distillation.student_texts import gather_student_texts
from cinesent.distillation.teacher_labels import Labels, save_labels
from cinesent.errors import DataError
from cinesent.recipes import SourcesConfig

PLAN = LabelPlan(cuts=2, augmented=200, seed=0)
IMDB = movie_reviews()
OUTSIDE = replace(
    outside_data(IMDB),
    phrases=[Phrase("very lovely", 1.0), Phrase("the story", 0.5), Phrase("a", 0.5)],
)
TRAIN, HELD = IMDB.train.take(range(30)), IMDB.train.take(range(30, 40))


@pytest.fixture
def labels(tmp_path):
    texts = list(texts_to_label(IMDB, OUTSIDE, PLAN))[::2]
    save_labels(tmp_path / "labels.npz", texts, np.linspace(-4, 4, len(texts)), "teacher", PLAN)
    return Labels(tmp_path / "labels.npz")


def gathered(labels=None, /, **sources):
    return gather_student_texts(SourcesConfig(**sources), IMDB, TRAIN, HELD, OUTSIDE, labels)


def test_each_kind_is_learned_as_often_as_the_recipe_says():
    found = gathered(sentences=2, phrases=0.5, edits=3)
    by_text = dict(zip(found.texts, zip(found.targets, found.passes, strict=True), strict=True))
    assert by_text["the dull story of a dull man ."] == (0.5, 2)
    assert by_text["very lovely"] == (1.0, 0.5)
    assert "a" not in by_text  # a single word is learned from whole sentences
    edited = [text for text in found.texts if "is not" in text]
    assert len(edited) == 30
    assert {by_text[text][1] for text in edited} == {3}


def test_no_pair_of_a_held_out_review_is_learned():
    found = gathered(edits=1)
    assert not [text for text in found.texts if any(f"number {n} " in text for n in range(30, 40))]
    assert [(part.name, len(part)) for part in found.validation] == [
        ("sst/validation", 1),
        ("cad/held out", 20),
    ]


def test_labels_are_targets(labels):
    found = gathered(labels, augmented=1, labels=2)
    assert set(found.passes) == {1, 2}
    known = labels.find(found.texts)
    assert not np.isnan(known).any()
    assert found.targets == pytest.approx(1 / (1 + np.exp(-known.astype(np.float64))), abs=1e-6)
    # Half of the texts have a label; held-out reviews have none that is learned.
    assert 0.3 * len(labels) < len(found) <= len(labels)


def test_labels_of_other_reviews_are_refused(tmp_path):
    save_labels(tmp_path / "labels.npz", ["something else"], np.zeros(1), "teacher", PLAN)
    with pytest.raises(DataError, match="has none of the texts of imdb"):
        gathered(Labels(tmp_path / "labels.npz"), labels=1)


def test_padded_sentences_keep_their_targets(labels):
    found = gathered(labels, sentences=1, augmented=1, padded=0.5)
    rows = list(zip(found.texts, found.targets.tolist(), found.passes.tolist(), strict=True))
    sentences = [(text, target) for text, target, passes in rows if passes == 1]
    padded = [(text, target) for text, target, passes in rows if passes == 0.5]
    assert len(padded) == len(sentences) > 50
    for text, target in padded:
        assert any(sentence in text and target == of for sentence, of in sentences)
    assert not {text for text, _ in padded} & {text for text, _ in sentences}

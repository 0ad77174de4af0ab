"""The corpus of a run: split, vocabulary, and validation reviews of one's own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from training_reporters import Messages

from cinesent.data import Dataset, Reviews
from cinesent.errors import ConfigError, DataError
from cinesent.recipes import Recipe
from cinesent.training.corpus import Corpus, read_corpus
from cinesent.training.engine.checkpoint import Checkpoint
from cinesent.training.engine.run import Run

WORDS = ("fine", "awful")
RECIPE = Recipe.from_preset("default").overlay({"validation": 0.25, "min_count": 1})


def table(numbers: range, name: str = "mine") -> Reviews:
    """Reviews such as "a fine film, number seven", half of them positive."""
    digits = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    texts = [
        f"a {WORDS[n % 2]} film, number " + " ".join(digits[int(d)] for d in str(n))
        for n in numbers
    ]
    return Reviews(texts, np.array([1 - n % 2 for n in numbers], dtype=np.int8), name)


def read(
    tmp_path: Path, data: Dataset, validation: Reviews | None = None, recipe: Recipe = RECIPE
) -> tuple[Corpus, Messages]:
    messages = Messages()
    run = Run(0, Checkpoint(tmp_path), messages)
    return read_corpus(data, recipe, run, validation=validation), messages


def test_a_share_is_held_out(tmp_path: Path) -> None:
    corpus, messages = read(tmp_path, Dataset("mine", table(range(80))))
    assert (len(corpus.train), len(corpus.validation), len(corpus.unlabelled)) == (60, 20, 0)
    assert "mine: 60 training reviews, 20 validation reviews" in messages.lines
    assert corpus.recipe.model.vocabulary_size == len(corpus.tokenizer)
    assert not messages.warnings


def test_validation_reviews_of_ones_own_are_used_as_they_are(tmp_path: Path) -> None:
    own = table(range(100, 130), "own")
    corpus, messages = read(tmp_path, Dataset("mine", table(range(80))), own)
    assert list(corpus.validation.reviews.texts) == list(own.texts)
    assert len(corpus.train) == 80
    assert not messages.warnings


def test_copies_of_them_are_left_out_of_training_and_of_the_unlabelled(tmp_path: Path) -> None:
    own = table(range(60, 90), "own")
    unlabelled = dataclasses.replace(table(range(50, 100)), labels=np.full(50, -1, dtype=np.int8))
    data = Dataset("mine", table(range(80)), unlabelled=unlabelled)
    corpus, messages = read(tmp_path, data, own)
    held_out = set(own.texts)
    assert not held_out & {*corpus.train.reviews.texts, *corpus.unlabelled.reviews.texts}
    assert (len(corpus.train), len(corpus.unlabelled)) == (60, 20)
    assert messages.warnings == [
        "20 training reviews are left out: their text is among the validation reviews"
    ]


@pytest.mark.parametrize(
    ("train", "own", "says"),
    [
        (table(range(3)), None, "mine has 1 negative and 2 positive reviews; training needs at"),
        (table(range(0, 80, 2)), None, "mine has 0 negative and 40 positive"),
        (table(range(80)), table(range(0, 9, 2), "own"), "own has 0 .* validation needs at least"),
        (table(range(80)), table(range(80), "own"), "mine has 0 negative and 0 positive"),
        (table(range(80)), table(range(0), "own"), "own has 0 negative and 0 positive"),
    ],
)
def test_both_labels_are_needed(
    tmp_path: Path, train: Reviews, own: Reviews | None, says: str
) -> None:
    with pytest.raises(DataError, match=says):
        read(tmp_path, Dataset("mine", train), own)


def test_unlabelled_reviews_that_the_recipe_does_not_use_are_not_read(tmp_path: Path) -> None:
    unlabelled = dataclasses.replace(table(range(50)), labels=np.full(50, -1, dtype=np.int8))
    data = Dataset("mine", table(range(80)), unlabelled=unlabelled)
    for settings, count in (
        ({"teacher": "none", "word_vectors": "random"}, 0),
        ({"teacher": "none", "word_vectors": "ppmi"}, 50),
        ({"teacher": "ngrams", "word_vectors": "random"}, 50),
        ({"teacher": "none", "word_vectors": "random", "pretraining.epochs": 1}, 50),
    ):
        corpus, _ = read(tmp_path, data, table(range(200, 220)), RECIPE.overlay(settings))
        assert len(corpus.unlabelled) == count, settings


def test_validation_rows_are_not_cut(tmp_path: Path) -> None:
    recipe = RECIPE.overlay({"max_length": 4})
    corpus, _ = read(tmp_path, Dataset("mine", table(range(80))), recipe=recipe)
    assert {len(row) for row in corpus.labelled_examples.rows} == {4}
    assert min(len(row) for row in corpus.validation_examples.rows) > 4


def test_a_share_of_validation_must_be_a_share() -> None:
    with pytest.raises(ConfigError, match="validation is 0"):
        RECIPE.overlay({"validation": 0})

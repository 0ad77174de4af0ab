"""The check for English: no short English text is rejected, and other languages are noticed."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest
from sentences import ENGLISH, FOREIGN

from cinesent.data import Reviews
from cinesent.uncertainty.english import is_english


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_english(text):
    assert is_english(text)
    assert is_english(text.upper())


@pytest.mark.parametrize("text", FOREIGN)
def test_other_languages_are_noticed(text):
    assert not is_english(text)
    assert not is_english(f"{text} {text} (8/10) <br /> {text}")


@pytest.mark.parametrize("text", ["", " ", "...", "10", "👍👍", "Xq zzv", "\ud800", "<br />"])
def test_text_that_tells_nothing_is_not_called_foreign(text):
    assert is_english(text)


def test_an_english_review_may_quote_another_language():
    quoted = "He says 'Je ne sais pas, mais c'est la vie' and it is the best line of the film."
    assert is_english(quoted)
    assert not is_english("Il dit toujours 'the end', mais ce n'est pas la fin de son histoire.")


def test_real_english_reviews_and_their_sentences_pass(imdb_train: Reviews):
    reviews = imdb_train.texts[::25]
    sentences = [
        sentence
        for text in reviews
        for sentence in re.split(r"(?<=[.!?])\s+", text.replace("<br />", " "))
        if sentence.strip()
    ]
    assert all(map(is_english, reviews))
    rejected = [sentence for sentence in sentences if not is_english(sentence)]
    assert len(rejected) < 0.002 * len(sentences)


def test_a_long_text_takes_the_time_of_a_short_one():
    assert is_english("The end. " * 1_000_000)
    assert not is_english("Das war nichts. " * 1_000_000)
    assert is_english("<" * 1_000_000)


def test_the_words_are_written_as_they_are_looked_up():
    source = resources.files("cinesent.uncertainty").joinpath("function_words.json")
    lists = json.loads(source.read_text(encoding="utf-8"))
    assert len(lists) == 21
    for lines in lists.values():
        words = " ".join(lines)
        assert words == words.lower()
        assert len(words.split()) > 15

"""Sentences of the training reviews."""

from __future__ import annotations

import numpy as np
import pytest

from cinesent.text.tokenizer import Tokenizer
from cinesent.training.engine.batches import Examples
from cinesent.training.sentences import sentence_ends, with_sentences

REVIEWS = [
    "A fine film. Really fine! I was moved to tears by it... and would go again",
    "no end to this one at all",
    "Too long; dull. Dull. Dull. Not one good scene in two hours of it?! No.",
]


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer.fit(REVIEWS, vocabulary_size=1000)


@pytest.fixture
def examples(tokenizer: Tokenizer) -> Examples:
    rows = [np.array(tokenizer.encode(text), dtype=np.int32) for text in REVIEWS]
    return Examples(rows, np.array([0.9, 0.5, 0.2], dtype=np.float32))


def test_marks_and_runs_of_them_end_a_sentence(tokenizer: Tokenizer) -> None:
    ends = {tokenizer.vocabulary[id] for id in sentence_ends(tokenizer)}
    assert ends == {".", "!", "...", "?!"}


def test_sentences_of_a_few_words_are_added_to_their_reviews(
    tokenizer: Tokenizer, examples: Examples
) -> None:
    more = with_sentences(examples, 100, sentence_ends(tokenizer), seed=0)
    assert more.rows[:3] == examples.rows
    found = {
        (" ".join(tokenizer.decode(row.tolist())), round(float(target), 1))
        for row, target in zip(more.rows[3:], more.targets[3:], strict=True)
    }
    # Sentences of fewer than four tokens are joined to the next; a single one is its review.
    assert found == {
        ("a fine film .", 0.9),
        ("really fine ! i was moved to tears by it ...", 0.9),
        ("and would go again", 0.9),
        ("too long ; dull .", 0.2),
        ("dull . dull .", 0.2),
        ("not one good scene in two hours of it ?!", 0.2),
    }
    np.testing.assert_array_equal(more.targets[:3], examples.targets)


def test_a_sentence_without_an_end_is_cut(tokenizer: Tokenizer) -> None:
    ends = sentence_ends(tokenizer)
    words = np.full(200, tokenizer.token_id("fine"), dtype=np.int32)
    long = Examples([np.concatenate([words[:5], ends[:1], words])], np.ones(1, dtype=np.float32))
    assert sorted(map(len, with_sentences(long, 2, ends, seed=0).rows)) == [6, 64, 206]


def test_as_many_of_each_review_as_asked_the_same_for_a_seed(tokenizer: Tokenizer) -> None:
    ends = sentence_ends(tokenizer)
    fine, stop = tokenizer.token_id("fine"), int(ends[0])
    row = np.array([*[fine] * 7, stop] * 10, dtype=np.int32)
    examples = Examples([row] * 1000, np.zeros(1000, dtype=np.float32))
    assert with_sentences(examples, 0.0, ends, seed=3) is examples
    assert len(with_sentences(examples, 2.0, ends, seed=3)) == 3000
    half = with_sentences(examples, 1.5, ends, seed=3)
    assert 2400 < len(half) < 2600
    again = with_sentences(examples, 1.5, ends, seed=3)
    assert all(np.array_equal(a, b) for a, b in zip(half.rows, again.rows, strict=True))

"""Sentences of the training reviews, learned as reviews of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinesent.recipes import Recipe
from cinesent.text.tokenizer import Tokenizer
from cinesent.training.engine.batches import Examples

# Tokens of a sentence at least and at most: a shorter one is joined to the next, a longer one cut.
_SHORTEST, _LONGEST = 4, 64


def add_sentences(examples: Examples, recipe: Recipe, tokenizer: Tokenizer, seed: int) -> Examples:
    """Return the examples and, after them, as many of their sentences as the recipe says.

    None where the recipe pads all reviews to one length: each would cost as much as a review.
    """
    if recipe.model.sequence_length:
        return examples
    return with_sentences(examples, recipe.training.sentences, sentence_ends(tokenizer), seed)


def sentence_ends(tokenizer: Tokenizer) -> NDArray[np.int32]:
    """Return the ids of the tokens that end a sentence: runs of full stops, ``!`` and ``?``."""
    ends = [id for id, token in enumerate(tokenizer.vocabulary) if token and not token.strip(".!?")]
    return np.array(ends, dtype=np.int32)


def with_sentences(
    examples: Examples, per_review: float, ends: NDArray[np.int32], seed: int
) -> Examples:
    """Return the examples and, after them, sentences with the targets of their reviews.

    A network trained only on whole reviews mislabels single sentences. A sentence often differs
    from its review in sentiment, but on average it agrees with it.

    Args:
        examples: whole reviews.
        per_review: sentences of each review on average; a review of one sentence has none.
        ends: ids of the tokens that end a sentence.
        seed: of the choice of sentences.
    """
    if not per_review:
        return examples
    rng = np.random.default_rng((seed, len(examples)))
    counts = int(per_review) + (rng.random(len(examples)) < per_review % 1)
    found, of = [], []
    for index, (row, count) in enumerate(zip(examples.rows, counts.tolist(), strict=True)):
        spans = _spans(row, ends)
        if len(spans) < 2:
            continue
        for chosen in rng.permutation(len(spans))[:count].tolist():
            start, stop = spans[chosen]
            found.append(row[start : min(stop, start + _LONGEST)])
            of.append(index)
    targets = np.concatenate([examples.targets, examples.targets[of]])
    return Examples([*examples.rows, *found], targets)


def _spans(row: NDArray[np.int32], ends: NDArray[np.int32]) -> list[tuple[int, int]]:
    """Return start and end of each sentence of a review."""
    spans, start = [], 0
    for stop in [*(np.flatnonzero(np.isin(row, ends)) + 1).tolist(), len(row)]:
        if stop - start >= _SHORTEST:
            spans.append((start, stop))
            start = stop
    return spans

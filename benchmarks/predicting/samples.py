"""The reviews that are measured: real ones, and real text cut to a given number of tokens."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cinesent.data import Reviews, load_dataset
from cinesent.text.tokenizer import tokenize


@dataclass(frozen=True)
class Sample:
    """What a run reads.

    Attributes:
        name: of the data set.
        train: reviews that a peer may be trained on, in random order.
        measured: reviews that are labelled, in random order.
        unseen: whether `measured` are test reviews, so that an accuracy means something.
    """

    name: str
    train: Reviews
    measured: Reviews
    unseen: bool


def load_sample(
    data: str, num_reviews: int | None, max_characters: int | None, seed: int
) -> Sample:
    """Load a data set and draw the reviews that are measured; None: all of them, of any length."""
    dataset = load_dataset(data)
    unseen = dataset.test is not None
    source = (dataset.test if dataset.test is not None else dataset.train).labelled()
    order = np.random.default_rng(seed).permutation(len(source))
    if max_characters is not None:
        order = np.array([i for i in order if len(source.texts[i]) <= max_characters])
    order = order[:num_reviews]
    train = dataset.train.labelled()
    # In random order: who learns from a stream, as fastText does, must not meet one label first.
    shuffled = np.random.default_rng(seed).permutation(len(train))
    train = train.take(shuffled[: None if num_reviews is None else 4 * num_reviews])
    return Sample(dataset.name, train, source.take(order), unseen)


def texts_of_length(texts: Sequence[str], num_tokens: int, count: int) -> list[str]:
    """Cut `count` texts of exactly `num_tokens` tokens out of reviews, joined where one is short.

    Raises:
        ValueError: the reviews do not have that many tokens.
    """
    cut: list[str] = []
    source = itertools.chain.from_iterable(text.split(" ") for text in texts)
    while len(cut) < count:
        words: list[str] = []
        missing = num_tokens
        while missing > 0:
            # A quarter of what is missing: words bring marks along, and markup brings nothing.
            added = list(itertools.islice(source, max(1, missing // 4)))
            if not added:
                raise ValueError(f"too little text for {count} texts of {num_tokens} tokens")
            words += added
            missing = num_tokens - len(tokenize(" ".join(words)))
        if missing == 0:
            cut.append(" ".join(words))
    return cut

"""Counts what is in a dataset: how many reviews, how long, how balanced, how often twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.data.duplicates import repeated_rows, shared_rows
from cinesent.data.reviews import SPLITS, UNLABELLED, Dataset, Reviews

#: The percentiles of the lengths that are given, beside the maximum.
PERCENTILES = (5, 25, 50, 75, 95, 99)


@dataclass(frozen=True)
class SplitDescription:
    """What is in one part of a dataset.

    Attributes:
        name: the part: "train", "validation", "test" or "unlabelled".
        reviews: how many reviews it has.
        labels: how many of them are negative, positive and unlabelled.
        positive_share: the positive share of the labelled ones; None without any.
        ratings: how many reviews have 1, 2, … 10 stars; None where the source has no ratings.
        words: percentiles ("p5" … "p99") and "max" of the length in words, split at white space.
        characters: the same in characters.
        movies: how many films they are about; None where the source does not say.
        repeats: how many reviews have the text of an earlier one in the same part.
    """

    name: str
    reviews: int
    labels: dict[str, int]
    positive_share: float | None
    ratings: dict[int, int] | None
    words: dict[str, int]
    characters: dict[str, int]
    movies: int | None
    repeats: int


@dataclass(frozen=True)
class Description:
    """What is in a dataset.

    Attributes:
        name: the dataset.
        splits: its parts.
        shared: how many reviews of the first part have a text that is in the second part too,
            under "test in train" and the like.
    """

    name: str
    splits: tuple[SplitDescription, ...]
    shared: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain dictionaries and lists, ready for JSON."""
        return asdict(self) | {"splits": [asdict(split) for split in self.splits]}


def describe(dataset: Dataset) -> Description:
    """Count what is in `dataset`; all of IMDB takes some four seconds.

    Example:
        >>> from cinesent.data.packaged import load_packaged
        >>> describe(load_packaged("rotten-tomatoes")).splits[0].labels
        {'negative': 4265, 'positive': 4265, 'unlabelled': 0}
    """
    splits = present_splits(dataset)
    names = list(splits)
    shared = {
        f"{later} in {earlier}": len(shared_rows(splits[later], splits[earlier]))
        for at, later in enumerate(names)
        for earlier in names[:at]
    }
    return Description(
        name=dataset.name,
        splits=tuple(_describe_split(name, reviews) for name, reviews in splits.items()),
        shared=shared,
    )


def present_splits(dataset: Dataset) -> dict[str, Reviews]:
    """Return the parts that `dataset` has, by name."""
    parts = {name: getattr(dataset, name) for name in SPLITS}
    return {name: reviews for name, reviews in parts.items() if reviews is not None}


def word_counts(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return how many words, split at white space, each text has, int64 (n,)."""
    return np.fromiter((len(text.split()) for text in texts), dtype=np.int64, count=len(texts))


def _describe_split(name: str, reviews: Reviews) -> SplitDescription:
    negative, positive = (int(np.sum(reviews.labels == label)) for label in (0, 1))
    labelled = negative + positive
    characters = np.array([len(text) for text in reviews.texts], dtype=np.int64)
    movies = reviews.movie_ids
    return SplitDescription(
        name=name,
        reviews=len(reviews),
        labels={
            "negative": negative,
            "positive": positive,
            "unlabelled": int(np.sum(reviews.labels == UNLABELLED)),
        },
        positive_share=positive / labelled if labelled else None,
        ratings=_ratings(reviews),
        words=_percentiles(word_counts(reviews.texts)),
        characters=_percentiles(characters),
        movies=None if movies is None else len(np.unique(movies)),
        repeats=len(repeated_rows(reviews)),
    )


def _ratings(reviews: Reviews) -> dict[int, int] | None:
    if reviews.ratings is None or not reviews.ratings.any():
        return None
    counts = np.bincount(reviews.ratings[reviews.ratings > 0], minlength=11)
    return {stars: int(counts[stars]) for stars in range(1, 11)}


def _percentiles(lengths: NDArray[np.int64]) -> dict[str, int]:
    if not len(lengths):
        return {}
    values = np.percentile(lengths, PERCENTILES, method="nearest")
    shown = {f"p{p}": int(value) for p, value in zip(PERCENTILES, values, strict=True)}
    return shown | {"max": int(lengths.max())}

"""Sets part of the training reviews aside for validation: by movie, stratified, seeded.

Reviews of one film resemble each other (names, plot), and copies of one review are one review:
were some of them on either side, the validation score would promise too much. So whole groups go
to one side. A greedy choice over shuffled groups meets the size asked for, class by class, to
within a few reviews; scikit-learn's ``StratifiedGroupKFold`` offers only fractions 1/k, and its
``GroupShuffleSplit`` is not stratified.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from cinesent.data.reviews import Reviews
from cinesent.errors import ConfigError, DataError


def split_reviews(
    reviews: Reviews, validation: float = 0.1, seed: int = 0
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Split `reviews` into the rows to train on and the rows to validate on.

    No movie is on both sides where movie ids are known, and neither is a text that occurs twice.

    Args:
        reviews: what to split.
        validation: the share to set aside, between 0 and 1, both excluded.
        seed: the same seed and reviews give the same split, on any machine.

    Returns:
        The training rows and the validation rows, each in ascending order.

    Raises:
        ConfigError: `validation` is not between 0 and 1.
        DataError: there are not two groups to put on two sides.

    Example:
        >>> from cinesent.data.reviews import Reviews
        >>> table = Reviews([f"text {i}" for i in range(40)], np.tile(np.int8([0, 1]), 20))
        >>> train, held_out = split_reviews(table, validation=0.25)
        >>> len(train), np.bincount(table.labels[held_out]).tolist()
        (30, [5, 5])
    """
    if not 0 < validation < 1:
        raise ConfigError(f"the validation share must be between 0 and 1, not {validation}.")
    groups = group_rows(reviews)
    counts = _class_counts(reviews, groups)
    if len(counts) < 2:
        raise DataError(
            f"{reviews.name} cannot be split into training and validation reviews: its "
            f"{len(reviews):,} reviews are all of one movie or one text. Give it more reviews."
        )
    chosen = _choose(counts, validation, np.random.default_rng(seed).permutation(len(counts)))
    held_out = np.isin(groups, chosen)
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def group_rows(reviews: Reviews) -> NDArray[np.intp]:
    """Number the groups of rows that belong together, from 0 in order of appearance.

    Two rows belong together if they are about the same movie or have the same text, and so do
    rows that such pairs link.
    """
    first: dict[Hashable, int] = {}
    parent = list(range(len(reviews)))
    movies = reviews.movie_ids
    for row, text in enumerate(reviews.texts):
        _join(parent, row, first.setdefault(("text", text), row))
        movie = "" if movies is None else str(movies[row])
        if movie:
            _join(parent, row, first.setdefault(("movie", movie), row))
    numbers: dict[int, int] = {}
    roots = (_root(parent, row) for row in range(len(reviews)))
    return np.array([numbers.setdefault(root, len(numbers)) for root in roots], dtype=np.intp)


def _join(parent: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(parent, one), _root(parent, other)))
    parent[high] = low


def _root(parent: list[int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


def _class_counts(reviews: Reviews, groups: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return how many rows of each label each group has, int64 (groups, labels)."""
    classes, labels = np.unique(reviews.labels, return_inverse=True)
    counts = np.zeros((int(groups.max(initial=-1)) + 1, len(classes)), dtype=np.int64)
    np.add.at(counts, (groups, labels), 1)
    return counts


def _choose(counts: NDArray[np.int64], share: float, order: NDArray[np.int64]) -> list[int]:
    """Return groups that together have nearly `share` of each class.

    The first pass over `order` takes what fits without a class getting too much, and fills all
    classes wherever small groups abound; the second is for a few large groups, and takes what
    brings the counts nearer to those wanted.
    """
    totals = counts.sum(axis=0)
    # At least one of each class, where there is one to spare.
    missing = np.maximum(np.rint(share * totals), totals > 1).astype(np.int64)
    chosen: set[int] = set()
    for fits in (_leaves_room, _comes_nearer):
        for group in order.tolist():
            left = missing - counts[group]
            if group not in chosen and len(chosen) < len(order) - 1 and fits(missing, left):
                chosen.add(group)
                missing = left
    # If every group is larger than what is asked for, the smallest does least harm.
    return sorted(chosen) or [int(counts.sum(axis=1).argmin())]


def _leaves_room(_before: NDArray[np.int64], after: NDArray[np.int64]) -> bool:
    return bool((after >= 0).all())


def _comes_nearer(before: NDArray[np.int64], after: NDArray[np.int64]) -> bool:
    return bool(after @ after < before @ before)

"""Finds reviews whose texts are the same, character for character."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinesent.data.reviews import Reviews


def repeated_rows(reviews: Reviews) -> NDArray[np.intp]:
    """Return the rows whose text an earlier row of the same table has already."""
    seen: set[str] = set()
    repeated: list[int] = []
    for row, text in enumerate(reviews.texts):
        if text in seen:
            repeated.append(row)
        seen.add(text)
    return np.array(repeated, dtype=np.intp)


def shared_rows(reviews: Reviews, other: Reviews) -> NDArray[np.intp]:
    """Return the rows of `reviews` whose text is in `other` too."""
    known = set(other.texts)
    return np.array([row for row, text in enumerate(reviews.texts) if text in known], dtype=np.intp)


def without_duplicates(test: Reviews, *, of: Reviews) -> NDArray[np.intp]:
    """Return the rows of `test` whose text is not in `of`.

    A model has seen the reviews it was trained on; 123 of IMDB's 25,000 test reviews are, word for
    word, among its training reviews. The score on what is left stands beside the official one.

    Example:
        >>> data = load_imdb("aclImdb_v1.tar.gz")  # doctest: +SKIP
        >>> len(without_duplicates(data.test, of=data.train))  # doctest: +SKIP
        24877
    """
    return np.setdiff1d(np.arange(len(test), dtype=np.intp), shared_rows(test, of))

"""Finds reviews whose texts are the same, character for character or nearly so."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cinesent.data.reviews import Reviews

_NO_LETTER = re.compile(r"[\W_]+")
# How long the beginning or end must be that one text shares with the whole of another, in letters
# and digits, and how long it can be: the longest sentence of the Sentiment Treebank has 214.
_SHORTEST, _LONGEST = 20, 250


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


def similar_rows(reviews: Reviews, other: Reviews) -> NDArray[np.intp]:
    """Return the rows of `reviews` whose text is in `other`, perhaps written in another way.

    Case, spaces and punctuation are ignored: datasets of the same sentences differ in those. A text
    that begins or ends with a whole text of the other table counts as well, and so does the
    reverse, because some datasets split into sentences what others do not.

    Example:
        >>> sst = Reviews(["It's a film that knows its audience."], np.int8([1]))
        >>> tomatoes = Reviews(["it's a film that knows its audience . see it !"], np.int8([1]))
        >>> similar_rows(tomatoes, sst).tolist()
        [0]
    """
    keys = [_key(text) for text in reviews.texts]
    known = {_key(text) for text in other.texts} - {""}
    own = set(keys)
    inside = {part for key in known for part in _ends(key) if part in own}
    rows = [
        row
        for row, key in enumerate(keys)
        if key in known or key in inside or any(part in known for part in _ends(key))
    ]
    return np.array(rows, dtype=np.intp)


def _key(text: str) -> str:
    """Return the letters and digits of a text, without case."""
    return _NO_LETTER.sub("", text.casefold())


def _ends(key: str) -> Iterator[str]:
    """Yield the beginnings and ends of a text that are long enough to be a text of their own."""
    for length in range(_SHORTEST, min(len(key), _LONGEST + 1)):
        yield key[:length]
        yield key[-length:]

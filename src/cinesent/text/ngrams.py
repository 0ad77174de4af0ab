"""Which words stand side by side: n-grams of token ids, each hashed into one of many buckets.

The arithmetic fits 32 bits, so that every framework and the prediction graph find the same buckets.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.text.tokenizer import PADDING_ID

#: A word's bucket is its id times this, and an n-gram's that of its first words times the other one
#: plus that of its last word: always less than 2**31, as ids are less than 2**21 and buckets 2**20.
WORD_FACTOR, CHAIN_FACTOR = 1021, 1999

#: Buckets at most.
MOST_BUCKETS = 2**20


def ngram_buckets(ids: NDArray[np.integer[Any]], order: int, num_buckets: int) -> NDArray[np.int64]:
    """Return the buckets of the n-grams of 1 to `order` words that end at each token.

    Args:
        ids: token ids, (batch, time); 0 is padding, on either side.
        order: the longest n-gram's words.
        num_buckets: at most :data:`MOST_BUCKETS`.

    Returns:
        (batch, order, time): 0 to `num_buckets` - 1; -1 where an n-gram would hold padding or
        begin before the review.

    Source:
        Weinberger et al. (2009), "Feature Hashing for Large Scale Multitask Learning".

    Example:
        >>> ngram_buckets(np.array([[2, 3, 0]]), 2, 1000).tolist()
        [[[42, 63, -1], [-1, 21, -1]]]
    """
    ids = np.asarray(ids, dtype=np.int64)
    words = ids * WORD_FACTOR % num_buckets
    real = ids != PADDING_ID
    chains, whole = [words], [real]
    for _ in range(1, order):
        before = np.pad(chains[-1], ((0, 0), (1, 0)))[:, :-1]
        chains.append((before * CHAIN_FACTOR + words) % num_buckets)
        whole.append(np.pad(whole[-1], ((0, 0), (1, 0)))[:, :-1] & real)
    return np.where(np.stack(whole, axis=1), np.stack(chains, axis=1), -1)


def first_occurrences(buckets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the first of equal buckets in each review: an n-gram counts once, not each time.

    Args:
        buckets: (batch, order, time) from :func:`ngram_buckets`.

    Returns:
        bool, of the same shape; False where there is no n-gram.
    """
    flat = buckets.reshape(len(buckets), -1)
    order = np.argsort(flat, axis=1, kind="stable")
    ranked = np.take_along_axis(flat, order, axis=1)
    new = np.diff(ranked, axis=1, prepend=-1) != 0
    first = np.zeros(flat.shape, dtype=bool)
    np.put_along_axis(first, order, new & (ranked >= 0), axis=1)
    return first.reshape(buckets.shape)

"""N-grams of two token ids or more, each hashed into a bucket.

The arithmetic fits 32 bits, so that every framework and the prediction graph find the same buckets.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.text.tokenizer import PADDING_ID

#: An n-gram's bucket is the weighted sum of its token ids, the last one weighted with the first of
#: these factors and so on backwards. They are odd, coprime and far apart, so that n-grams of ids
#: near each other do not collide.
FACTORS = (1, 12_041, 15_013, 9_311)

#: Ids are taken modulo this, so that a product is below 2**17 times 2**14 = 2**31.
WORDS = 2**17

#: The largest number of buckets; a sum of four is far below 2**31.
MOST_BUCKETS = 2**22


def ngram_buckets(ids: NDArray[np.integer[Any]], order: int, num_buckets: int) -> NDArray[np.int64]:
    """Return the buckets of the n-grams of 2 to `order` words that end at each token.

    Args:
        ids: token ids, (batch, time); 0 is padding, on either side.
        order: words of the longest n-gram, 2 or more.
        num_buckets: at most :data:`MOST_BUCKETS`.

    Returns:
        (batch, order - 1, time): 0 to `num_buckets` - 1; -1 where an n-gram would hold padding or
        begin before the review.

    Source:
        Weinberger et al. (2009), "Feature Hashing for Large Scale Multitask Learning".

    Example:
        >>> ngram_buckets(np.array([[2, 3, 4, 0]]), 3, 1000).tolist()
        [[[-1, 85, 127, -1], [-1, -1, 153, -1]]]
    """
    ids = np.asarray(ids, dtype=np.int64)
    total, whole, found = np.zeros_like(ids), np.ones(ids.shape, dtype=bool), []
    for back, factor in enumerate(FACTORS[:order]):
        words = np.pad(ids, ((0, 0), (back, 0)))[:, : ids.shape[1]]
        total = total + words % WORDS * factor % num_buckets
        whole = whole & (words != PADDING_ID)
        found.append(np.where(whole, total % num_buckets, -1))
    return np.stack(found[1:], axis=1)


def first_occurrences(buckets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the first of equal buckets in each review: an n-gram counts once.

    Args:
        buckets: (batch, order - 1, time) from :func:`ngram_buckets`.

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

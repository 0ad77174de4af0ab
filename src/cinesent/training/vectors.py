"""Word vectors from word co-occurrence in the reviews themselves, in seconds on a CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.text.tokenizer import UNKNOWN_ID

#: Words on either side that count as context.
WINDOW = 5

# Standard deviation of the values an embedding starts with; docs/experiments.md compares some.
_SPREAD = 0.3


def ppmi_vectors(
    rows: Sequence[NDArray[np.int32]], vocabulary_size: int, dim: int, seed: int = 0
) -> NDArray[np.float32]:
    """Factorise the positive pointwise mutual information (PPMI) of word co-occurrence.

    Windows of five words on either side, nearer words weighted more, context counts smoothed by
    the power 0.75; then a truncated singular value decomposition. On 70,000 reviews this takes
    about twenty seconds, where skip-gram, which approximates the same matrix, takes minutes.

    Args:
        rows: token ids of each review.
        vocabulary_size: rows of the result.
        dim: columns of the result; columns past the rank of the matrix are zero.
        seed: of the randomized decomposition.

    Returns:
        float32 (vocabulary_size, dim) with standard deviation 0.3; zero for padding, and for the
        unknown word, which has no context of its own.

    Source:
        Levy, Goldberg & Dagan (2015), "Improving Distributional Similarity with Lessons Learned
        from Word Embeddings", with their eigenvalue weighting 0.5.
    """
    from sklearn.utils.extmath import randomized_svd

    matrix = _ppmi(_cooccurrences(rows, vocabulary_size))
    rank = min(dim, vocabulary_size - 1)
    left, singular, _ = randomized_svd(
        matrix, rank, n_iter=3, random_state=seed, power_iteration_normalizer="QR"
    )
    vectors = np.zeros((vocabulary_size, dim), dtype=np.float32)
    vectors[:, :rank] = left * np.sqrt(singular)
    vectors[: UNKNOWN_ID + 1] = 0.0
    deviation = float(vectors[UNKNOWN_ID + 1 :].std())
    return vectors * np.float32(_SPREAD / deviation) if deviation > 0 else vectors


def _cooccurrences(rows: Sequence[NDArray[np.int32]], vocabulary_size: int) -> Any:
    """Count, symmetrically, how often two known words occur within the window of each other."""
    import scipy.sparse

    gap = np.zeros(WINDOW, dtype=np.int32)  # so that no window spans two reviews
    ids = np.concatenate([part for row in rows for part in (row, gap)])
    shape = (vocabulary_size, vocabulary_size)
    counts = scipy.sparse.csr_matrix(shape, dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        first, second = ids[:-distance], ids[distance:]
        known = (first > UNKNOWN_ID) & (second > UNKNOWN_ID)
        pairs = first[known].astype(np.int64) * vocabulary_size + second[known]
        unique, times = np.unique(pairs, return_counts=True)
        weight = np.float32((WINDOW + 1 - distance) / WINDOW)
        counts = counts + scipy.sparse.csr_matrix(
            (times * weight, (unique // vocabulary_size, unique % vocabulary_size)),
            shape=shape,
            dtype=np.float32,
        )
    return counts + counts.T


def _ppmi(counts: Any) -> Any:
    """Turn counts into positive pointwise mutual information, sparse float32."""
    import scipy.sparse

    counts = counts.tocoo()
    totals = np.asarray(counts.sum(axis=1)).ravel()
    contexts = totals**0.75
    chance = totals[counts.row] * (contexts / max(contexts.sum(), 1e-12))[counts.col]
    information = np.log(counts.data / chance)
    kept = information > 0
    return scipy.sparse.csr_matrix(
        (information[kept].astype(np.float32), (counts.row[kept], counts.col[kept])),
        shape=counts.shape,
    )

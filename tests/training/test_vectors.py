from __future__ import annotations

import numpy as np

from cinesent.training.vectors import _cooccurrences, ppmi_vectors


def test_cooccurrences_against_a_plain_count() -> None:
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, 12, size=n).astype(np.int32) for n in (1, 4, 30, 7)]
    expected = np.zeros((12, 12))
    for row in rows:
        for i, first in enumerate(row):
            for j, second in enumerate(row):
                distance = abs(i - j)
                if 1 <= distance <= 5 and first > 1 and second > 1:
                    expected[first, second] += (6 - distance) / 5
    counted = _cooccurrences(rows, 12).toarray()
    np.testing.assert_allclose(counted, expected, rtol=1e-5)


def test_words_with_similar_contexts_have_similar_vectors() -> None:
    # 2 and 3 have the same contexts (4, 5), 6 has others (7, 8).
    rng = np.random.default_rng(1)
    rows = []
    for _ in range(300):
        rows.append(np.array([rng.choice([4, 5]), rng.choice([2, 3]), rng.choice([4, 5])]))
        rows.append(np.array([rng.choice([7, 8]), 6, rng.choice([7, 8])]))
    vectors = ppmi_vectors([row.astype(np.int32) for row in rows], 9, 4)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    assert unit[2] @ unit[3] > 0.9
    assert unit[2] @ unit[6] < 0.2
    assert (vectors[:2] == 0).all()
    assert np.isclose(vectors[2:].std(), 0.3, rtol=1e-3)


def test_a_vocabulary_smaller_than_the_dimension() -> None:
    vectors = ppmi_vectors([np.array([2, 3, 2, 3], dtype=np.int32)], 4, 10)
    assert vectors.shape == (4, 10)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()

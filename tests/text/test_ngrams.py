from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cinesent.text.ngrams import (
    CHAIN_FACTOR,
    MOST_BUCKETS,
    WORD_FACTOR,
    first_occurrences,
    ngram_buckets,
)

ROWS = st.lists(st.integers(1, 2_000_000), min_size=1, max_size=12)


@given(ROWS, st.integers(1, 4), st.sampled_from([64, 1000 * 64, 2**20]))
def test_each_ngram_has_the_bucket_of_its_words(row, order, size):
    buckets = ngram_buckets(np.array([row]), order, size)[0]
    for n in range(1, order + 1):
        for end in range(len(row)):
            words = row[end - n + 1 : end + 1] if end >= n - 1 else []
            expected = -1
            if words:
                expected = 0
                for word in words:
                    expected = (expected * CHAIN_FACTOR + word * WORD_FACTOR % size) % size
            assert buckets[n - 1, end] == expected


@given(ROWS, st.integers(0, 5), st.integers(0, 5))
def test_padding_on_either_side_changes_nothing(row, left, right):
    padded = np.array([[0] * left + row + [0] * right])
    buckets = ngram_buckets(padded, 2, 2**20)
    bare = ngram_buckets(np.array([row]), 2, 2**20)
    assert (buckets[..., left : left + len(row)] == bare).all()
    assert (buckets[..., :left] == -1).all()
    assert (buckets[..., left + len(row) :] == -1).all()


@given(st.lists(st.integers(1, 4), min_size=1, max_size=20))
def test_the_first_of_equal_ngrams_is_marked(row):
    buckets = ngram_buckets(np.array([row]), 2, 2**20)
    first = first_occurrences(buckets)
    seen: set[int] = set()
    for bucket, marked in zip(buckets.ravel(), first.ravel(), strict=True):
        assert marked == (bucket >= 0 and bucket not in seen)
        seen.add(bucket)


def test_the_arithmetic_fits_32_bits():
    largest = 2_000_000 * WORD_FACTOR
    assert max(largest, (MOST_BUCKETS - 1) * CHAIN_FACTOR + MOST_BUCKETS) < 2**31


def test_pairs_of_real_words_seldom_share_a_bucket():
    rng = np.random.default_rng(0)
    # As in text: few words make most pairs.
    words = np.minimum(rng.zipf(1.3, 200_000), 30_000)
    pairs = np.unique(np.stack([words[:-1], words[1:]], axis=1), axis=0)
    buckets = ngram_buckets(pairs, 2, 2**20)[:, 1, 1]
    by_chance = 2**20 * (1 - (1 - 1 / 2**20) ** len(pairs))
    assert len(np.unique(buckets)) > 0.95 * by_chance

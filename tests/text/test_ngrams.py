from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinesent.text.ngrams import FACTORS, MOST_BUCKETS, WORDS, first_occurrences, ngram_buckets

ROWS = st.lists(st.integers(1, 2_000_000), min_size=1, max_size=12)


@given(ROWS, st.integers(2, 4), st.sampled_from([64, 1000 * 64, 2**20]))
def test_each_ngram_has_the_bucket_of_its_words(row, order, size):
    buckets = ngram_buckets(np.array([row]), order, size)[0]
    assert buckets.shape == (order - 1, len(row))
    for n in range(2, order + 1):
        for end in range(len(row)):
            words = row[end - n + 1 : end + 1] if end >= n - 1 else []
            expected = -1
            if words:
                products = zip(reversed(words), FACTORS, strict=False)
                expected = sum(word % WORDS * factor for word, factor in products) % size
            assert buckets[n - 2, end] == expected


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
    assert max(WORDS * max(FACTORS), MOST_BUCKETS * len(FACTORS)) < 2**31


@pytest.mark.parametrize("length", [2, 3])
@pytest.mark.parametrize("size", [2**16, 2**20, 2**22])
def test_ngrams_of_real_words_meet_by_chance_alone(length, size):
    rng = np.random.default_rng(0)
    # As in text: few words make most n-grams.
    words = np.minimum(rng.zipf(1.3, 200_000), 30_000)
    grams = np.unique(np.stack([words[k : len(words) - 3 + k] for k in range(length)], 1), axis=0)
    buckets = ngram_buckets(grams, length, size)[:, -1, -1]
    by_chance = size * (1 - (1 - 1 / size) ** len(grams))
    assert len(np.unique(buckets)) > 0.97 * by_chance

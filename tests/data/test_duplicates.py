"""Reviews with the same text, or with the same text written in another way."""

from __future__ import annotations

import time

import numpy as np
import pytest

from cinesent.data import Reviews
from cinesent.data.duplicates import shared_rows, similar_rows


def table(*texts: str) -> Reviews:
    return Reviews(list(texts), np.zeros(len(texts), dtype=np.int8))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It's a fine film.", "it 's a FINE film ."),
        ("Caf\u00e9 noir: great!", "caf\u00c9 noir , great"),
        ("stra\u00dfe", "STRASSE"),
        ("A quiet evening well spent.", "a quiet evening well spent . and now to bed ."),
        ("And so to bed, my dear diary.", "a quiet evening . and so to bed , my dear diary"),
    ],
)
def test_texts_that_are_similar(one, other):
    for first, second in ((one, other), (other, one)):
        assert similar_rows(table("x", first), table("y", second, "z")).tolist() == [1]
        assert shared_rows(table(first), table(second)).tolist() == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("good", "good film"),  # too short to be more than a coincidence
        ("good", "bad"),
        ("!!!", "???"),
        ("", ""),
        ("in the middle of something", "here, in the middle of something, it ends"),
    ],
)
def test_texts_that_are_not(one, other):
    assert similar_rows(table(one), table(other)).tolist() == []
    assert similar_rows(table(other), table(one)).tolist() == []


def test_nothing_is_similar_to_nothing():
    assert similar_rows(table(), table("a")).dtype == np.intp
    assert similar_rows(table("a"), table()).tolist() == []


def test_long_texts_take_linear_time():
    long = table("a" * 3_000_000, "b c" * 1_000_000)
    started = time.process_time()
    assert similar_rows(long, long).tolist() == [0, 1]
    assert time.process_time() - started < 10

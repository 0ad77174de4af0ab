from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imdb_archives import REAL

from cinesent.data import Reviews, load_dataset
from cinesent.data.duplicates import repeated_rows, shared_rows, without_duplicates
from cinesent.data.split import group_rows, split_reviews
from cinesent.errors import ConfigError, DataError


def _table(texts, labels=None, movies=None):
    labels = np.int8(labels if labels is not None else [0] * len(texts))
    return Reviews(texts, labels, movie_ids=None if movies is None else np.array(movies))


@pytest.fixture(scope="module")
def packaged():
    return load_dataset("imdb-train").train


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5, 0.9])
def test_share_and_balance_are_met_exactly_on_real_reviews(packaged, share):
    train, held_out = split_reviews(packaged, share, seed=3)
    assert len(held_out) == round(25_000 * share)
    assert np.mean(packaged.labels[held_out]) == 0.5
    assert sorted([*train, *held_out]) == list(range(25_000))


def test_copies_stay_on_one_side(packaged):
    train, held_out = split_reviews(packaged, 0.3)
    assert not {packaged.texts[i] for i in train} & {packaged.texts[i] for i in held_out}


def test_seed_decides(packaged):
    first, again, other = (split_reviews(packaged, 0.1, seed)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert len(np.intersect1d(first, other)) < 500


@pytest.mark.slow
@pytest.mark.skipif(REAL is None, reason="no IMDB archive here")
@pytest.mark.parametrize("seed", [0, 1])
def test_no_movie_and_no_text_is_on_both_sides(real_imdb, seed):
    reviews = real_imdb.train
    train, held_out = split_reviews(reviews, 0.1, seed)
    assert not set(reviews.movie_ids[train]) & set(reviews.movie_ids[held_out])
    assert not {reviews.texts[i] for i in train} & {reviews.texts[i] for i in held_out}
    assert len(held_out) == 2500
    assert np.mean(reviews.labels[held_out]) == 0.5


def test_groups_link_movies_that_share_a_text():
    table = _table(["a", "b", "b", "c", "d", "e"], movies=["m", "m", "n", "n", "", ""])
    assert group_rows(table).tolist() == [0, 0, 0, 0, 1, 2]


@given(
    rows=st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 1)), min_size=2),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 9),
)
def test_any_table_splits_into_two_sides_by_text(rows, share, seed):
    table = _table([text for text, _ in rows], [label for _, label in rows])
    if len(set(table.texts)) < 2:
        with pytest.raises(DataError, match="cannot be split"):
            split_reviews(table, share, seed)
        return
    train, held_out = split_reviews(table, share, seed)
    assert len(train)
    assert len(held_out)
    assert sorted([*train, *held_out]) == list(range(len(rows)))
    assert not {table.texts[i] for i in train} & {table.texts[i] for i in held_out}


def test_few_reviews_still_give_both_labels():
    table = _table([str(i) for i in range(8)], [0, 1] * 4)
    _, held_out = split_reviews(table, 0.1)
    assert sorted(table.labels[held_out]) == [0, 1]


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_share_out_of_range(share):
    with pytest.raises(ConfigError, match="between 0 and 1"):
        split_reviews(_table(["a", "b"]), share)


def test_duplicates_within_and_across():
    one, other = _table(["a", "b", "a", "a", "c"]), _table(["c", "x", "a", "c"])
    assert repeated_rows(one).tolist() == [2, 3]
    assert shared_rows(other, one).tolist() == [0, 2, 3]
    assert without_duplicates(other, of=one).tolist() == [1]
    assert without_duplicates(_table([]), of=one).tolist() == []

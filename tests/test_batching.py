from __future__ import annotations

import numpy as np
import pytest
from bundles import small_config
from hypothesis import given
from hypothesis import strategies as st

from cinesent.errors import ConfigError
from cinesent.text.batching import fit_length, length_batches, pad_ids, reading_lengths

ROWS = [[1, 2, 3, 4, 5], [6], []]


@pytest.mark.parametrize(
    ("padding", "truncation", "expected"),
    [
        ("right", "right", [[1, 2, 3], [6, 0, 0], [0, 0, 0]]),
        ("right", "left", [[3, 4, 5], [6, 0, 0], [0, 0, 0]]),
        ("left", "right", [[1, 2, 3], [0, 0, 6], [0, 0, 0]]),
        ("left", "left", [[3, 4, 5], [0, 0, 6], [0, 0, 0]]),
    ],
)
def test_rows_are_padded_and_cut_on_the_sides_named(padding, truncation, expected):
    for rows in (ROWS, [np.array(row, dtype=np.int32) for row in ROWS]):
        padded = pad_ids(rows, 3, padding, truncation)
        assert padded.dtype == np.int64
        assert padded.tolist() == expected


def test_the_longest_row_decides_where_no_length_is_given():
    assert pad_ids([[1], [2, 3]]).tolist() == [[1, 0], [2, 3]]
    assert pad_ids([[1], [2, 3]], dtype=np.int32).dtype == np.int32
    assert pad_ids([]).shape == (0, 0)
    assert pad_ids([[1, 2]], 0, truncation="left").shape == (1, 0)


def test_a_side_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="padding is 'pre'; expected 'left' or 'right'"):
        pad_ids(ROWS, padding="pre")
    with pytest.raises(ConfigError, match="truncation is 'post'"):
        pad_ids(ROWS, truncation="post")
    with pytest.raises(ConfigError, match="length is -1"):
        pad_ids(ROWS, -1)


@pytest.mark.train
@pytest.mark.parametrize("padding", ["left", "right"])
@pytest.mark.parametrize("truncation", ["left", "right"])
def test_padding_is_that_of_keras(padding, truncation):
    from keras.utils import pad_sequences

    sides = {"left": "pre", "right": "post"}
    expected = pad_sequences(ROWS, 4, padding=sides[padding], truncating=sides[truncation])
    np.testing.assert_array_equal(pad_ids(ROWS, 4, padding, truncation), expected)


def test_a_review_is_fitted_as_the_config_says():
    free = small_config()
    assert fit_length([3, 4], free) == [3, 4]
    assert fit_length(np.array([3, 4], dtype=np.int32), free) == [3, 4]
    assert fit_length([], free) == [1]
    classic = small_config(
        sequence_length=3, padding="left", truncation="left", pooling="last", bidirectional=False
    )
    assert fit_length([5], classic) == [0, 0, 5]
    assert fit_length([5, 6, 7, 8], classic) == [6, 7, 8]
    assert fit_length([], classic) == [0, 0, 1]
    assert fit_length([5, 6, 7, 8], small_config(sequence_length=3)) == [5, 6, 7]


def test_padding_is_read_on_the_left_only():
    ids = np.array([[0, 0, 5], [5, 6, 7]])
    classic = small_config(sequence_length=3, padding="left", pooling="last", bidirectional=False)
    assert reading_lengths(ids, classic).tolist() == [3, 3]
    found = reading_lengths(ids[:, ::-1], small_config())
    assert found.tolist() == [1, 3]
    assert found.dtype == np.int32
    assert reading_lengths(ids[:, ::-1], small_config(sequence_length=3)).tolist() == [1, 3]


@given(
    lengths=st.lists(st.integers(1, 300), max_size=60),
    batch_tokens=st.integers(1, 1000),
    rows_limit=st.none() | st.integers(1, 9),
)
def test_batches_hold_each_review_once_and_keep_their_limits(lengths, batch_tokens, rows_limit):
    batches = length_batches(lengths, batch_tokens, rows_limit)
    assert sorted(index for batch in batches for index in batch.tolist()) == list(
        range(len(lengths))
    )
    widths = []
    for batch in batches:
        sizes = [lengths[index] for index in batch]
        assert len(batch) == 1 or len(batch) * max(sizes) <= batch_tokens
        assert rows_limit is None or len(batch) <= rows_limit
        widths += sizes
    assert widths == sorted(lengths)


def test_limits_below_one_are_refused():
    with pytest.raises(ConfigError, match="batch_tokens is 0"):
        length_batches([1], 0)
    with pytest.raises(ConfigError, match="rows_limit 0"):
        length_batches([1], 5, 0)

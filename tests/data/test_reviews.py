from __future__ import annotations

import numpy as np
import pytest

from cinesent.data import Reviews
from cinesent.errors import DataError


def _table(**columns):
    given = {"texts": ["a", "b", "c"], "labels": np.int8([0, 1, -1])} | columns
    return Reviews(**given)


def test_rows_are_numbered_when_they_have_no_ids():
    assert list(_table().ids) == ["0", "1", "2"]


def test_take_keeps_the_columns_together():
    table = _table(
        ids=["x", "y", "z"], ratings=np.int8([1, 9, 0]), movie_ids=np.array(["m", "n", "o"])
    )
    taken = table.take([2, 0], name="some")
    assert list(taken.texts) == ["c", "a"]
    assert taken.labels.tolist() == [-1, 0]
    assert list(taken.ids) == ["z", "x"]
    assert taken.ratings.tolist() == [0, 1]
    assert taken.movie_ids.tolist() == ["o", "m"]
    assert taken.name == "some"


def test_take_nothing_is_an_empty_table():
    assert len(_table().take([])) == 0


def test_labelled_drops_the_others():
    assert list(_table().labelled().texts) == ["a", "b"]


def test_columns_of_different_length_are_refused():
    with pytest.raises(DataError, match="differ in length"):
        _table(labels=np.int8([0, 1]))


def test_a_label_beyond_the_three_is_refused():
    with pytest.raises(DataError, match=r"labels \[2\]"):
        _table(labels=np.int8([0, 1, 2]))


def test_fingerprint_tells_texts_labels_and_order_apart():
    prints = {
        _table().fingerprint(),
        _table(texts=["a", "b", "d"]).fingerprint(),
        _table(labels=np.int8([0, 1, 1])).fingerprint(),
        _table().take([1, 0, 2]).fingerprint(),
        _table(texts=["ab", "", "c"]).fingerprint(),
    }
    assert len(prints) == 5
    assert _table().fingerprint() == _table(name="other").fingerprint()

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


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (5, [1], "texts is of type int"),
        ("a", [1], "texts is of type str"),
        ({"a": 1}, [1], "texts is of type dict"),
        ([None], [1], "texts holds an object of type NoneType in row 0"),
        (["a", b"b"], [1, 0], "texts holds an object of type bytes in row 1"),
        (["a"], 1, "labels has shape"),
        (["a"], [1.5], "expected \\(n,\\) whole numbers"),
        (["a"], ["positive"], "expected \\(n,\\) whole numbers"),
        (["a"], [[1]], "labels has shape"),
        (["a", "b"], [[1], [0, 1]], "labels is not a list|labels has shape"),
        (["a"], [10**5], "expected small numbers"),
        (["a"], [10**30], "expected \\(n,\\) whole numbers"),
        (["a"], None, "labels has shape"),
    ],
)
def test_columns_of_other_types_are_refused(texts, labels, message):
    with pytest.raises(DataError, match=message):
        Reviews(texts, labels)


def test_lists_and_arrays_are_columns():
    table = Reviews(np.array(["a", "b"]), [0, 1], ratings=[3, 9])
    assert table.labels.dtype == table.ratings.dtype == np.int8
    assert table.take([1]).ratings.tolist() == [9]

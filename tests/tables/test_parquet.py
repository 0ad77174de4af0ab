"""Parquet: every column as it is, whatever it holds."""

from __future__ import annotations

import numpy as np
import pytest

from cinesent.errors import DataError, MissingExtraError
from cinesent.tables import Position, open_table

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def damaged_strings(kind=None):
    kind = kind or pyarrow.string()
    ends = pyarrow.py_buffer(np.array([0, 2, 4], np.int32))
    return pyarrow.Array.from_buffers(kind, 2, [None, ends, pyarrow.py_buffer(b"ab\xff\xfe")])


@pytest.fixture
def write(tmp_path):
    def write(columns, names):
        path = tmp_path / "a.parquet"
        parquet.write_table(pyarrow.table(columns, names=names), path, row_group_size=2)
        return path

    return write


def rows_of(path, select=None):
    reader = open_table(path)
    if select is not None:
        reader.select(select)
    rows = list(reader.rows(reader.first()))
    values = [reader.values(row) for row in rows]
    reader.close()
    return rows, values


def test_columns_of_one_name_keep_their_values(write):
    path = write([pyarrow.array([n]) for n in ("x", 1, 2, "", 3)], ["text", "a", "a", "", "a"])
    rows, values = rows_of(path)
    assert rows[0].record == ["x", 1, 2, "", 3]
    assert values == [{"text": "x", "a": 1, "a_2": 2, "column_4": "", "a_3": 3}]


@pytest.mark.parametrize("dot", ["b", "b.c"])
def test_selected_columns(write, dot):
    nested = pyarrow.array([{"c": 1}])
    path = write([nested, pyarrow.array([5]), pyarrow.array(["x"])], ["b", dot + "2", "text"])
    assert rows_of(path, [])[0][0].record == [None, None, "x"]
    assert rows_of(path, ["b"])[0][0].record == [{"c": 1}, None, "x"]
    assert rows_of(path, [dot + "2"])[0][0].record == [None, 5, "x"]


def test_resuming_at_every_row(write):
    path = write([pyarrow.array([f"text {n}" for n in range(7)])], ["text"])
    whole, _ = rows_of(path)
    reader = open_table(path)
    for place, row in enumerate(whole):
        assert list(reader.rows(row.end)) == whole[place + 1 :]
    assert reader.first() == Position()
    assert reader.done() == 1.0
    reader.close()


def test_a_damaged_text_is_a_bad_row(write):
    rows, _ = rows_of(write([damaged_strings()], ["text"]))
    assert (rows[0].text, rows[1].text) == ("ab", None)
    assert rows[1].error == "the text is not UTF-8."
    assert rows[1].record[0].encode("utf-8", "surrogateescape") == b"\xff\xfe"


ODD = {
    "string": damaged_strings,
    "zone": lambda: pyarrow.array([1, 2**62], pyarrow.timestamp("us", tz="Mars/Olympus")),
    "far": lambda: pyarrow.array([2**62, None], pyarrow.timestamp("ms")),
    "struct": lambda: pyarrow.StructArray.from_arrays(
        [pyarrow.array([2**62, 5], pyarrow.timestamp("ns"))], ["t"]
    ),
    "list": lambda: pyarrow.array([[2**62], None], pyarrow.list_(pyarrow.timestamp("us"))),
    "list of strings": lambda: pyarrow.ListArray.from_arrays([0, 1, 2], damaged_strings()),
    "struct of strings": lambda: pyarrow.StructArray.from_arrays([damaged_strings()], ["s"]),
    "duration": lambda: pyarrow.array([2**62, 1], pyarrow.duration("us")),
    "time": lambda: pyarrow.array([1, 2], pyarrow.time64("ns")),
    "date": lambda: pyarrow.array([2**30, 2], pyarrow.date32()),
    "decimal": lambda: pyarrow.array([1, 2], pyarrow.decimal256(70, 2)),
    "binary": lambda: pyarrow.array([b"\xff", None]),
    "map": lambda: pyarrow.array(
        [[("a", 2**62)], None], pyarrow.map_("string", pyarrow.timestamp("us"))
    ),
    "null": lambda: pyarrow.nulls(2),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_values_of_other_columns_stop_nothing(write, kind):
    path = write([pyarrow.array(["fine", "good"]), ODD[kind]()], ["text", "other"])
    rows, values = rows_of(path)
    assert [row.text for row in rows] == ["fine", "good"]
    assert len(values) == 2
    assert [row.text for row in rows_of(path, [])[0]] == ["fine", "good"]


def test_times_are_text(write):
    times = pyarrow.array([1, None], pyarrow.timestamp("ns"))
    rows, _ = rows_of(write([pyarrow.array(["a", "b"]), times], ["text", "when"]))
    assert [row.record[1] for row in rows] == ["1970-01-01 00:00:00.000000001", None]


def test_damage_is_a_data_error(write):
    path = write([pyarrow.array([f"text {n}" * 50 for n in range(6)])], ["text"])
    content = path.read_bytes()
    for place in range(0, len(content), max(1, len(content) // 150)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        try:
            rows_of(path)
        except DataError as error:
            assert "Parquet" in str(error) or "text column" in str(error)  # noqa: PT017


def test_without_pyarrow(write, monkeypatch):
    path = write([pyarrow.array(["a"])], ["text"])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"cinesent\[data\]"):
        open_table(path)

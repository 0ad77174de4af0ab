"""Excel files."""

from __future__ import annotations

import datetime

import pytest
from reporters import Recorder

from cinesent.errors import DataError, MissingExtraError
from cinesent.tables import TableOptions, open_table, workbook

openpyxl = pytest.importorskip("openpyxl")


@pytest.fixture
def write(tmp_path):
    def write(*rows, sheets=()):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for title in sheets:
            book.create_sheet(title).append(["text"])
        path = tmp_path / "a.xlsx"
        book.save(path)
        return path

    return write


def test_rows_and_values(write):
    when = datetime.datetime(2024, 5, 1, 12)
    path = write(
        *([], ["id", "Review Text", "when", None, None], [1, "A fine film.", when], []),
        *([2, None, None, "x"], [3, 5], [4, "nan"]),
        *([5, "one\ntwo", None, None, "far out"], [6, "end"]),
    )
    reader = open_table(path)
    rows = [row for row in reader.rows(reader.first()) if not row.blank]
    assert reader.columns == ["id", "Review Text", "when"]
    assert [row.line for row in rows] == [3, 5, 6, 7, 8, 9]
    assert rows[0].record == [1, "A fine film.", when]
    assert rows[0].text == "A fine film."
    for row, words in zip(
        rows[1:5], ["cells, expected 3", "is 5, expected", "missing", "5 cells"], strict=True
    ):
        assert words in row.error
    assert rows[5].text == "end"
    assert reader.values(rows[5]) == {"id": 6, "Review Text": "end", "when": None}
    assert reader.done() == 1.0
    reader.close()


def test_it_resumes_at_every_row(write):
    path = write(["text"], *([f"text {n}"] if n % 3 else [] for n in range(9)))
    reader = open_table(path)
    whole = list(reader.rows(reader.first()))
    for place, row in enumerate(whole):
        assert list(reader.rows(row.end)) == whole[place + 1 :]
    reader.close()


def test_without_a_header(write):
    path = write([1, "fine"], [0, "bad"])
    reader = open_table(path, TableOptions(header=False, text_column="2"))
    assert [row.text for row in reader.rows(reader.first())] == ["fine", "bad"]
    reader.close()


def test_several_sheets_are_reported(write):
    told = Recorder()
    open_table(write(["text"], ["fine"], sheets=["More"]), reporter=told).close()
    assert "2 sheets; the first one, 'Sheet', is read" in told.warnings[0]


def test_an_empty_sheet(write):
    with pytest.raises(DataError, match="is empty"):
        open_table(write())
    with pytest.raises(DataError, match="no text column"):
        open_table(write(["a", 5]))


def test_damage_is_a_data_error(write):
    path = write(["text"], *([f"text {n}"] for n in range(50)))
    content = path.read_bytes()
    for place in range(0, len(content), len(content) // 100):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        try:
            reader = open_table(path)
        except DataError:
            continue
        try:
            list(reader.rows(reader.first()))
        except DataError:
            continue
        finally:
            reader.close()


def test_a_workbook_that_unpacks_to_too_much(write, monkeypatch):
    monkeypatch.setattr(workbook, "_UNPACKED_LIMIT", 1000)
    with pytest.raises(DataError, match="unpacks to"):
        open_table(write(["text"], ["fine"]))


def test_without_openpyxl(write, monkeypatch):
    path = write(["text"], ["fine"])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"cinesent\[data\]"):
        open_table(path)

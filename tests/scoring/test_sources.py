"""Tables of every shape that can be read, and values that a format cannot hold."""

from __future__ import annotations

import json

import pytest
from scored_files import Recorder, read_csv, read_jsonl, write_csv

import cinesent


def test_a_table_without_a_header_gets_none(classifier, tmp_path):
    (tmp_path / "in.csv").write_text('7,"a fine, fine film"\n8,dull\n')
    cinesent.score_file("in.csv", "out.csv", classifier, header=False, text_column="2")
    rows = [line.split(",") for line in (tmp_path / "out.csv").read_text().splitlines()]
    assert [row[0] for row in rows] == ["7", "8"]
    assert rows[1][2] in ("positive", "negative")
    cinesent.score_file("in.csv", "out.jsonl", classifier, header=False, text_column="2")
    assert list(read_jsonl(tmp_path / "out.jsonl")[0])[:3] == ["1", "2", "label"]


@pytest.mark.parametrize("mark", [";", "|", "\t"])
def test_the_delimiter_stays_that_of_the_source(classifier, tmp_path, mark):
    write_csv(tmp_path / "in.csv", [["id", "text"], [1, "fine, really"], [2, "dull"]], mark)
    cinesent.score_file("in.csv", "out.csv", classifier)
    delimiter = "," if mark == "\t" else mark  # tabs belong to .tsv
    assert [row["text"] for row in read_csv(tmp_path / "out.csv", delimiter)] == [
        "fine, really",
        "dull",
    ]


def test_the_separator_line_of_excel_is_kept(classifier, tmp_path):
    (tmp_path / "in.csv").write_text("sep=;\nid;text\n1;a fine film\n")
    cinesent.score_file("in.csv", "out.csv", classifier)
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[:2] == ["sep=;", "id;text;label;probability;error"]
    assert lines[2].startswith("1;a fine film;")


@pytest.mark.parametrize("target", ["out.jsonl", "out.csv", "out.parquet"])
def test_a_json_array_is_written_as_rows(classifier, tmp_path, target):
    records = [{"id": 1, "text": "a fine film", "tags": ["x", {"y": 2}]}, {"id": 2, "text": ""}]
    (tmp_path / "in.json").write_text(json.dumps(records, indent=2))
    summary = cinesent.score_file("in.json", target, classifier)
    assert (summary.num_rows, summary.num_bad) == (2, 1)
    if target == "out.jsonl":
        first, second = read_jsonl(tmp_path / target)
        assert {name: first[name] for name in records[0]} == records[0]
        assert second["id"] == 2


def test_excel_is_read(classifier, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["id", "text"], [1, "a fine film"], [2, None]):
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    cinesent.score_file("in.xlsx", "out.csv", classifier)
    first, second = read_csv(tmp_path / "out.csv")
    assert (first["id"], first["text"]) == ("1", "a fine film")
    assert second["error"]


def damaged_strings(values: list[bytes]) -> object:
    """An Arrow array of strings that are no UTF-8."""
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.array(values, pyarrow.binary()).view(pyarrow.string())


def odd_columns() -> dict[str, object]:
    """Columns that Arrow holds and Python or UTF-8 cannot."""
    pyarrow = pytest.importorskip("pyarrow")
    nanoseconds = pyarrow.array([2**62, 1], pyarrow.timestamp("ns"))
    seconds = pyarrow.array([2**40, 1], pyarrow.timestamp("s"))
    return {
        "bytes": damaged_strings([b"caf\xe9", b"ok"]),
        "zone": pyarrow.array([1, 2], pyarrow.timestamp("us", tz="No/Where")),
        "far": seconds,
        "struct": pyarrow.StructArray.from_arrays([nanoseconds], ["when"]),
        "list": pyarrow.ListArray.from_arrays([0, 1, 2], seconds),
        "nested bytes": pyarrow.ListArray.from_arrays([0, 1, 2], damaged_strings([b"\xff", b"k"])),
    }


@pytest.mark.parametrize("target", ["out.csv", "out.jsonl", "out.parquet", "out.txt"])
@pytest.mark.parametrize("name", ["bytes", "zone", "far", "struct", "list", "nested bytes"])
def test_odd_values_of_another_column_do_not_stop_a_run(classifier, tmp_path, name, target):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    column = odd_columns()[name]
    table = pyarrow.table({"text": ["a fine film", "dull"], "odd": column})
    parquet.write_table(table, "in.parquet", version="2.6")
    summary = cinesent.score_file("in.parquet", target, classifier)
    assert summary.num_rows == 2
    assert summary.num_bad == 0
    if target == "out.csv":
        assert all(row["odd"] for row in read_csv(tmp_path / target))
        assert all(row["label"] for row in read_csv(tmp_path / target))


def test_a_damaged_text_is_a_bad_row(classifier, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table({"text": damaged_strings([b"caf\xe9", b"fine"]), "n": [1, 2]})
    parquet.write_table(table, "in.parquet")
    cinesent.score_file("in.parquet", "out.csv", classifier)
    first, second = read_csv(tmp_path / "out.csv")
    assert first["error"].startswith("row 1: ")
    assert second["label"]


def test_a_detected_encoding_is_reported_and_the_columns_are_text(classifier, tmp_path):
    texts = [
        "Очень хороший фильм, советую всем",
        "Скучно и слишком долго",
        "Прекрасная игра актёров",
    ]
    write_csv(tmp_path / "utf8.csv", [["id", "text"], *enumerate(texts)])
    content = (tmp_path / "utf8.csv").read_text(encoding="utf-8")
    (tmp_path / "in.csv").write_bytes(content.encode("cp1251"))
    said = Recorder()
    summary = cinesent.score_file("in.csv", "out.csv", classifier, reporter=said)
    assert summary.num_bad == 0
    assert len(said.warnings) == 1
    assert "is not UTF-8" in said.warnings[0]
    assert [row["text"] for row in read_csv(tmp_path / "out.csv")] == texts

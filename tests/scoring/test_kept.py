"""What becomes of the user's own columns: names, values and bytes, also of bad rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scored_files import Recorder, read_csv, read_jsonl, write_csv, write_jsonl

import cinesent
from cinesent.errors import ConfigError, ScoringError

TARGETS = ["out.csv", "out.tsv", "out.jsonl", "out.parquet", "out.txt"]


def read_parquet(path: str) -> list[dict]:
    parquet = pytest.importorskip("pyarrow.parquet")
    return parquet.read_table(path).to_pylist()


def write_parquet(path: Path, names: list[str], columns: list[object]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    arrays = [pyarrow.array(column) for column in columns]
    parquet.write_table(pyarrow.Table.from_arrays(arrays, names=names), path)


BAD_CSV = (
    b"id,text,note\n"
    b"1,good film,x\n"
    b"2,too,many,fields\n"
    b"3\n"
    b'4,"  ",empty\n'
    b"5,caf\xe9,\xe9t\xe9\n"
    b'6,"wrong" quote,y\n'
    b"7,N/A,z\n"
    b'8,"never closed,w\n'
    b"9,and yet read,v\n"
)


def test_bad_rows_of_csv_keep_what_they_hold(classifier, tmp_path):
    (tmp_path / "in.csv").write_bytes(BAD_CSV)
    summary = cinesent.score_file("in.csv", "out.csv", classifier, encoding="utf-8")
    assert (summary.num_rows, summary.num_bad) == (9, 7)
    written = (tmp_path / "out.csv").read_bytes()
    # The bytes of the line that is no UTF-8 are the same.
    assert b"5,caf\xe9,\xe9t\xe9,,," in written
    records = read_latin(tmp_path / "out.csv")
    assert [record["id"] for record in records] == [str(number) for number in range(1, 10)]
    assert records[1]["text"] == "too"
    assert records[1]["note"] == "many,fields"
    assert (records[3]["text"], records[3]["note"]) == ("  ", "empty")
    for number, parts in [(5, ("wrong", "quote", "y")), (7, ("never closed", "w"))]:
        kept = " ".join(records[number].values())
        assert all(part in kept for part in parts), records[number]
    assert (records[6]["text"], records[6]["note"]) == ("N/A", "z")
    for record in records[1:8]:
        assert record["label"] == ""
        assert record["error"]


def read_latin(path: Path) -> list[dict[str, str]]:
    return read_csv(Path(path).with_suffix(".utf8").with_name(_recoded(path)))


def _recoded(path: Path) -> str:
    copy = path.with_name("recoded.csv")
    copy.write_text(path.read_bytes().decode("latin-1"), encoding="utf-8", newline="")
    return copy.name


@pytest.mark.parametrize("target", ["out.jsonl", "out.parquet"])
def test_bytes_that_are_no_text_stay_readable_in_other_formats(classifier, tmp_path, target):
    (tmp_path / "in.csv").write_bytes(BAD_CSV)
    cinesent.score_file("in.csv", target, classifier, encoding="utf-8")
    read = read_jsonl(tmp_path / target) if target == "out.jsonl" else read_parquet(target)
    assert (read[4]["text"], read[4]["note"]) == ("caf\\xe9", "\\xe9t\\xe9")
    assert [record["id"] for record in read] == [str(number) for number in range(1, 10)]


@pytest.mark.parametrize("target", ["out.csv", "out.jsonl", "out.parquet"])
def test_lines_that_are_not_json_are_kept_as_text(classifier, tmp_path, target):
    lines = [
        b'{"n": 1, "text": "a fine film"}',
        b'{"n": 2, "text": "broken"',
        b"[1, 2]",
        b'{"n": 3, "text": "caf\xe9"}',
        b'{"n": 4, "text": 5}',
    ]
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    cinesent.score_file("in.jsonl", target, classifier, encoding="utf-8")
    read = {"out.csv": read_csv, "out.jsonl": read_jsonl}.get(target, read_parquet)
    records = read(tmp_path / target) if target != "out.parquet" else read(target)
    texts = [str(record["text"]) for record in records]
    assert texts[1:] == ['{"n": 2, "text": "broken"', "[1, 2]", texts[3], "5"]
    assert "caf\\xe9" in texts[3]
    assert [bool(record.get("error")) for record in records] == [False, True, True, True, True]
    assert str(records[4]["n"]) == "4"


@pytest.mark.parametrize("source", ["in.csv", "in.tsv", "in.parquet"])
def test_columns_of_the_same_name_keep_their_own_values(classifier, tmp_path, source):
    names, values = ["a", "text", "a", "A"], [["1"], ["a fine film"], ["2"], ["3"]]
    if source == "in.parquet":
        write_parquet(tmp_path / source, names, values)
    else:
        rows = [names, [column[0] for column in values]]
        write_csv(tmp_path / source, rows, "\t" if source == "in.tsv" else ",")
    for target, mark in [("out.csv", ","), ("out.tsv", "\t")]:
        cinesent.score_file(source, target, classifier)
        header, row = (tmp_path / target).read_text().splitlines()
        assert header.split(mark)[:4] == names
        assert row.split(mark)[:4] == ["1", "a fine film", "2", "3"]
    said = Recorder()
    cinesent.score_file(source, "out.jsonl", classifier, reporter=said)
    (record,) = read_jsonl(tmp_path / "out.jsonl")
    assert list(record.values())[:4] == ["1", "a fine film", "2", "3"]
    assert len(said.warnings) == 1
    assert "several columns called 'a'" in said.warnings[0]
    cinesent.score_file(source, "out.parquet", classifier)
    from pyarrow import parquet

    table = parquet.ParquetFile("out.parquet").read()
    assert [column.to_pylist()[0] for column in table.columns][:4] == ["1", "a fine film", "2", "3"]


EXACT = 2**53


@pytest.mark.parametrize(
    ("values", "kind", "warned"),
    [
        ([1, 2.5], "double", 0),
        ([EXACT, 0.5], "double", 0),
        ([EXACT + 1, 0.5], "string", 1),
        ([0.5, -EXACT - 1], "string", 1),
        ([EXACT + 1, None, 5], "int64", 0),
        ([2**63 - 1, -(2**63)], "int64", 0),
        ([2**63, 1], "string", 0),
        ([2**70, 2**71], "string", 0),
        ([2**70, 0.5], "string", 0),
        ([10**400, 0.5], "string", 0),
        ([-(10**4000)], "string", 0),
        ([True, 1], "string", 0),
        ([True, None], "bool", 0),
        ([None, None], "string", 0),
        (["x", 0.5], "string", 0),
        ([1e308, float("inf")], "double", 0),
    ],
)
def test_numbers_keep_their_value_in_parquet(classifier, values, kind, warned):
    parquet = pytest.importorskip("pyarrow.parquet")
    records = [{"text": f"fine {n}", "n": value} for n, value in enumerate(values)]
    write_jsonl(Path("in.jsonl"), records)
    said = Recorder()
    cinesent.score_file("in.jsonl", "out.parquet", classifier, reporter=said)
    table = parquet.read_table("out.parquet")
    assert str(table.schema.field("n").type) == kind
    for found, value in zip(table.column("n").to_pylist(), values, strict=True):
        if kind == "string" and value is not None:
            assert found == (value if isinstance(value, str) else json.dumps(value))
        else:
            assert found == value
    assert len(said.warnings) == warned
    assert all("'n' holds integers" in warning for warning in said.warnings)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("depth", [10, 199, 200, 201, 250, 900, 972, 2000])
def test_values_nested_deeply_never_stop_a_run(classifier, tmp_path, depth, target):
    for opening, closing in [("[", "]"), ('{"a":', "}")]:
        deep = opening * depth + "1" + closing * depth
        lines = ['{"text": "fine", "x": 1}', f'{{"text": "deep", "x": {deep}}}', '{"text": "last"}']
        (tmp_path / "in.jsonl").write_text("\n".join(lines))
        summary = cinesent.score_file("in.jsonl", target, classifier, overwrite=True)
        assert summary.num_rows == 3
        assert summary.num_bad == (depth > 199)


@pytest.mark.parametrize("target", TARGETS)
def test_names_that_are_no_unicode_never_stop_a_run(classifier, tmp_path, target):
    lines = [
        '{"text": "fine", "\\ud800": "\\udcff", "é": 1}',
        '{"text": "f", "\\ud800": "\\u00e9"}',
    ]
    lines.append('{"text": "last", "\\udfff": 1, "\\\\ud800": 3}')
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    summary = cinesent.score_file("in.jsonl", target, classifier)
    assert (summary.num_rows, summary.num_bad) == (3, 0)
    (tmp_path / target).read_bytes().decode(
        "utf-8", "strict" if target != "out.parquet" else "replace"
    )
    if target == "out.parquet":
        first, second, third = read_parquet(target)
        assert first["\\ud800"] == "\\udcff" or first["\\ud800"] == "\\xff"
        assert second["\\ud800"] == "é"
        assert third["\\ud800_"] == 3


def test_a_late_field_with_an_added_name_keeps_its_column_in_parquet(classifier, monkeypatch):
    monkeypatch.setattr("cinesent.tables.stream.HEAD_BYTES", 40)
    write_jsonl(Path("in.jsonl"), [{"text": "a fine film"}] * 3 + [{"text": "b", "label": 7}])
    cinesent.score_file("in.jsonl", "out.parquet", classifier)
    records = read_parquet("out.parquet")
    assert [record["label"] for record in records] == [None, None, None, 7]
    assert all(record["cinesent_label"] in ("positive", "negative") for record in records)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("in.csv", "id,text\n1,\n2,  \n3,NaN\n"),
        ("in.csv", "id,text\n1,a,b\n2,c,d\n"),
        ("in.csv", "id,text\n1,\n"),
        ("in.tsv", "id\ttext\n1\t\n"),
        ("in.jsonl", '{"text": null}\n{"n": 2}\n'),
        ("in.jsonl", '{"text": 5}\n'),
        ("in.txt", "\n\n"),
    ],
)
@pytest.mark.parametrize("target", TARGETS)
def test_a_file_without_a_good_row_is_an_error(classifier, tmp_path, name, content, target):
    (tmp_path / name).write_text(content)
    said = Recorder()
    with pytest.raises(
        ScoringError, match="(?s)could not be scored, so .* was not written:\n.*text_col"
    ) as caught:
        cinesent.score_file(name, target, classifier, reporter=said)
    # The first error is in the message, and the corrected command needs no other option.
    assert f"  {name}{'' if name == 'in.parquet' else ':'}" in str(caught.value)
    assert "--text-column" in caught.value.for_command_line()
    assert said.warnings == []
    assert [path.name for path in tmp_path.iterdir()] == [name]
    (tmp_path / name).write_text(
        content
        + {"in.txt": "a fine film\n", "in.jsonl": '{"text": "fine"}\n', "in.tsv": "2\tfine\n"}.get(
            name, "4,fine\n"
        )
    )
    assert cinesent.score_file(name, target, classifier).num_bad > 0


def test_without_a_good_row_what_was_there_stays(classifier, tmp_path):
    write_csv(tmp_path / "in.csv", [["id", "text"], [1, ""]])
    (tmp_path / "out.csv").write_text("dear to me")
    with pytest.raises(ScoringError, match="The only row of in.csv could not be scored"):
        cinesent.score_file("in.csv", "out.csv", classifier, overwrite=True)
    assert (tmp_path / "out.csv").read_text() == "dear to me"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


FORMULAS = ["=1+2", "+1+2", "-2+3", "@SUM(A1)", "\t=1", "＝1", '=HYPERLINK("x","y")', "-"]
HARMLESS = ["-5", "+1.5e3", "a=b", "'=1", "", " =1", "fine", "-0", "1-2"]


@pytest.mark.parametrize("source", ["in.csv", "in.tsv", "in.jsonl", "in.parquet"])
@pytest.mark.parametrize("target", ["out.csv", "out.tsv"])
def test_formulas_are_escaped_on_request(classifier, tmp_path, source, target):
    cells = FORMULAS + HARMLESS
    records = [{"=name": cell, "text": f"fine {n}"} for n, cell in enumerate(cells)]
    mark = "\t" if source == "in.tsv" else ","
    if source == "in.jsonl":
        write_jsonl(tmp_path / source, records)
    elif source == "in.parquet":
        write_parquet(
            tmp_path / source,
            list(records[0]),
            [[*column] for column in zip(*(r.values() for r in records), strict=True)],
        )
    else:
        write_csv(tmp_path / source, [list(records[0]), *(r.values() for r in records)], mark)
    delimiter = "\t" if target == "out.tsv" else ","
    cinesent.score_file(source, target, classifier)
    assert [row["=name"] for row in read_csv(tmp_path / target, delimiter)] == cells
    cinesent.score_file(source, target, classifier, escape_formulas=True, overwrite=True)
    escaped = [row["'=name"] for row in read_csv(tmp_path / target, delimiter)]
    assert escaped == [f"'{cell}" for cell in FORMULAS] + HARMLESS


def test_escaping_formulas_needs_a_format_for_spreadsheets(classifier, tmp_path):
    write_csv(tmp_path / "in.csv", [["text"], ["fine"]])
    for target in ("out.jsonl", "out.parquet", "out.txt"):
        with pytest.raises(ConfigError, match="escape_formulas applies to CSV and TSV"):
            cinesent.score_file("in.csv", target, classifier, escape_formulas=True)


def test_formulas_are_escaped_in_rows_that_are_bad(classifier, tmp_path):
    (tmp_path / "in.csv").write_text('text,n\n"fine",1\n=cmd,=x,=y\n,=2\n"open,=3\n')
    cinesent.score_file("in.csv", "out.csv", classifier, escape_formulas=True)
    for record in read_csv(tmp_path / "out.csv"):
        assert not any(value.startswith("=") for value in record.values())


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("evidence", "2"), ("evidence", True), ("evidence", 1.5), ("evidence", None),
        ("workers", "2"), ("workers", None), ("workers", 0), ("strict", "no"), ("resume", 1),
        ("overwrite", None), ("tokens", "x"), ("escape_formulas", 0), ("out_format", 5),
        ("out_format", ["csv"]), ("format", 5), ("encoding", 5), ("text_column", 5),
        ("reporter", print), ("out_format", "xlsx"),
    ],
)  # fmt: skip
def test_options_of_a_wrong_type_are_named(classifier, tmp_path, option, value):
    write_csv(tmp_path / "in.csv", [["text"], ["fine"]])
    with pytest.raises(ConfigError, match=option):
        cinesent.score_file("in.csv", "out.csv", classifier, **{option: value})
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]

from __future__ import annotations

import csv
import io
import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imdb_archives import write_folder
from reporters import Recorder

from cinesent.data import load_dataset
from cinesent.data.labelled_files import load_file
from cinesent.data.labels import mapping_line
from cinesent.errors import ConfigError, DataError
from cinesent.tables.columns import find_columns
from cinesent.tables.missing import is_missing


def _load(tmp_path, name, content, **options):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_file(path, **options).train


def _pairs(reviews):
    return list(zip(reviews.texts, reviews.labels.tolist(), strict=True))


GOOD = {
    "plain": ("a.csv", "text,label\ngood,1\nbad,0\n"),
    "words": ("a.csv", "text,label\ngood,POS\nbad,neg\n"),
    "long words": ("a.csv", "Review,Sentiment\ngood,Positive\nbad,NEGATIVE\n"),
    "other columns": ("a.csv", "id,label,x,text\n1,1,?,good\n2,0,?,bad\n"),
    "white space": ("a.csv", " TEXT , Label \ngood, 1 \nbad,0\n"),
    "floats": ("a.csv", "text,label\ngood,1.0\nbad,0.0\n"),
    "windows": ("a.csv", "text,label\r\ngood,1\r\nbad,0\r\n"),
    "old mac": ("a.csv", "text,label\rgood,1\rbad,0\r"),
    "no last line end": ("a.csv", "text,label\ngood,1\nbad,0"),
    "semicolons": ("a.csv", "text;label\ngood;1\nbad;0\n"),
    "tabs": ("a.tsv", "text\tlabel\ngood\t1\nbad\t0\n"),
    "upper case ending": ("A.CSV", "text,label\ngood,1\nbad,0\n"),
    "empty rows": ("a.csv", "\ntext,label\n\ngood,1\n,\n  ,  \nbad,0\n\n\n"),
    "json lines": ("a.jsonl", '{"text":"good","label":1}\n\n{"label":"neg","text":"bad"}\n'),
    "ndjson": ("a.ndjson", '{"text":"good","label":1.0}\r\n{"text":"bad","label":0,"x":[]}'),
    "utf-8 mark": ("a.csv", "\ufefftext,label\ngood,1\nbad,0\n"),
    "utf-16": ("a.csv", "text,label\ngood,1\nbad,0\n".encode("utf-16")),
    "json utf-16": (
        "a.jsonl",
        '{"text":"good","label":1}\n{"text":"bad","label":0}'.encode("utf-16"),
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_good_files(case, tmp_path):
    name, content = GOOD[case]
    reviews = _load(tmp_path, name, content)
    assert _pairs(reviews) == [("good", 1), ("bad", 0)]
    assert reviews.labels.dtype == np.int8
    assert reviews.name == name


HEAD = "text,label\n"
BAD = {
    "too few": (HEAD + "a,1\nb\n", r"a\.csv:3: 1 field, expected 2; text"),
    "too many": (
        HEAD + "a, b,1\n",
        r"a\.csv:2: 3 fields, expected 2; text that holds a comma must stand in",
    ),
    "no text": (HEAD + "a,1\n ,1\n", r"a\.csv:3: the text is missing, but the label is '1'"),
    "no label": (HEAD + "a,1\nb,\n", r"a\.csv:3: the label is missing"),
    "unknown label": (HEAD + "a,1\nb,maybe\n", r"a\.csv:3: the label is 'maybe'; expected 0 or 1"),
    "other word": (
        HEAD + "a,1\nb,meh\n",
        r"(?s)skip_other_labels=True.*a\.csv:3: the label is 'meh'",
    ),
    "nul": (HEAD + "a long text\0,1\nand more of it,0\n", r"a\.csv:2: the text holds a NUL"),
    "open quote": (HEAD + 'a,1\n"b,0\nc,1\n', r"a\.csv:3: a quoted field .* never closed"),
    "inner quote": (HEAD + '"a "so" b",1\n', r"a\.csv:2: a quote inside a field must be written"),
    "line of a later row": (HEAD + '"a\nb\nc",1\nd\n', r"a\.csv:5: 1 field"),
    "ratings": (
        HEAD + "a,1\nb,3\nc,5\nd,5\n",
        r"'1' \(1\), '3' \(1\), '5' \(2\)\. .*positive_from=4",
    ),
    "minus one": (HEAD + "a,-1\nb,1\n", r"positive_from=1\."),
    "only one star": ("text,rating\na,1\nb,1\n", r"'1' \(2\)\. .*positive_from"),
    "other words": (HEAD + "a,good\nb,awful\n", r"holds no labels: found 'awful' \(1\), 'good'"),
    "no text column": (
        "notes,label\na,1\n",
        r"no text column: found 'notes', 'label'; expected one of text, review",
    ),
    "no label column": ("text,n\na,1\n", "no label column.*label_column"),
    "no header": ("what a film,1\n", r"found 'what a film', '1'; .* in the first row"),
    "text twice": ("text,Text ,label\na,b,1\n", None),
    "really twice": ("text,text,label\na,b,1\n", "has 2 columns called 'text'"),
    "empty": ("", "is empty: expected a first row"),
    "blank": ("\n\n", "is empty: expected a first row"),
    "only header": (HEAD, "names its columns, but has no rows"),
    "binary": (bytes(range(256)) * 40, "is not UTF-8, and it is not certain which encoding"),
    "half utf-16": (HEAD.encode("utf-16") + b"x", "cannot be read as utf-16-le"),
    "damaged utf-8": (
        HEAD.encode() + "caf\xe9 d\xe9j\xe0,1\n".encode() + b"b\xe9d,0\n",
        r"a\.csv:3: byte 0xE9 is not UTF-8",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_csv(case, tmp_path):
    content, message = BAD[case]
    if message is None:
        assert _pairs(_load(tmp_path, "a.csv", content)) == [("a", 1)]
        return
    with pytest.raises(DataError, match=message):
        _load(tmp_path, "a.csv", content)


BAD_JSON = {
    "not json": ('{"text":"a","label":1}\n{oops\n', r"a\.jsonl:2: is not JSON \(.* at column 2\)"),
    "no object": (
        '{"text":"a","label":1}\n[1]\n',
        r"a\.jsonl:2: is '\[1\]', expected a JSON object",
    ),
    "no field": ('{"text":"a","label":1}\n\n{"text":"b"}', r"a\.jsonl:3: has no field 'label'"),
    "number for text": ('{"text":5,"label":1}\n', r"a\.jsonl:1: the text is 5, expected a string"),
    "object": (
        '{"text":"a","label":1}\n{"text":"b","label":{}}',
        r"a\.jsonl:2: the label is '{}'",
    ),
    "null": (
        '{"text":"a","label":1}\n{"text":"b","label":null}',
        r"a\.jsonl:2: the label is missing",
    ),
    "deep": ('{"text":"a","label":1}\n' + "[" * 100_000, r"a\.jsonl:2: is not JSON"),
    "empty": ("", "does not begin with JSON: expected one object per line"),
    "all bad": ("nothing\n", "does not begin with JSON"),
    "columns": ('{"notes":"a","label":1}', "no text column: found 'notes', 'label'"),
}


@pytest.mark.parametrize("case", BAD_JSON)
def test_bad_json_lines(case, tmp_path):
    content, message = BAD_JSON[case]
    with pytest.raises(DataError, match=message):
        _load(tmp_path, "a.jsonl", content)


def test_first_five_bad_rows_are_quoted_in_order(tmp_path):
    rows = [("a", "1"), ("b",), ("c", "x"), ("d", ""), ("e", "1", "2"), ("f", "y"), ("g", "z")]
    with pytest.raises(DataError) as caught:
        _load(tmp_path, "a.csv", HEAD + "\n".join(",".join(row) for row in rows))
    message = str(caught.value)
    assert "has 6 bad rows" in message
    assert re.findall(r"a\.csv:(\d+)", message) == ["3", "4", "5", "6", "7"]
    assert message.endswith("… and 1 more.")


def test_quotes_and_line_ends_inside_fields(tmp_path):
    content = 'text,label\n"good, ""really""\r\nsecond\u2028line\rthird",1\n'
    assert _pairs(_load(tmp_path, "a.csv", content)) == [
        ('good, "really"\r\nsecond\u2028line\rthird', 1)
    ]


def test_very_long_text(tmp_path):
    before = csv.field_size_limit()
    reviews = _load(tmp_path, "a.csv", HEAD + "long " * 100_000 + ",1\n")
    assert len(reviews.texts[0]) == 500_000
    assert csv.field_size_limit() == before


def test_tsv_that_knows_no_quotes(tmp_path):
    told = Recorder()
    content = 'text\tlabel\n"so it begins\t1\nthe "end" of it\t0\nall "\t0\n'
    reviews = _load(tmp_path, "a.tsv", content, reporter=told)
    assert list(reviews.texts) == ['"so it begins', 'the "end" of it', 'all "']
    assert any("quotes do not pair up" in line for line in told.messages)


def test_tsv_with_quotes(tmp_path):
    content = 'text\tlabel\n"a\tb ""c"""\t1\n'
    assert _pairs(_load(tmp_path, "a.tsv", content)) == [('a\tb "c"', 1)]


def test_old_windows_file_is_read_and_said(tmp_path):
    told = Recorder()
    reviews = _load(tmp_path, "a.csv", HEAD.encode() + b"it\x92s caf\xe9,1\n", reporter=told)
    assert reviews.texts == ["it\u2019s caf\xe9"]
    assert "a.csv:2 is not UTF-8; the file is read as cp1252" in told.warnings[0]


def test_what_was_understood_is_said(tmp_path):
    told = Recorder()
    content = "Review,Stars,Sentiment\na,1,neg\n\nb,2,pos\nc,3,Pos\n"
    _load(tmp_path, "a.csv", content, reporter=told)
    assert told.messages == [
        "a.csv: text from the column 'Review', labels from 'Sentiment'",
        "a.csv: 1 empty row skipped",
        "a.csv: labels: 'neg' -> negative (1), 'Pos' -> positive (1), 'pos' -> positive (1)",
    ]


def test_ratings_with_a_threshold(tmp_path):
    told = Recorder()
    content = "text,rating\na,1\nb,3.5\nc,4\nd,10\n"
    reviews = _load(tmp_path, "a.csv", content, positive_from=4, reporter=told)
    assert reviews.labels.tolist() == [0, 0, 1, 1]
    assert told.messages[-1].endswith(
        "'3.5' -> negative (1), '4' -> positive (1), '10' -> positive (1)"
    )


def test_rating_that_is_no_number(tmp_path):
    with pytest.raises(DataError, match=r"a\.csv:3: the label is 'pos'; expected a number"):
        _load(tmp_path, "a.csv", "text,rating\na,1\nb,pos\n", positive_from=4)


def test_threshold_that_is_no_number(tmp_path):
    with pytest.raises(ConfigError, match="must be a number"):
        _load(tmp_path, "a.csv", HEAD + "a,1\n", positive_from=float("nan"))


def test_named_columns(tmp_path):
    content = "text,label,body,mark\nx,0,a,1\n"
    reviews = _load(tmp_path, "a.csv", content, text_column="Body", label_column="mark")
    assert _pairs(reviews) == [("a", 1)]
    with pytest.raises(DataError, match="has no column 'bdoy'. Did you mean 'body'"):
        _load(tmp_path, "a.csv", content, text_column="bdoy")
    with pytest.raises(ConfigError, match="cannot both be the column 'text'"):
        _load(tmp_path, "a.csv", content, label_column="text")


def test_exact_name_goes_before_another_case():
    assert find_columns(["Text", "text", "label"], "x").text == "text"
    with pytest.raises(DataError, match="2 columns called 'Text'"):
        find_columns(["Text", "TEXT", "label"], "x")


def test_one_class_is_fine(tmp_path):
    assert _load(tmp_path, "a.csv", HEAD + "a,1\nb,1\n").labels.tolist() == [1, 1]


def test_many_values_are_cut_in_the_message():
    assert mapping_line([str(i) for i in range(20)], [0] * 20).endswith("'11' -> negative (1), …")


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("a.txt", DataError, "plain lines, which have no labels"),
        ("a.json", DataError, "does not begin with JSON"),
        ("a.xlsx", DataError, "cannot be read as an Excel file"),
        ("noending", ConfigError, r"expected \.csv, \.tsv"),
    ],
)
def test_files_without_a_table_are_refused(tmp_path, name, error, message):
    with pytest.raises(error, match=message):
        _load(tmp_path, name, "x")


def test_missing_file_and_unknown_name(tmp_path):
    with pytest.raises(DataError, match="there is no file or folder"):
        load_dataset(tmp_path / "none.csv")
    with pytest.raises(DataError, match="Did you mean 'imdb'"):
        load_dataset("imbd")


class TestParquet:
    def _write(self, path, **columns):
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.table(columns), path)
        return path

    def test_good(self, tmp_path):
        path = self._write(tmp_path / "a.parquet", Text=["good", "bad", None], label=[1, 0, None])
        told = Recorder()
        assert _pairs(load_file(path, reporter=told).train) == [("good", 1), ("bad", 0)]
        assert "a.parquet: 1 empty row skipped" in told.messages

    def test_bad_row_is_named(self, tmp_path):
        path = self._write(tmp_path / "a.parquet", text=["good", None], label=["pos", "neg"])
        with pytest.raises(DataError, match=r"a\.parquet, row 2: the text is missing"):
            load_file(path)

    def test_missing_column(self, tmp_path):
        path = self._write(tmp_path / "a.parquet", notes=["good"], label=[1])
        with pytest.raises(DataError, match="no text column: found 'notes', 'label'"):
            load_file(path)

    def test_damaged(self, tmp_path):
        pytest.importorskip("pyarrow")
        with pytest.raises(DataError, match="cannot be read as Parquet"):
            _load(tmp_path, "a.parquet", b"PAR1 nothing of the kind PAR1")


class TestFolders:
    FILES = {"pos/b.txt": b"good", "pos/a.txt": b"fine", "neg/c.txt": b"bad"}  # noqa: RUF012

    def test_flat(self, tmp_path):
        data = load_dataset(write_folder(tmp_path / "mine", self.FILES))
        assert data.name == "mine"
        assert _pairs(data.train) == [("bad", 0), ("fine", 1), ("good", 1)]
        assert data.train.ids == ["neg/c", "pos/a", "pos/b"]
        assert (data.test, data.unlabelled) == (None, None)

    def test_with_train_test_and_unsup(self, tmp_path):
        files = {f"train/{name}": content for name, content in self.FILES.items()}
        files |= {"test/neg/x.txt": b"awful", "train/unsup/u.txt": b"who knows"}
        data = load_dataset(write_folder(tmp_path, files))
        assert len(data.train) == 3
        assert _pairs(data.test) == [("awful", 0)]
        assert data.unlabelled.labels.tolist() == [-1]

    def test_empty_and_damaged_files_are_named(self, tmp_path):
        files = {"pos/a.txt": b"", "neg/b.txt": b"a\0" * 20, "neg/c.txt": b"fine"}
        with pytest.raises(
            DataError, match=r"(?s)2 bad files.*neg/b\.txt is not text.*a\.txt is emp"
        ):
            load_dataset(write_folder(tmp_path, files))

    def test_folder_of_something_else(self, tmp_path):
        write_folder(tmp_path, {"docs/a.txt": b"x", "b.csv": b"x"})
        with pytest.raises(DataError, match=r"found b\.csv, docs; expected one \.txt file"):
            load_dataset(tmp_path)

    def test_columns_make_no_sense(self, tmp_path):
        with pytest.raises(ConfigError, match="which has no columns"):
            load_dataset(write_folder(tmp_path, self.FILES), positive_from=3)


_TEXT = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=30
).filter(lambda text: not is_missing(text))
_ROWS = st.lists(st.tuples(_TEXT, st.sampled_from([0, 1])), min_size=1, max_size=8)


@given(
    rows=_ROWS,
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_text_survives_csv(tmp_path_factory, rows, line_end, encoding):
    stream = io.StringIO()
    # Left to itself, the csv module of Python 3.11 writes a lone carriage return without quotes.
    writer = csv.writer(stream, lineterminator=line_end, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([("text", "label"), *rows])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(stream.getvalue().encode(encoding))
    assert _pairs(load_file(path).train) == rows


@given(rows=_ROWS, ascii_only=st.booleans())
def test_any_text_survives_json_lines(tmp_path_factory, rows, ascii_only):
    lines = [json.dumps({"text": t, "label": n}, ensure_ascii=ascii_only) for t, n in rows]
    path = tmp_path_factory.mktemp("json") / "a.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    assert _pairs(load_file(path).train) == rows

"""Labelled files are read by the reader that scoring uses: the same formats and options."""

from __future__ import annotations

import gzip
import json

import pytest
from imdb_archives import write_folder
from reporters import Recorder

from cinesent.data import load_dataset
from cinesent.errors import ConfigError, DataError

ROWS = [
    ("un film très réussi, tourné à la plage", 1),
    ("mauvais", 0),
    ("raté, gênant et trop long à la fin", 0),
]


def pairs(data):
    return list(zip(data.train.texts, data.train.labels.tolist(), strict=True))


def csv_of(delimiter):
    lines = ["text", "label"], *((f'"{text}"', str(label)) for text, label in ROWS)
    return "".join(delimiter.join(line) + "\n" for line in lines)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz"])
def test_delimiters_encodings_and_gzip(tmp_path, delimiter, encoding, name):
    content = csv_of(delimiter).encode(encoding)
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    told = Recorder()
    assert pairs(load_dataset(path, reporter=told)) == ROWS
    assert bool(told.warnings) == (encoding == "cp1252")


def test_every_other_format(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    records = [{"text": text, "label": label} for text, label in ROWS]
    (tmp_path / "a.json").write_text(json.dumps(records))
    (tmp_path / "b.json").write_text("\n".join(map(json.dumps, records)))
    parquet.write_table(pyarrow.Table.from_pylist(records), tmp_path / "a.parquet")
    book = openpyxl.Workbook()
    for row in (["text", "label"], *ROWS):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    for name in ("a.json", "b.json", "a.parquet", "a.xlsx"):
        assert pairs(load_dataset(tmp_path / name)) == ROWS


def test_without_a_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1,fine film,x\n0,bad film,y\n")
    found = load_dataset(path, header=False, text_column="2", label_column="1")
    assert pairs(found) == [("fine film", 1), ("bad film", 0)]
    with pytest.raises(DataError, match="give the number of the label column"):
        load_dataset(path, header=False, text_column="2")


def test_unlabelled_and_missing_values(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\nfine,1\nNaN,0\nbad,\nnone,N/A\n<NA>,None\nworse,0\n")
    with pytest.raises(DataError, match=r"(?s)3 bad rows.*:3: the text is missing.*:4: the label"):
        load_dataset(path)


def test_damaged_rows_are_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\nréussi,1\nraté,0\n".encode() + b"d\xe9j\xe0,0\n")
    with pytest.raises(DataError, match=r"a\.csv:4: byte 0xE9 is not UTF-8"):
        load_dataset(path)


def test_files_of_a_folder_have_one_encoding(tmp_path):
    pytest.importorskip("charset_normalizer")
    texts = ["Ein großartiger Film, schön gespielt.", "Völlig überzeugend.", "Plain words."]
    files = {
        f"{kind}/{n}.txt": text.encode("cp1252")
        for kind in ("pos", "neg")
        for n, text in enumerate(texts)
    }
    told = Recorder()
    data = load_dataset(write_folder(tmp_path / "a", files), reporter=told)
    assert list(data.train.texts) == texts * 2
    assert "4 files" in told.warnings[0]
    assert "detected" in told.warnings[0]
    assert list(load_dataset(tmp_path / "a", encoding="cp1252").train.texts) == texts * 2
    files |= {"pos/9.txt": "schön".encode()}
    with pytest.raises(DataError, match="two encodings: 1 are UTF-8 and 4 are not"):
        load_dataset(write_folder(tmp_path / "b", files))
    with pytest.raises(ConfigError, match="leave out delimiter"):
        load_dataset(tmp_path / "a", delimiter=",")
    marked = {"pos/a.txt": "schön".encode("utf-16"), "neg/a.txt": "übel".encode("utf-8-sig")}
    data = load_dataset(write_folder(tmp_path / "c", marked))
    assert pairs(data) == [("übel", 0), ("schön", 1)]
    with pytest.raises(ConfigError, match="unknown"):
        load_dataset(tmp_path / "c", encoding="klingon")


@pytest.mark.parametrize("data", [5, b"a.csv", ["a.csv"], "a\0b", "~nosuchuser/x", "x" * 5000, ""])
def test_what_is_no_data(data):
    with pytest.raises((ConfigError, DataError)):
        load_dataset(data)

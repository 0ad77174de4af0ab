"""Which format a file is read in, by its name and by its content."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from reporters import Recorder

from cinesent.errors import ConfigError, DataError
from cinesent.tables import TableOptions, open_table
from cinesent.tables.formats import format_by_name

CSV = "id,text\n1,fine\n2,bad\n"


def parquet(path: Path) -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"text": ["fine"]}), path)
    return path.read_bytes()


def workbook(path: Path) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["text"])
    book.active.append(["fine"])
    book.save(path)
    return path.read_bytes()


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.csv.gz", "a.txt.csv"])
def test_by_name(read, name):
    content = gzip.compress(CSV.encode()) if name.endswith("gz") else CSV
    assert read(name, content).texts == ["fine", "bad"]


def test_gzip_is_found_whatever_the_name(read):
    assert read("a.csv", gzip.compress(CSV.encode())).texts == ["fine", "bad"]
    assert read("a.csv.gz", CSV).texts == ["fine", "bad"]


def test_by_content_where_the_name_does_not_say(read):
    assert read("a.dat", CSV).reader.format == "csv"
    assert read("a", CSV.replace(",", "\t")).reader.format == "tsv"
    assert read("a", '{"text": "fine"}\n').reader.format == "jsonl"
    assert read("a", '[{"text": "fine"}]').reader.format == "json"
    with pytest.raises(
        ConfigError, match=r"neither the name 'a.dat' nor the content shows the format"
    ):
        read("a.dat", "text\nfine\n")


@pytest.mark.parametrize(("make", "name"), [(parquet, "parquet"), (workbook, "xlsx")])
def test_binary_files_by_content(read, tmp_path, make, name):
    content = make(tmp_path / f"made.{name}")
    for wrong in ("a.csv", "a", "a.txt"):
        found = read(wrong, content)
        assert found.texts == ["fine"]
        assert found.reader.format == name
        assert "despite its name" in found.told.warnings[0]
    with pytest.raises(ConfigError, match=f"format='{name}'"):
        read("a.csv", content, format="csv")
    assert read("a", content, format=name).told.warnings == []


def test_json_named_csv(read):
    found = read("a.csv", '{"text": "fine"}\n')
    assert found.texts == ["fine"]
    assert "holds JSON" in found.told.warnings[0]


def test_a_zip_archive_and_an_old_workbook(read):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", CSV)
    with pytest.raises(DataError, match="is a zip archive, which is not read. Unpack it first"):
        read("a.csv", packed.getvalue())
    with pytest.raises(DataError, match="format before 2007.*Save it as .xlsx or .csv"):
        read("a.xls", b"\xd0\xcf\x11\xe0" + bytes(100))
    with pytest.raises(DataError, match="zip archive"):
        read("a.csv", b"PK\x03\x04 and no more")


@pytest.mark.parametrize("name", ["a.parquet", "a.xlsx"])
@pytest.mark.parametrize("content", [b"", b"text\nfine\n", b"PAR1" + bytes(20), b"PK\x03\x04abc"])
def test_damaged_binary_files(read, name, content):
    with pytest.raises((DataError, ConfigError)):
        read(name, content)


def test_what_is_no_file(tmp_path):
    for path in (
        tmp_path,
        tmp_path / "none.csv",
        tmp_path / "none.parquet",
        Path("/dev/null/x.csv"),
    ):
        with pytest.raises((DataError, ConfigError), match="folder|cannot|format"):
            open_table(path)


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.txt", "fine\n", {"delimiter": ","}),
        ("a.txt", "fine\n", {"text_column": "x"}),
        ("a.txt", "fine\n", {"header": False}),
        ("a.jsonl", '{"text": "x"}\n', {"delimiter": ","}),
        ("a.jsonl", '{"text": "x"}\n', {"header": False}),
    ],
)
def test_options_without_a_meaning_are_refused(read, name, content, options):
    with pytest.raises(ConfigError, match="has no meaning; leave it out"):
        read(name, content, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "xls"}, "Did you mean 'xlsx'"),
        ({"format": 5}, "expected a string"),
        ({"delimiter": 5}, "expected a string"),
        ({"text_column": 5}, "expected a string"),
        ({"header": "no"}, "expected True or False"),
        ({"delimiter": "ab"}, "expected a comma"),
    ],
)
def test_options_of_the_wrong_type(options, message):
    with pytest.raises(ConfigError, match=message):
        TableOptions(**options)


def test_standard_input_is_lines_unless_said(monkeypatch):
    for content, options, texts in (
        ("fine\n\nbad", {}, ["fine", None, "bad"]),
        (CSV, {"format": "csv"}, ["fine", "bad"]),
        ("fine\nbad\n", {"format": "csv", "header": False}, ["fine", "bad"]),
        ('[{"text": "fine"}]', {"format": "json"}, ["fine"]),
        ('{"text": "fine"}', {"format": "jsonl"}, ["fine"]),
        ("\ufefffine", {}, ["fine"]),
        (CSV, {"format": "csv", "encoding": "cp1252"}, ["fine", "bad"]),
        ("fine\rbad", {}, ["fine", "bad"]),
    ):
        pipe = io.TextIOWrapper(io.BufferedReader(Unseekable(content.encode())))
        monkeypatch.setattr(sys, "stdin", pipe)
        reader = open_table(None, TableOptions(**options))
        assert [row.text for row in reader.rows(reader.first())] == texts
        assert reader.done() is None
        reader.close()
        assert not pipe.closed
    with pytest.raises(ConfigError, match="cannot be read from standard input"):
        open_table(None, TableOptions(format="parquet"))


class Unseekable(io.RawIOBase):
    def __init__(self, content: bytes) -> None:
        self._content = content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        taken, self._content = self._content[: len(buffer)], self._content[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


@pytest.mark.parametrize("stdin", [None, io.StringIO("text")])
def test_standard_input_that_is_none(monkeypatch, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(DataError, match="standard input cannot be read"):
        open_table(None)


def test_a_pipe_with_a_name(tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=(CSV,))
    writer.start()
    reader = open_table(path)
    assert [row.text for row in reader.rows(reader.first())] == ["fine", "bad"]
    writer.join()
    with pytest.raises(DataError, match="a pipe, of which nothing can be read twice"):
        list(reader.rows(reader.first()))
    reader.close()


def test_a_damaged_gzip_file_gives_the_rows_before_the_damage(tmp_path):
    body = "text\n" + "".join(f"review {n} is {n * 7919 % 1013}\n" for n in range(400_000))
    content = gzip.compress(body.encode(), mtime=0)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(content[: len(content) // 2])
    reader = open_table(path)
    rows = reader.rows(reader.first())
    assert next(rows).text == "review 0 is 0"
    with pytest.raises(DataError, match=r"a\.csv\.gz cannot be read.*end-of-stream"):
        list(rows)
    reader.close()


def test_a_name_that_says_no_format():
    assert format_by_name(Path("a.tar.bz2")) is None


def test_messages_reach_the_reporter(tmp_path):
    (tmp_path / "a.csv").write_text("text,review,label\nx,y,1\n")
    told = Recorder()
    open_table(tmp_path / "a.csv", reporter=told).close()
    assert told.warnings == [
        f"{tmp_path / 'a.csv'}: the text is taken from 'text', not from 'review'."
    ]

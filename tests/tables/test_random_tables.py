"""Random files, encodings and options: every one is read, or refused by a CinesentError."""

from __future__ import annotations

import gzip
import random
from encodings.aliases import aliases
from pathlib import Path

import pytest

from cinesent.data.labelled_files import load_file
from cinesent.errors import CinesentError
from cinesent.tables import Row, TableOptions, open_table

PIECES = [
    *(b"text,label\n", b"id;text\n", b"sep=;\n", b"text", b"label", b"pos", b"neg", b"good film"),
    *(b",", b";", b"\t", b"|", b'"', b'""', b'\\"', b"\\", b"\n", b"\r\n", b"\r", b"a", b"1", b"0"),
    *(
        b'{"text": "a"}',
        b"[",
        b"]",
        b"{",
        b"}",
        b'"text"',
        b":",
        b"null",
        b"nan",
        b"\\u",
        b"\\ud800",
    ),
    *(b"\xe9", b"\xc3\xa9", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xf0\x9f\x98\x80", b"\x82\xa0"),
    *(b"\xed\xa0\x80", b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"1e400", b"9" * 5000, b"[" * 3000),
]
HEADS = [b"", b"text,label\n", b'{"text":"a","label":1}\n', b'[{"text":"a","label":1},']
NAMES = ["a.csv", "a.tsv", "a.jsonl", "a.json", "a.txt", "a.parquet", "a.xlsx", "a.csv.gz", "a"]
ENCODINGS = [
    *sorted(set(aliases.values())),
    "idna",
    "punycode",
    "undefined",
    "utf-8-sig",
    "\0",
    "é",
]
OPTIONS = {
    "encoding": ENCODINGS,
    "format": ["csv", "tsv", "jsonl", "json", "lines", "parquet", "xlsx", "bad"],
    "delimiter": [",", ";", "tab", "|", "x", ""],
    "header": [True, False],
    "text_column": ["1", "2", "text", "label", "", "\0"],
}
LABELS = [
    {}, {"positive_from": 1}, {"skip_other_labels": True}, {"negative_to": 0, "positive_from": 1},
]  # fmt: skip


def content_of(chance: random.Random) -> bytes:
    content = chance.choice(HEADS) + b"".join(chance.choices(PIECES, k=chance.randrange(40)))
    if chance.random() < 0.1:
        content = chance.randbytes(chance.randrange(60))
    if chance.random() < 0.1:
        content = gzip.compress(content)[: chance.choice([None, 20, -3])]
    return content


def check_row(row: Row, width: int) -> None:
    assert (row.text is None) == (row.error is not None)
    assert not isinstance(row.record, list) or len(row.record) == width
    assert "\x02" not in (row.error or ""), "parameters are named in messages, not in results"


def read_and_resume(path: Path, options: TableOptions, chance: random.Random) -> None:
    reader = open_table(path, options)
    try:
        rows = [row for row in reader.rows(reader.first()) if not row.blank]
        for row in rows:
            check_row(row, len(reader.columns))
            reader.values(row)
        if rows:
            place = chance.randrange(len(rows))
            again = [row for row in reader.rows(rows[place].end) if not row.blank]
            assert repr(again) == repr(rows[place + 1 :])
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("seed", "count"),
    [(0, 700), *(pytest.param(seed, 4000, marks=pytest.mark.slow) for seed in range(1, 6))],
)
def test_every_file_is_read_or_refused(tmp_path, seed, count):
    chance = random.Random(seed)
    for _ in range(count):
        path = tmp_path / chance.choice(NAMES)
        path.write_bytes(content_of(chance))
        options = {
            name: chance.choice(values)
            for name, values in OPTIONS.items()
            if chance.random() < 0.25
        }
        try:
            read_and_resume(path, TableOptions(**options), chance)
            load_file(path, **options, **chance.choice(LABELS))
        except CinesentError as error:
            error.for_command_line()

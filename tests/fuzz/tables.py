"""Random table files: sound ones of every format, damaged, renamed and in other encodings."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from random import Random
from typing import Any

from fuzz.values import ENCODINGS, number, text

NAMES = (
    "text",
    "review",
    "label",
    "sentiment",
    "rating",
    "id",
    "Review Text",
    "a",
    "",
    "label",
    "é",
)
LABELS = (
    *("positive", "negative", "neg", "pos", "0", "1", "True", "False", "LABEL_1", "__label__neg"),
    *("5 stars", "8/10", "1", "10", "", "unsup", "maybe", "nan", "1e308", "1.7e308", "-1", "\x00"),
)
ENDINGS = (
    *(".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt", ".parquet", ".xlsx", ".csv.gz"),
    *(".jsonl.gz", ".txt.gz", ".gz", "", ".CSV", ".tar.gz", ".zip", ".xls", ".pdf"),
)
PARTS = (
    *(
        b'"',
        b'""',
        b'\\"',
        b",",
        b";",
        b"\t",
        b"|",
        b"\n",
        b"\r",
        b"\r\n",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
    ),
    *(
        b"\xff\xfe",
        b"\xfe\xff",
        b"sep=;\n",
        b"{",
        b"}",
        b"[",
        b"]",
        b"null",
        b"\\ud800",
        b"1" * 400,
    ),
    *(
        b"[" * 1000,
        b'{"a":' * 500,
        b"PK\x03\x04",
        b"PAR1",
        b"\x1f\x8b\x08",
        b"\xe2\x80",
        b"\x1a",
        b" " * 50,
    ),
)


def rows(rng: Random) -> tuple[list[str], list[list[Any]]]:
    """A header and rows with texts, labels and other cells."""
    names = ["text", "label"] if rng.random() < 0.6 else rng.choices(NAMES, k=rng.randrange(1, 5))
    found: list[list[Any]] = []
    for _ in range(rng.choice((0, 1, 2, 4, 9))):
        row: list[Any] = []
        for name in names:
            if name in ("label", "sentiment", "rating"):
                row.append(rng.choice(LABELS[:4]) if rng.random() < 0.6 else rng.choice(LABELS))
            elif rng.random() < 0.9:
                row.append(text(rng, 4))
            else:
                row.append(rng.choice((None, number(rng), [], {"a": [1]}, rng.choice(LABELS))))
        found.append(row[: rng.randrange(len(row) + 1)] if rng.random() < 0.05 else row)
    return names, found


def delimited(rng: Random, names: list[str], content: list[list[Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter=rng.choice(",,,,;\t|"),
        lineterminator=rng.choice(("\n", "\n", "\r\n", "\r")),
        quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    )
    if rng.random() < 0.9:
        writer.writerow(names)
    writer.writerows(content)
    return encoded(rng, out.getvalue())


def objects(rng: Random, names: list[str], content: list[list[Any]]) -> bytes:
    records = [dict(zip(names, row, strict=False)) for row in content]
    lines = [json.dumps(record, ensure_ascii=rng.random() < 0.5, default=str) for record in records]
    if rng.random() < 0.3:
        return encoded(rng, "[" + ",\n".join(lines) + "]")
    return encoded(rng, "\n".join(lines) + "\n" * rng.randrange(2))


def plain(rng: Random, names: list[str], content: list[list[Any]]) -> bytes:
    return encoded(rng, "\n".join(str(row[0]) if row else "" for row in content))


def parquet(rng: Random, names: list[str], content: list[list[Any]]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    columns = []
    for place in range(len(names)):
        cells = [row[place] if place < len(row) else None for row in content]
        safe = [None if cell is None else printable(str(cell)) for cell in cells]
        kind = rng.randrange(8)
        if kind == 0:
            columns.append(pa.array([len(cell or "") for cell in safe]))
        elif kind == 1:
            columns.append(pa.array([[cell] for cell in safe], pa.list_(pa.string())))
        elif kind == 2:
            columns.append(pa.array([cell or "" for cell in safe]).dictionary_encode())
        elif kind == 3:
            columns.append(pa.array([(cell or "").encode() for cell in safe], pa.binary()))
        else:
            columns.append(pa.array(safe, pa.string()))
    out = io.BytesIO()
    table = pa.Table.from_arrays(columns, names=[printable(name) for name in names])
    parquet.write_table(table, out, row_group_size=rng.choice((1, 2, 100)))
    return out.getvalue()


def workbook(rng: Random, names: list[str], content: list[list[Any]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in [names, *content]:
        book.active.append([clean(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def clean(cell: Any) -> Any:
    """A cell that openpyxl writes."""
    if isinstance(cell, str):
        return "".join(c for c in printable(cell) if c >= " ")[:1000]
    return cell if isinstance(cell, (int, float)) and abs(cell) < 1e15 else None


def printable(given: str) -> str:
    return given.encode("utf-8", "replace").decode()


def encoded(rng: Random, content: str) -> bytes:
    encoding = "utf-8" if rng.random() < 0.7 else rng.choice(ENCODINGS[:18])
    try:
        return content.encode(encoding, "surrogatepass" if rng.random() < 0.1 else "replace")
    except (UnicodeError, LookupError):
        return content.encode("utf-8", "replace")


FORMATS = (delimited, delimited, delimited, objects, objects, plain, parquet, workbook)
MATCHING = {
    delimited: (".csv", ".tsv"),
    objects: (".jsonl", ".json"),
    plain: (".txt",),
    parquet: (".parquet",),
    workbook: (".xlsx",),
}


def table(rng: Random) -> tuple[str, bytes]:
    """A file name's ending and the content of a file."""
    kind = FORMATS[0] if rng.random() < 0.2 else rng.choice(FORMATS)
    content = kind(rng, *rows(rng))
    ending = rng.choice(MATCHING[kind] if rng.random() < 0.75 else ENDINGS)
    if rng.random() < 0.6:
        content = damaged(rng, content, inside_zip=kind is workbook)
    if ending.endswith(".gz") and rng.random() < 0.8:
        content = gzip.compress(content, 1, mtime=0)
        if rng.random() < 0.5:
            content = damaged(rng, content)
    return ending, content


def damaged(rng: Random, content: bytes, *, inside_zip: bool = False) -> bytes:
    """Some bytes changed, added, repeated or taken away."""
    if inside_zip and rng.random() < 0.7:
        return damaged_zip(rng, content)
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        start = rng.randrange(len(data) + 1)
        stop = min(len(data), start + rng.choice((0, 1, 2, 8, 50)))
        what = rng.randrange(5)
        if what == 0 and start < len(data):
            data[start] ^= 1 << rng.randrange(8)
        elif what == 1:
            del data[start:stop]
        elif what == 2:
            data[start:start] = rng.choice(PARTS)
        elif what == 3:
            data[start:start] = data[start:stop] * rng.choice((1, 3, 40))
        elif rng.random() < 0.3:
            del data[start:]
    return bytes(data)


def damaged_zip(rng: Random, content: bytes) -> bytes:
    """A workbook one of whose parts is damaged, in an archive that is sound."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        chosen = rng.choice(names)
        for name in names:
            part = old.read(name)
            if name == chosen:
                if rng.random() < 0.1:
                    continue
                part = damaged(rng, part)
            new.writestr(name, part)
    return out.getvalue()


def write_table(rng: Random, folder: Path) -> str:
    """Write a random table; return its path, relative to the folder."""
    ending, content = table(rng)
    name = f"in{ending}"
    (folder / name).write_bytes(content)
    return name


def read_options(rng: Random) -> dict[str, Any]:
    """How to read a table, as keywords of the public functions."""
    choices: dict[str, Any] = {
        "format": lambda: rng.choice(
            ("csv", "tsv", "jsonl", "json", "lines", "parquet", "xlsx", "pdf", "")
        ),
        "encoding": lambda: rng.choice(ENCODINGS),
        "delimiter": lambda: rng.choice((",", ";", "\t", "|", "tab", "", "ab", '"', "\n", "é")),
        "header": lambda: rng.random() < 0.5,
        "text_column": lambda: rng.choice((*NAMES, "1", "2", "0", "9" * 30, "none")),
    }
    return {name: make() for name, make in choices.items() if rng.random() < 0.12}


def label_options(rng: Random) -> dict[str, Any]:
    """How to read labelled reviews."""
    choices: dict[str, Any] = {
        "label_column": lambda: rng.choice((*NAMES, "2", "none")),
        "negative_to": lambda: number(rng),
        "positive_from": lambda: number(rng),
        "skip_other_labels": lambda: rng.random() < 0.5,
    }
    chosen = {name: make() for name, make in choices.items() if rng.random() < 0.15}
    return {**read_options(rng), **chosen}

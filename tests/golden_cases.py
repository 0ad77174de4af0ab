"""The files of golden/scored/ and how each is scored, for the test and for make_scored.py."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, NamedTuple

from bundles import write_bundle

import cinesent

FOLDER = Path(__file__).parent / "golden" / "scored"


class Case(NamedTuple):
    """One call of :func:`cinesent.score_file`.

    Attributes:
        source: a file of `scored/`, or one that :func:`write_source` makes of one.
        target: the name of the result, which says its format.
        expected: the file of `scored/expected/` with its bytes, decompressed.
        options: the other arguments.
    """

    source: str
    target: str
    expected: str
    options: dict[str, Any] = {}

    def __str__(self) -> str:
        return f"{self.source}-{self.expected}"


_ADDED = {"tokens": True, "evidence": 3}

CASES = (
    Case("comma.csv", "out.csv", "comma.csv"),
    Case("comma.csv", "out.tsv", "comma.tsv"),
    Case("comma.csv", "out.jsonl", "comma.jsonl"),
    Case("comma.csv", "out.txt", "comma.txt"),
    Case("comma.csv", "out.csv", "comma-added.csv", _ADDED),
    Case("comma.csv", "out.jsonl", "comma-added.jsonl", _ADDED),
    Case("comma.csv", "out.csv", "comma-tokens.csv", {"tokens": True}),
    Case("long.csv", "out.csv", "long.csv"),
    Case("semicolon.csv", "out.csv", "semicolon.csv"),
    Case("semicolon.csv", "out.jsonl", "semicolon.jsonl"),
    Case("quotes.csv", "out.csv", "quotes.csv"),
    Case("quotes.csv", "out.tsv", "quotes.tsv"),
    Case("quotes.csv", "out.jsonl", "quotes.jsonl"),
    Case("quotes.csv", "out.csv", "quotes-added.csv", _ADDED),
    Case("tabs.tsv", "out.tsv", "tabs.tsv"),
    Case("tabs.tsv", "out.csv", "tabs.csv"),
    Case("tabs.tsv", "out.tsv", "tabs-added.tsv", _ADDED),
    Case("unquoted.tsv", "out.tsv", "unquoted.tsv"),
    Case("unquoted.tsv", "out.csv", "unquoted.csv"),
    Case("records.jsonl", "out.jsonl", "records.jsonl"),
    Case("records.jsonl", "out.csv", "records.csv"),
    Case("records.jsonl", "out.jsonl", "records-added.jsonl", _ADDED),
    Case("reviews.txt", "out.txt", "reviews.txt"),
    Case("reviews.txt", "out.txt", "reviews-added.txt", _ADDED),
    Case("reviews.txt", "out.jsonl", "reviews.jsonl"),
    Case("reviews.txt", "out.csv", "reviews.csv"),
    Case("windows.txt", "out.txt", "windows.txt"),
    Case("windows.txt", "out.csv", "windows.csv"),
    Case("taken.csv", "out.csv", "taken.csv", {"text_column": "comment_text"}),
    Case("taken.csv", "out.jsonl", "taken.jsonl", {"text_column": "comment_text", **_ADDED}),
    Case("errors.csv", "out.csv", "errors.csv"),
    Case("errors.csv", "out.jsonl", "errors.jsonl"),
    Case("errors.jsonl", "out.jsonl", "errors-records.jsonl", _ADDED),
    Case("errors.jsonl", "out.csv", "errors-records.csv"),
    Case("errors.txt", "out.txt", "errors.txt"),
    Case("comma.csv.gz", "out.csv", "comma.csv"),
    Case("comma.csv.gz", "out.jsonl.gz", "comma.jsonl"),
    Case("records.jsonl.gz", "out.jsonl", "records.jsonl"),
    Case("comma.csv", "out.csv.gz", "comma.csv"),
    Case("films.parquet", "out.jsonl", "films.jsonl"),
    Case("films.parquet", "out.csv", "films-added.csv", _ADDED),
    Case("films.parquet", "out.parquet", "films-parquet.txt", _ADDED),
    Case("comma.csv", "out.parquet", "comma-parquet.txt"),
    Case("records.jsonl", "out.parquet", "records-parquet.txt", {"tokens": True}),
)


#: Of the twelve rows of comma.csv in long.csv: more than are scored and written together.
_REPEATS = 45


def write_model(folder: Path) -> cinesent.Classifier:
    """Return a small model whose weights are random, drawn with a fixed seed."""
    settings = {"pooling": "max+mean", "ngrams": 3, "ngram_buckets": 4096}
    return cinesent.load(write_bundle(folder / "model", seed=3, **settings))


def write_source(case: Case, folder: Path) -> Path:
    """Return the file that is scored, in `folder`: copied, compressed, repeated or made here."""
    path = folder / case.source
    if path.name == "long.csv":
        names, line_end, rows = (FOLDER / "comma.csv").read_bytes().partition(b"\n")
        path.write_bytes(names + line_end + rows * _REPEATS)
        return path
    if path.suffix == ".parquet":
        _write_parquet(path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress((FOLDER / path.stem).read_bytes()))
    else:
        path.write_bytes((FOLDER / case.source).read_bytes())
    return path


def score(case: Case, classifier: cinesent.Classifier, folder: Path) -> bytes:
    """Score and return the bytes; of Parquet, whose bytes are pyarrow's: its schema and rows."""
    target = folder / case.target
    cinesent.score_file(write_source(case, folder), target, classifier, **case.options)
    if target.suffix == ".parquet":
        from pyarrow import parquet

        table = parquet.read_table(target)
        fields = [f"{field.name}: {field.type}" for field in table.schema]
        return "\n".join([*fields, *map(repr, table.to_pylist()), ""]).encode()
    content = target.read_bytes()
    return gzip.decompress(content) if target.suffix == ".gz" else content


def _write_parquet(path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    times = pyarrow.timestamp("us")
    films = {
        "id": pyarrow.array([10, 11, None, 13], pyarrow.int32()),
        "review": ["A quiet triumph.", "what a waste,\nwhat a cast", "Not bad!!", 'a "good" score'],
        "shown": pyarrow.array([0, 86_400_000_000, None, 1_600_000_000_123_456], times),
        "price": [1.5, float("nan"), None, 1e20],
        "tags": [["a", "b"], [], None, [None]],
        "kind": pyarrow.array(["x", "y", "x", None]).dictionary_encode(),
        "good": [True, False, None, True],
    }
    parquet.write_table(pyarrow.table(films), path, row_group_size=3)

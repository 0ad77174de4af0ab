"""What is scored, how it is written, and what is said of it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from peak_memory import linux_only, peak_of
from scored_files import Recorder, command, read_csv, read_jsonl, write_csv, write_jsonl
from typer.testing import CliRunner

import cinesent
from cinesent.cli import app
from cinesent.errors import BundleError, ConfigError, DataError, ScoringError
from cinesent.tables import rows

#: What breaks readers and writers that are careless.
NASTY = [
    'He said "fine", then left',
    "two\nlines, and a comma",
    "a\ttab and a \\ backslash",
    "windows\r\nline end",
    "naïve — 😍 這部電影",
    " spaces around ",
    "'single' ;semicolon; |pipe|",
    "<br />markup &amp; more",
]


def expected(classifier, texts):
    return [(p.label, pytest.approx(p.probability, abs=2e-6)) for p in classifier.predict(texts)]


def scores(records, label="label"):
    return [(record[label], float(record["probability"])) for record in records]


def test_library_predict_and_score_agree_on_real_reviews(classifier, model, reviews, tmp_path):
    source = write_csv(tmp_path / "in.csv", [["id", "review"], *enumerate(reviews)])
    summary = cinesent.score_file(source, "out.csv", classifier)
    records = read_csv(tmp_path / "out.csv")
    assert scores(records) == expected(classifier, reviews)
    one_line = [text.replace("\n", " ") for text in reviews]
    said = CliRunner().invoke(
        app, ["predict", "--json", "--model", str(model)], input="\n".join(one_line)
    )
    predicted = read_jsonl(said.stdout.encode())
    assert scores(records) == [
        (record["label"], pytest.approx(record["probability"], abs=2e-6)) for record in predicted
    ]
    assert (summary.num_rows, summary.num_bad, summary.target) == (200, 0, tmp_path / "out.csv")
    assert sum(summary.labels.values()) == 200
    assert json.dumps(summary.to_dict())


@pytest.mark.parametrize("out", ["csv", "tsv", "jsonl", "ndjson.gz", "csv.gz", "parquet"])
@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet", "csv.gz", "jsonl.gz"])
def test_every_format_comes_from_and_goes_to_every_other(classifier, kind, out, tmp_path):
    rows = [{"id": f"{n}", "review": text, "note": NASTY[-n]} for n, text in enumerate(NASTY)]
    source = write_rows(tmp_path / f"in.{kind}", rows)
    cinesent.score_file(source, f"out.{out}", classifier)
    found = read_rows(tmp_path / f"out.{out}")
    assert [{name: row[name] for name in rows[0]} for row in found] == rows
    assert scores(found) == expected(classifier, NASTY)
    assert list(found[0])[:5] == ["id", "review", "note", "label", "probability"]


def write_rows(path: Path, records: list[dict]) -> Path:
    if path.suffix == ".gz":
        plain = write_rows(path.with_suffix(""), records)
        path.write_bytes(gzip.compress(plain.read_bytes()))
        return path
    if path.suffix == ".parquet":
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(records), path, row_group_size=3)
        return path
    if path.suffix == ".jsonl":
        return write_jsonl(path, records)
    values = [list(records[0]), *(record.values() for record in records)]
    return write_csv(path, values, "\t" if path.suffix == ".tsv" else ",")


def read_rows(path: Path) -> list[dict]:
    if path.suffix == ".gz":
        plain = path.with_suffix("")
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        return read_rows(plain)
    if path.suffix == ".parquet":
        from pyarrow import parquet

        return parquet.read_table(path).to_pylist()
    if path.suffix in (".jsonl", ".ndjson"):
        return read_jsonl(path)
    return read_csv(path, "\t" if path.suffix == ".tsv" else ",")


def test_the_other_columns_stay_as_they_stand(classifier, tmp_path):
    # Quotes that are not needed, numbers as they were typed, a byte order mark, Windows' ends.
    body = '"id",review,"price"\r\n"001","fine, ""really""",1.50\r\n002,two\r\n  ,,\r\n'
    body = '"id",review,"price"\r\n"001","fine, ""really""",1.50\r\n002,"two\r\nlines",1e3\r\n'
    (tmp_path / "in.csv").write_bytes(b"\xef\xbb\xbf" + body.encode())
    cinesent.score_file("in.csv", "out.csv", classifier)
    one, two = classifier.predict(['fine, "really"', "two\r\nlines"])
    assert (tmp_path / "out.csv").read_bytes().decode("utf-8-sig") == (
        "id,review,price,label,probability,error\r\n"
        f'"001","fine, ""really""",1.50,{one.label},{one.probability:.6f},\r\n'
        f'002,"two\r\nlines",1e3,{two.label},{two.probability:.6f},\r\n'
    )
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_json_keeps_its_types_and_spelling(classifier, tmp_path):
    line = '{"price": 1.10, "text":"caf\\u00e9 fine", "big": 123456789012345678901, "x": [1, null]}'
    (tmp_path / "in.jsonl").write_text(line + "\n\n" + line, encoding="utf-8")
    summary = cinesent.score_file("in.jsonl", "out.jsonl", classifier)
    (prediction,) = classifier.predict(["café fine"])
    written = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    assert written == 2 * (
        f'{line[:-1]}, "label": "{prediction.label}", '
        f'"probability": {round(prediction.probability, 6)}}}\n'
    )
    assert (summary.num_rows, summary.num_blank) == (2, 1)


def test_parquet_keeps_its_types(classifier, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table(
        {
            "when": pyarrow.array([1, 2, None], pyarrow.timestamp("ns")),
            "text": pyarrow.array(NASTY[:3]),
            "kind": pyarrow.array(["a", "b", "a"]).dictionary_encode(),
            "list": [[1], None, [2, 3]],
        }
    )
    parquet.write_table(table, "in.parquet")
    cinesent.score_file("in.parquet", "out.parquet", classifier, tokens=True, evidence=2)
    found = parquet.read_table("out.parquet")
    assert found.select(table.column_names).equals(table)
    evidence = found.column("evidence").to_pylist()[0]
    assert [(pair["token"], pair["contribution"]) for pair in evidence] == [
        (token, pytest.approx(value, abs=1e-6))
        for token, value in classifier.explain(NASTY[0]).top(2)
    ]
    cinesent.score_file("in.parquet", "out.jsonl", classifier)
    first = read_jsonl(tmp_path / "out.jsonl")[0]
    assert first["when"] == "1970-01-01 00:00:00.000000001"
    assert first["list"] == [1]


def test_types_that_do_not_agree_become_text_in_parquet(classifier):
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    records = [
        {"text": "fine", "n": 1, "f": 1, "mixed": 1, "nested": {"a": 1}, "flag": True},
        {"text": "\ud800", "n": None, "f": 1.5, "mixed": "x", "nested": None, "late": "é"},
    ]
    write_jsonl(Path("in.jsonl"), records)
    cinesent.score_file("in.jsonl", "out.parquet", classifier)
    first, second = parquet.read_table("out.parquet").to_pylist()
    assert first["n"] == 1
    assert isinstance(first["f"], float)
    assert (first["mixed"], first["nested"], first["flag"]) == ("1", '{"a": 1}', True)
    assert (second["mixed"], second["late"], second["text"]) == ("x", "é", "\\ud800")


def test_tokens_and_evidence_are_added(classifier, tmp_path):
    write_csv(tmp_path / "in.csv", [["text"], *([text] for text in NASTY)])
    for out in ("out.csv", "out.jsonl"):
        cinesent.score_file("in.csv", out, classifier, tokens=True, evidence=3)
    lines = read_jsonl(tmp_path / "out.jsonl")
    for record, row, text in zip(read_csv(tmp_path / "out.csv"), lines, NASTY, strict=True):
        top = classifier.explain(text).top(3)
        assert int(record["num_tokens"]) == row["num_tokens"] > 0
        assert json.loads(record["evidence"]) == row["evidence"]
        assert [token for token, _ in row["evidence"]] == [token for token, _ in top]
        assert [value for _, value in row["evidence"]] == pytest.approx(
            [value for _, value in top], abs=2e-6
        )


def test_a_column_of_the_users_is_never_overwritten(classifier, tmp_path):
    said = Recorder()
    write_csv(tmp_path / "in.csv", [["review", "Label", "error"], ["fine", "mine", "none"]])
    cinesent.score_file("in.csv", "out.csv", classifier, reporter=said)
    (record,) = read_csv(tmp_path / "out.csv")
    assert (record["Label"], record["error"]) == ("mine", "none")
    assert record["cinesent_label"] in ("positive", "negative")
    assert record["cinesent_error"] == ""
    assert "'label'" in said.messages[0]
    assert "'cinesent_label'" in said.messages[0]
    # Scoring what was scored keeps the first scores.
    cinesent.score_file("out.csv", "again.csv", classifier)
    (again,) = read_csv(tmp_path / "again.csv")
    assert {name: again[name] for name in record} == record
    assert again["cinesent_label_2"] == record["cinesent_label"]
    assert again["cinesent_probability"] == record["probability"]


def test_a_late_field_of_the_users_is_not_overwritten_either(classifier, tmp_path, monkeypatch):
    monkeypatch.setattr("cinesent.tables.stream.HEAD_BYTES", 40)
    write_jsonl(tmp_path / "in.jsonl", [{"text": "a fine film"}] * 3 + [{"text": "b", "label": 7}])
    said = Recorder()
    cinesent.score_file("in.jsonl", "out.jsonl", classifier, reporter=said)
    *_, last = read_jsonl(tmp_path / "out.jsonl")
    assert last["label"] == 7
    assert last["cinesent_label"] in ("positive", "negative")
    assert any("names of added ones" in line for line in said.warnings)
    cinesent.score_file("in.jsonl", "out.csv", classifier, reporter=said)
    assert "'label' does not occur in the first rows" in said.warnings[-1]


BAD_CSV = (
    b"id,text,note\n"
    b"1,good film,x\n"
    b"2,too,many,fields\n"
    b"3\n"
    b"4,,empty\n"
    b"5,caf\xe9,x\n"
    b'6,"wrong" quote,x\n'
    b"\n"
    b"7,fine again,x\n"
    b'8,"never closed,x\n'
    b"9,and yet read,x\n"
)


def test_bad_rows_are_marked_and_the_rest_is_scored(classifier, tmp_path):
    (tmp_path / "in.csv").write_bytes(BAD_CSV)
    summary = cinesent.score_file("in.csv", "out.csv", classifier, encoding="utf-8")
    content = (tmp_path / "out.csv").read_bytes()
    assert b"5,caf\xe9,x,,," in content  # as it was
    (tmp_path / "out.csv").write_bytes(content.replace(b"caf\xe9", b"caf?"))
    records = read_csv(tmp_path / "out.csv")
    errors = {number: record["error"] for number, record in enumerate(records) if record["error"]}
    assert list(errors) == [1, 2, 3, 4, 5, 7]
    for number, words in [
        (1, "line 3: 4 fields, expected 3"),
        (2, "line 4: 1 field, expected 3"),
        (3, "line 5: the text is empty"),
        (4, "line 6: byte 0xE9 is not UTF-8"),
        (5, "line 7: a quote inside a field must be written twice"),
        (7, "line 10: a quoted field that begins in this row is never closed"),
    ]:
        assert words in errors[number]
        assert records[number]["label"] == records[number]["probability"] == ""
    assert [record["text"] for record in records if record["label"]] == [
        "good film",
        "fine again",
        "and yet read",
    ]
    assert (summary.num_rows, summary.num_bad, summary.num_blank) == (9, 6, 1)
    assert len(summary.errors) == 5
    assert summary.errors[0].startswith("in.csv:3: 4 fields")


def test_bad_json_is_marked(classifier, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(
        b'{"text": "fine", "n": 1}\n{"text": \n[1]\n{"n": 2}\n{"text": null}\n{"text": 5}\n'
        b'{"text": "caf\xe9"}\n{"text": " "}\n{}\n' + b"[" * 100_000 + b"\n"
    )
    summary = cinesent.score_file("in.jsonl", "out.jsonl", classifier, encoding="utf-8")
    records = read_jsonl(tmp_path / "out.jsonl")
    assert "error" not in records[0]
    assert records[3] == {
        "n": 2,
        "label": None,
        "probability": None,
        "error": "line 4: has no field 'text'; found 'n'.",
    }
    for record, words in zip(
        records[1:],
        ["is not JSON", "is '[1]', expected", "no field", "missing", "is 5, expected a string",
         "0xE9 is not UTF-8", "is empty", "found none", "not JSON that can be read"],
        strict=True,
    ):  # fmt: skip
        assert words in record["error"]
        assert record["label"] is None
    assert summary.num_bad == 9


def test_each_line_of_text_is_a_row_even_if_bad(classifier, tmp_path):
    (tmp_path / "in.txt").write_bytes(b"a fine film\r\n\ncaf\xe9\nlast without end")
    cinesent.score_file("in.txt", "out.txt", classifier, encoding="utf-8")
    lines = (tmp_path / "out.txt").read_text().splitlines()
    assert [line.split("\t")[0] for line in lines[::3]] == [
        p.label for p in classifier.predict(["a fine film", "last without end"])
    ]
    assert lines[1] == "error\tline 2: the text is empty."
    assert lines[2].startswith("error\tline 3: byte 0xE9")


def test_strict_ends_at_the_first_bad_row(run, tmp_path):
    (tmp_path / "in.csv").write_bytes(BAD_CSV)
    done = run("in.csv", "out.csv", "--strict")
    assert done.returncode == 1
    assert b"error: in.csv:3: 4 fields, expected 3" in done.stderr
    assert b"Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


def test_a_giant_row_is_marked_and_passed(classifier, tmp_path, monkeypatch):
    monkeypatch.setattr("cinesent.tables.stream.ROW_LIMIT", 2**16)
    monkeypatch.setattr("cinesent.tables.delimited.ROW_LIMIT", 2**16)
    giant = "good " * 2**16
    for name in ("in.csv", "in.jsonl", "in.txt"):
        texts = ["fine film", giant, "the end"]
        if name == "in.csv":
            write_csv(tmp_path / name, [["text"], *([text] for text in texts)])
        elif name == "in.jsonl":
            write_jsonl(tmp_path / name, [{"text": text} for text in texts])
        else:
            (tmp_path / name).write_text("\n".join(texts))
        cinesent.score_file(name, f"{name}.jsonl", classifier)
        one, two, three = read_jsonl(tmp_path / f"{name}.jsonl")
        assert two["label"] is None
        assert "longer than" in two["error"] or "never closed" in two["error"]
        assert scores([one, three]) == expected(classifier, ["fine film", "the end"])


def test_an_unclosed_quote_costs_one_line(classifier, tmp_path):
    lines = ["text,n\n"] + [f"review {n},{n}\n" for n in range(3000)]
    lines[1000] = '"open,999\n'
    (tmp_path / "in.csv").write_text("".join(lines))
    summary = cinesent.score_file("in.csv", "out.csv", classifier)
    assert (summary.num_rows, summary.num_bad) == (3000, 1)
    assert summary.errors[0].startswith("in.csv:1001: a quoted field")
    assert [record["n"] for record in read_csv(tmp_path / "out.csv")][-1] == "2999"


def test_tsv_without_quotes_is_read_without(classifier, tmp_path):
    body = 'id\ttext\n1\t5" is short\n2\t"open\n3\tfine\n'
    (tmp_path / "in.tsv").write_text(body)
    cinesent.score_file("in.tsv", "out.tsv", classifier, evidence=1)
    lines = (tmp_path / "out.tsv").read_text().splitlines()
    assert [line.split("\t")[1] for line in lines[1:]] == ['5" is short', '"open', "fine"]
    cinesent.score_file("in.tsv", "out.csv", classifier)
    assert [r["text"] for r in read_csv(tmp_path / "out.csv")] == ['5" is short', '"open', "fine"]


def test_semicolons_and_encodings_are_read(classifier, tmp_path):
    text = "id;text\n1;café, fine\n2;ünd schön\n"
    expected_texts = ["café, fine", "ünd schön"]
    for encoding, asked in [("utf-16", None), ("cp1252", "cp1252"), ("utf-16-le", "utf-16-le")]:
        (tmp_path / "in.csv").write_bytes(text.encode(encoding))
        cinesent.score_file("in.csv", "out.csv", classifier, encoding=asked, overwrite=True)
        records = read_csv(tmp_path / "out.csv", ";")
        assert [record["text"] for record in records] == expected_texts
        assert scores(records) == expected(classifier, expected_texts)
    with pytest.raises(ConfigError, match="'klingon', which is unknown"):
        cinesent.score_file("in.csv", "out.csv", classifier, encoding="klingon", overwrite=True)


def test_no_rows_are_no_error(classifier, tmp_path):
    (tmp_path / "in.csv").write_text("id,text\n")
    for out in ("out.csv", "out.jsonl", "out.csv.gz", "out.parquet"):
        assert cinesent.score_file("in.csv", out, classifier).num_rows == 0
    assert (tmp_path / "out.csv").read_text() == "id,text,label,probability,error\n"
    from pyarrow import parquet

    assert parquet.read_schema("out.parquet").names[:2] == ["id", "text"]


@pytest.mark.parametrize(
    ("content", "name", "error", "says"),
    [
        (b"", "in.csv", DataError, "is empty"),
        (b"", "in.jsonl", DataError, "does not begin with JSON"),
        (b"a,b\n1,2\n", "in.csv", DataError, "no text column: found 'a', 'b'.*text_column"),
        (b'{"a": 1}\n', "in.jsonl", DataError, "no text column"),
        (b'"a,text\n', "in.csv", DataError, r"in\.csv:1: a quoted field"),
        (b"\0\0\0\0" * 99, "in.csv", DataError, "is not text"),
        (b"\x1f\x8bdamaged", "in.csv.gz", DataError, "cannot be read"),
        (b"no parquet", "in.parquet", DataError, "cannot be read as Parquet"),
        (b"text\n", "in.cvs", ConfigError, r"in\.cvs.*\.csv, \.tsv"),
    ],
)
def test_what_cannot_be_read_is_said(classifier, tmp_path, content, name, error, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=says):
        cinesent.score_file(name, "out.csv", classifier)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_damaged_gzip_keeps_what_came_before(classifier, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "CHUNK_ROWS", 10)
    body = "text\n" + "".join(f"review {n} is {n * 7919 % 1013}\n" for n in range(400_000))
    content = gzip.compress(body.encode(), mtime=0)
    (tmp_path / "in.csv.gz").write_bytes(content[: len(content) // 2])
    monkeypatch.setattr("cinesent.scoring.job.chunked", _first_and_last)
    said = Recorder()
    with pytest.raises(DataError, match=r"in\.csv\.gz cannot be read.*end-of-stream"):
        cinesent.score_file("in.csv.gz", "out.csv", classifier, encoding="utf-8", reporter=said)
    assert "If you replace it, start over with overwrite." in said.warnings[-1]
    assert (tmp_path / ".out.csv.part.json").exists()
    assert not (tmp_path / "out.csv").exists()


def _first_and_last(source):
    """Chunk a few rows, then only read: predicting 200,000 would take a minute."""
    yield from (chunk for n, chunk in enumerate(rows.chunked(source)) if n < 3)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"text_column": "reveiw"}, DataError, "no column 'reveiw'. Did you mean 'review'"),
        ({"out_format": "xls"}, ConfigError, "out_format is 'xls'"),
        ({"evidence": -1}, ConfigError, "evidence is -1"),
        ({"workers": 0}, ConfigError, "workers is 0"),
        ({"model": "none"}, BundleError, "no folder"),
        ({"target": "in.csv"}, DataError, "are the same file"),
        ({"target": "no/out.csv"}, ScoringError, "there is no folder"),
        ({"target": "folder.csv"}, ScoringError, "is a folder"),
        ({"target": "out.parquet.gz"}, ConfigError, "leave out the .gz"),
        ({"target": None, "out_format": "parquet"}, ConfigError, "standard output"),
        ({"source": "-", "format": "parquet"}, ConfigError, "standard input"),
        ({"resume": True, "target": None}, ScoringError, "needs a file as the output"),
    ],
)
def test_mistakes_are_named_before_anything_is_written(classifier, tmp_path, options, error, says):
    (tmp_path / "folder.csv").mkdir()
    write_csv(tmp_path / "in.csv", [["review"], ["fine"]])
    arguments = {"source": "in.csv", "target": "out.csv", "model": classifier, **options}
    with pytest.raises(error, match=says):
        cinesent.score_file(**arguments)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.csv", "in.csv"]


def test_what_is_there_stays_unless_asked(classifier, tmp_path):
    write_csv(tmp_path / "in.csv", [["review"], ["fine"]])
    (tmp_path / "out.csv").write_text("dear to me")
    with pytest.raises(ScoringError, match=r"out\.csv exists already.*overwrite=True"):
        cinesent.score_file("in.csv", "out.csv", classifier)
    assert (tmp_path / "out.csv").read_text() == "dear to me"
    (tmp_path / "link.csv").symlink_to("out.csv")
    cinesent.score_file("in.csv", "link.csv", classifier, overwrite=True)
    assert (tmp_path / "link.csv").is_symlink()
    assert read_csv(tmp_path / "out.csv")[0]["review"] == "fine"


def test_pipes_are_read_and_written(run, classifier, tmp_path):
    stdin = "a fine film\nnaïve 😍\n".encode()
    done = run("-", stdin=stdin)
    assert done.returncode == 0, done.stderr
    records = read_jsonl(done.stdout)
    assert [record["text"] for record in records] == ["a fine film", "naïve 😍"]
    assert scores(records) == expected(classifier, ["a fine film", "naïve 😍"])
    for name, packed in (("csv", lambda b: b), ("csv", gzip.compress)):
        done = run("-", "--format", name, stdin=packed(b"text,n\nfine,1\n"))
        assert done.stdout.splitlines()[0] == b"text,n,label,probability,error"
    done = run("-", "out.parquet", "--format", "csv", stdin=b"text,n\nfine,1\n")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.parquet"]
    write_csv(tmp_path / "in.csv", [["text"], ["fine"]])
    assert run("in.csv").stdout.splitlines()[0] == b"text,label,probability,error"
    assert run("in.csv", "--out-format", "jsonl").stdout.startswith(b'{"text": "fine", "label"')


def test_a_reader_that_leaves_is_no_error(model, tmp_path):
    (tmp_path / "in.txt").write_text("a fine film\n" * 20_000)
    with subprocess.Popen(
        command("in.txt", "--model", model), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(60) == 0
    assert b"Traceback" not in errors
    assert b"error" not in errors


def test_the_summary_is_on_stderr_and_json_on_stdout(run, tmp_path):
    (tmp_path / "in.csv").write_bytes(BAD_CSV)
    done = run("in.csv", "out.csv", "--json", "--encoding", "utf-8")
    summary = json.loads(done.stdout)
    assert (summary["num_rows"], summary["num_bad"]) == (9, 6)
    said = done.stderr.decode()
    assert "9 rows in" in said
    assert "6 bad rows, marked in the result:\n  in.csv:3: 4 fields" in said
    assert "… and 1 more" in said
    assert "wrote out.csv" in said
    assert run("in.csv", "quiet.csv", "--quiet", "--encoding", "utf-8").stderr == b""
    assert run("in.csv", "--json").returncode == 2


def test_workers_change_nothing(classifier, reviews, tmp_path):
    write_csv(tmp_path / "in.csv", [["review"], *([text] for text in reviews * 8)])
    cinesent.score_file("in.csv", "one.csv", classifier, evidence=2, tokens=True)
    cinesent.score_file("in.csv", "two.csv", classifier, evidence=2, tokens=True, workers=2)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_progress_rises_to_the_end(classifier, reviews, tmp_path):
    write_csv(tmp_path / "in.csv", [["review"], *([text] for text in reviews * 8)])
    said = Recorder()
    cinesent.score_file("in.csv", "out.csv", classifier, reporter=said)
    shares = [share for share, _ in said.updates]
    assert shares == sorted(set(shares))
    assert shares[-1] == 1.0
    assert said.updates[-1][1].startswith("1,600 rows  ")


def test_the_base_install_is_enough(model, tmp_path):
    write_csv(tmp_path / "in.csv", [["review"], ["fine"]])
    code = (
        "import sys, cinesent\n"
        f"cinesent.score_file('in.csv', 'out.csv', {str(model)!r})\n"
        "heavy = {'keras', 'tensorflow', 'sklearn', 'pandas', 'pyarrow', 'typer', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_parquet_without_pyarrow_names_the_extra(classifier, monkeypatch, tmp_path):
    write_csv(tmp_path / "in.csv", [["review"], ["fine"]])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(cinesent.CinesentError, match=r"pip install 'cinesent\[data\]'"):
        cinesent.score_file("in.csv", "out.parquet", classifier)


_SCORING = """
import sys
from cinesent import score_file
score_file(sys.argv[1], sys.argv[2], sys.argv[3], overwrite=True)
"""


@linux_only
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_file(model, reviews, tmp_path, kind):
    peaks = []
    for count in (2_000, 40_000):
        # Cut short: it is rows that are to be many, not hours.
        texts = [reviews[n % 200][:120] + f" {n}" for n in range(count)]
        source = tmp_path / f"{count}.{kind}"
        if kind == "csv":
            notes = (["x" * 1200, text] for text in texts)
            write_csv(source, [["note", "review"], *notes])
        else:
            pyarrow = pytest.importorskip("pyarrow")
            from pyarrow import parquet

            notes = [f"{n} " + "y" * 200 for n in range(count)]
            parquet.write_table(pyarrow.table({"note": notes, "review": texts}), source)
        peaks.append(peak_of(_SCORING, str(source), str(tmp_path / f"out.{kind}"), str(model)))
    # The native library computes a row for each frequent word it meets, 32 MB of them at most.
    assert peaks[1] < peaks[0] + 60 + 32, f"MB at 2,000 and at 40,000 rows: {peaks}"

"""The files beside the result: whose they are, what their names are, and a damaged journal."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from scored_files import Recorder, read_csv, write_csv

import cinesent
from cinesent.errors import ConfigError, DataError, ScoringError
from cinesent.scoring.hidden_files import part_names
from cinesent.scoring.part import Part
from cinesent.tables import rows

#: The hidden files that writing out.csv uses.
HIDDEN = [".out.csv.part", ".out.csv.part.json", ".out.csv.part.tmp", ".out.csv.part.made"]


@pytest.fixture
def source(tmp_path) -> Path:
    return write_csv(tmp_path / "in.csv", [["text"], *([f"fine film {n}"] for n in range(20))])


@pytest.fixture
def unfinished(classifier, source, monkeypatch) -> Path:
    """The journal of a result with 20 rows, which the last row of the source ended."""
    monkeypatch.setattr(rows, "CHUNK_ROWS", 4)
    with source.open("a") as file:
        file.write("too,many\n")
    with pytest.raises(DataError):
        cinesent.score_file("in.csv", "out.csv", classifier, strict=True)
    return source.with_name(".out.csv.part.json")


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("kind", ["link", "dangling link", "hard link", "folder", "fifo"])
def test_what_is_not_an_own_regular_file_is_refused(
    classifier, source, tmp_path, name, kind, overwrite
):
    precious = tmp_path / "precious"
    precious.write_text("dear to me")
    hidden = tmp_path / name
    if kind == "link":
        hidden.symlink_to(precious)
    elif kind == "dangling link":
        hidden.symlink_to("nothing")
    elif kind == "hard link":
        hidden.hardlink_to(precious)
    elif kind == "folder":
        hidden.mkdir()
    else:
        os.mkfifo(hidden)
    for resume in (False, True):
        with pytest.raises(ScoringError, match=f"(?s){name} is .*Move it away"):
            cinesent.score_file(source, "out.csv", classifier, resume=resume, overwrite=overwrite)
    assert precious.read_text() == "dear to me"
    assert not (tmp_path / "nothing").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["in.csv", "precious", name])


@pytest.mark.parametrize("options", [{}, {"overwrite": True}, {"resume": True}])
@pytest.mark.parametrize("name", [".out.csv.part", ".out.csv.part.tmp", ".out.csv.part.made"])
def test_a_file_that_has_no_journal_is_not_touched(classifier, source, tmp_path, name, options):
    (tmp_path / name).write_text("dear to me")
    with pytest.raises(ScoringError, match=f"{name} is a file that cinesent did not write"):
        cinesent.score_file(source, "out.csv", classifier, **options)
    assert (tmp_path / name).read_text() == "dear to me"
    assert not (tmp_path / "out.csv").exists()


def test_a_link_that_takes_the_place_of_the_part_is_not_followed(classifier, source, tmp_path):
    """It appears after the check: opening refuses it as well."""
    (tmp_path / "precious").write_text("dear to me")
    part = Part(tmp_path / "out.csv")
    part.check = lambda: None
    part.path.symlink_to("precious")
    with pytest.raises((OSError, ScoringError)):
        part.begin({})
    assert (tmp_path / "precious").read_text() == "dear to me"


@pytest.mark.parametrize("how", ["same", "link", "hard link", "other spelling"])
@pytest.mark.parametrize("name", ["out.csv", *HIDDEN])
def test_the_input_is_never_written(classifier, tmp_path, name, how):
    write_csv(tmp_path / name, [["text"], ["fine film"]])
    content = (tmp_path / name).read_bytes()
    given = tmp_path / name
    if how == "link":
        given = tmp_path / "link.csv"
        given.symlink_to(name)
    elif how == "hard link":
        given = tmp_path / "link.csv"
        given.hardlink_to(tmp_path / name)
    elif how == "other spelling":
        given = tmp_path / "folder" / ".." / name
        (tmp_path / "folder").mkdir()
    for options in ({}, {"overwrite": True}, {"resume": True}):
        with pytest.raises(DataError, match="Name another file as the output"):
            cinesent.score_file(given, "out.csv", classifier, format="csv", **options)
    assert (tmp_path / name).read_bytes() == content


def test_the_input_from_standard_input_is_not_written_either(run, tmp_path):
    for name in ("out.csv", ".out.csv.part"):
        write_csv(tmp_path / name, [["text"], ["fine film"]])
        content = (tmp_path / name).read_bytes()
        with (tmp_path / name).open("rb") as stdin:
            done = run("-", "out.csv", "--format", "csv", "--overwrite", stdin=stdin)
        assert done.returncode == 1
        assert b"Name another file as the output" in done.stderr
        assert (tmp_path / name).read_bytes() == content
        (tmp_path / name).unlink()


def test_standard_output_that_leads_into_the_input_is_refused(run, source):
    before = source.read_bytes()
    with source.open("ab") as stdout:
        done = run("in.csv", stdout=stdout)
    assert done.returncode == 1
    assert b"standard output leads into in.csv" in done.stderr
    assert source.read_bytes() == before


def longest_name(suffix: str, size: int, letter: str = "x") -> str:
    return letter * ((size - len(suffix)) // len(letter.encode())) + suffix


@pytest.mark.parametrize("size", [200, *range(244, 256)])
@pytest.mark.parametrize("letter", ["x", "é", "😍"])
def test_names_as_long_as_the_system_allows(classifier, source, tmp_path, size, letter):
    name = longest_name(".csv", size, letter)
    cinesent.score_file(source, name, classifier)
    assert len(read_csv(tmp_path / name)) == 20
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "in.csv"])


def test_long_names_have_parts_of_their_own(tmp_path):
    one, other = (tmp_path / (longest_name(".csv", 250) + end) for end in ("a", "b"))
    assert part_names(one) != part_names(other)
    for path in part_names(one):
        assert len(os.fsencode(path.name)) <= 255
    assert part_names(tmp_path / "out.csv").part == tmp_path / ".out.csv.part"


def test_a_long_name_is_resumed(classifier, source, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "CHUNK_ROWS", 4)
    name = longest_name(".parquet", 255)
    with source.open("a") as file:
        file.write("too,many\n")
    with pytest.raises(DataError):
        cinesent.score_file("in.csv", name, classifier, strict=True)
    said = Recorder()
    cinesent.score_file("in.csv", name, classifier, resume=True, reporter=said)
    assert "resuming after 20 rows" in said.messages
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["in.csv", name])


@pytest.mark.parametrize(
    ("target", "error", "says"),
    [
        ("x" * 256 + ".csv", ConfigError, "File name too long"),
        ("loop.csv", ScoringError, "cannot be written: Too many levels of symbolic links"),
        ("loop.csv/out.csv", ConfigError, "Too many levels of symbolic links"),
        ("in.csv/out.csv", ScoringError, "cannot be written: Not a directory"),
        ("~nosuchuser/out.csv", ConfigError, "a user who does not exist"),
        ("a\0b.csv", ConfigError, "NUL"),
        ("", ConfigError, "the path is empty"),
        (".", ScoringError, "is a folder"),
        ("out", ConfigError, "'out', does not tell its format: it has no suffix"),
        ("out.xlsx", ConfigError, "'.xlsx' is not a format that can be written"),
        ("out.json.gz", ConfigError, "'.json' is not a format"),
        (5, ConfigError, "target is of type int"),
    ],
)
def test_targets_that_cannot_be_written_are_named(
    classifier, source, tmp_path, target, error, says
):
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    with pytest.raises(error, match=says):
        cinesent.score_file(source, target, classifier)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "loop.csv"]


@pytest.mark.parametrize("name", ["loop.csv", "~nosuchuser/in.csv", "a\0b.csv", "", 5, None, b"x"])
def test_sources_that_cannot_be_read_are_named(classifier, tmp_path, name):
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    with pytest.raises((ConfigError, DataError)):
        cinesent.score_file(name, "out.csv", classifier)


def test_a_data_frame_is_no_path_and_the_error_says_what_is(classifier):
    with pytest.raises(ConfigError, match=r"source is of type dict.*Classifier\.predict"):
        cinesent.score_file({"text": ["fine"]}, "out.csv", classifier)


def test_a_link_to_a_file_that_is_not_there_yet_is_followed(classifier, source, tmp_path):
    (tmp_path / "link.csv").symlink_to("out.csv")
    cinesent.score_file(source, "link.csv", classifier)
    assert (tmp_path / "link.csv").is_symlink()
    assert len(read_csv(tmp_path / "out.csv")) == 20


def test_names_that_are_not_utf_8(classifier, tmp_path):
    name = os.fsdecode(b"caf\xe9.csv")
    write_csv(tmp_path / name, [["text"], ["fine film"], [""]])
    target = os.fsdecode(b"\xff" * 240 + b".csv")
    summary = cinesent.score_file(name, target, classifier)
    assert (tmp_path / target).is_file()
    assert json.dumps(summary.to_dict(), ensure_ascii=False).encode("utf-8")
    assert summary.to_dict()["source"] == "caf\\xe9.csv"


def test_a_part_that_was_removed_is_not_taken_for_finished(classifier, unfinished, tmp_path):
    (tmp_path / ".out.csv.part").unlink()
    with pytest.raises(ScoringError, match="has 0 bytes.*overwrite=True"):
        cinesent.score_file("in.csv", "out.csv", classifier, resume=True)


def mutated(value: object, chance: random.Random) -> object:
    """Return the value with something in it changed, of whatever kind."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        if chance.random() < 0.2:
            return {key: one for key, one in value.items() if key != name}
        return {**value, name: mutated(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        return [*value[:at], mutated(value[at], chance), *value[at + 1 :]]
    other = [-1, 2**70, 1e308, "x", "\ud800", None, True, [], {}, [[]], {"a": 1}, 0.5, "", -0.0]
    return chance.choice([one for one in other if one != value or type(one) is not type(value)])


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a journal that something happened to."""
    way = chance.randrange(5)
    at = chance.randrange(len(content))
    if way == 0:
        return content[:at]
    if way == 1:
        return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]
    if way == 2:
        return content[:at] + chance.randbytes(chance.randrange(1, 9)) + content[at:]
    if way == 3:
        return json.dumps(mutated(json.loads(content), chance)).encode()
    return chance.choice([b"", b"null", b"[]", b"5", b'"text"', b"[" * 9999, b"\xff\xfe", b"{}"])


def read_or_error(journal: Path) -> object:
    try:
        return Part(journal.with_name("out.csv")).journal.read()
    except ScoringError as error:
        return error


def test_a_damaged_journal_is_an_error_with_a_cure(classifier, unfinished):
    content = unfinished.read_bytes()
    part = unfinished.with_name(".out.csv.part").read_bytes()
    run, state = Part(unfinished.with_name("out.csv")).journal.read()
    assert state.num_rows == 20
    chance = random.Random(5)
    for _ in range(2000):
        bad = damaged(content, chance)
        unfinished.write_bytes(bad)
        found = read_or_error(unfinished)
        # Either the same values in another spelling, or an error with its cure.
        if not isinstance(found, ScoringError):
            assert found == (run, state), bad
            continue
        assert "Start over with overwrite=True" in str(found), bad
    unfinished.write_bytes(content.replace(b'"num_rows": 20', b'"num_rows": -3'))
    with pytest.raises(ScoringError, match="cannot be used: its checksum .*overwrite=True"):
        cinesent.score_file("in.csv", "out.csv", classifier, resume=True)
    assert unfinished.with_name(".out.csv.part").read_bytes() == part
    cinesent.score_file("in.csv", "out.csv", classifier, overwrite=True)


@pytest.mark.parametrize("state", ["text", -5, [], None, {"position": "x"}])
def test_a_journal_with_a_state_of_another_type(classifier, unfinished, state):
    journal = json.loads(unfinished.read_bytes())
    journal["state"] = state
    unfinished.write_text(json.dumps(journal))
    with pytest.raises(ScoringError, match="overwrite=True"):
        cinesent.score_file("in.csv", "out.csv", classifier, resume=True)


def test_the_advice_never_contradicts_what_follows(classifier, source, tmp_path, monkeypatch):
    """A strict run keeps its rows; the warning says what each next step needs."""
    monkeypatch.setattr(rows, "CHUNK_ROWS", 4)
    with source.open("a") as file:
        file.write("too,many\n")
    said = Recorder()
    with pytest.raises(DataError):
        cinesent.score_file("in.csv", "out.csv", classifier, strict=True, reporter=said)
    (warning,) = said.warnings
    assert "20 rows are kept: resume without strict" in warning
    assert "If you correct in.csv instead, start over with overwrite" in warning
    source.write_text(source.read_text().replace("too,many", "fine"))
    with pytest.raises(ScoringError, match="start over with overwrite=True"):
        cinesent.score_file("in.csv", "out.csv", classifier, strict=True, resume=True)
    cinesent.score_file("in.csv", "out.csv", classifier, strict=True, overwrite=True)

"""Which columns hold the text and the label, and which values are missing."""

from __future__ import annotations

import pytest
from reporters import Recorder

from cinesent.errors import ConfigError, DataError
from cinesent.tables.columns import LABEL_NAMES, TEXT_NAMES, find_columns, unique_names
from cinesent.tables.missing import is_missing, text_error


@pytest.mark.parametrize("name", TEXT_NAMES)
@pytest.mark.parametrize(
    "spell",
    [str.upper, str.title, lambda n: n.replace(" ", "_"), lambda n: f" {n.replace(' ', '-')} "],
)
def test_text_names_in_every_spelling(name, spell):
    assert find_columns(["id", spell(name), "label"], "x").text == spell(name)


@pytest.mark.parametrize("name", LABEL_NAMES)
def test_label_names_in_every_spelling(name):
    for spelled in (name.upper(), name.title().replace(" ", ""), name.replace(" ", "_")):
        assert find_columns(["id", "text", spelled], "x").label == spelled


def test_the_choice_among_several_is_reported():
    told = Recorder()
    found = find_columns(["review", "text", "stars", "label"], "my.csv", reporter=told)
    assert found == ("text", "label")
    assert told.warnings == [
        "my.csv: the text is taken from 'text', not from 'review'.",
        "my.csv: the label is taken from 'label', not from 'stars'.",
    ]
    told = Recorder()
    find_columns(["review", "text", "stars"], "x", text_column="review", reporter=told)
    assert told.warnings == []


def test_the_closest_name_is_taken():
    assert find_columns(["Text", "text", "label"], "x").text == "text"
    assert find_columns(["te_xt", "TEXT", "label"], "x").text == "TEXT"
    with pytest.raises(DataError, match="2 columns called 'Text'"):
        find_columns(["Text", "TEXT", "label"], "x")
    with pytest.raises(DataError, match="no column 'bdoy'. Did you mean 'body'"):
        find_columns(["body", "label"], "x", text_column="bdoy")
    with pytest.raises(ConfigError, match="cannot both be the column 'text'"):
        find_columns(["text", "label"], "x", label_column="text")


def test_many_columns_are_found_in_linear_time():
    names = [f"column {n}" for n in range(100_000)]
    assert find_columns([*names, "text", "label"], "x") == ("text", "label")
    assert len(set(unique_names(["a"] * 50_000))) == 50_000


def test_unique_names_keep_those_there_are():
    assert unique_names(["a", "a_2", "a", "", " ", "column_4"]) == [
        "a", "a_2", "a_3", "column_4_2", "column_5", "column_4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value", [None, float("nan"), "", " \t\n", "NaN", " nan ", "None", "null", "N/A", "<NA>", "\\N"]
)
def test_missing(value):
    assert is_missing(value)
    assert text_error(value) is not None


@pytest.mark.parametrize("value", ["none of it", "Na", "0", "nan bread", "x" * 200, "nil"])
def test_not_missing(value):
    assert not is_missing(value)
    assert text_error(value) is None


@pytest.mark.parametrize("value", [0, False, 5.5, [], {}, b"x"])
def test_what_is_no_text(value):
    assert not is_missing(value)
    assert "expected a string" in text_error(value)

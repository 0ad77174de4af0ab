from __future__ import annotations

import importlib.util
import pickle

import pytest

from cinesent import errors
from cinesent.errors import (
    CinesentError,
    ConfigError,
    DataError,
    MissingExtraError,
    nearest,
    option,
)


@pytest.mark.parametrize(
    ("marked", "python", "flags"),
    [
        (option("resume"), "resume", "--resume"),
        (option("resume", True), "resume=True", "--resume"),
        (option("header", False), "header=False", "--no-header"),
        (option("text_column", "review"), "text_column='review'", "--text-column review"),
        (option("text_column", "my text"), "text_column='my text'", "--text-column 'my text'"),
        (
            option("text_column", "é\x02\x03"),
            "text_column='é\\x02\\x03'",
            "--text-column 'é\x02\x03'",
        ),
        (option("positive_from", 6), "positive_from=6", "--positive-from 6"),
        (option("initial", "runs/a"), "initial='runs/a'", "--from runs/a"),
        (option("teachers"), "teachers", "--teacher"),
        (
            option("settings", {"units": 8, "pooling": "max mean"}),
            "settings={'units': 8, 'pooling': 'max mean'}",
            "--set units=8 --set 'pooling=max mean'",
        ),
    ],
)
def test_parameters_are_named_for_their_reader(marked, python, flags):
    error = DataError(f"try {marked}, or else {marked}.")
    assert str(error) == f"try {python}, or else {python}."
    assert error.for_command_line() == f"try {flags}, or else {flags}."


@pytest.mark.parametrize(
    "text", ["\x02", "\x02name=\x03", "\x02name={\x03", "\x02a=" + "9" * 5000 + "\x03", "{} %s"]
)
def test_marks_in_the_text_of_a_user_do_no_harm(text):
    error = DataError(f"there is no column {text}.")
    assert str(error) == error.for_command_line() == f"there is no column {text}."
    deep = DataError("\x02a=" + "[" * 100_000 + "\x03")
    assert str(deep) == deep.for_command_line()


def all_errors(kind: type[CinesentError] = CinesentError) -> list[type[CinesentError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in all_errors(child))]


@pytest.mark.parametrize("kind", all_errors())
def test_errors_pass_from_one_process_to_another(kind):
    given = ("train", "Training") if kind is MissingExtraError else (option("resume", True),)
    error = kind(*given)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert copy.for_command_line() == error.for_command_line()


def test_only_wrong_usage_has_status_2():
    assert {kind for kind in all_errors() if kind.exit_status == 2} == {ConfigError}


@pytest.mark.parametrize(
    ("word", "known", "suggested"),
    [
        ("tset", ["test", "train", "validation"], "test"),
        ("pgn", ["pdf", "png", "svg"], "png"),
        ("Review", ["id", "review"], "review"),
        ("model.unit", ["units", "pooling"], "units"),
        ("savedmodl", ["keras", "onnx", "savedmodel"], "savedmodel"),
        ("defualt", ["classic", "default"], "default"),
    ],
)
def test_a_mistyped_word_is_recognised(word, known, suggested):
    assert nearest(word, known) == f"Did you mean '{suggested}'? Known: {', '.join(sorted(known))}."


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("attention", ["pooling", "truncation"]),
        ("model.attention", ["model.pooling", "model.truncation"]),
        ("training.units", ["training.epochs", "training.seed"]),
        ("", ["a"]),
        (5, ["5"]),
        (None, ["None"]),
        ([], ["a"]),
        ("text", []),
        ("x" * 1_000_000, ["y" * 1_000_000]),
    ],
)
def test_another_word_is_not_suggested(word, known):
    assert nearest(word, known) == f"Known: {', '.join(sorted(known))}."


def test_a_missing_package_is_named_with_the_command(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cinesent\[data\]'"):
        errors.require("pyarrow", "data", "Reading Parquet")

"""What labels mean."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporters import Recorder

from cinesent.data.labelled_files import load_file
from cinesent.data.labels import Dropped, LabelOptions, LabelRule, plain, rating
from cinesent.errors import CinesentError, ConfigError, DataError

PAIRS = [
    ("0", "1"), ("neg", "pos"), ("NEG", "Pos"), ("Negative", "POSITIVE"), ("False", "True"),
    ("LABEL_0", "LABEL_1"), ("label_0", "label_1"), ("LABEL 0", "LABEL 1"),
    ("__label__negative", "__label__positive"), ("__label__0", "__label__1"),
    ("0.0", "1.0"), (" neg ", "pos"), ("__label__NEG", "__LABEL__POS"),
]  # fmt: skip


@pytest.fixture
def load(tmp_path):
    def load(rows, name="a.csv", **options):
        path = tmp_path / name
        path.write_text("text,label\n" + "".join(f"text {n},{row}\n" for n, row in enumerate(rows)))
        told = Recorder()
        return load_file(path, reporter=told, **options).train.labels.tolist(), told

    return load


@pytest.mark.parametrize(("negative", "positive"), PAIRS)
def test_label_words(load, negative, positive):
    assert load([negative, positive, negative])[0] == [0, 1, 0]


def test_booleans_of_json(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "label": true}\n{"text": "b", "label": false}\n')
    assert load_file(path).train.labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("5 stars", 5), ("1 star", 1), ("8/10", 8), ("3 out of 5", 3), ("4.5", 4.5), ("-2", -2),
        (".5", 0.5), ("1e2", 100), ("7 points", 7), ("4.", 4),
        ("nan", None), ("inf", None), ("1e999", None), ("1" * 400, None), ("five", None),
        ("8/ten", None), ("", None), ("½", None), ("٤", 4),
    ],
)  # fmt: skip
def test_ratings(value, number):
    assert rating(value) == number


def test_thresholds(load):
    rows = ["1", "2 stars", "3", "3.5", "4", "5"]
    rows = ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]
    assert load(rows, positive_from=4)[0] == [0, 0, 0, 1, 1]
    assert load(rows, negative_to=2)[0] == [0, 0, 1, 1, 1]
    labels, told = load(rows, negative_to=2, positive_from=4)
    assert labels == [0, 0, 1, 1]
    assert "1 row left out, with a rating between 2 and 4" in told.warnings[0]


def test_ratings_on_different_scales(load):
    with pytest.raises(DataError, match=r"different scales \(/5, /10\)"):
        load(["4/5", "8/10"], positive_from=4)
    assert load(["4/10", "8/10"], positive_from=5)[0] == [0, 1]


def test_ratings_without_a_threshold_are_asked_about(load):
    with pytest.raises(DataError, match=r"'2 stars' \(1\), '5 stars' \(1\).*positive_from=4"):
        load(["2 stars", "5 stars"])


@pytest.mark.parametrize("rows", [["1e308", "1.7e308"], ["-1e308", "1e308"], ["1e308", "2"]])
def test_huge_ratings(load, rows):
    with pytest.raises(DataError, match="positive_from"):
        load(rows)
    assert sorted(load(rows, positive_from=float(max(rows, key=float)))[0]) == [0, 1]


@pytest.mark.parametrize("value", ["nan", "NaN", "", "None", "inf", "1e400"])
def test_values_that_are_no_number(load, value):
    with pytest.raises(DataError, match=r"a\.csv:4: the label is"):
        load(["1", "5", value], positive_from=3)
    labels, told = load(["1", "5", value], positive_from=3, skip_other_labels=True)
    assert labels == [0, 1]
    assert "1 row left out" in told.warnings[0]


def test_a_third_label(load):
    rows = ["pos", "neg", "neutral", "mixed", "neutral"]
    with pytest.raises(
        DataError, match=r"(?s)skip_other_labels=True.*:4: the label is 'neutral'"
    ) as e:
        load(rows)
    assert "--skip-other-labels" in e.value.for_command_line()
    labels, told = load(rows, skip_other_labels=True)
    assert labels == [1, 0]
    assert told.warnings == [
        "a.csv: 3 rows left out, with another label: 'neutral' (2), 'mixed' (1)"
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"positive_from": math.inf}, "must be a number"),
        ({"positive_from": "3"}, "must be a number"),
        ({"negative_to": True}, "must be a number"),
        ({"positive_from": 10**400}, "must be a number"),
        ({"negative_to": 4, "positive_from": 4}, "has to be below positive_from=4"),
        ({"skip_other_labels": "yes"}, "expected True or False"),
        ({"label_column": 5}, "expected a string"),
    ],
)
def test_options_that_cannot_be(load, options, message):
    with pytest.raises(ConfigError, match=message):
        load(["1", "0"], **options)
    with pytest.raises(ConfigError, match="no option of a table. Did you mean 'label_column'"):
        load(["1", "0"], labelcolumn="x")


def test_plain():
    assert [plain(v) for v in (1.0, 0, True, " x ", "1" * 400 + ".0")] == [
        "1", "0", "True", "x", "1" * 400 + ".0",
    ]  # fmt: skip


@given(
    values=st.lists(st.one_of(st.text(), st.floats().map(str), st.integers().map(str)), min_size=1),
    low=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    high=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    skip=st.booleans(),
)
def test_no_label_is_a_surprise(values, low, high, skip):
    values = [plain(value) for value in values]
    try:
        rule = LabelRule(values, "rating", "x", LabelOptions(None, low, high, skip))
    except CinesentError:
        return
    meanings = {rule.meaning(value) for value in values}
    assert meanings <= {0, 1, None, Dropped.MIDDLE, Dropped.OTHER}
    assert not (skip and None in meanings)

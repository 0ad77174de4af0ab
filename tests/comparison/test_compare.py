"""Comparing: the same split for all, the order, the numbers beside it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from recording import Recorder

from cinesent.comparison.compare import COMPARABLE, check_models, compare
from cinesent.data import Dataset
from cinesent.data.split import split_reviews
from cinesent.errors import ConfigError, DataError
from cinesent.models.linear import BASELINES
from cinesent.recipes import preset_names
from cinesent.training.train import train

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def recorder():
    return Recorder()


#: One batch shape, so that it trains in seconds.
TINY = {
    "units": "4",
    "embedding_dim": "8",
    "vocabulary_size": "500",
    "sequence_length": "40",
    "epochs": "1",
    "validation": "0.2",
}


@pytest.fixture(scope="module")
def comparison(small_dataset, recorder):
    return compare(
        small_dataset,
        ["majority", "bow-lr", "multi-hot-dense", "classic"],
        settings=TINY,
        test=True,
        reporter=recorder,
    )


@pytest.fixture(scope="module")
def by_name(comparison):
    return {row.name: row for row in comparison.rows}


def test_rows_are_sorted_by_validation_accuracy(comparison):
    accuracies = [row.validation.accuracy for row in comparison.rows]
    assert accuracies == sorted(accuracies, reverse=True)
    assert len(comparison.rows) == 4


def test_all_are_measured_on_the_same_reviews(comparison, small_dataset):
    train, held_out = split_reviews(small_dataset.train, validation=0.2, seed=0)
    assert comparison.num_train == len(train)
    assert comparison.num_validation == len(held_out)
    assert comparison.num_test == 100
    assert {row.validation.num_reviews for row in comparison.rows} == {len(held_out)}
    assert {row.test.num_reviews for row in comparison.rows} == {100}
    assert comparison.fingerprint == small_dataset.train.fingerprint()


def test_majority_by_hand(by_name, small_dataset):
    train, held_out = split_reviews(small_dataset.train, validation=0.2, seed=0)
    labels = small_dataset.train.labels
    called = (labels[train].sum() + 1) / (len(train) + 2) >= 0.5
    row = by_name["majority"]
    assert row.validation.accuracy == np.mean((labels[held_out] == 1) == called)
    assert row.num_parameters == 1


def test_the_preset_is_the_model_that_train_makes(by_name, small_dataset, tmp_path):
    run = train(small_dataset, "classic", settings=TINY, out=tmp_path / "model")
    row = by_name["classic"]
    assert row.validation.accuracy == pytest.approx(run.validation["accuracy"])
    assert row.validation.loss == pytest.approx(run.validation["loss"], abs=1e-5)
    shapes = run.recipe.model.weight_shapes().values()
    assert row.num_parameters == sum(map(math.prod, shapes))
    assert row.seconds > 0


def test_words_beat_the_majority(by_name):
    assert by_name["bow-lr"].validation.accuracy > by_name["majority"].validation.accuracy + 0.1


def test_p_values_are_against_the_first_row(comparison):
    first, *others = comparison.rows
    assert first.p_value is None
    assert all(0 <= row.p_value <= 1 for row in others)
    worst = next(row for row in others if row.name == "majority")
    assert worst.p_value < 0.05


def test_progress_names_each_model(comparison, recorder):
    assert "[1/4] majority: training on 960 reviews" in recorder.messages
    assert sum(": accuracy 0." in line for line in recorder.messages) == 4
    assert all(task.closed == 1 for task in recorder.tasks)


def test_to_dict_is_json(comparison):
    payload = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert [row["name"] for row in payload["rows"]] == [row.name for row in comparison.rows]
    assert payload["rows"][0]["p_value"] is None


def test_without_test_there_are_no_test_numbers(small_dataset):
    found = compare(small_dataset, ["majority"], settings={"validation": 0.25})
    assert found.rows[0].test is None
    assert found.num_test == 0
    assert found.num_validation == 300


def test_trained_models_stand_beside_the_others(small_dataset, tiny_run, tmp_path):
    recorder = Recorder()
    folder = str(tiny_run.bundle)
    found = compare(
        small_dataset,
        ["majority", folder],
        settings={"validation": 0.2},
        test=True,
        reporter=recorder,
    )
    row = next(row for row in found.rows if row.name == folder)
    assert row.validation.accuracy == pytest.approx(tiny_run.validation["accuracy"])
    assert row.seconds == pytest.approx(tiny_run.seconds, abs=0.1)
    assert row.test.num_reviews == 100
    assert recorder.warnings == []
    compare(small_dataset, [folder], seed=1, settings={"validation": 0.2}, reporter=recorder)
    (warning,) = recorder.warnings
    assert "was trained with seed 0, not 1, so it was trained on some" in warning
    other = small_dataset.test
    compare(other, [folder], settings={"validation": 0.2}, reporter=recorder)
    assert "was trained on other reviews" in recorder.warnings[-1]


def test_names(tmp_path):
    with pytest.raises(ConfigError, match="no folder of that name that holds one"):
        check_models([str(tmp_path)])
    assert (*BASELINES, *preset_names()) == COMPARABLE
    assert set(COMPARABLE) - set(check_models(None)) == {
        "accurate",
        "compact",
        "distilled",
        "large",
        "large-distilled",
    }
    assert check_models(["nb-lr", "majority", "nb-lr"]) == ("nb-lr", "majority")
    assert check_models("nb-lr") == ("nb-lr",)
    with pytest.raises(ConfigError, match="Did you mean 'nb-lr'"):
        check_models(["nb-rl"])
    with pytest.raises(ConfigError, match="no model is named"):
        check_models([])


def test_wrong_usage_comes_before_any_training(small_dataset, recorder):
    recorder = Recorder()
    with pytest.raises(ConfigError, match="units are for presets, and only baselines"):
        compare(small_dataset, ["majority"], settings={"units": 8}, reporter=recorder)
    with pytest.raises(ConfigError, match="there is no setting 'unit'"):
        compare(small_dataset, ["majority", "default"], settings={"unit": 8}, reporter=recorder)
    no_test = Dataset("mine", small_dataset.train)
    with pytest.raises(DataError, match="mine has no test reviews"):
        compare(no_test, ["majority"], test=True, reporter=recorder)
    assert recorder.messages == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": "0"}, "seed is of type str; expected a whole number"),
        ({"seed": True}, "seed is of type bool"),
        ({"seed": -1}, "expected 0 to"),
        ({"seed": 10**5000}, "expected 0 to"),
        ({"test": "no"}, "test is of type str; expected True or False"),
        ({"settings": "epochs=1"}, "settings is of type str"),
        ({"settings": {5: 1}}, "there is no setting|are for presets"),
        ({"models": 5}, "models is of type int"),
        ({"models": [5]}, "expected a path"),
        ({"models": ["a\0b"]}, "NUL"),
        ({"reporter": print}, "reporter is of type"),
        ({"backend": "jax"}, "backend is for presets"),
        ({"text_column": "body"}, "text_column: for files only"),
    ],
)
def test_wrong_arguments_are_refused_before_any_training(small_dataset, arguments, message):
    with pytest.raises(ConfigError, match=message):
        compare(small_dataset, **{"models": ["majority"], **arguments})

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from cinesent.errors import ConfigError
from cinesent.recipes import (
    ModelConfig,
    PretrainingConfig,
    Recipe,
    TrainingConfig,
    model_config_from_dict,
    parse_assignments,
)


def test_every_setting_is_documented_and_in_bounds_by_default() -> None:
    for settings in (ModelConfig, TrainingConfig, PretrainingConfig):
        for item in dataclasses.fields(settings):
            assert item.metadata["help"], item.name


def test_strings_are_read_as_the_type_of_their_key() -> None:
    recipe = Recipe.from_preset("default").overlay(
        {"units": "96", "training.learning_rate": "1e-3", "bidirectional": "no", "pooling": "mean"}
    )
    assert recipe.model.units == 96
    assert recipe.training.learning_rate == pytest.approx(1e-3)
    assert recipe.model.bidirectional is False
    assert recipe.model.pooling == "mean"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"unit": 3}, "no setting 'unit'. Did you mean 'units'"),
        ({"model.epochs": 3}, "no setting 'model.epochs'. Did you mean 'training.epochs'"),
        ({"model.attention": 3}, "no setting 'model.attention'. Settings by table: model: bidir"),
        ({"modl.units": 3}, "no setting 'modl.units'. Did you mean 'model.units'"),
        ({3: 3}, "no setting 3. Settings by table"),
        ({"units": 10**30}, "units is 1000000000000000000000000000000; expected between 1"),
        ({"units": 10**6000}, "units is a number of type int; expected between 1"),
        ({"units": "9" * 6000}, "expected a whole number"),
        ({"units": [1] * 500}, "…; expected a value of type int"),
        ({"pooling": ["max"]}, "pooling is ['max']. Known"),
        ({"batch_tokens": 10**12}, "expected between 1 and 10000000"),
        ({"units": "many"}, "units is 'many'; expected a whole number"),
        ({"units": 2.5}, "units is 2.5; expected a value of type int"),
        ({"units": 0}, "units is 0; expected between 1 and 8192"),
        ({"units": True}, "units is True; expected a value of type int"),
        ({"pooling": "maxmean"}, "pooling is 'maxmean'. Did you mean 'max+mean'"),
        ({"bidirectional": "perhaps"}, "expected true or false"),
        ({"learning_rate": "nan"}, "learning_rate is nan; expected between"),
        ({"epochs": -1}, "epochs is -1; expected between 1"),
        ({"ngrams": 1}, "ngrams is 1, but single words are read by the LSTM. Use ngrams=0, or 2"),
        (
            {"pooling": "last", "sequence_length": 100},
            "would read the padding, not the review. Use padding=left",
        ),
        (
            {"pooling": "last+max+mean", "sequence_length": 100},
            "is for reviews of any length. Use sequence_length=0",
        ),
        (
            {"sequence_length": 100, "padding": "left"},
            "bidirectional needs padding on the right",
        ),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        Recipe.from_preset("default").overlay(settings)


@pytest.mark.parametrize("settings", ["units=3", 5, [("units", 3)]])
def test_settings_are_a_dictionary(settings) -> None:
    with pytest.raises(ConfigError, match="the settings are of type .*; expected a dictionary"):
        Recipe.from_preset("default").overlay(settings)


def test_scalars_of_numpy_are_read_as_those_of_python() -> None:
    settings = {"units": np.int64(7), "learning_rate": np.float32(0.5), "bidirectional": np.True_}
    recipe = Recipe.from_preset("default").overlay({**settings, "pooling": np.str_("max")})
    assert (recipe.model.units, recipe.training.learning_rate) == (7, 0.5)
    for value in (recipe.model.units, recipe.training.learning_rate, recipe.model.bidirectional):
        assert type(value) in (int, float, bool)


def test_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'classic'"):
        Recipe.from_preset("clasic")
    with pytest.raises(ConfigError, match="preset is of type int; expected the name"):
        Recipe.from_preset(5)  # type: ignore[arg-type]


def test_assignments_need_an_equals_sign() -> None:
    assert parse_assignments(["a=1", " b = x=y "]) == {"a": "1", "b": "x=y"}
    with pytest.raises(ConfigError, match="not of the form key=value"):
        parse_assignments(["units"])


def test_a_toml_file_overlays_its_preset(tmp_path) -> None:
    path = tmp_path / "small.toml"
    path.write_text('preset = "classic"\n[model]\nunits = 32\n[training]\nepochs = 2\n')
    recipe = Recipe.from_toml(path)
    assert recipe.name == "small"
    assert recipe.model == dataclasses.replace(Recipe.from_preset("classic").model, units=32)
    assert recipe.training.epochs == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("units = ", "is not TOML"),
        ("[model]\nunit = 3\n", "Did you mean 'units'"),
        ('preset = "x"\n', "there is no preset 'x'"),
        ("[training]\nunits = 3\n", "there is no setting 'training.units'"),
    ],
)
def test_a_wrong_toml_file_is_named(tmp_path, content: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message) as caught:
        Recipe.from_toml(path)
    assert str(path) in str(caught.value)


def test_a_missing_toml_file(tmp_path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        Recipe.from_toml(tmp_path / "none.toml")


def test_model_settings_survive_a_dictionary() -> None:
    config = Recipe.from_preset("classic").model
    assert model_config_from_dict(dataclasses.asdict(config)) == config
    with pytest.raises(ConfigError, match=r"unknown keys \['colour'\]"):
        model_config_from_dict({**dataclasses.asdict(config), "colour": 1})


@pytest.mark.parametrize("pooling", ["last", "max", "mean", "max+mean", "last+max+mean"])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_the_head_reads_every_pooled_state(pooling: str, bidirectional: bool) -> None:
    config = ModelConfig(units=5, pooling=pooling, bidirectional=bidirectional)  # type: ignore[arg-type]
    factor = (2 if bidirectional else 1) * (pooling.count("+") + 1)
    assert config.num_features == 5 * factor
    assert config.weight_shapes()["head.kernel"] == (5 * factor, 1)

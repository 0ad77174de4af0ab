"""`cinesent settings`: settings explained, and recipes printed so that they can be read back."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from cinesent.recipes import TABLES, Recipe, preset_names


def test_every_setting_is_listed(run):
    status, out, err = run("settings")
    assert (status, err) == (0, "")
    for table, kind in TABLES.items():
        assert f"[{table}]" in out
        for item in fields(kind):
            assert f"{item.name}  {item.metadata['help']}" in out
    for name in preset_names():
        assert name in out


def test_one_setting_has_its_bounds_and_values(run):
    _, out, _ = run("settings", "units")
    assert "whole number, 1 to 8192" in out
    assert "96 in default" in out
    _, out, _ = run("settings", "model.pooling")
    assert "last, max, mean, max+mean, last+max+mean" in out
    _, out, _ = run("settings", "pretraining")
    assert "[pretraining]" in out
    assert "[model]" not in out
    # The same name in two tables is shown for both.
    _, out, _ = run("settings", "epochs")
    assert "[training]" in out
    assert "[pretraining]" in out


def test_json_is_one_object_per_setting(run):
    _, out, _ = run("settings", "--json")
    records = [json.loads(line) for line in out.splitlines()]
    assert len(records) == sum(len(fields(kind)) for kind in TABLES.values())
    (units,) = [record for record in records if record["name"] == "units"]
    assert units["table"] == "model"
    assert (units["type"], units["low"], units["high"], units["choices"]) == ("int", 1, 8192, None)
    assert units["presets"]["default"] == Recipe.from_preset("default").model.units
    assert set(units["presets"]) == set(preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_a_recipe_is_printed_as_toml_that_config_reads(run, tmp_path, name):
    status, out, err = run("settings", "--preset", name)
    assert (status, err) == (0, "")
    path = tmp_path / f"{name}.toml"
    path.write_text(out, encoding="utf-8")
    assert Recipe.from_toml(path) == Recipe.from_preset(name)
    # Nothing is left to the preset that it is laid over.
    assert Recipe.from_toml(path, "classic") == Recipe.from_preset(name)


def test_a_recipe_with_changes(run, tmp_path):
    (tmp_path / "mine.toml").write_text('preset = "classic"\n[model]\nunits = 7\n')
    _, out, _ = run(
        *("settings", "--config", "mine.toml", "--set", "learning_rate=1e-7", "--set", "epochs=9")
    )
    (tmp_path / "again.toml").write_text(out)
    recipe = Recipe.from_toml(tmp_path / "again.toml")
    assert (recipe.model.units, recipe.training.learning_rate, recipe.training.epochs) == (
        7,
        1e-7,
        9,
    )
    _, out, _ = run("settings", "--preset", "classic", "--json")
    assert json.loads(out)["model"]["units"] == Recipe.from_preset("classic").model.units


def test_mistakes(run):
    status, out, err = run("settings", "unist")
    assert (status, out) == (2, "")
    assert "there is no setting 'unist'. Did you mean 'units'?" in err
    status, _, err = run("settings", "--preset", "defualt")
    assert status == 2
    assert "Did you mean 'default'?" in err
    status, _, err = run("settings", "units", "--preset", "default")
    assert status == 2
    status, _, err = run("settings", "training.units")
    assert status == 2

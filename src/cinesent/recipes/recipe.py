"""Recipes: a model, its training and what comes before, under a name.

A recipe is a preset with some settings overlaid, by a TOML file (tables `[model]`, `[training]`
and `[pretraining]`) or by ``key=value`` pairs:

    >>> recipe = Recipe.from_preset("default").overlay({"units": "96", "training.epochs": 2})
    >>> recipe.model.units, recipe.training.epochs
    (96, 2)
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, get_type_hints

from cinesent.errors import ConfigError, nearest
from cinesent.recipes.fields import Settings, parse_value
from cinesent.recipes.settings import ModelConfig, PretrainingConfig, TrainingConfig

_FOLDER = resources.files("cinesent.recipes")

#: The tables of a recipe, in the order in which a key without its table is looked up.
TABLES: dict[str, type[Settings]] = {
    "model": ModelConfig,
    "training": TrainingConfig,
    "pretraining": PretrainingConfig,
}


@dataclass(frozen=True)
class Recipe:
    """A model and its training, under a name.

    Attributes:
        name: the preset it began as, or the stem of the TOML file.
        model: what the network is.
        training: how it is trained.
        pretraining: what comes before, on text without labels.
    """

    name: str
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    pretraining: PretrainingConfig = field(default_factory=PretrainingConfig)

    @classmethod
    def from_preset(cls, name: str) -> Recipe:
        """Return a recipe of the package by its name, one of :func:`preset_names`.

        Raises:
            ConfigError: there is no such preset; the message names the nearest.
        """
        if name not in preset_names():
            raise ConfigError(f"there is no preset '{name}'. {nearest(str(name), preset_names())}")
        payload = _preset_payload(name)
        base = payload.pop("preset", None)
        begin = cls(name) if base is None else cls.from_preset(base)
        return replace(begin.overlay(_flattened(payload)), name=name)

    @classmethod
    def from_toml(
        cls,
        path: Path,
        preset: str | None = None,
        adapt: Callable[[Recipe], Recipe] | None = None,
    ) -> Recipe:
        """Read a recipe: `preset = "name"` at the top, then a table for each of :data:`TABLES`.

        Args:
            path: the TOML file.
            preset: what to begin from where the file names none.
            adapt: changes that preset before the file is laid over it.

        Raises:
            ConfigError: the file cannot be read, or holds an unknown key or a wrong value.
        """
        try:
            payload = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is not TOML: {error}.") from error
        base = payload.pop("preset", preset or "default")
        try:
            begin = cls.from_preset(str(base))
            recipe = (adapt(begin) if adapt else begin).overlay(_flattened(payload))
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error
        return replace(recipe, name=path.stem)

    def for_fine_tuning(self, model: ModelConfig) -> Recipe:
        """Return the recipe that trains a trained network further.

        Its learning rate is a third of this one's, a compromise: the full rate learns more of the
        new reviews and forgets more of the old ones, a tenth learns little (docs/experiments.md).

        Args:
            model: the network's settings, which replace those of this recipe.
        """
        gentle = replace(self.training, learning_rate=self.training.learning_rate / 3)
        return replace(self, model=model, training=gentle)

    def overlay(self, settings: Mapping[str, Any]) -> Recipe:
        """Return this recipe with some settings changed.

        Args:
            settings: `key` or `table.key` to value, the tables being model, training and
                pretraining; without one, the first table that has the key is meant. A string is
                read as the type of its key ("0.5", "true").

        Raises:
            ConfigError: an unknown key, or a value of the wrong type or out of bounds.
        """
        changes: dict[str, dict[str, Any]] = {table: {} for table in TABLES}
        for key, value in settings.items():
            table, name = _locate(key)
            hint = get_type_hints(type(getattr(self, table)))[name]
            changes[table][name] = (
                parse_value(name, value, hint) if isinstance(value, str) else value
            )
        return replace(
            self,
            **{name: replace(getattr(self, name), **changed) for name, changed in changes.items()},
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as nested dictionaries that JSON and TOML can hold."""
        return asdict(self)


@cache
def preset_names() -> tuple[str, ...]:
    """Return the names of the recipes in the package, in alphabetical order."""
    files = [item.name for item in _FOLDER.iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


def preset_description(name: str) -> str:
    """Return what a recipe of the package is, in one line."""
    return str(_preset_payload(name)["description"])


def _preset_payload(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _flattened(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of a TOML file as `table.key`; its description is no setting."""
    settings: dict[str, Any] = {}
    for key, value in payload.items():
        if isinstance(value, dict):
            settings.update({f"{key}.{inner}": entry for inner, entry in value.items()})
        elif key != "description":
            settings[key] = value
    return settings


def parse_assignments(pairs: Iterable[str]) -> dict[str, str]:
    """Turn ``key=value`` strings into a dictionary.

    Raises:
        ConfigError: a pair holds no "=".
    """
    settings = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"'{pair}' is not of the form key=value, such as units=96.")
        settings[key.strip()] = value.strip()
    return settings


def _locate(key: str) -> tuple[str, str]:
    """Say in which table a key lies: "units" and "model.units" are ("model", "units")."""
    names = {table: [item.name for item in fields(TABLES[table])] for table in TABLES}  # type: ignore[arg-type]
    table, dot, name = key.rpartition(".")
    for candidate in names:
        if name in names[candidate] and (not dot or table == candidate):
            return candidate, name
    known = set().union(*names.values())
    raise ConfigError(f"there is no setting '{key}'. {nearest(name, known)}")

"""Recipes: the settings of a model, of its training, pretraining and sources, under a name.

A recipe is a preset with some settings overlaid, by a TOML file (tables `[model]`, `[training]`,
`[pretraining]` and `[sources]`) or by ``key=value`` pairs:

    >>> recipe = Recipe.from_preset("default").overlay({"units": "96", "training.epochs": 2})
    >>> recipe.model.units, recipe.training.epochs
    (96, 2)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from cinesent.errors import ConfigError, check_type, nearest
from cinesent.recipes.fields import Settings, parse_value, plain_value, shortened
from cinesent.recipes.settings import (
    ModelConfig,
    PretrainingConfig,
    SourcesConfig,
    TrainingConfig,
)

_FOLDER = Path(__file__).parent

#: The tables of a recipe, in the order in which a key without a table is looked up.
TABLES: dict[str, type[Settings]] = {
    "model": ModelConfig,
    "training": TrainingConfig,
    "pretraining": PretrainingConfig,
    "sources": SourcesConfig,
}


@dataclass(frozen=True)
class Recipe:
    """The settings of a model, of its training, pretraining and sources, under a name.

    Attributes:
        name: of the preset it is based on, or the stem of the TOML file.
        model: the network.
        training: how it is trained on labelled and unlabelled reviews.
        pretraining: the language model that is trained before, on text without labels.
        sources: what is learned beside the reviews of the dataset.
    """

    name: str
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    pretraining: PretrainingConfig = field(default_factory=PretrainingConfig)
    sources: SourcesConfig = field(default_factory=SourcesConfig)

    @classmethod
    def from_preset(cls, name: str) -> Recipe:
        """Return the preset of a name, one of :func:`preset_names`.

        Raises:
            ConfigError: there is no such preset; the message names the nearest.
        """
        check_type("preset", name, str, "the name of a preset")
        if name not in preset_names():
            raise ConfigError(f"there is no preset '{name}'. {nearest(name, preset_names())}")
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
            path: of the TOML file.
            preset: the base where the file names none; None: "default".
            adapt: changes that preset before the file is overlaid.

        Raises:
            ConfigError: the file cannot be read, or holds an unknown key or a wrong value.
        """
        import tomllib  # late: predicting needs no TOML

        try:
            payload = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{path} is not TOML: {error}.") from error
        base = payload.pop("preset", preset or "default")
        try:
            begin = cls.from_preset(str(base))
            recipe = (adapt(begin) if adapt else begin).overlay(_flattened(payload))
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error
        return replace(recipe, name=path.stem)

    def for_fine_tuning(self, model: ModelConfig) -> Recipe:
        """Return the recipe that fine-tunes a trained network.

        Its learning rate is a third of this one's, a compromise: the full rate learns more of the
        new reviews and forgets more of the old ones, a tenth learns little (docs/experiments.md).

        Args:
            model: the settings of the network, which replace those of this recipe.
        """
        gentle = replace(self.training, learning_rate=self.training.learning_rate / 3)
        return replace(self, model=model, training=gentle)

    def overlay(self, settings: Mapping[str, Any]) -> Recipe:
        """Return this recipe with some settings changed.

        Args:
            settings: `key` or `table.key` to value, the tables being model, training,
                pretraining and sources; without a table, the first one that has the key is meant. A
                string is read as the type of its key ("0.5", "true").

        Raises:
            ConfigError: an unknown key, or a value of the wrong type or out of its bounds.
        """
        if not isinstance(settings, Mapping):
            raise ConfigError(
                f"the settings are of type {type(settings).__name__}; expected a dictionary, such "
                'as {"units": 96}.'
            )
        changes: dict[str, dict[str, Any]] = {table: {} for table in TABLES}
        for key, value in settings.items():
            table, name = locate_setting(key)
            hint = get_type_hints(type(getattr(self, table)))[name]
            changes[table][name] = (
                parse_value(name, value, hint) if isinstance(value, str) else plain_value(value)
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
    """Return the names of the presets, in alphabetical order."""
    files = [item.name for item in _FOLDER.iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


def preset_description(name: str) -> str:
    """Return the description of a preset, one line."""
    return str(_preset_payload(name)["description"])


def _preset_payload(name: str) -> dict[str, Any]:
    import tomllib

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


def setting_names(table: str) -> list[str]:
    """Return the names of the settings of a table, in their order."""
    return [item.name for item in fields(TABLES[table])]  # type: ignore[arg-type]


def locate_setting(key: str) -> tuple[str, str]:
    """Return table and name of a setting: "units" and "model.units" are ("model", "units").

    Raises:
        ConfigError: there is no such setting; the message lists all by table.
    """
    if isinstance(key, str):
        table, _, name = key.rpartition(".")
        for candidate in TABLES:
            if name in setting_names(candidate) and table in ("", candidate):
                return candidate, name
    raise ConfigError(f"there is no setting {shortened(key)}. {_suggestion(str(key))}")


def _suggestion(key: str) -> str:
    """Return the setting that `key` may mean, if one is close, and the settings by table."""
    tables, name = {table: setting_names(table) for table in TABLES}, key.rpartition(".")[2]
    elsewhere = [table for table in tables if name in tables[table]]
    known = [each for names in tables.values() for each in names]
    hint, _, _ = nearest(name, known).partition("Known: ")
    if elsewhere:
        hint = f"Did you mean '{elsewhere[0]}.{name}'? "
    listed = "; ".join(f"{table}: {', '.join(sorted(names))}" for table, names in tables.items())
    return f"{hint}Settings by table: {listed}."

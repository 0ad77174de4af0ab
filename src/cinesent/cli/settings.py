"""`cinesent settings`: what can be set, between which bounds, and what the presets set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer

from cinesent.cli import completion
from cinesent.cli.console import result, result_json
from cinesent.cli.options import (
    ConfigOption,
    JsonOption,
    QuietOption,
    SettingsOption,
    read_recipe,
)

if TYPE_CHECKING:
    from cinesent.recipes import Recipe


@dataclass(frozen=True)
class _Setting:
    """A setting and what each preset sets it to."""

    table: str
    name: str
    meaning: str
    hint: Any
    default: Any
    low: float | None
    high: float | None
    presets: dict[str, Any]

    @property
    def choices(self) -> tuple[Any, ...] | None:
        """What it may be, where that is a fixed choice."""
        return get_args(self.hint) if get_origin(self.hint) is Literal else None

    @property
    def type(self) -> str:
        """The name of its type."""
        if self.choices is not None:
            return "choice"
        return {bool: "true or false", int: "whole number", float: "number"}[self.hint]

    @property
    def range(self) -> str:
        """What values it may have, in words."""
        if self.choices is not None:
            return ", ".join(map(str, self.choices))
        if self.low is None and self.high is None:
            return self.type
        low, high = _number(self.low), _number(self.high)
        return f"{self.type}, {f'{low} to {high}' if high else f'{low} or more'}"


def settings_command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="A setting, such as units or training.epochs, or a table: model, training, "
            "pretraining or sources. Default: all.",
            show_default=False,
            autocompletion=completion.settings_and_tables,
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="NAME",
            help="Print this recipe as TOML, in a form that --config of cinesent train reads.",
            show_default=False,
            autocompletion=completion.presets,
        ),
    ] = None,
    config: ConfigOption = None,
    assignments: SettingsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List the settings of a model and of its training, or print one recipe.

    Each setting comes with its meaning, its bounds and its value in each preset.
    With --preset, --config or --set the recipe that they make is printed.

    For example:

      cinesent settings

      cinesent settings learning_rate

      cinesent settings --preset accurate --set epochs=3 > mine.toml
    """
    if preset is None and config is None and not assignments:
        _list(name, as_json, quiet)
        return
    if name is not None:
        raise typer.BadParameter(
            "NAME is for the list of settings; --preset prints a whole recipe."
        )
    recipe = read_recipe(preset or "default", config, assignments)
    if as_json:
        result_json(recipe.to_dict())
    else:
        for line in _toml_lines(recipe):
            result(line)


def _list(name: str | None, as_json: bool, quiet: bool) -> None:
    found = _matching(name)
    if as_json:
        for setting in found:
            result_json(_record(setting))
        return
    if name is None and not quiet:
        _show_presets()
    table = ""
    for setting in found:
        if setting.table != table:
            result()
            table = setting.table
            result((f"[{table}]", "bold"))
        _show(setting)


def _show_presets() -> None:
    from cinesent.recipes import preset_description, preset_names

    width = max(map(len, preset_names()))
    result(("presets", "bold"))
    for name in preset_names():
        result((f"{name:<{width}}", "cyan"), f"  {preset_description(name)}")


def _show(setting: _Setting) -> None:
    result((setting.name, "cyan"), f"  {setting.meaning}")
    result("    ", (f"{setting.range}; {_values(setting)}", "dim"))


def _values(setting: _Setting) -> str:
    """Return what the presets set, those that set the same together."""
    groups: dict[Any, list[str]] = {}
    for name, value in setting.presets.items():
        groups.setdefault(value, []).append(name)
    if len(groups) == 1:
        return f"{_shown(next(iter(groups)))} in every preset"
    return "; ".join(f"{_shown(value)} in {', '.join(names)}" for value, names in groups.items())


def _matching(name: str | None) -> list[_Setting]:
    """Return the settings that `name` means.

    Raises:
        ConfigError: none is called so; the message names the nearest.
    """
    from cinesent.errors import ConfigError, nearest
    from cinesent.recipes import TABLES

    every = list(_settings())
    if name is None:
        return every
    table, dot, own = name.rpartition(".")
    found = [
        setting
        for setting in every
        if name == setting.table or (own == setting.name and (not dot or table == setting.table))
    ]
    if not found:
        known = {setting.name for setting in every} | set(TABLES)
        raise ConfigError(f"there is no setting {name!r}. {nearest(name, known)}")
    return found


def _settings() -> Iterator[_Setting]:
    from cinesent.recipes import TABLES, Recipe, preset_names

    recipes = {name: Recipe.from_preset(name) for name in preset_names()}
    for table, kind in TABLES.items():
        hints = get_type_hints(kind)
        for item in fields(kind):  # type: ignore[arg-type]
            yield _Setting(
                table=table,
                name=item.name,
                meaning=item.metadata["help"],
                hint=hints[item.name],
                default=None if item.default is MISSING else item.default,
                low=item.metadata["low"],
                high=item.metadata["high"],
                presets={
                    name: getattr(getattr(recipe, table), item.name)
                    for name, recipe in recipes.items()
                },
            )


def _record(setting: _Setting) -> dict[str, Any]:
    return {
        "table": setting.table,
        "name": setting.name,
        "meaning": setting.meaning,
        "type": "choice" if setting.choices else setting.hint.__name__,
        "choices": setting.choices,
        "low": setting.low,
        "high": setting.high,
        "default": setting.default,
        "presets": setting.presets,
    }


def _toml_lines(recipe: Recipe) -> Iterator[str]:
    """Yield a recipe as TOML: every setting, so that it does not change when a preset does."""
    payload = recipe.to_dict()
    yield f"# Preset {recipe.name}. To use it: cinesent train --config FILE"
    for table, settings in payload.items():
        if isinstance(settings, dict):
            yield ""
            yield f"[{table}]"
            yield from (f"{key} = {_toml(value)}" for key, value in settings.items())


def _toml(value: bool | float | str) -> str:
    """Return a value in TOML, which writes these types as JSON does."""
    return json.dumps(value)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else _number(value)


def _number(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and value >= 10_000 else str(value)

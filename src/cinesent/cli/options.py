"""Options that several commands share, so that they are called and explained the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from cinesent.recipes import Recipe

_FILE_PANEL = "Your own file"

DataOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="NAME|PATH",
        help="imdb, imdb-train, rotten-tomatoes, or the path of an IMDB archive, of a .csv, .tsv, "
        ".jsonl or .parquet file, or of a folder with pos/ and neg/. Without it: imdb if it can "
        "be had, else imdb-train.",
        show_default=False,
    ),
]

ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="DIR",
        help="The model's folder; else that in CINESENT_MODEL, else the model inside the package.",
        show_default=False,
    ),
]

SettingsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one setting of the preset; may be repeated.",
        show_default=False,
    ),
]

PresetOption = Annotated[
    str, typer.Option("--preset", metavar="NAME", help="classic, default or accurate.")
]

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="F.toml",
        help="A recipe to overlay on the preset.",
        show_default=False,
    ),
]

ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on with the unfinished run for DIR.")
]

OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace what a finished or unfinished run left in DIR.")
]

SeedOption = Annotated[
    int,
    typer.Option("--seed", min=0, help="Of the split and the training: same seed, same model."),
]

BackendOption = Annotated[
    str | None,
    typer.Option(
        "--backend",
        metavar="NAME",
        help="tensorflow, jax or torch; else KERAS_BACKEND, else tensorflow.",
        show_default=False,
    ),
]

MixedPrecisionOption = Annotated[
    bool,
    typer.Option(
        "--mixed-precision", help="Compute in bfloat16 while learning: for GPUs made for it."
    ),
]

TextColumn = Annotated[
    str | None,
    typer.Option(
        "--text-column",
        metavar="NAME",
        help="The column with the text; else text, review, sentence or content.",
        rich_help_panel=_FILE_PANEL,
        show_default=False,
    ),
]

LabelColumn = Annotated[
    str | None,
    typer.Option(
        "--label-column",
        metavar="NAME",
        help="The column with the label; else label, sentiment, target or rating.",
        rich_help_panel=_FILE_PANEL,
        show_default=False,
    ),
]

PositiveFrom = Annotated[
    float | None,
    typer.Option(
        "--positive-from",
        metavar="N",
        help="The labels are ratings, and positive from N on.",
        rich_help_panel=_FILE_PANEL,
        show_default=False,
    ),
]


def read_recipe(
    preset: str,
    config: Path | None,
    overlays: dict[str, str],
    adapt: Callable[[Recipe], Recipe] | None = None,
) -> Recipe:
    """Return the preset, or the file's recipe, with the settings of the command line.

    Raises:
        ConfigError: an unknown preset or setting, or a wrong value.
    """
    from cinesent.recipes import Recipe

    if config:
        recipe = Recipe.from_toml(config, preset, adapt)
    else:
        recipe = Recipe.from_preset(preset)
        recipe = adapt(recipe) if adapt else recipe
    return recipe.overlay(overlays)

"""`cinesent train`: from reviews to a model."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinesent.cli.console import report_error, say
from cinesent.cli.options import (
    BackendOption,
    DataOption,
    LabelColumn,
    PositiveFrom,
    SeedOption,
    SettingsOption,
    TextColumn,
)

if TYPE_CHECKING:
    from cinesent.config import Recipe
    from cinesent.training.initial import Initial


def train_command(
    data: DataOption = None,
    preset: Annotated[
        str, typer.Option("--preset", metavar="NAME", help="classic or default.")
    ] = "default",
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="F.toml", help="A recipe to overlay on the preset."),
    ] = None,
    settings: SettingsOption = None,
    initial: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="A trained model to train further, with its words and its network; of the preset "
            "only the training counts, at a third of its learning rate.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder the model goes to.")
    ] = Path("model"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the unfinished run for DIR.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the model or unfinished run in DIR.")
    ] = False,
    seed: SeedOption = 0,
    backend: BackendOption = None,
    tensorboard: Annotated[
        Path | None,
        typer.Option("--tensorboard", metavar="DIR", help="Write TensorBoard logs there."),
    ] = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    positive_from: PositiveFrom = None,
) -> None:
    """Train a model on labelled reviews and write it to a folder.

    Ctrl-C stops after the step under way and keeps the best model so far;
    --resume goes on, also after a crash.

    All settings and what they mean: cinesent train --set help=

    Examples:
      cinesent train --data imdb --out model

      cinesent train --data reviews.csv --positive-from 6 --set epochs=5

      cinesent train --data reviews.csv --from model --out mine
    """
    from cinesent.config import parse_assignments
    from cinesent.data import load_dataset
    from cinesent.errors import require

    overlays = parse_assignments(settings or [])
    if "help" in overlays:
        _show_settings()
        raise typer.Exit
    start = _load_initial(initial, out)
    recipe = _recipe(preset, config, overlays, start)
    require("keras", "train", "Training")

    from cinesent.cli.progress import training_reporter
    from cinesent.training.run import check_target, train

    check_target(out, resume=resume, overwrite=overwrite)
    dataset = load_dataset(
        data,
        text_column=text_column,
        label_column=label_column,
        positive_from=positive_from,
        say=say,
    )
    run = train(
        dataset,
        recipe,
        reporter=training_reporter(),
        out=out,
        initial=start,
        seed=seed,
        backend=backend,
        resume=resume,
        overwrite=overwrite,
        tensorboard=tensorboard,
        command=shlex.join(["cinesent", *sys.argv[1:]]),
    )
    accuracy = run.validation["accuracy"]
    reviews = run.validation["num_reviews"]
    typer.echo(f"{run.bundle}\tvalidation accuracy {accuracy:.4f} on {reviews:,} reviews")
    say(f"{run.seconds:.0f} s in all. Ask it: cinesent predict --model {run.bundle} 'A fine film.'")
    if run.interrupted:
        report_error(
            f"interrupted; the best model so far is in {run.bundle}. "
            "Go on with the same command and --resume."
        )
        raise typer.Exit(130)


def _load_initial(folder: Path | None, out: Path) -> Initial | None:
    from cinesent.training.initial import load_initial

    return load_initial(folder, out) if folder else None


def _recipe(
    preset: str, config: Path | None, overlays: dict[str, str], start: Initial | None
) -> Recipe:
    """Return the preset, or the file's recipe, with the settings of the command line."""
    from cinesent.config import Recipe

    network = start.config if start else None
    if config:
        recipe = Recipe.from_toml(config, preset, network)
    else:
        recipe = Recipe.from_preset(preset)
        recipe = recipe.for_fine_tuning(network) if network else recipe
    recipe = recipe.overlay(overlays)
    if start:
        start.check_recipe(recipe)
    return recipe


def _show_settings() -> None:
    """Print every setting with its meaning and its value in each preset."""
    from dataclasses import fields

    from rich.table import Table

    from cinesent.cli.console import stdout
    from cinesent.config import PRESETS

    for title in ("model", "training"):
        table = Table(title=title, title_justify="left", box=None, header_style="bold")
        table.add_column("setting", no_wrap=True)
        for name in PRESETS:
            table.add_column(name, no_wrap=True)
        table.add_column("meaning")
        for item in fields(getattr(next(iter(PRESETS.values())), title)):
            values = [str(getattr(getattr(p, title), item.name)) for p in PRESETS.values()]
            table.add_row(item.name, *values, item.metadata["help"])
        stdout().print(table)

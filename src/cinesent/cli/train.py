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
    ConfigOption,
    DataOption,
    LabelColumn,
    MixedPrecisionOption,
    OverwriteOption,
    PositiveFrom,
    PresetOption,
    ResumeOption,
    SeedOption,
    SettingsOption,
    TextColumn,
    read_recipe,
)

if TYPE_CHECKING:
    from cinesent.recipes import Recipe
    from cinesent.training.initial import Initial


def train_command(
    data: DataOption = None,
    preset: PresetOption = "default",
    config: ConfigOption = None,
    settings: SettingsOption = None,
    initial: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="A trained model to train further, with its words and its network; of the preset "
            "only the training counts, at a third of its learning rate. Or a language model of "
            "cinesent pretrain to begin with.",
            show_default=False,
        ),
    ] = None,
    teachers: Annotated[
        list[Path] | None,
        typer.Option(
            "--teacher",
            metavar="DIR",
            help="A trained model that labels the unlabelled reviews, in the place of the preset's "
            "own teacher; may be repeated: their opinions are averaged.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder the model goes to.")
    ] = Path("model"),
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    seed: SeedOption = 0,
    backend: BackendOption = None,
    mixed_precision: MixedPrecisionOption = False,
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

      cinesent train --data imdb --teacher large-1 --teacher large-2 --out small
    """
    from cinesent.data import load_dataset
    from cinesent.errors import require
    from cinesent.recipes import parse_assignments

    overlays = parse_assignments(settings or [])
    if "help" in overlays:
        _show_settings()
        raise typer.Exit
    start = _load_initial(initial, out)
    recipe = _recipe(preset, config, overlays, start)
    require("keras", "train", "Training")

    from cinesent.cli.progress import MessageReporter
    from cinesent.training.target import check_target
    from cinesent.training.train import train

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
        reporter=MessageReporter(),
        out=out,
        initial=start,
        teachers=teachers or [],
        seed=seed,
        backend=backend,
        mixed_precision=mixed_precision,
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
    adapt = start.adapt if start else None
    recipe = read_recipe(preset, config, overlays, adapt)
    if start:
        start.check_recipe(recipe)
    return recipe


def _show_settings() -> None:
    """Print every setting with its meaning and its value in each preset."""
    from dataclasses import fields

    from rich.table import Table

    from cinesent.cli.console import stdout
    from cinesent.recipes import TABLES, Recipe, preset_names

    for title in TABLES:
        table = Table(title=title, title_justify="left", box=None, header_style="bold")
        table.add_column("setting", no_wrap=True)
        presets = [Recipe.from_preset(name) for name in preset_names()]
        for name in preset_names():
            table.add_column(name, no_wrap=True)
        table.add_column("meaning")
        for item in fields(TABLES[title]):  # type: ignore[arg-type]
            values = [str(getattr(getattr(p, title), item.name)) for p in presets]
            table.add_row(item.name, *values, item.metadata["help"])
        stdout().print(table)

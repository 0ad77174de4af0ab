"""`cinesent pretrain`: from text to a language model that a training can begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cinesent.cli.console import say
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


def pretrain_command(
    data: DataOption = None,
    preset: PresetOption = "accurate",
    config: ConfigOption = None,
    settings: SettingsOption = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder the language model goes to.")
    ] = Path("language-model"),
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    seed: SeedOption = 0,
    backend: BackendOption = None,
    mixed_precision: MixedPrecisionOption = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    positive_from: PositiveFrom = None,
) -> None:
    """Train a language model on all reviews, and write it to a folder.

    It learns which word comes next and which came before, from the training
    and the unlabelled reviews. No label is used, and no review that the same
    --seed holds out.

    Ctrl-C stops after the step under way; --resume goes on, also after a crash.

    All settings and what they mean: cinesent train --set help=

    Examples:
      cinesent pretrain --data imdb --out language-model

      cinesent train --data imdb --from language-model --out model
    """
    from cinesent.data import load_dataset
    from cinesent.errors import require
    from cinesent.recipes import parse_assignments

    recipe = read_recipe(preset, config, parse_assignments(settings or []))
    require("keras", "train", "Training")

    from cinesent.cli.progress import MessageReporter
    from cinesent.training.pretrain import pretrain
    from cinesent.training.target import check_target

    check_target(out, resume=resume, overwrite=overwrite)
    dataset = load_dataset(
        data,
        text_column=text_column,
        label_column=label_column,
        positive_from=positive_from,
        say=say,
    )
    run = pretrain(
        dataset,
        recipe,
        reporter=MessageReporter(),
        out=out,
        seed=seed,
        backend=backend,
        mixed_precision=mixed_precision,
        resume=resume,
        overwrite=overwrite,
    )
    typer.echo(f"{run.folder}\tperplexity {run.perplexity:.1f} on text held out")
    say(f"{run.seconds:.0f} s in all. Begin with it: cinesent train --from {run.folder}")

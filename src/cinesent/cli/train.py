"""`cinesent train`: from reviews to a model."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinesent.cli import completion
from cinesent.cli.console import report_error, result, result_json
from cinesent.cli.options import (
    BackendOption,
    CadOption,
    ConfigOption,
    DataOption,
    JsonOption,
    LabelsOption,
    MixedPrecisionOption,
    OverwriteOption,
    PresetOption,
    QuietOption,
    ResumeOption,
    SeedOption,
    SettingsOption,
    SstOption,
    read_recipe,
    reads_labels,
    resumable,
)
from cinesent.cli.reporting import ConsoleReporter, duration

if TYPE_CHECKING:
    from cinesent.data import Dataset, Reviews
    from cinesent.training.train import TrainingRun


@reads_labels
def train_command(
    data: DataOption = None,
    preset: PresetOption = "default",
    config: ConfigOption = None,
    settings: SettingsOption = None,
    initial: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DIR|packaged",
            help="Continue training an existing model, with its vocabulary and its network: of the "
            "preset only the training settings are used, at a third of its learning rate. packaged "
            "is the model inside the package. Or start from a language model that cinesent "
            "pretrain wrote.",
            show_default=False,
            autocompletion=completion.initial_models,
        ),
    ] = None,
    validation: Annotated[
        str | None,
        typer.Option(
            "--validation",
            metavar="FILE",
            help="Validate on these labelled reviews instead of a part of the training reviews.",
            show_default=False,
        ),
    ] = None,
    teachers: Annotated[
        list[str] | None,
        typer.Option(
            "--teacher",
            metavar="DIR|packaged",
            help="A trained model that predicts pseudo-labels for the unlabelled reviews, instead "
            "of the preset's own teacher; may be repeated: their logits are averaged.",
            show_default=False,
            autocompletion=completion.initial_models,
        ),
    ] = None,
    labels: LabelsOption = None,
    sst: SstOption = "sst",
    cad: CadOption = "cad",
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="The folder to write the model to.")
    ] = "model",
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    seed: SeedOption = 0,
    backend: BackendOption = None,
    mixed_precision: MixedPrecisionOption = False,
    tensorboard: Annotated[
        str | None,
        typer.Option("--tensorboard", metavar="DIR", help="Write TensorBoard logs there."),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    *,
    table: dict[str, Any],
) -> None:
    """Train a model on labelled reviews and write it to a folder.

    Ctrl-C stops after the current step and keeps the best model so far; the
    same command with --resume continues, also after a crash.

    For example:

      cinesent train --data imdb --out model

      cinesent train --data reviews.csv --from packaged --out mine

      cinesent train --data stars.csv --negative-to 4 --positive-from 7 --set epochs=5

      cinesent train --data train.csv --validation dev.csv --preset classic
    """
    from cinesent.errors import require
    from cinesent.recipes import parse_assignments
    from cinesent.training.initial import load_initial
    from cinesent.training.run_options import path_option
    from cinesent.training.target import check_target
    from cinesent.training.train import train

    # What is wrong with the arguments is reported before anything slow begins.
    target = path_option("out", out)
    start = load_initial(initial, target) if initial else None
    recipe = read_recipe(preset, config, settings, start.adapt if start else None)
    if start:
        start.check_recipe(recipe)
    require("keras", "train", "Training")
    check_target(target, resume=resume, overwrite=overwrite)
    reporter = ConsoleReporter(quiet)
    with resumable(target):
        reviews, held_out = _load(data, validation, table, reporter)
        run = train(
            reviews,
            recipe,
            settings=parse_assignments(settings or []),  # again, to refuse those without effect
            out=target,
            initial=initial,
            teachers=teachers or (),
            validation=held_out,
            labels=labels,
            sst=sst,
            cad=cad,
            seed=seed,
            backend=backend,
            mixed_precision=mixed_precision,
            resume=resume,
            overwrite=overwrite,
            tensorboard=tensorboard,
            command=shlex.join(["cinesent", *sys.argv[1:]]),
            reporter=reporter,
        )
    _show(run, as_json, reporter)


def _load(
    data: str | None, validation: str | None, table: dict[str, Any], reporter: ConsoleReporter
) -> tuple[Dataset, Reviews | None]:
    """Return the reviews to train on, and those to validate on if they have a file of their own.

    The flags of the table are for both files, or for the one where the other is a known dataset.
    """
    from cinesent.data import load_dataset

    held_out = None
    if validation is not None:
        held_out = load_dataset(validation, reporter=reporter, **table).train
    only_validation = validation is not None and (data is None or data in completion.DATASETS)
    own = {} if only_validation else table
    return load_dataset(data, reporter=reporter, **own), held_out


def _show(run: TrainingRun, as_json: bool, reporter: ConsoleReporter) -> None:
    accuracy, num_reviews = run.validation["accuracy"], run.validation["num_reviews"]
    if as_json:
        result_json(
            {
                "model": run.bundle,
                "validation": run.validation,
                "best_epoch": run.best_epoch,
                "epochs": len(run.history),
                "seconds": round(run.seconds, 1),
                "interrupted": run.interrupted,
            }
        )
    else:
        result(f"{run.bundle}  validation accuracy {accuracy:.4f} on {num_reviews:,} reviews")
    if run.interrupted:
        report_error(
            f"interrupted; the best model so far is in {run.bundle}. The same command with "
            "--resume continues."
        )
        raise typer.Exit(130)
    model = shlex.quote(str(run.bundle))
    reporter.message(
        f"{duration(run.seconds)} in all. Try it: cinesent predict --model {model} 'A fine film.'"
    )

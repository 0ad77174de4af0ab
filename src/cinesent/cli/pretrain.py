"""`cinesent pretrain`: from text to a language model that training can start from."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from cinesent.cli.console import result, result_json
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


@reads_labels
def pretrain_command(
    data: DataOption = None,
    preset: PresetOption = "accurate",
    config: ConfigOption = None,
    settings: SettingsOption = None,
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="The folder to write the language model to.")
    ] = "language-model",
    labels: LabelsOption = None,
    sst: SstOption = "sst",
    cad: CadOption = "cad",
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    seed: SeedOption = 0,
    backend: BackendOption = None,
    mixed_precision: MixedPrecisionOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    *,
    table: dict[str, Any],
) -> None:
    """Train a language model on all reviews and write it to a folder.

    It learns to predict the next and the previous word, from the training and
    the unlabelled reviews. No label is used, and no review that the same --seed
    holds out for validation.

    Ctrl-C stops after the current step; the same command with --resume
    continues, also after a crash.

    For example:

      cinesent pretrain --data imdb --out language-model

      cinesent train --data imdb --preset accurate --from language-model --out model
    """
    from cinesent.data import load_dataset
    from cinesent.errors import require
    from cinesent.recipes import parse_assignments
    from cinesent.training.pretrain import pretrain
    from cinesent.training.run_options import path_option
    from cinesent.training.target import check_target

    target = path_option("out", out)
    recipe = read_recipe(preset, config, settings)
    require("keras", "train", "Training")
    check_target(target, resume=resume, overwrite=overwrite)
    reporter = ConsoleReporter(quiet)
    with resumable(target):
        run = pretrain(
            load_dataset(data, reporter=reporter, **table),
            recipe,
            settings=parse_assignments(settings or []),  # again, to refuse those without effect
            out=target,
            labels=labels,
            sst=sst,
            cad=cad,
            seed=seed,
            backend=backend,
            mixed_precision=mixed_precision,
            resume=resume,
            overwrite=overwrite,
            reporter=reporter,
        )
    if as_json:
        result_json(
            {
                "model": run.folder,
                "perplexity": run.perplexity,
                "epochs": len(run.history),
                "seconds": round(run.seconds, 1),
            }
        )
    else:
        result(f"{run.folder}  perplexity {run.perplexity:.1f} on validation text")
    folder = shlex.quote(str(run.folder))
    reporter.message(
        f"{duration(run.seconds)} in all. Start from it: cinesent train --preset {preset} "
        f"--from {folder}"
    )

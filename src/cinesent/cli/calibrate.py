"""`cinesent calibrate`: a model whose certainty fits a user's own reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinesent.cli import completion
from cinesent.cli.console import result, result_json, result_table, table_of
from cinesent.cli.options import (
    DataOption,
    JsonOption,
    ModelOption,
    OverwriteOption,
    QuietOption,
    reads_labels,
)
from cinesent.cli.reporting import ConsoleReporter

if TYPE_CHECKING:
    from cinesent.evaluation.calibration import Calibration


@reads_labels
def calibrate_command(
    out: Annotated[
        str,
        typer.Option(
            "--out", metavar="DIR", help="The folder of the new model.", show_default=False
        ),
    ],
    model: ModelOption = None,
    data: DataOption = None,
    target: Annotated[
        float,
        typer.Option(
            "--target", metavar="SHARE", help="The accuracy that labelled reviews should reach."
        ),
    ] = 0.97,
    keep_temperature: Annotated[
        bool,
        typer.Option("--keep-temperature", help="Choose the band alone: no probability changes."),
    ] = False,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="NAME",
            help="test, train or validation. Default: the validation reviews of the data or of "
            "the training of this model, else all training reviews.",
            show_default=False,
            autocompletion=completion.splits,
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    *,
    table: dict[str, Any],
) -> None:
    """Calibrate a model on labelled reviews of your own, and write a new model.

    The temperature makes it as sure as it is right. The band of probabilities
    that are labelled uncertain is the smallest that leaves the other reviews
    labelled as accurately as --target asks. The folder plots of the new model has the
    reliability diagram before and after.

    For example:

      cinesent calibrate --data reviews.csv --out calibrated

      cinesent calibrate --model mine --data imdb --keep-temperature --target 0.95 --out banded
    """
    from cinesent.evaluation.calibration import calibrate

    reporter = ConsoleReporter(quiet)
    found = calibrate(
        model,
        data,
        out,
        target=target,
        keep_temperature=keep_temperature,
        split=split,
        overwrite=overwrite,
        reporter=reporter,
        **table,
    )
    if as_json:
        result_json(found.to_dict())
    else:
        _show(found)
    reporter.message(f"wrote {found.bundle}")


def _show(found: Calibration) -> None:
    rows = [
        (name, f"{getattr(found.before, key):.4f}", f"{getattr(found.after, key):.4f}")
        for name, key in (("log loss", "loss"), ("calibration error", "ece"), ("Brier", "brier"))
    ]
    temperatures = (f"{found.previous_temperature:g}", f"{found.temperature:g}")
    title = f"{found.num_reviews:,} reviews of {found.data}"
    header = ("", "before", "after")
    result_table(table_of(header, [("temperature", *temperatures), *rows], title=title))
    result(f" {found.band.describe()}")

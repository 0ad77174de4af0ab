"""`cinesent compare`: baselines and presets in one table."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinesent.cli.console import say, stdout
from cinesent.cli.options import (
    BackendOption,
    DataOption,
    LabelColumn,
    PositiveFrom,
    SeedOption,
    SettingsOption,
    TextColumn,
)
from cinesent.environment import usable_cores

if TYPE_CHECKING:
    from cinesent.comparison.compare import ComparedModel, Comparison


def compare_command(
    data: DataOption = None,
    models: Annotated[
        str | None,
        typer.Option(
            "--models",
            metavar="A,B,...",
            help="majority, bow-lr, nb-lr, multi-hot-dense, classic, default, accurate, or folders "
            "of trained models; else all but accurate.",
            show_default=False,
        ),
    ] = None,
    seed: SeedOption = 0,
    backend: BackendOption = None,
    settings: SettingsOption = None,
    test: Annotated[
        bool, typer.Option("--test", help="Measure on the test reviews as well: once, at the end.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="F.md", help="Write the table there too, as Markdown."),
    ] = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    positive_from: PositiveFrom = None,
) -> None:
    """Train baselines and LSTM presets on the same reviews and show them in one table.

    Rows are sorted by accuracy on the reviews held out; p tells a difference to the first row from
    chance (McNemar).

    For example:

      cinesent compare --data imdb-train --models majority,bow-lr,nb-lr

      cinesent compare --data imdb --set epochs=2 --test --out results.md

      cinesent compare --data imdb --models nb-lr,runs/first,runs/second --test
    """
    from cinesent.errors import require

    require("sklearn", "train", "Comparing models")
    from cinesent.comparison.compare import check_models, compare
    from cinesent.data import load_dataset
    from cinesent.recipes import parse_assignments

    given = None if models is None else [name.strip() for name in models.split(",")]
    names = check_models(given)
    overlays = parse_assignments(settings or [])
    _check_out(out)
    dataset = load_dataset(
        data,
        text_column=text_column,
        label_column=label_column,
        positive_from=positive_from,
        say=say,
    )
    comparison = compare(
        dataset, names, seed=seed, backend=backend, settings=overlays, test=test, say=say
    )
    if as_json:
        typer.echo(json.dumps(comparison.to_dict(), ensure_ascii=False))
    else:
        _show(comparison)
    if out is not None:
        _write(comparison, out)


def _check_out(out: Path | None) -> None:
    """Raise DataError, before anything slow is done, if the file cannot be written."""
    from cinesent.errors import DataError

    if out is not None and (out.is_dir() or not out.absolute().parent.is_dir()):
        what = "is a folder" if out.is_dir() else "lies in a folder that does not exist"
        raise DataError(f"{out} {what}; expected the path of a Markdown file to write.")


def _cells(comparison: Comparison) -> list[list[str]]:
    """Return the header and the rows of the table, as strings."""
    header = ["model", "accuracy", "log loss", "p", "train s", "parameters"]
    if comparison.num_test:
        header.insert(3, "test")
    return [header, *(_row(row) for row in comparison.rows)]


def _row(row: ComparedModel) -> list[str]:
    from cinesent.evaluation.style import percent

    numbers = [percent(row.validation.accuracy, 2), f"{row.validation.loss:.4f}"]
    if row.test is not None:
        numbers.append(percent(row.test.accuracy, 2))
    p = "" if row.p_value is None else f"{row.p_value:.3f}" if row.p_value >= 5e-4 else "<0.001"
    seconds = "" if row.seconds is None else f"{row.seconds:,.1f}"
    return [row.name, *numbers, p, seconds, f"{row.num_parameters:,}"]


def _title(comparison: Comparison) -> str:
    test = f", {comparison.num_test:,} test reviews" if comparison.num_test else ""
    return (
        f"{comparison.data}: {comparison.num_train:,} reviews to learn from, "
        f"{comparison.num_validation:,} held out{test}, seed {comparison.seed}"
    )


def _show(comparison: Comparison) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    header, *rows = _cells(comparison)
    title = escape(_title(comparison))
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        collapse_padding=True,  # so that it fits 80 columns
    )
    for name in header:
        table.add_column(name, justify="left" if name == "model" else "right", no_wrap=True)
    for place, row in enumerate(rows):
        table.add_row(*row, style="" if place else "bold")
    stdout().print(table)


def _write(comparison: Comparison, out: Path) -> None:
    """Write the table as Markdown, with what its numbers depend on below it.

    Raises:
        DataError: the file cannot be written.
    """
    from cinesent._version import __version__
    from cinesent.errors import DataError

    header, *rows = _cells(comparison)
    rule = [":--", *["--:"] * (len(header) - 1)]
    lines = ["| " + " | ".join(row) + " |" for row in (header, rule, *rows)]
    settings = ", ".join(f"{key}={value}" for key, value in comparison.settings.items())
    origin = (
        f"{_title(comparison)}{f'; presets with {settings}' if settings else ''}. "
        f"Data {comparison.fingerprint[:12]}, cinesent {__version__}, Python "
        f"{platform.python_version()}, {platform.machine()} with {usable_cores()} CPUs, "
        f"{datetime.now(UTC):%Y-%m-%d}. p: McNemar against the first row."
    )
    try:
        out.write_text("\n".join([*lines, "", origin, ""]), encoding="utf-8")
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror}.") from error
    say(f"wrote {out}")

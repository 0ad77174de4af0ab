"""`cinesent compare`: baselines, presets and trained models in one table."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinesent.cli import completion
from cinesent.cli.console import result_json, result_table, table_of
from cinesent.cli.escaping import printable
from cinesent.cli.options import (
    BackendOption,
    DataOption,
    JsonOption,
    QuietOption,
    SeedOption,
    SettingsOption,
    reads_labels,
)
from cinesent.cli.reporting import ConsoleReporter
from cinesent.environment import expand_user, usable_cores

if TYPE_CHECKING:
    from cinesent.comparison.compare import ComparedModel, Comparison


@reads_labels
def compare_command(
    data: DataOption = None,
    models: Annotated[
        str | None,
        typer.Option(
            "--models",
            metavar="A,B,...",
            help="majority, bow-lr, nb-lr, multi-hot-dense, names of presets, or folders of "
            "trained models. Default: all that train in minutes.",
            show_default=False,
            autocompletion=completion.contestants,
        ),
    ] = None,
    seed: SeedOption = 0,
    backend: BackendOption = None,
    settings: SettingsOption = None,
    test: Annotated[
        bool,
        typer.Option("--test", help="Evaluate on the test reviews as well: once, at the end."),
    ] = False,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="F.md", help="Write the table there too, as Markdown."),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    *,
    table: dict[str, Any],
) -> None:
    """Train baselines and presets on the same reviews and show them in one table.

    Rows are sorted by accuracy on the validation reviews. p is the p-value of
    McNemar's test against the first row.

    For example:

      cinesent compare --data imdb-train --models majority,bow-lr,nb-lr

      cinesent compare --data imdb --set epochs=2 --test --out results.md

      cinesent compare --data imdb --models nb-lr,runs/first,runs/second --test
    """
    from cinesent.errors import require

    require("sklearn", "train", "Comparing models")
    from cinesent.comparison.compare import compare
    from cinesent.recipes import parse_assignments

    target = None if out is None else _checked_target(out)
    reporter = ConsoleReporter(quiet)
    comparison = compare(
        data,
        None if models is None else [name.strip() for name in models.split(",")],
        seed=seed,
        backend=backend,
        settings=parse_assignments(settings or []),
        test=test,
        reporter=reporter,
        **table,
    )
    if as_json:
        result_json(comparison.to_dict())
    else:
        header, *rows = _cells(comparison)
        result_table(table_of(header, rows, title=_title(comparison), bold=0))
    if target is not None:
        _write(comparison, target)
        reporter.message(f"wrote {target}")


def _checked_target(out: str) -> Path:
    """Return the path of the table.

    Raises:
        DataError: before anything slow is done, because the file cannot be written.
    """
    from cinesent.errors import DataError

    path = expand_user(out)
    if path.is_dir() or not path.absolute().parent.is_dir():
        what = "is a folder" if path.is_dir() else "is in a folder that does not exist"
        raise DataError(f"{path} {what}; expected the path of a Markdown file to write.")
    return path


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
    test = f", {comparison.num_test:,} to test on" if comparison.num_test else ""
    return (
        f"{comparison.data}: {comparison.num_train:,} reviews to train on, "
        f"{comparison.num_validation:,} to validate on{test}, seed {comparison.seed}"
    )


def _write(comparison: Comparison, path: Path) -> None:
    """Write the table as Markdown, with what its numbers depend on below it.

    Raises:
        DataError: the file cannot be written.
    """
    from cinesent._version import __version__
    from cinesent.errors import DataError
    from cinesent.files import write_atomic

    header, *rows = ([_markdown(cell) for cell in row] for row in _cells(comparison))
    rule = [":--", *["--:"] * (len(header) - 1)]
    lines = ["| " + " | ".join(row) + " |" for row in (header, rule, *rows)]
    settings = ", ".join(f"{key}={value}" for key, value in comparison.settings.items())
    origin = (
        f"{_title(comparison)}{f'; presets with {settings}' if settings else ''}. "
        f"Data {comparison.fingerprint[:12]}, cinesent {__version__}, Python "
        f"{platform.python_version()}, {platform.machine()} with {usable_cores()} CPUs, "
        f"{datetime.now(UTC):%Y-%m-%d}. p: McNemar's test against the first row."
    )
    try:
        write_atomic(path, "\n".join([*lines, "", _markdown(origin), ""]))
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.") from error


def _markdown(text: str) -> str:
    return printable(text).replace("|", "\\|")

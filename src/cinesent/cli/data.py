"""`cinesent data`: fetch the reviews, describe them, check a file of your own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinesent.cli import completion
from cinesent.cli.console import report_error, result, result_json, result_table, table_of
from cinesent.cli.options import DataOption, JsonOption, ModelOption, QuietOption, reads_labels
from cinesent.cli.reporting import ConsoleReporter

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from cinesent.audit import LabelAudit
    from cinesent.data.describe import Description

app = typer.Typer(
    help="Fetch the reviews, describe them, check a file of your own.", no_args_is_help=True
)


@app.command()
def fetch(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="imdb (84 MB), sst (0.8 MB) or cad (3 MB).",
            autocompletion=completion.downloadable,
        ),
    ] = "imdb",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Download a dataset into the cache folder and print its path.

    An interrupted download is resumed.

    For example:

      cinesent data fetch

      cinesent data fetch sst
    """
    from cinesent.data.sources import fetch_dataset

    path = fetch_dataset(name, reporter=ConsoleReporter(quiet))
    if as_json:
        result_json({"path": path})
    else:
        result(str(path))


@app.command()
@reads_labels
def describe(
    data: DataOption = None,
    plots: Annotated[
        str | None,
        typer.Option("--plots", metavar="DIR", help="Draw lengths, balance and ratings there."),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    *,
    table: dict[str, Any],
) -> None:
    """Count what is in a dataset: reviews, labels, ratings, lengths, films, duplicates.

    For example:

      cinesent data describe --data imdb --plots plots

      cinesent data describe --data reviews.csv --json
    """
    from cinesent.data import load_dataset
    from cinesent.data.describe import describe as describe_dataset

    reporter = ConsoleReporter(quiet)
    dataset = load_dataset(data, reporter=reporter, **table)
    description = describe_dataset(dataset)
    if as_json:
        result_json(description.to_dict())
    else:
        _show(description)
    if plots is not None:
        from cinesent.data.description_plots import save_plots
        from cinesent.environment import expand_user

        for path in save_plots(dataset, expand_user(plots)):
            reporter.message(f"wrote {path}")


@app.command()
@reads_labels
def check(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME|PATH]",
            help="The file, folder or dataset to check; the same as --data. Default: the IMDB "
            "reviews, if they are on this machine.",
            show_default=False,
            autocompletion=completion.datasets,
        ),
    ] = None,
    data: DataOption = None,
    audit: Annotated[
        bool,
        typer.Option(
            "--audit",
            help="Look for labels that are likely wrong, contradictory and near duplicates, and "
            "texts that two splits share (audit extra).",
        ),
    ] = False,
    out: Annotated[
        str,
        typer.Option("--out", metavar="FILE.csv", help="With --audit: what to review, as CSV."),
    ] = "audit.csv",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file of --out if it exists.")
    ] = False,
    model: ModelOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    *,
    table: dict[str, Any],
) -> None:
    """Check whether a file can be trained on: its columns, labels and bad rows.

    The exit status is 1 if it cannot. --audit predicts every review with an
    n-gram model that was trained on the others, and with a trained model unless
    it has seen them; labels that both contradict are listed first.

    For example:

      cinesent data check reviews.csv

      cinesent data check --data stars.xlsx --label-column stars --positive-from 6

      cinesent data check reviews.csv --audit --out review-these.csv
    """
    from cinesent.data import check_dataset

    if path is not None and data is not None:
        raise typer.BadParameter(f"the data is given twice: {path!r} and --data {data!r}.")
    reporter = ConsoleReporter(quiet)
    source = data if path is None else path
    target = _audit_target(out, overwrite) if audit else None
    found = check_dataset(source, reporter=reporter, **table)
    audited = None
    if target is not None and found.ok:
        audited = _audit(found.source, model, target, reporter, table)
    if as_json:
        result_json({**found.to_dict(), "audit": audited and audited.to_dict()})
    else:
        _show(found.description)
        if audited is not None:
            _show_audit(audited)
    for note in found.notes:
        reporter.message(f"note: {note}")
    for problem in found.problems:
        report_error(problem)
    if not found.ok:
        report_error(f"{found.source} cannot be trained on.")
        raise typer.Exit(1)
    reporter.message(f"ok: {found.source} can be trained on.")


def _audit_target(out: str, overwrite: bool) -> Path:
    from cinesent.environment import expand_user
    from cinesent.errors import DataError, option

    target = expand_user(out)
    if target.exists() and not overwrite:
        raise DataError(
            f"{target} exists. Replace it with {option('overwrite', True)}, or name another file "
            f"with {option('out')}."
        )
    return target


def _audit(
    source: str, model: str | None, target: Path, reporter: ConsoleReporter, table: dict[str, Any]
) -> LabelAudit:
    from cinesent.audit import audit_labels
    from cinesent.data import load_dataset

    # What was read has been reported by the check already.
    audit = audit_labels(load_dataset(source, **table), model=model, reporter=reporter)
    audit.save(target)
    reporter.message(f"wrote {target}")
    return audit


def _show_audit(audit: LabelAudit) -> None:
    rows = [
        (problem, f"{count:,}", f"{count / audit.num_reviews:.2%}")
        for problem, count in audit.to_dict()["counts"].items()
    ]
    result_table(table_of(("audit", "found", "of training reviews"), rows))


def _show(description: Description) -> None:
    result_table(_counts_table(description))
    result_table(_lengths_table(description))
    if any(split.ratings for split in description.splits):
        result_table(_ratings_table(description))
    for where, count in description.shared.items():
        result(f"texts of {where}: {count:,}")


def _counts_table(description: Description) -> Table:
    header = ("", "reviews", "negative", "positive", "unlabelled", "films", "repeats")
    rows = []
    for split in description.splits:
        films = "–" if split.movies is None else f"{split.movies:,}"
        counts = [f"{count:,}" for count in split.labels.values()]
        rows.append([split.name, f"{split.reviews:,}", *counts, films, f"{split.repeats:,}"])
    return table_of(header, rows, title=description.name)


def _lengths_table(description: Description) -> Table:
    points = list(description.splits[0].words)
    rows = []
    for split in description.splits:
        rows.append([split.name, "words", *(f"{split.words[p]:,}" for p in points)])
        rows.append(["", "characters", *(f"{split.characters[p]:,}" for p in points)])
    return table_of(("", "", *points), rows, title="length")


def _ratings_table(description: Description) -> Table:
    rated = [(split.name, split.ratings) for split in description.splits if split.ratings]
    rows = [
        [f"{stars:2}", *(f"{ratings[stars]:,}" for _, ratings in rated)] for stars in range(1, 11)
    ]
    return table_of(("", *(name for name, _ in rated)), rows, title="stars given")

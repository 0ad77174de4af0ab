"""`cinesent data`: fetch the reviews, look at them, check a file of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinesent.cli.console import say, stdout
from cinesent.cli.options import DataOption, LabelColumn, PositiveFrom, TextColumn

if TYPE_CHECKING:
    from rich.table import Table

    from cinesent.data.describe import Description

app = typer.Typer(
    help="Fetch the reviews, look at them, check a file of your own.", no_args_is_help=True
)


@app.command()
def fetch() -> None:
    """Download the IMDB reviews (84 MB) into the cache folder and print where they lie.

    A download that was interrupted goes on where it stopped.
    """
    from cinesent.data.download import fetch_imdb

    typer.echo(fetch_imdb(say=say))


@app.command()
def describe(
    data: DataOption = None,
    plots: Annotated[
        Path | None,
        typer.Option("--plots", metavar="DIR", help="Draw lengths, balance and ratings there."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    positive_from: PositiveFrom = None,
) -> None:
    """Count what is in a dataset: reviews, labels, ratings, lengths, films, duplicates."""
    from cinesent.data import load_dataset
    from cinesent.data.describe import describe as describe_dataset

    dataset = load_dataset(
        data,
        text_column=text_column,
        label_column=label_column,
        positive_from=positive_from,
        say=say,
    )
    description = describe_dataset(dataset)
    if as_json:
        typer.echo(json.dumps(description.to_dict(), ensure_ascii=False))
    else:
        _show(description)
    if plots is not None:
        from cinesent.data.description_plots import save_plots

        for path in save_plots(dataset, plots):
            say(f"wrote {path}")


@app.command()
def check(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME|PATH",
            help="The file, folder or dataset to check; without it, the IMDB reviews found here.",
            show_default=False,
        ),
    ] = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    positive_from: PositiveFrom = None,
) -> None:
    """Say whether a file can be trained on: its columns, labels and bad rows.

    Exit status 1 if it cannot.
    """
    from cinesent.data import load_dataset
    from cinesent.data.describe import describe as describe_dataset
    from cinesent.data.imdb import find_imdb

    # Checking is to bring nothing in: without an archive here, the packaged reviews it is.
    source = path or find_imdb() or "imdb-train"
    dataset = load_dataset(
        source,
        text_column=text_column,
        label_column=label_column,
        positive_from=positive_from,
        say=say,
    )
    description = describe_dataset(dataset)
    _show(description)
    for remark in _remarks(description):
        say(f"note: {remark}")
    say(f"ok: {source} can be trained on.")


def _remarks(description: Description) -> list[str]:
    """Return what is no error, but worth knowing before training."""
    train = description.splits[0]
    remarks = []
    if train.positive_share in (0.0, 1.0):
        only = "positive" if train.positive_share else "negative"
        remarks.append(f"all reviews are {only}: nothing can be learned from one label alone.")
    elif train.positive_share is not None and not 0.2 <= train.positive_share <= 0.8:
        rarer = min(train.positive_share, 1 - train.positive_share)
        remarks.append(f"only {rarer:.0%} have the rarer label: accuracy alone will mislead.")
    if train.reviews < 1000:
        remarks.append(f"{train.reviews:,} reviews are few to train on.")
    if train.repeats:
        are = "1 text is a repeat" if train.repeats == 1 else f"{train.repeats:,} texts are repeats"
        remarks.append(f"{are}; a split keeps copies on one side.")
    return remarks


def _show(description: Description) -> None:
    from rich.markup import escape

    console = stdout()
    console.print(_counts_table(description, escape(description.name)))
    console.print(_lengths_table(description))
    if any(split.ratings for split in description.splits):
        console.print(_ratings_table(description))
    for where, count in description.shared.items():
        console.print(f"texts of {where}: {count:,}")


def _counts_table(description: Description, title: str) -> Table:
    header = ("", "reviews", "negative", "positive", "unlabelled", "films", "repeats")
    table = _table(title, header)
    for split in description.splits:
        films = "–" if split.movies is None else f"{split.movies:,}"
        counts = [f"{count:,}" for count in split.labels.values()]
        table.add_row(split.name, f"{split.reviews:,}", *counts, films, f"{split.repeats:,}")
    return table


def _lengths_table(description: Description) -> Table:
    points = list(description.splits[0].words)
    table = _table("length", ("", "", *points))
    for split in description.splits:
        table.add_row(split.name, "words", *(f"{split.words[p]:,}" for p in points))
        table.add_row("", "characters", *(f"{split.characters[p]:,}" for p in points))
    return table


def _ratings_table(description: Description) -> Table:
    rated = [(split.name, split.ratings) for split in description.splits if split.ratings]
    table = _table("stars given", ("", *(name for name, _ in rated)))
    for stars in range(1, 11):
        table.add_row(f"{stars:2}", *(f"{ratings[stars]:,}" for _, ratings in rated))
    return table


def _table(title: str, header: tuple[str, ...]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, title_style="bold")
    for column, name in enumerate(header):
        table.add_column(name, justify="right" if column else "left", no_wrap=True)
    return table

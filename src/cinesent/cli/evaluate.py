"""`cinesent evaluate`: what a model is worth on reviews whose labels are known."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinesent.cli.console import say, stdout
from cinesent.cli.options import (
    DataOption,
    LabelColumn,
    ModelOption,
    PositiveFrom,
    TextColumn,
)

if TYPE_CHECKING:
    from rich.table import Table

    from cinesent.evaluation.evaluate import Evaluation, Slice
    from cinesent.evaluation.metrics import Metrics


def evaluate_command(
    model: ModelOption = None,
    data: DataOption = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="NAME",
            help="test, train, or validation: what this model's training held out. Without it: "
            "test if there is one, else validation if it is the model's own data, else train.",
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="DIR", help="Write index.html, plots and predictions there."
        ),
    ] = None,
    record: Annotated[
        bool,
        typer.Option("--record", help="Write the numbers into the model's metrics and card."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    positive_from: PositiveFrom = None,
) -> None:
    """Score a model on labelled reviews: accuracy and its companions, errors, weak spots."""
    from cinesent.classifier import load
    from cinesent.data import load_dataset
    from cinesent.evaluation.evaluate import evaluate, record_evaluation
    from cinesent.evaluation.selection import check_split

    check_split(split)
    classifier = load(model)
    dataset = load_dataset(
        data,
        text_column=text_column,
        label_column=label_column,
        positive_from=positive_from,
        say=say,
    )
    evaluation = evaluate(classifier, dataset, split=split, report=report, say=say)
    if record:
        command = shlex.join(["cinesent", *sys.argv[1:]])
        name = record_evaluation(evaluation, classifier.bundle, command)
        say(f"recorded in {classifier.bundle.path} as {name!r}")
    if as_json:
        typer.echo(json.dumps(evaluation.to_dict(), ensure_ascii=False))
    else:
        _show(evaluation)


def _show(evaluation: Evaluation) -> None:
    from rich.markup import escape

    console = stdout()
    metrics = evaluation.metrics
    title = escape(f"{evaluation.model} on {evaluation.data}, {evaluation.split}")
    console.print(_metrics_table(f"{title}: {metrics.num_reviews:,} reviews", evaluation))
    console.print(_confusion_table(metrics))
    if evaluation.by_rating:
        console.print(_slices_table("by rating", evaluation.by_rating))
    console.print(_slices_table("by length", evaluation.by_length))
    console.print(
        f" {metrics.num_reviews:,} reviews in {evaluation.seconds:.1f} s: "
        f"{evaluation.reviews_per_second:,.0f} a second"
    )


def _metrics_table(title: str, evaluation: Evaluation) -> Table:
    table = _table(title, ("", "", ""), ("left", "right", "note"))
    for name, value, note in _metric_lines(evaluation):
        strong = "bold" if name == "accuracy" else ""
        table.add_row(name, value, f"[dim]{note}[/dim]", style=strong)
    return table


def _metric_lines(evaluation: Evaluation) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and note of each line, the score without duplicates below the first."""
    from cinesent.evaluation.report import metric_rows
    from cinesent.evaluation.style import percent

    accuracy, *others = metric_rows(evaluation.metrics)
    low, high = evaluation.interval
    yield (*accuracy[:2], f"95 % sure: {percent(low, 2)} to {percent(high, 2)}")
    distinct = evaluation.without_duplicates
    if distinct is not None:
        left_out = evaluation.metrics.num_reviews - distinct.num_reviews
        yield (
            "  without duplicates",
            percent(distinct.accuracy, 2),
            f"{left_out:,} left out that are in train too",
        )
    yield from others


def _confusion_table(metrics: Metrics) -> Table:
    from cinesent.probability import LABELS

    called = [f"called {label}" for label in LABELS]
    table = _table("confusion", ("", *called), ("left", "right", "right"))
    for row, (label, counts) in enumerate(zip(LABELS, metrics.confusion_matrix, strict=True)):
        cells = [f"{count:,}" for count in counts]
        cells[row] = f"[green]{cells[row]}[/green]"
        table.add_row(label, *cells)
    return table


def _slices_table(title: str, slices: Sequence[Slice]) -> Table:
    from cinesent.evaluation.style import percent

    table = _table(title, ("", "reviews", "accuracy"), ("left", "right", "right"))
    for part in slices:
        table.add_row(part.name, f"{part.num_reviews:,}", percent(part.accuracy, 2))
    return table


def _table(title: str, header: Sequence[str], justify: Sequence[str]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_header=any(header),
    )
    for name, side in zip(header, justify, strict=True):
        # A note may break into lines, so that no number is cut on a narrow terminal.
        note = side == "note"
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=not note)
    return table

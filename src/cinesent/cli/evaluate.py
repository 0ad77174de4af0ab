"""`cinesent evaluate`: how good a model is on reviews whose labels are known."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinesent.cli import completion
from cinesent.cli.behavior_table import below_minimum, show_behavior
from cinesent.cli.console import (
    Piece,
    report_error,
    result,
    result_json,
    result_table,
    table_of,
)
from cinesent.cli.options import (
    DataOption,
    JsonOption,
    ModelOption,
    NoUncertainOption,
    QuietOption,
    UncertainOption,
    read_thresholds,
    reads_labels,
)
from cinesent.cli.reporting import ConsoleReporter

if TYPE_CHECKING:
    from rich.table import Table

    from cinesent.behavior import BehaviorReport
    from cinesent.bundle import Bundle
    from cinesent.classifier import Classifier
    from cinesent.evaluation.metrics import Metrics
    from cinesent.evaluation.results import Decided, Evaluation, Slice


@reads_labels
def evaluate_command(
    model: ModelOption = None,
    data: DataOption = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="NAME",
            help="test, train, or validation: the data's own validation reviews (sst), or what the "
            "training of this model held out. Default: test if there is one, else validation if "
            "the data has its own or is the model's, else train.",
            show_default=False,
            autocompletion=completion.splits,
        ),
    ] = None,
    report: Annotated[
        str | None,
        typer.Option("--report", metavar="DIR", help="Write a web page, figures and data there."),
    ] = None,
    record: Annotated[
        bool,
        typer.Option("--record", help="Write the metrics into the model's folder and its card."),
    ] = False,
    behavior: Annotated[
        bool,
        typer.Option(
            "--behavior",
            help="Run the behavior suite: small texts of known side, by kind, such as negation, "
            "names and typos. Without --data, --split and --report, nothing else.",
        ),
    ] = False,
    fail_under_minimum: Annotated[
        bool,
        typer.Option(
            "--fail-under-minimum",
            help="With --behavior: exit with status 1 if a kind misses its minimum pass rate.",
        ),
    ] = False,
    uncertain: UncertainOption = None,
    no_uncertain: NoUncertainOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    *,
    table: dict[str, Any],
) -> None:
    """Evaluate a model on labelled reviews: accuracy, other metrics, weak spots.

    For example:

      cinesent evaluate --data imdb

      cinesent evaluate --model mine --data reviews.csv --report report

      cinesent evaluate --data stars.csv --negative-to 4 --positive-from 7 --json

      cinesent evaluate --behavior --fail-under-minimum
    """
    from cinesent.classifier import load
    from cinesent.evaluation.evaluate import evaluate

    if fail_under_minimum and not behavior:
        raise typer.BadParameter("--fail-under-minimum needs --behavior.")
    thresholds = read_thresholds(uncertain, no_uncertain)
    reporter = ConsoleReporter(quiet)
    classifier = load(model, thresholds=thresholds)
    ran = _run_behavior(classifier, reporter) if behavior else None
    evaluation = None
    if ran is None or (data, split, report) != (None, None, None):
        evaluation = evaluate(
            classifier, data, split=split, report=report, reporter=reporter, **table
        )
    if record:
        _record(evaluation, ran, classifier.bundle, reporter)
    if as_json:
        result_json(_as_json(evaluation, ran))
    else:
        _show_all(evaluation, ran)
    if fail_under_minimum and ran is not None and not ran.meets_minimum:
        report_error(below_minimum(ran))
        raise typer.Exit(1)


def _run_behavior(classifier: Classifier, reporter: ConsoleReporter) -> BehaviorReport:
    from cinesent.behavior import evaluate_behavior

    return evaluate_behavior(classifier, reporter=reporter)


def _record(
    evaluation: Evaluation | None,
    behavior: BehaviorReport | None,
    bundle: Bundle,
    reporter: ConsoleReporter,
) -> None:
    from cinesent.behavior.suite_run import record_behavior
    from cinesent.evaluation.evaluate import record_evaluation

    names = []
    if evaluation is not None:
        command = shlex.join(["cinesent", *sys.argv[1:]])
        names.append(record_evaluation(evaluation, bundle, command))
    if behavior is not None:
        names.append(record_behavior(behavior, bundle))
    recorded = " and ".join(map(repr, names))
    reporter.message(f"recorded in {bundle.path} as {recorded}")


def _as_json(evaluation: Evaluation | None, behavior: BehaviorReport | None) -> dict[str, Any]:
    if evaluation is None:
        return {} if behavior is None else behavior.to_dict()
    suite = None if behavior is None else behavior.to_dict()
    return {**evaluation.to_dict(), "behavior": suite}


def _show_all(evaluation: Evaluation | None, behavior: BehaviorReport | None) -> None:
    if evaluation is not None:
        _show(evaluation)
    if behavior is not None:
        show_behavior(behavior)


def _show(evaluation: Evaluation) -> None:
    metrics = evaluation.metrics
    result_table(_metrics_table(evaluation))
    result_table(_confusion_table(metrics))
    if evaluation.by_rating:
        result_table(_slices_table("by rating", evaluation.by_rating))
    result_table(_slices_table("by length", evaluation.by_length))
    result(
        f" {metrics.num_reviews:,} reviews in {evaluation.seconds:.1f} s: "
        f"{evaluation.reviews_per_second:,.0f} per second"
    )


def _metrics_table(evaluation: Evaluation) -> Table:
    title = (
        f"{evaluation.model} on {evaluation.data}, {evaluation.split}: "
        f"{evaluation.metrics.num_reviews:,} reviews"
    )
    rows = [(name, value, (note, "dim")) for name, value, note in _metric_lines(evaluation)]
    # A note may break into lines, so that no number is cut on a narrow terminal.
    return table_of(("", "", ""), rows, title=title, left=(0, 2), wrap=(2,), bold=0)


def _metric_lines(evaluation: Evaluation) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and note of each line, the accuracy without duplicates second."""
    from cinesent.evaluation.report import metric_rows
    from cinesent.evaluation.style import interval, percent

    accuracy, *others = metric_rows(evaluation.metrics)
    yield (*accuracy[:2], interval(*evaluation.interval))
    distinct = evaluation.without_duplicates
    if distinct is not None:
        left_out = evaluation.metrics.num_reviews - distinct.num_reviews
        yield (
            "  without duplicates",
            percent(distinct.accuracy, 2),
            f"{left_out:,} left out that are in the training reviews",
        )
    if evaluation.decided is not None:
        yield from _decided_lines(evaluation.decided)
    yield from others


def _decided_lines(decided: Decided) -> Iterator[tuple[str, str, str]]:
    from cinesent.evaluation.style import percent

    low, high = decided.thresholds
    yield "decided", percent(decided.share, 2), f"the others are uncertain, {low:g} to {high:g}"
    if decided.accuracy is not None:
        yield "  accuracy of these", percent(decided.accuracy, 2), ""


def _confusion_table(metrics: Metrics) -> Table:
    from cinesent.probability import LABELS

    rows: list[list[Piece]] = []
    for row, (label, counts) in enumerate(zip(LABELS, metrics.confusion_matrix, strict=True)):
        cells: list[Piece] = [f"{count:,}" for count in counts]
        cells[row] = (f"{counts[row]:,}", "green")
        rows.append([label, *cells])
    return table_of(("", *(f"predicted {label}" for label in LABELS)), rows, title="confusion")


def _slices_table(title: str, slices: Sequence[Slice]) -> Table:
    from cinesent.evaluation.style import percent

    rows = [(part.name, f"{part.num_reviews:,}", percent(part.accuracy, 2)) for part in slices]
    return table_of(("", "reviews", "accuracy"), rows, title=title)

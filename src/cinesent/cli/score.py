"""`cinesent score`: label a file of reviews, however large."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cinesent.cli import completion
from cinesent.cli.console import report_error, result_json, stdout_is_terminal
from cinesent.cli.options import (
    JsonOption,
    ModelOption,
    NoUncertainOption,
    QuietOption,
    UncertainOption,
    read_thresholds,
    reads_table,
)
from cinesent.cli.reporting import ConsoleReporter, duration

if TYPE_CHECKING:
    from cinesent.scoring.summary import ScoreSummary

_RUN = "Long runs"
_OUTPUT = "What is written"


@reads_table
def score_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN",
            help="A CSV, TSV, JSON Lines, JSON, Parquet or .xlsx file, or .txt with one review per "
            "line, also as .gz; - is standard input, one review per line.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[OUT]",
            help="The file to write: .csv, .tsv, .jsonl, .parquet or .txt (label and probability "
            "only), also as .gz. Default: standard output, in the format of IN where that is CSV, "
            "TSV or JSON Lines, else JSON Lines.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="OUT", help="The same as OUT.", rich_help_panel=_OUTPUT),
    ] = None,
    model: ModelOption = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Resume an interrupted run.", rich_help_panel=_RUN),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Replace OUT, finished or unfinished; with --resume, continue it if unfinished.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="Processes that predict, one CPU each; 1 is this process, in threads.",
            rich_help_panel=_RUN,
        ),
    ] = 1,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first bad row.", rich_help_panel=_RUN)
    ] = False,
    tokens: Annotated[
        bool,
        typer.Option("--tokens", help="Add num_tokens.", rich_help_panel=_OUTPUT),
    ] = False,
    evidence: Annotated[
        int,
        typer.Option(
            "--evidence",
            metavar="N",
            min=0,
            help="Add the N tokens that contributed most, with what each added to the logit.",
            rich_help_panel=_OUTPUT,
        ),
    ] = 0,
    out_format: Annotated[
        str | None,
        typer.Option(
            "--out-format",
            metavar="NAME",
            help="csv, tsv, jsonl, lines or parquet. Default: by the name of OUT.",
            rich_help_panel=_OUTPUT,
            show_default=False,
            autocompletion=completion.out_formats,
        ),
    ] = None,
    escape_formulas: Annotated[
        bool,
        typer.Option(
            "--escape-formulas",
            help="Put an apostrophe in front of cells of CSV and TSV that a spreadsheet would run "
            "as a formula.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    uncertain: UncertainOption = None,
    no_uncertain: NoUncertainOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    *,
    table: dict[str, Any],
) -> None:
    """Label every review of a file, however large, and write it with the labels.

    Rows keep their order and their columns. Three columns are added: label,
    probability (that the review is positive, 0 to 1) and error (why a row could
    not be scored). An added column that IN has already gets the prefix cinesent_.
    With a model that has a band of uncertain probabilities, or with --uncertain,
    reason is added as well: why a text is uncertain, where it tells.

    OUT is written only when scoring finishes. Ctrl-C, a crash or a full disk
    costs about a second of work: the same command with --resume continues, and
    the result is the same to the byte.

    With --json a summary is printed, so the rows need a file as OUT.

    For example:

      cinesent score reviews.csv scored.csv

      cinesent score reviews.jsonl.gz scored.parquet --tokens --workers 4

      cut -f 2 reviews.tsv | cinesent score - | jq .label
    """
    from cinesent.classifier import load
    from cinesent.scoring.score import score_file

    thresholds = read_thresholds(uncertain, no_uncertain)
    target = _target(target, out)
    if as_json and target is None:
        raise typer.BadParameter("--json prints the summary where the rows go; name a file as OUT.")
    reporter = ConsoleReporter(quiet, progress=target is not None or not stdout_is_terminal())
    try:
        summary = score_file(
            source,
            target,
            model if thresholds is None else load(model, thresholds=thresholds),
            evidence=evidence,
            tokens=tokens,
            out_format=out_format,
            escape_formulas=escape_formulas,
            strict=strict,
            resume=resume,
            overwrite=overwrite,
            workers=workers,
            reporter=reporter,
            **table,
        )
    except KeyboardInterrupt:
        cure = "" if target is None else " The same command with --resume continues."
        report_error(f"interrupted.{cure}")
        raise typer.Exit(130) from None
    _show(summary, reporter)
    if as_json:
        result_json(summary.to_dict())


def _target(argument: str | None, out: str | None) -> str | None:
    """Return where the rows go; None is standard output."""
    if argument is not None and out is not None:
        raise typer.BadParameter(f"OUT is given twice: {argument!r} and --out {out!r}.")
    target = argument if out is None else out
    return None if target == "-" else target


def _show(summary: ScoreSummary, reporter: ConsoleReporter) -> None:
    good = summary.num_rows - summary.num_bad
    labels = ", ".join(
        f"{count:,} {label} ({count / good:.0%})" for label, count in summary.labels.items()
    )
    reporter.message(
        f"{_counted(summary.num_rows, 'row')} in {duration(summary.seconds)}, "
        f"{summary.reviews_per_second:,.0f} reviews/s"
        f"{f': {labels}' if labels else ''}"
    )
    if summary.reasons:
        counts = ", ".join(f"{count:,} {reason}" for reason, count in summary.reasons.items())
        reporter.message(f"predictions to doubt: {counts}")
    if summary.num_blank:
        reporter.message(f"{_counted(summary.num_blank, 'empty line')} skipped")
    if summary.num_bad:
        reporter.message(f"{_counted(summary.num_bad, 'bad row')}, marked in the result:")
        for error in summary.errors:
            reporter.message(f"  {error}")
        if summary.num_bad > len(summary.errors):
            reporter.message(f"  … and {summary.num_bad - len(summary.errors):,} more.")
    if summary.target is not None:
        reporter.message(f"wrote {_short(summary.target)}")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _short(path: Path) -> Path:
    """Return a path as it is typed from the current folder, where it is below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path

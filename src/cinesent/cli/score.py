"""`cinesent score`: label a file of reviews, however large."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cinesent.cli.console import reader_may_leave, report_error, say
from cinesent.cli.options import ModelOption, TextColumn
from cinesent.scoring.score import TEXT_LIMIT

if TYPE_CHECKING:
    from cinesent.scoring.score import ScoreSummary

_FORMATS = "csv, tsv, jsonl, lines or parquet"
_RUN = "Long runs"
_OUTPUT = "What is written"
_FILES = "Your own file"


def score_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN",
            help=".csv, .tsv, .jsonl, .parquet, .txt with a review a line, or one of them as .gz; "
            "- is standard input, a review a line.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[OUT]",
            help="A name that ends in the same ways; .txt gets label and probability alone. "
            "Without it: standard output, in the format of IN, JSON Lines for lines and Parquet.",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an unfinished OUT.", rich_help_panel=_RUN)
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace OUT, finished or unfinished.", rich_help_panel=_RUN
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
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", help="No progress, no summary.", rich_help_panel=_RUN),
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
            help="Add the N tokens that weighed most, with what each added to the logit.",
            rich_help_panel=_OUTPUT,
        ),
    ] = 0,
    out_format: Annotated[
        str | None,
        typer.Option(
            "--out-format",
            metavar="NAME",
            help=f"The format of OUT, where its name does not say: {_FORMATS}.",
            rich_help_panel=_OUTPUT,
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the summary as one JSON object; needs OUT.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    text_column: TextColumn = None,
    source_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help=f"The format of IN, where its name does not say: {_FORMATS}.",
            rich_help_panel=_FILES,
            show_default=False,
        ),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help="The encoding of IN, such as cp1252; else UTF-8.",
            rich_help_panel=_FILES,
            show_default=False,
        ),
    ] = None,
    max_characters: Annotated[
        int,
        typer.Option(
            "--max-characters",
            metavar="N",
            min=1,
            help="A longer review is a bad row; memory grows with it.",
            rich_help_panel=_FILES,
        ),
    ] = TEXT_LIMIT,
) -> None:
    """Label every review of a file, however large, and write it with the labels.

    Rows keep their order and their columns. Added are label, probability (that
    the review is positive, 0 to 1) and error: why a row could not be scored. An
    added column that IN has already gets the prefix cinesent_.

    OUT appears when it is complete. Ctrl-C, a crash or a full disk costs about a
    second of work: the same command with --resume goes on, to the same bytes.

    Examples:
      cinesent score reviews.csv scored.csv

      cinesent score reviews.jsonl.gz scored.parquet --tokens --workers 4

      cut -f 2 reviews.tsv | cinesent score - | jq .label
    """
    from cinesent.cli.rate import rate_reporter
    from cinesent.scoring.score import score_file

    if as_json and target in (None, "-"):
        raise typer.BadParameter("--json prints the summary where the rows go; name a file as OUT.")
    try:
        with reader_may_leave(), rate_reporter(quiet) as reporter:
            summary = score_file(
                source,
                target,
                model,
                text_column=text_column,
                format=source_format,
                out_format=out_format,
                encoding=encoding,
                tokens=tokens,
                evidence=evidence,
                max_characters=max_characters,
                strict=strict,
                resume=resume,
                overwrite=overwrite,
                workers=workers,
                say=reporter.say,
                progress=reporter.progress,
            )
    except KeyboardInterrupt:
        report_error("interrupted.")
        raise typer.Exit(130) from None
    if not quiet:
        _show(summary)
    if as_json:
        typer.echo(json.dumps(summary.to_dict(), ensure_ascii=False))


def _show(summary: ScoreSummary) -> None:
    from cinesent.cli.rate import time_of

    good = summary.num_rows - summary.num_bad
    labels = ", ".join(
        f"{count:,} {label} ({count / good:.0%})" for label, count in summary.labels.items()
    )
    say(
        f"{_rows(summary.num_rows)} in {time_of(summary.seconds)}, "
        f"{summary.reviews_per_second:,.0f} reviews/s"
        f"{f': {labels}' if labels else ''}"
    )
    if summary.num_blank:
        lines = "1 empty line" if summary.num_blank == 1 else f"{summary.num_blank:,} empty lines"
        say(f"{lines} passed over")
    if summary.num_bad:
        bad = "1 bad row" if summary.num_bad == 1 else f"{summary.num_bad:,} bad rows"
        say(f"{bad}, marked in the result:")
        for error in summary.errors:
            say(f"  {error}")
        if summary.num_bad > len(summary.errors):
            say(f"  … and {summary.num_bad - len(summary.errors):,} more.")
    if summary.target is not None:
        say(f"wrote {_short(summary.target)}")


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _short(path: Path) -> Path:
    """Return a path as it is typed from here, where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path

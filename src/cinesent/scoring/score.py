"""Scores a file of any size: :func:`score_file`."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path
from typing import Unpack

from cinesent._version import __version__
from cinesent.classifier import Classifier, load
from cinesent.environment import expand_user
from cinesent.errors import ConfigError, option
from cinesent.progress import SILENT, Reporter
from cinesent.scoring.job import ScoringJob
from cinesent.scoring.outputs import open_output
from cinesent.scoring.result_format import check_result_format, result_format
from cinesent.scoring.sinks import open_sink
from cinesent.scoring.summary import ScoreSummary, summary_of
from cinesent.tables import TableKeywords, TableOptions, open_table


def score_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    model: Classifier | str | Path | None = None,
    *,
    evidence: int = 0,
    tokens: bool = False,
    out_format: str | None = None,
    escape_formulas: bool = False,
    strict: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    workers: int = 1,
    reporter: Reporter = SILENT,
    **table: Unpack[TableKeywords],
) -> ScoreSummary:
    """Label every review of a file, in constant memory, and write the file with the labels.

    The rows keep their order and their columns. `label`, `probability` (of positive, 0 to 1) and
    `error` are added, with the prefix ``cinesent_`` where the file has a column of that name. A row
    that cannot be scored has an error instead of a label. With a model that has a band of uncertain
    probabilities, `reason` is added as well: "no words", "not English" or "mostly unknown words",
    where a text is uncertain because of that. The target is written only when scoring finishes;
    until then, the unfinished result is a hidden file beside it, which `resume` continues after an
    interruption.

    Args:
        source: CSV, TSV, JSON Lines, a JSON array, Parquet, Excel, or plain text with one review
            per line; text formats also with gzip. "-" is standard input.
        target: .csv, .tsv, .jsonl, .parquet, or .txt for the labels alone; text formats also with
            .gz. None and "-" are standard output.
        model: a classifier or a model folder; None: as for :func:`cinesent.load`.
        evidence: number of tokens to add per review: those that contributed most to the logit.
        tokens: whether to add `num_tokens`.
        out_format: csv, tsv, jsonl, lines or parquet; None: by the name of the target.
        escape_formulas: whether cells of CSV and TSV that a spreadsheet would run as a formula
            (those that begin with ``=``, ``+``, ``-`` or ``@``) get an apostrophe in front.
        strict: whether the first bad row is an error.
        resume: whether to continue an unfinished result. The result is the same, byte for byte.
        overwrite: whether `target`, or an unfinished result, may be replaced. Together with
            `resume`, an unfinished result is continued if there is one.
        workers: processes that predict; 1: this one, with threads. The result is the same.
        reporter: receives messages and progress.
        **table: how to read the source: `format`, `encoding`, `delimiter`, `header` and
            `text_column`, see :class:`cinesent.TableOptions`.

    Returns:
        How many rows were written, how many of them are bad, and how many got which label, and for
        which reason.

    Raises:
        DataError: the source cannot be read, has no text column, or has a bad row and `strict` is
            set.
        ConfigError: an option is wrong.
        ScoringError: the target exists, cannot be written or cannot be resumed; or every row is
            bad, and then nothing is written.
        BundleError: there is no such model.
        KeyboardInterrupt: interrupted; what was written is kept for `resume`.

    Example:
        >>> summary = cinesent.score_file("reviews.csv", "scored.csv", "model")  # doctest: +SKIP
        >>> summary.labels  # doctest: +SKIP
        {'negative': 480, 'positive': 520}
    """
    counts = {"evidence": evidence, "workers": workers}
    flags = {
        "tokens": tokens,
        "escape_formulas": escape_formulas,
        "strict": strict,
        "resume": resume,
        "overwrite": overwrite,
    }
    _check(counts, flags, out_format, reporter)
    options = TableOptions(**table)
    source_path, target_path = _path("source", source), _path("target", target)
    _check_target(target_path, out_format)
    sink = open_sink(source_path, target_path, resume=resume, overwrite=overwrite)
    with contextlib.ExitStack() as opened:
        opened.callback(sink.close)
        reader = open_table(source_path, options, reporter=reporter)
        opened.callback(reader.close)
        format = result_format(target_path, out_format, reader.format)
        classifier = model if isinstance(model, Classifier) else load(model)
        output = open_output(
            reader,
            format,
            _wanted_columns(tokens, evidence, classifier.has_band),
            reporter,
            escape_formulas=escape_formulas,
        )
        settings = {
            "model": classifier.bundle.manifest_sha256[:16],
            "cinesent": __version__,
            "thresholds": list(classifier.thresholds),
            **dataclasses.asdict(options),
            "format": reader.format,
            "out_format": str(format),
            "tokens": tokens,
            "evidence": evidence,
            "escape_formulas": escape_formulas,
        }
        job = ScoringJob(reader, sink, output, strict=strict, reporter=reporter)
        state = job.run(source_path, classifier, settings, evidence=evidence, workers=workers)
        return summary_of(reader.name, sink.target, state, has_band=classifier.has_band)


def _wanted_columns(tokens: bool, evidence: int, reason: bool) -> list[str]:
    wanted = ["label", "probability"]
    wanted += ["reason"] if reason else []
    wanted += ["num_tokens"] if tokens else []
    wanted += ["evidence"] if evidence else []
    return wanted


def _path(name: str, path: object) -> Path | None:
    """Return a path as the user means it; None is standard input or output.

    Raises:
        ConfigError: it is no path.
    """
    if path is None and name == "target":
        return None
    if not isinstance(path, (str, os.PathLike)):
        raise ConfigError(
            f"{name} is of type {type(path).__name__}; expected the path of a file. For reviews in "
            "memory, use Classifier.predict with a list of texts, such as df['review']."
        )
    return None if os.fspath(path) == "-" else expand_user(path)


def _check_target(target: Path | None, out_format: str | None) -> None:
    """Report a wrong name before anything is opened; a folder is reported later, as one."""
    if target is None or target.is_dir() or out_format is not None:
        return
    result_format(target, out_format, "csv")


def _check(
    counts: dict[str, int], flags: dict[str, bool], out_format: object, reporter: object
) -> None:
    """Check the types and the ranges of the options.

    Raises:
        ConfigError: one of them is wrong.
    """
    for (name, count), least in zip(counts.items(), (0, 1), strict=True):
        if isinstance(count, bool) or not isinstance(count, int):
            raise ConfigError(f"{option(name)} is {count!r:.40}; expected an integer.")
        if count < least:
            raise ConfigError(f"{option(name)} is {count}; expected {least} or more.")
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise ConfigError(f"{option(name)} is {flag!r:.40}; expected True or False.")
    check_result_format(out_format)
    if not isinstance(reporter, Reporter):
        raise ConfigError(
            f"reporter is of type {type(reporter).__name__}; expected a cinesent.Reporter."
        )

"""Scores a file of any size: :func:`score_file`."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from cinesent._version import __version__
from cinesent.bundle.layout import MANIFEST
from cinesent.classifier import Classifier, load
from cinesent.environment import expand_user
from cinesent.errors import BundleError, ConfigError, option, require
from cinesent.progress import SILENT, Reporter
from cinesent.scoring.job import ScoringJob
from cinesent.scoring.outputs import open_output
from cinesent.scoring.result_format import ResultFormat, check_result_format, result_format
from cinesent.scoring.sinks import open_sink
from cinesent.tables import TableKeywords, TableOptions, TableReader, open_table


@dataclass(frozen=True)
class ScoreSummary:
    """What :func:`score_file` did.

    Attributes:
        source: what was read.
        target: what was written; None: standard output.
        num_rows: rows written, bad ones included.
        num_bad: bad rows among them: marked, not scored.
        num_blank: empty lines that were skipped.
        labels: number of rows per label.
        errors: the messages of the first bad rows.
        seconds: from the first row to the last, interrupted runs included.
    """

    source: str
    target: Path | None
    num_rows: int
    num_bad: int
    num_blank: int
    labels: dict[str, int]
    errors: tuple[str, ...]
    seconds: float

    @property
    def reviews_per_second(self) -> float:
        """Rows written per second."""
        return self.num_rows / self.seconds if self.seconds else 0.0

    def to_dict(self) -> dict[str, Any]:
        r"""Return values that JSON can hold; bytes of names that are no UTF-8 as ``\xe9``."""
        return {
            "source": _valid(self.source),
            "target": None if self.target is None else _valid(str(self.target)),
            "num_rows": self.num_rows,
            "num_bad": self.num_bad,
            "num_blank": self.num_blank,
            "labels": dict(self.labels),
            "errors": [_valid(error) for error in self.errors],
            "seconds": self.seconds,
            "reviews_per_second": round(self.reviews_per_second, 1),
        }


def score_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    model: Classifier | str | os.PathLike[str] | None = None,
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
    that cannot be scored has an error instead of a label. The target is written only when scoring
    finishes; until then, the unfinished result is a hidden file beside it, which `resume` continues
    after an interruption.

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
        How many rows were written, how many of them are bad, and how many got which label.

    Raises:
        DataError: the source cannot be read, has no text column, has a bad row and `strict` is
            set, or has no good row; then nothing is written.
        ConfigError: an option is wrong.
        ScoringError: the target exists, cannot be written, or cannot be resumed.
        BundleError: there is no such model.
        KeyboardInterrupt: interrupted; what was written is kept for `resume`.

    Example:
        >>> summary = cinesent.score_file("reviews.csv", "scored.csv", "model")  # doctest: +SKIP
        >>> summary.labels  # doctest: +SKIP
        {'negative': 480, 'positive': 520}
    """
    _check_counts(evidence=evidence, workers=workers)
    _check_flags(
        tokens=tokens,
        escape_formulas=escape_formulas,
        strict=strict,
        resume=resume,
        overwrite=overwrite,
    )
    _check_reporter(reporter)
    check_result_format(out_format)
    options = TableOptions(**table)
    source_path, target_path = _path(source), None if target is None else _path(target)
    if target_path is not None and not target_path.is_dir():
        # A wrong name is an error before the source is opened.
        result_format(target_path, out_format, "csv")
    sink = open_sink(source_path, target_path, resume=resume, overwrite=overwrite)
    reader: TableReader | None = None
    try:
        reader = open_table(source_path, options, reporter=reporter)
        format = result_format(target_path, out_format, reader.format)
        if format.name == "parquet":
            require("pyarrow", "data", "Writing Parquet")
        wanted = ["label", "probability"]
        wanted += ["num_tokens"] if tokens else []
        wanted += ["evidence"] if evidence else []
        output = open_output(reader, format, wanted, reporter, escape_formulas=escape_formulas)
        classifier = model if isinstance(model, Classifier) else load(model)
        settings = {
            "model": _model_fingerprint(classifier),
            "cinesent": __version__,
            **dataclasses.asdict(options),
            "format": reader.format,
            "out_format": str(format),
            "tokens": tokens,
            "evidence": evidence,
            "escape_formulas": escape_formulas,
        }
        job = ScoringJob(reader, sink, output, strict=strict, reporter=reporter)
        state = job.run(source_path, classifier, settings, evidence=evidence, workers=workers)
    finally:
        if reader is not None:
            reader.close()
        sink.close()
    return ScoreSummary(
        source=reader.name,
        target=sink.target,
        num_rows=state.num_rows,
        num_bad=state.num_bad,
        num_blank=state.num_blank,
        labels=state.labels,
        errors=state.errors,
        seconds=state.seconds,
    )

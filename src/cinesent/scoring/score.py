"""Scores a file of any size: :func:`score_file`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cinesent.classifier import Classifier, load
from cinesent.data.progress import Say, silent
from cinesent.errors import ConfigError
from cinesent.scoring.job import Job, Options, Progress, open_source
from cinesent.scoring.sinks import open_sink
from cinesent.tables.formats import source_format, target_format

TEXT_LIMIT = 50_000


@dataclass(frozen=True)
class ScoreSummary:
    """What :func:`score_file` did.

    Attributes:
        source: what was read.
        target: what was written; None: standard output.
        num_rows: rows written, bad ones included.
        num_bad: bad rows among them: marked, not scored.
        num_blank: empty lines that were passed over.
        labels: how many rows got which label.
        errors: the first bad rows, in words.
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
        """Rows written a second."""
        return self.num_rows / self.seconds if self.seconds else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        values = asdict(self) | {"reviews_per_second": round(self.reviews_per_second, 1)}
        return values | {"target": None if self.target is None else str(self.target)}


def score_file(
    source: str | Path,
    target: str | Path | None = None,
    model: Classifier | str | Path | None = None,
    *,
    text_column: str | None = None,
    format: str | None = None,
    out_format: str | None = None,
    encoding: str | None = None,
    tokens: bool = False,
    evidence: int = 0,
    max_characters: int = TEXT_LIMIT,
    strict: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    workers: int = 1,
    say: Say = silent,
    progress: Callable[[Progress], None] | None = None,
) -> ScoreSummary:
    """Label every review of a file, in constant memory, and write the file again with the labels.

    The rows keep their order and their columns; `label`, `probability` (of positive, 0 to 1) and
    `error` are added, with the prefix ``cinesent_`` where the file has such a column itself. A row
    that cannot be scored has an error instead of a label. The result has its name only once it is
    complete; what an interrupted run wrote waits beside it for `resume`.

    Args:
        source: .csv, .tsv, .jsonl, .parquet, or .txt with a review a line; gzip of those; "-" is
            standard input.
        target: the same formats, by its name; None and "-" are standard output.
        model: a classifier or the folder of one; None: as for :func:`cinesent.load`.
        text_column: the column with the text; None: text, review, sentence or content.
        format: csv, tsv, jsonl, lines or parquet, where the source's name does not say.
        out_format: the same for the target.
        encoding: of the source's text; None: UTF-8, or UTF-16 with a byte order mark.
        tokens: whether to add `num_tokens`.
        evidence: how many of the strongest tokens to add, with what each added to the logit.
        max_characters: a longer review is a bad row.
        strict: whether the first bad row is an error.
        resume: whether to go on with an unfinished result; the result is the same, to the byte.
        overwrite: whether `target` and an unfinished result may be replaced.
        workers: processes that predict; 1: this one, in threads. The result is the same.
        say: told what a user should know.
        progress: told after each chunk how far it is.

    Raises:
        DataError: the source cannot be read, has no text column, or has a bad row and is `strict`.
        ConfigError: an option is wrong.
        ScoringError: the target is there already, cannot be written, or not be resumed.
        BundleError: there is no such model.
        KeyboardInterrupt: interrupted; what was written is kept for `resume`.

    Example:
        >>> summary = cinesent.score_file("reviews.csv", "scored.csv", "model")  # doctest: +SKIP
        >>> summary.labels  # doctest: +SKIP
        {'negative': 480, 'positive': 520}
    """
    for name, value, least in (
        ("evidence", evidence, 0),
        ("workers", workers, 1),
        ("max_characters", max_characters, 1),
    ):
        if value < least:
            raise ConfigError(f"{name} is {value}; expected {least} or more.")
    source_path, target_path = _path(source), _path(target)
    source_name = source_format(source_path, format)
    options = Options(
        source_format=source_name,
        target_format=target_format(target_path, out_format, source_name),
        text_column=text_column,
        encoding=encoding,
        tokens=tokens,
        evidence=evidence,
        text_limit=max_characters,
    )
    stdout = sys.stdout.buffer
    sink = open_sink(source_path, target_path, stdout, resume=resume, overwrite=overwrite)
    rows = open_source(source_path, options)
    try:
        classifier = model if isinstance(model, Classifier) else load(model)
        job = Job(rows, sink, options, strict=strict, say=say, progress=progress)
        state = job.run(source_path, classifier, workers)
    finally:
        rows.close()
        sink.close()
    return ScoreSummary(
        source=rows.name,
        target=sink.target,
        num_rows=state.num_rows,
        num_bad=state.num_bad,
        num_blank=state.num_blank,
        labels=state.labels,
        errors=state.errors,
        seconds=state.seconds,
    )


def _path(name: str | Path | None) -> Path | None:
    return None if name is None or str(name) == "-" else Path(name).expanduser()

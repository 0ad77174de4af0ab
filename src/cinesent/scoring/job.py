"""One run of scoring: rows in, chunks scored, bytes out, and what is kept when it ends early."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cinesent._version import __version__
from cinesent.bundle.layout import MANIFEST
from cinesent.classifier import Classifier
from cinesent.data.progress import Say
from cinesent.errors import DataError, ScoringError, require
from cinesent.scoring import encoders, parquet
from cinesent.scoring.part import State, file_fingerprint
from cinesent.scoring.pipeline import Score, scored, scoring
from cinesent.scoring.sinks import Convert, Sink
from cinesent.tables import TableOptions, open_table
from cinesent.tables.formats import Format
from cinesent.tables.parquet_rows import ParquetReader
from cinesent.tables.rows import Chunk, Position, TableReader, chunked

#: Seconds between two moments at which what is written is made to last.
COMMIT_SECONDS = 1.0
_QUOTED_ERRORS = 5


@dataclass(frozen=True)
class Progress:
    """How far scoring has come.

    Attributes:
        num_rows: rows written, those of earlier runs included.
        new_rows: rows written by this run.
        seconds: that this run has taken.
        done: share of the source that has been read, 0 to 1; None where nobody knows.
        new_share: share of it that this run has read.
    """

    num_rows: int
    new_rows: int
    seconds: float
    done: float | None
    new_share: float


@dataclass(frozen=True)
class Options:
    """What the result depends on, besides the source and the model."""

    source_format: str
    target_format: Format
    text_column: str | None
    encoding: str | None
    tokens: bool
    evidence: int
    text_limit: int

    def to_dict(self) -> dict[str, Any]:
        """Return them by the names of the command line's options."""
        return {
            "--format": self.source_format,
            "--out-format": self.target_format.name + (".gz" if self.target_format.gzip else ""),
            "--text-column": self.text_column,
            "--encoding": self.encoding,
            "--tokens": self.tokens,
            "--evidence": self.evidence,
            "--max-characters": self.text_limit,
        }


class Job:
    """Scores one source into one sink.

    Args:
        source: the rows.
        sink: where they go.
        options: what is written.
        strict: whether the first bad row is an error.
        say: told what a user should know.
        progress: told after each chunk how far it is.
    """

    def __init__(
        self,
        source: TableReader,
        sink: Sink,
        options: Options,
        *,
        strict: bool,
        say: Say,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._source = source
        self._sink = sink
        self._options = options
        self._strict = strict
        self._say = say
        self._progress = progress
        self._names = encoders.added_names(
            source.columns, num_tokens=options.tokens, evidence=options.evidence > 0
        )
        self._encoder, self._convert = self._output()
        self._state = State()

    def run(self, path: Path | None, classifier: Classifier, workers: int) -> State:
        """Score what is left to score; return the final state.

        Args:
            path: of the source; None: standard input.
            classifier: what predicts, here or opened again in the workers.
            workers: processes; 1: this one.
        """
        run = _fingerprint(path, classifier, self._options)
        self._state = self._sink.begin(run)
        self._explain_names()
        self._before = self._state
        self._done_before = None if self._state.num_rows else 0.0
        self._started = self._committed = time.monotonic()
        try:
            self._score(classifier, workers)
            if path is not None and run["source"] != _source_fingerprint(path):
                raise ScoringError(
                    f"{path} was changed while it was being read. Start over with --overwrite."
                )
            if self._convert:
                self._say("writing the Parquet file")
            self._state = replace(self._state, seconds=self._seconds())
            self._sink.finish(self._state, self._convert)
        except BaseException:
            # A second Ctrl-C ends this too: the last commit is then what counts.
            if self._sink.keep(self._state):
                self._say(
                    f"{self._state.num_rows:,} rows are kept; go on with the same command and "
                    "--resume."
                )
            raise
        return self._state

    def _score(self, classifier: Classifier, workers: int) -> None:
        if self._state.complete:
            return
        if self._state.position is None:
            header = self._encoder.header()
            self._sink.append(header)
            self._state = replace(self._state, position=self._source.first(), size=len(header))
        elif self._state.num_rows:
            self._say(f"goes on after {self._state.num_rows:,} rows")
        start = self._state.position or self._source.first()
        with scoring(classifier, self._options.evidence, workers) as submit:
            for chunk, scores in scored(self._chunks(start), submit, workers):
                self._write(chunk, scores)

    def _chunks(self, start: Position) -> Iterator[Chunk]:
        for chunk in chunked(self._source.rows(start)):
            chunk.done = self._source.done()
            yield chunk

    def _write(self, chunk: Chunk, scores: Sequence[Score]) -> None:
        """Write a chunk, and count it once it is written."""
        source, before = self._source, self._state
        bad = [row for row in chunk.rows if row.text is None]
        quoted = [f"{source.name}{source.unit}{row.line}: {row.error}" for row in bad]
        if bad and self._strict:
            raise DataError(quoted[0])
        content = self._encoder.encode(chunk, scores)
        self._sink.append(content)
        labels = dict(before.labels)
        for score in scores:
            labels[score.label] = labels.get(score.label, 0) + 1
        self._state = State(
            position=chunk.end,
            size=before.size + len(content),
            num_rows=before.num_rows + len(chunk.rows),
            num_bad=before.num_bad + len(bad),
            num_blank=before.num_blank + chunk.num_blank,
            labels=dict(sorted(labels.items())),
            errors=(*before.errors, *quoted)[:_QUOTED_ERRORS],
            seconds=self._seconds(),
        )
        if time.monotonic() - self._committed >= COMMIT_SECONDS:
            self._sink.commit(self._state)
            self._committed = time.monotonic()
        self._report(chunk.done)

    def _report(self, done: float | None) -> None:
        if self._progress is not None:
            rows = self._state.num_rows
            seconds = time.monotonic() - self._started
            new = rows - self._before.num_rows
            if self._done_before is None:
                self._done_before = done or 0.0
            self._progress(Progress(rows, new, seconds, done, (done or 0.0) - self._done_before))

    def _seconds(self) -> float:
        return self._before.seconds + time.monotonic() - self._started

    def _explain_names(self) -> None:
        for column, name in self._names.items():
            if column != name:
                self._say(
                    f"{self._source.name} has a column {column!r} of its own; the one that is "
                    f"added is called {name!r}."
                )

    def _output(self) -> tuple[encoders.Encoder, Convert | None]:
        """Return what encodes the rows, and what makes the result of that at the end."""
        source, names, say = self._source, self._names, self._say
        target = self._options.target_format
        convert: Convert | None = None
        encoder: encoders.Encoder
        if target.name == "parquet" and isinstance(source, ParquetReader):
            encoder = encoders.JsonEncoder(source, names, say, whole=False)
            convert = functools.partial(parquet.merge, source, names)
        elif target.name in ("jsonl", "parquet"):
            encoder = encoders.JsonEncoder(source, names, say)
            if target.name == "parquet":
                convert = functools.partial(parquet.convert, source.columns, names)
        elif target.name == "lines":
            encoder = encoders.LineEncoder(source, names)
        else:
            delimiter = "\t" if target.name == "tsv" else ","
            encoder = encoders.DelimitedEncoder(source, names, say, delimiter=delimiter)
        return (encoders.GzipEncoder(encoder) if target.gzip else encoder), convert


def open_source(path: Path | None, options: Options) -> TableReader:
    """Open what is to be scored; None is standard input.

    Raises:
        DataError: it cannot be read, or has no text column.
        MissingExtraError: it is Parquet and pyarrow is not installed.
    """
    name, column = options.source_format, options.text_column
    if "parquet" in (name, options.target_format.name):
        require("pyarrow", "data", "Parquet")
    return open_table(path, TableOptions(name, options.encoding, text_column=column))


def _fingerprint(path: Path | None, classifier: Classifier, options: Options) -> dict[str, Any]:
    """Return what a run must have in common with the one that it goes on with."""
    manifest = (classifier.bundle.path / MANIFEST).read_bytes()
    return {
        "source": None if path is None else _source_fingerprint(path),
        "model": hashlib.sha256(manifest).hexdigest()[:16],
        "cinesent": __version__,
        **options.to_dict(),
    }


def _source_fingerprint(path: Path) -> str | None:
    """Return what tells the source from a changed one; None for a pipe."""
    return file_fingerprint(path) if path.is_file() else None

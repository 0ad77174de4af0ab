"""One run of scoring: rows in, chunks scored, bytes out, and what is kept when it ends early."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cinesent.classifier import Classifier
from cinesent.errors import DataError, ScoringError, option
from cinesent.progress import Reporter, Task
from cinesent.scoring.added_columns import Score
from cinesent.scoring.journal import ScoringState
from cinesent.scoring.json_encoder import rejecting_deep
from cinesent.scoring.outputs import Output
from cinesent.scoring.pipeline import scored, scoring
from cinesent.scoring.sink import Sink
from cinesent.tables.rows import Chunk, Position, TableReader, chunked

#: Seconds between two moments at which what is written is made durable.
COMMIT_SECONDS = 1.0
_QUOTED_ERRORS = 5
_HASHED = 2**20  # bytes at the beginning and at the end of the source


class ScoringJob:
    """Scores one table into one sink.

    Args:
        reader: the rows.
        sink: where they go.
        output: how they are written.
        strict: whether the first bad row is an error.
        reporter: receives messages and progress.
    """

    def __init__(
        self,
        reader: TableReader,
        sink: Sink,
        output: Output,
        *,
        strict: bool,
        reporter: Reporter,
    ) -> None:
        self._reader = reader
        self._sink = sink
        self._output = output
        self._strict = strict
        self._reporter = reporter
        self._state = ScoringState()
        self._stopped_by_row = False

    def run(
        self,
        path: Path | None,
        classifier: Classifier,
        settings: dict[str, Any],
        *,
        evidence: int,
        workers: int,
    ) -> ScoringState:
        """Score the rows that are left; return the final state.

        Args:
            path: of the source; None: standard input.
            classifier: what predicts, here or opened again in the workers.
            settings: everything else that the result depends on.
            evidence: tokens per review.
            workers: processes; 1: this one.

        Raises:
            DataError: the source is damaged, or has a bad row and the run is strict.
            ScoringError: the result cannot be written or resumed, the source was changed
                meanwhile, or every row is bad.
        """
        source = source_fingerprint(path)
        self._state = self._sink.begin({"source": source, **settings})
        self._before = self._state
        self._started = self._committed = time.monotonic()
        try:
            if not self._state.complete:
                self._score(classifier, evidence, workers)
            self._check_unchanged(path, source)
            self._check_some_good()
            self._state = replace(self._state, seconds=self._seconds())
            if self._output.convert:
                self._reporter.message("writing the Parquet file")
            self._sink.finish(self._state, self._output.convert)
        except BaseException as error:
            # A second Ctrl-C ends this as well: then the last commit counts.
            if self._sink.keep(self._state):
                self._reporter.warning(self._advice(error))
            raise
        return self._state

    def _score(self, classifier: Classifier, evidence: int, workers: int) -> None:
        if self._state.position is None:
            header = self._output.encoder.header()
            self._sink.append(header)
            self._state = replace(self._state, position=self._reader.first(), size=len(header))
        elif self._state.num_rows:
            self._reporter.message(f"resuming after {self._state.num_rows:,} rows")
        start = self._state.position or self._reader.first()
        known = self._reader.done() is not None
        with (
            scoring(classifier, evidence, workers) as submit,
            self._reporter.task(
                "scoring",
                total=1.0 if known else None,
                completed=(self._state.done or 0.0) if known else self._state.num_rows,
                unit="" if known else "rows",
            ) as task,
        ):
            for chunk, scores in scored(self._chunks(start), submit, workers):
                self._write(chunk, scores)
                self._report(task)

    def _chunks(self, start: Position) -> Iterator[Chunk]:
        for chunk in chunked(rejecting_deep(self._reader.rows(start))):
            chunk.done = self._reader.done()
            yield chunk

    def _write(self, chunk: Chunk, scores: Sequence[Score]) -> None:
        """Write a chunk, and count it once it is written."""
        reader, before = self._reader, self._state
        bad = [row for row in chunk.rows if row.text is None]
        quoted = [f"{reader.name}{reader.unit}{row.line}: {row.error}" for row in bad]
        if bad and self._strict:
            self._stopped_by_row = True
            raise DataError(quoted[0])
        content = self._output.encoder.encode(chunk, scores)
        self._sink.append(content)
        labels = _add(before.labels, (score.label for score in scores))
        reasons = _add(before.reasons, (score.reason for score in scores if score.reason))
        self._state = ScoringState(
            position=chunk.end,
            size=before.size + len(content),
            num_rows=before.num_rows + len(chunk.rows),
            num_bad=before.num_bad + len(bad),
            num_blank=before.num_blank + chunk.num_blank,
            labels=labels,
            reasons=reasons,
            errors=(*before.errors, *quoted)[:_QUOTED_ERRORS],
            seconds=self._seconds(),
            done=chunk.done,
        )
        if time.monotonic() - self._committed >= COMMIT_SECONDS:
            self._sink.commit(self._state)
            self._committed = time.monotonic()

    def _report(self, task: Task) -> None:
        state = self._state
        seconds = time.monotonic() - self._started
        rate = (state.num_rows - self._before.num_rows) / seconds if seconds else 0.0
        completed = state.num_rows if state.done is None else state.done
        task.update(completed, f"{state.num_rows:,} rows  {rate:,.0f} reviews/s")

    def _check_unchanged(self, path: Path | None, source: str | None) -> None:
        if source_fingerprint(path) == source:
            return
        self._sink.discard()
        raise ScoringError(
            f"{path} was changed while it was being read, so nothing was written. Run the same "
            "command again once it no longer changes."
        )

    def _check_some_good(self) -> None:
        state = self._state
        if not state.num_rows or state.num_bad < state.num_rows:
            return
        self._sink.discard()
        rows = "The only row" if state.num_rows == 1 else f"All {state.num_rows:,} rows"
        first = "\n".join(f"  {error}" for error in state.errors)
        written = "" if self._sink.target is None else f", so {self._sink.target} was not written"
        raise ScoringError(
            f"{rows} of {self._reader.name} could not be scored{written}:\n{first}\nIf the text is "
            f"in another column than {self._reader.text_column!r}, name it with "
            f"{option('text_column')}; if the file is in another format or encoding, name that "
            f"with {option('format')} or {option('encoding')}."
        )

    def _advice(self, error: BaseException) -> str:
        """Return what to do with the rows that are kept: the same for all that may happen next."""
        kept = f"{self._state.num_rows:,} rows are kept: "
        if self._stopped_by_row:
            return (
                f"{kept}resume without strict to mark that row and continue. If you correct "
                f"{self._reader.name} instead, start over with overwrite."
            )
        if isinstance(error, DataError):
            return (
                f"{kept}resume continues after them, if {self._reader.name} itself stays the same. "
                "If you replace it, start over with overwrite."
            )
        return f"{kept}run the same command again with resume to continue."

    def _seconds(self) -> float:
        return self._before.seconds + time.monotonic() - self._started


def _add(counts: dict[str, int], names: Iterable[str]) -> dict[str, int]:
    """Return `counts` with one more for each name, in alphabetical order."""
    total = Counter(counts)
    total.update(names)
    return dict(sorted(total.items()))


def source_fingerprint(path: Path | None) -> str | None:
    """Return what tells the source from a changed one, without reading all of it.

    None is returned for a pipe.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return None if path is None or not path.is_file() else _file_fingerprint(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def _file_fingerprint(path: Path) -> str:
    status = path.stat()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(_HASHED))
        file.seek(max(0, status.st_size - _HASHED))
        digest.update(file.read(_HASHED))
    changed = status.st_mtime_ns
    return f"{status.st_size:,} bytes of {digest.hexdigest()[:16]}, changed at {changed}"

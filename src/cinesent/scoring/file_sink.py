"""A file as the result, which can be resumed until it is complete."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cinesent.errors import ScoringError, option
from cinesent.scoring.journal import ScoringState
from cinesent.scoring.part import Convert, Part
from cinesent.scoring.sink import unwritable


class FileSink:
    """Writes a part beside the target; it gets the target's name when it is complete.

    Args:
        target: the file, symbolic links resolved.
        resumable: whether the source can be read again.
        resume: whether to continue an unfinished result.
        overwrite: whether the target or an unfinished result may be replaced.

    Raises:
        ScoringError: the target or an unfinished result exists, or there is nothing to resume.
    """

    def __init__(self, target: Path, *, resumable: bool, resume: bool, overwrite: bool) -> None:
        self.target: Path | None = target
        self._name = target
        self._part = Part(target)
        self._resumable = resumable
        if resume and not resumable:
            raise ScoringError(
                f"{option('resume')} needs a file as the input: a pipe cannot be read again."
            )
        self._part.check()
        self._resumed = resume and self._part.exists
        if not (self._resumed or overwrite):
            self._refuse_existing(resume)

    def begin(self, run: dict[str, Any]) -> ScoringState:
        """Begin, or resume the part."""
        with self._errors_named():
            return self._part.resume(run) if self._resumed else self._part.begin(run)

    def append(self, content: bytes) -> None:
        """Write `content` at the end."""
        with self._errors_named():
            self._part.append(content)

    def commit(self, state: ScoringState) -> None:
        """Make everything that `state` counts durable."""
        with self._errors_named():
            self._part.commit(state)

    def finish(self, state: ScoringState, convert: Convert | None) -> None:
        """Give the result its name."""
        with self._errors_named():
            self._part.finish(state, convert)

    def keep(self, state: ScoringState) -> bool:
        """Commit the rows that were written; remove the part if it cannot be resumed."""
        # On a full disk, the journal of the last commit is still there.
        with contextlib.suppress(OSError, ScoringError):
            if not (self._resumable and state.num_rows):
                self._part.remove()
            elif self._part.is_open:
                self._part.commit(state)
        return self._part.exists

    def discard(self) -> None:
        """Remove the part and its journal."""
        with self._errors_named():
            self._part.remove()

    def close(self) -> None:
        """Close the part."""
        self._part.close()

    def _refuse_existing(self, resume: bool) -> None:
        replace = option("overwrite", True)
        if os.path.lexists(self._name):
            complete = " and complete, so there is nothing to resume" if resume else ""
            raise ScoringError(
                f"{self._name} exists already{complete}. Replace it with {replace}, or name "
                "another file."
            )
        if self._part.exists:
            resumed = f"Continue with {option('resume', True)}, or start" if self._resumable else ""
            raise ScoringError(
                f"there is an unfinished result for {self._name}. {resumed or 'Start'} over with "
                f"{replace}."
            )

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unwritable(self._name, error) from error

"""Where the bytes of the result go: to a file that can be gone on with, or down a pipe."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from cinesent.errors import DataError, ScoringError
from cinesent.scoring.part import Part, State

Convert = Callable[[Path, Path], None]


class Sink(Protocol):
    """Takes the result chunk by chunk; raises ScoringError for what the system refuses.

    Attributes:
        target: the file that is written; None: a stream.
    """

    target: Path | None

    def begin(self, run: dict[str, Any]) -> State:
        """Begin or go on: return how far an earlier run came."""

    def append(self, content: bytes) -> None:
        """Write behind what is there."""

    def commit(self, state: State) -> None:
        """Make what `state` speaks of last."""

    def finish(self, state: State, convert: Convert | None) -> None:
        """Complete the result; `convert` makes it from what was written."""

    def keep(self, state: State) -> bool:
        """Save what can be saved after an error; say whether the run can be gone on with."""

    def close(self) -> None:
        """Close the file."""


class FileSink:
    """Writes a part beside the target, which gets its name when it is complete.

    Args:
        target: the file, symbolic links resolved.
        resumable: whether the source can be read again.
        resume: whether to go on with a part.
        overwrite: whether the target or a part may be replaced.

    Raises:
        ScoringError: the target or a part of it is there already, or nothing can be resumed.
    """

    def __init__(self, target: Path, *, resumable: bool, resume: bool, overwrite: bool) -> None:
        self.target: Path | None = target
        self._name = target
        self._part = Part(target)
        self._resumable = resumable
        if resume and not resumable:
            raise ScoringError("--resume needs a file as IN: a pipe cannot be read again.")
        self._goes_on = resume and self._part.exists
        if self._goes_on or overwrite:
            return
        if target.exists():
            complete = " It is complete: there is nothing to resume." if resume else ""
            raise ScoringError(
                f"{target} is there already.{complete} Replace it with --overwrite, or name "
                "another file."
            )
        if self._part.exists:
            on = "Go on with --resume, or start" if resumable else "Start"
            raise ScoringError(
                f"an unfinished result for {target} is there already. {on} over with --overwrite."
            )

    def begin(self, run: dict[str, Any]) -> State:
        """Begin, or go on with the part."""
        with self._errors_named():
            return self._part.resume(run) if self._goes_on else self._part.begin(run)

    def append(self, content: bytes) -> None:
        """Write behind what is there."""
        with self._errors_named():
            self._part.append(content)

    def commit(self, state: State) -> None:
        """Make what `state` speaks of last."""
        with self._errors_named():
            self._part.commit(state)

    def finish(self, state: State, convert: Convert | None) -> None:
        """Give the result its name."""
        with self._errors_named():
            self._part.finish(state, convert)

    def keep(self, state: State) -> bool:
        """Commit what was written whole; remove it where nobody could go on with it."""
        if not (self._resumable and state.num_rows):
            self._part.remove()
        elif self._part.is_open:
            # On a full disk, the journal of the last commit is still there.
            with contextlib.suppress(OSError):
                self._part.commit(state)
        return self._part.exists

    def close(self) -> None:
        """Close the part."""
        self._part.close()

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ScoringError(
                f"{self._name} cannot be written: {error.strerror or error}."
            ) from error


class StreamSink:
    """Writes to standard output, or to a device or pipe that has a name.

    Args:
        stream: where to.
        name: what it is called, for messages.
    """

    target: Path | None = None

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream = stream
        self._name = name

    def begin(self, run: dict[str, Any]) -> State:
        """Return that nothing has been written."""
        return State()

    def append(self, content: bytes) -> None:
        """Write, and see to it that a reader gets it now."""
        try:
            self._stream.write(content)
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise ScoringError(
                f"{self._name} cannot be written: {error.strerror or error}."
            ) from error

    def commit(self, state: State) -> None:
        """Do nothing: what is written is gone."""

    def finish(self, state: State, convert: Convert | None) -> None:
        """Do nothing: all is written."""

    def keep(self, state: State) -> bool:
        """Return that a stream cannot be gone on with."""
        return False

    def close(self) -> None:
        """Leave the stream to who opened it."""


def open_sink(
    source: Path | None, target: Path | None, stdout: IO[bytes], *, resume: bool, overwrite: bool
) -> Sink:
    """Return the sink for a target; None is standard output.

    Raises:
        DataError: source and target are the same file.
        ScoringError: the target cannot be written or resumed.
    """
    if target is None:
        if resume:
            raise ScoringError("--resume needs a file as OUT: what went down a pipe is gone.")
        return StreamSink(stdout, "standard output")
    try:
        if source is not None and source.exists() and target.exists() and source.samefile(target):
            raise DataError(f"{target} is IN and OUT at once; name another file as OUT.")
        if target.is_dir():
            raise ScoringError(f"{target} is a folder; expected the name of a file.")
        if not target.absolute().parent.is_dir():
            raise ScoringError(f"{target}: there is no folder {target.absolute().parent}.")
        if target.exists() and not target.is_file():
            return StreamSink(target.open("wb", buffering=0), str(target))
    except OSError as error:
        raise ScoringError(f"{target} cannot be written: {error.strerror or error}.") from error
    resumable = source is not None and source.is_file()
    return FileSink(target.resolve(), resumable=resumable, resume=resume, overwrite=overwrite)

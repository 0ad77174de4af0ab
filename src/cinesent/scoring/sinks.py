"""Where the result goes: to a file that can be resumed, or to a stream."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from cinesent.errors import DataError, ScoringError, option
from cinesent.scoring.journal import ScoringState
from cinesent.scoring.part import Convert, Part, part_names


class Sink(Protocol):
    """Takes the result chunk by chunk; raises ScoringError if the system refuses to write it.

    Attributes:
        target: the file that is written; None: a stream.
    """

    target: Path | None

    def begin(self, run: dict[str, Any]) -> ScoringState:
        """Begin or resume: return how far an earlier run came."""

    def append(self, content: bytes) -> None:
        """Write `content` at the end."""

    def commit(self, state: ScoringState) -> None:
        """Make everything that `state` counts durable."""

    def finish(self, state: ScoringState, convert: Convert | None) -> None:
        """Complete the result; `convert` makes it from what was written."""

    def keep(self, state: ScoringState) -> bool:
        """Save what can be saved after an error; return whether the run can be resumed."""

    def discard(self) -> None:
        """Remove what was written."""

    def close(self) -> None:
        """Close the file."""


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
        if not (self._resumable and state.num_rows):
            self.discard()
        elif self._part.is_open:
            # On a full disk, the journal of the last commit is still there.
            with contextlib.suppress(OSError):
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
            raise _unwritable(self._name, error) from error


class StreamSink:
    """Writes to a stream, or to a device or a pipe that has a name.

    Args:
        stream: a binary stream, unbuffered or flushed after each chunk; None: standard output.
        name: for messages.
    """

    target: Path | None = None

    def __init__(self, stream: IO[bytes] | None, name: str) -> None:
        self._stream = stream
        self._name = name

    def begin(self, run: dict[str, Any]) -> ScoringState:
        """Return that nothing has been written."""
        return ScoringState()

    def append(self, content: bytes) -> None:
        """Write `content` and flush it, so that a reader gets it now."""
        try:
            if self._stream is None:
                _write_to_stdout(content)
            else:
                left = memoryview(content)
                while left:
                    left = left[self._stream.write(left) :]
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:
            raise _unwritable(self._name, error) from error

    def commit(self, state: ScoringState) -> None:
        """Do nothing: each chunk was flushed."""

    def finish(self, state: ScoringState, convert: Convert | None) -> None:
        """Do nothing: everything is written."""

    def keep(self, state: ScoringState) -> bool:
        """Return that a stream cannot be resumed."""
        return False

    def discard(self) -> None:
        """Do nothing: what was written to a stream cannot be taken back."""

    def close(self) -> None:
        """Close a device or a pipe that was opened by name."""
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self._stream.close()


def open_sink(source: Path | None, target: Path | None, *, resume: bool, overwrite: bool) -> Sink:
    """Return the sink for a target; None is standard output.

    Raises:
        DataError: `source` would be overwritten while it is read.
        ScoringError: the target cannot be written or resumed.
    """
    if target is None:
        if resume:
            raise ScoringError(
                f"{option('resume')} needs a file as the output: a stream cannot be resumed."
            )
        _check_stdout(source)
        return StreamSink(None, "standard output")
    resolved, status = _resolved(target)
    _check_differs(source, target, resolved)
    if status is not None and not stat.S_ISREG(status.st_mode):
        return StreamSink(_opened(target), str(target))
    resumable = source is not None and source.is_file()
    return FileSink(resolved, resumable=resumable, resume=resume, overwrite=overwrite)


def _resolved(target: Path) -> tuple[Path, os.stat_result | None]:
    """Return a target with its symbolic links resolved, and its status if it exists."""
    try:
        status = target.stat()
    except FileNotFoundError:
        status = None
    except OSError as error:
        raise _unwritable(target, error) from error
    if status is not None and stat.S_ISDIR(status.st_mode):
        raise ScoringError(f"{target} is a folder; expected the name of a file.")
    resolved = Path(os.path.realpath(target))
    if not resolved.parent.is_dir():
        raise ScoringError(f"{target} cannot be written: there is no folder {resolved.parent}.")
    return resolved, status


def _check_differs(source: Path | None, target: Path, resolved: Path) -> None:
    """Make sure that no file which writing the target touches is the source, or a link to it."""
    shown = "standard input" if source is None else str(source)
    if _is_input(source, _status(resolved)):
        raise DataError(
            f"{shown} and {target} are the same file, and it cannot be read and written at once. "
            "Name another file as the output."
        )
    for path in part_names(resolved):
        if _is_input(source, _status(path)):
            raise DataError(
                f"{shown} is the file {path}, which holds the unfinished result while {target} is "
                "written. Name another file as the output."
            )


def _opened(target: Path) -> IO[bytes]:
    try:
        return target.open("wb", buffering=0)
    except OSError as error:
        raise _unwritable(target, error) from error


def _is_input(source: Path | None, status: os.stat_result | None) -> bool:
    """Return whether a file is the source; links to it are, too."""
    if status is None or not stat.S_ISREG(status.st_mode):
        return False
    try:
        found = os.fstat(sys.stdin.fileno()) if source is None else source.stat()
    except (OSError, ValueError, AttributeError):  # no such file, or no stdin
        return False
    return os.path.samestat(found, status)


def _check_stdout(source: Path | None) -> None:
    """Make sure that there is a standard output, and that it does not lead into the source."""
    if sys.stdout is None:
        raise ScoringError(
            "standard output is closed, and the result would go there. Name a file as the output."
        )
    try:
        status = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # it is no file, as in a notebook
        return
    if _is_input(source, status):
        raise DataError(
            f"standard output leads into {source}, the file that is read. Name another file as the "
            "output."
        )


def _write_to_stdout(content: bytes) -> None:
    """Write to standard output as it is now; a notebook has one that takes only text."""
    stream = sys.stdout
    if stream is None:
        raise OSError("it is closed")
    binary = getattr(stream, "buffer", None)
    if binary is None:
        stream.write(content.decode("utf-8", "replace"))
        stream.flush()
        return
    stream.flush()  # what was printed before comes first
    binary.write(content)
    binary.flush()


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _unwritable(name: object, error: Exception) -> ScoringError:
    reason = getattr(error, "strerror", None) or error
    return ScoringError(f"{name} cannot be written: {reason}.")

"""A stream as the result: standard output, a device or a named pipe."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import IO, Any

from cinesent.scoring.journal import ScoringState
from cinesent.scoring.part import Convert
from cinesent.scoring.sink import unwritable


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
            raise unwritable(self._name, error) from error

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

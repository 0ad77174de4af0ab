"""What a sink is: it takes the result chunk by chunk."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from cinesent.errors import ScoringError
from cinesent.scoring.journal import ScoringState
from cinesent.scoring.part import Convert


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


def unwritable(name: object, error: Exception) -> ScoringError:
    """Return the error for what the system refused to write."""
    reason = getattr(error, "strerror", None) or error
    return ScoringError(f"{name} cannot be written: {reason}.")

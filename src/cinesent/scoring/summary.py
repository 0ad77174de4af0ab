"""What a run of scoring did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from cinesent.probability import Label
from cinesent.scoring.encoders import readable
from cinesent.scoring.journal import ScoringState


@dataclass(frozen=True)
class ScoreSummary:
    """What :func:`score_file` did.

    Attributes:
        source: what was read.
        target: what was written; None: standard output.
        num_rows: rows written, bad ones included.
        num_bad: bad rows among them: marked, not scored.
        num_blank: empty lines that were skipped.
        labels: number of rows per label; with a band all three, else those that occur.
        reasons: number of rows per reason to doubt a prediction.
        errors: the messages of the first bad rows.
        seconds: from the first row to the last, interrupted runs included.
    """

    source: str
    target: Path | None
    num_rows: int
    num_bad: int
    num_blank: int
    labels: dict[str, int]
    reasons: dict[str, int]
    errors: tuple[str, ...]
    seconds: float

    @property
    def reviews_per_second(self) -> float:
        """Rows written per second."""
        return self.num_rows / self.seconds if self.seconds else 0.0

    def to_dict(self) -> dict[str, Any]:
        r"""Return values that JSON can hold; bytes of names that are no UTF-8 as ``\xe9``."""
        return {
            "source": readable(self.source),
            "target": None if self.target is None else readable(str(self.target)),
            "num_rows": self.num_rows,
            "num_bad": self.num_bad,
            "num_blank": self.num_blank,
            "labels": dict(self.labels),
            "reasons": dict(self.reasons),
            "errors": [readable(error) for error in self.errors],
            "seconds": self.seconds,
            "reviews_per_second": round(self.reviews_per_second, 1),
        }


def summary_of(
    source: str, target: Path | None, state: ScoringState, *, has_band: bool
) -> ScoreSummary:
    """Return the summary of a run that ended in `state`, all three labels with a band."""
    counts = dict.fromkeys(get_args(Label), 0) if has_band else {}
    return ScoreSummary(
        source=source,
        target=target,
        num_rows=state.num_rows,
        num_bad=state.num_bad,
        num_blank=state.num_blank,
        labels={**counts, **state.labels},
        reasons=state.reasons,
        errors=state.errors,
        seconds=state.seconds,
    )

"""What a classifier predicts for one review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Prediction:
    """The prediction for one review.

    Attributes:
        label: "negative", "positive", or "uncertain": between the model's thresholds, or a text
            without any token.
        probability: that the review is positive, 0 to 1.
        num_tokens: tokens of the review.
        num_unknown: those that are not in the model's vocabulary; if most are, it guesses.
        truncated: whether the model read only a part, because its recipe fixes a length.
        evidence: the tokens with the largest contributions to the logit, of either sign, the
            largest first; () unless asked for.
    """

    label: str
    probability: float
    num_tokens: int
    num_unknown: int
    truncated: bool
    evidence: tuple[tuple[str, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as JSON can hold it; "evidence" is left out where it is empty."""
        payload: dict[str, Any] = {
            "label": self.label,
            "probability": self.probability,
            "num_tokens": self.num_tokens,
            "num_unknown": self.num_unknown,
            "truncated": self.truncated,
        }
        if self.evidence:
            payload["evidence"] = [[token, value] for token, value in self.evidence]
        return payload

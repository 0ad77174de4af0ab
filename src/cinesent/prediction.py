"""What a classifier predicts for one review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cinesent.probability import Label, Reason


@dataclass(frozen=True)
class Prediction:
    """The prediction for one review.

    Attributes:
        label: "negative", "positive", or "uncertain": between the thresholds, or, where these
            leave a band between them, with a reason to doubt the prediction. A text without any
            token is always uncertain.
        probability: that the review is positive, 0 to 1.
        num_tokens: tokens of the review.
        num_unknown: those that are not in the model's vocabulary; if most are, it guesses.
        truncated: whether the model read only a part, because its recipe fixes a length.
        evidence: the tokens with the largest shares of the logit, of either sign, the largest
            first; () unless asked for. See :meth:`Classifier.explain` for what a word does.
        reason: "no words", "not English" or "mostly unknown words", where the text itself tells
            that the prediction means little; else None.
    """

    label: Label
    probability: float
    num_tokens: int
    num_unknown: int
    truncated: bool
    evidence: tuple[tuple[str, float], ...] = ()
    reason: Reason | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as JSON can hold it; "evidence" is left out where it is empty."""
        payload: dict[str, Any] = {
            "label": self.label,
            "probability": self.probability,
            "num_tokens": self.num_tokens,
            "num_unknown": self.num_unknown,
            "truncated": self.truncated,
            "reason": self.reason,
        }
        if self.evidence:
            payload["evidence"] = [[token, value] for token, value in self.evidence]
        return payload

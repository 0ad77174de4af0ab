"""The labels, and the way from a logit to a probability and back."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

#: What a review is labelled.
Label = Literal["negative", "positive", "uncertain"]

#: Why a prediction means little, where the text itself tells.
Reason = Literal["no words", "not English", "mostly unknown words"]

#: What the integer labels mean; the index is the label.
LABELS: tuple[Label, Label] = ("negative", "positive")


def sigmoid(logits: NDArray[Any] | float) -> NDArray[np.float64]:
    """Return the probability of positive for log-odds of any shape, computed in float64.

    The form with tanh neither overflows nor warns, whatever the logits.
    """
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(logits, dtype=np.float64))))


def log_odds(probabilities: NDArray[Any]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)) of probabilities of any shape, clipped to [1e-6, 1 - 1e-6]."""
    clipped = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))

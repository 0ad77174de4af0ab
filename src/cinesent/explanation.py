"""Why a review got its probability: what each token contributed to the logit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BAR = 20  # characters of the longest bar


def heaviest(
    tokens: Sequence[str], contributions: NDArray[np.float32], count: int
) -> list[tuple[str, float]]:
    """Return the `count` tokens with the largest contributions, of either sign, largest first.

    Args:
        tokens: of a review, n.
        contributions: of the tokens, (n,). Of equal ones the first counts as larger.
        count: 0 or more.
    """
    order = np.argsort(-np.abs(contributions), kind="stable")[:count]
    return [(tokens[index], float(contributions[index])) for index in order]


@dataclass(frozen=True, eq=False)
class Explanation:
    """A prediction as a sum: contributions and bias add up to the logit.

    Print it to see the tokens that contributed most; in a notebook it shows the coloured review.

    Attributes:
        tokens: of the review, as the model read them, without those that were cut off.
        contributions: float32 (len(tokens),): what each token added to the logit; above 0 it
            speaks for "positive". A word is read in its context: "not" changes what "good" adds.
        bias: the part of the logit that belongs to no token.
        logit: ``contributions.sum() + bias``, temperature included.
        probability: of positive, ``1 / (1 + exp(-logit))``.
        label: "negative", "positive" or "uncertain".
        truncated: whether tokens were cut off before the model read the review.
    """

    tokens: tuple[str, ...]
    contributions: NDArray[np.float32]
    bias: float
    logit: float
    probability: float
    label: str
    truncated: bool = False

    def top(self, count: int = 10) -> list[tuple[str, float]]:
        """Return the `count` tokens with the largest contributions, of either sign."""
        return heaviest(self.tokens, self.contributions, count)

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON can hold it."""
        return {
            "label": self.label,
            "probability": self.probability,
            "logit": self.logit,
            "bias": self.bias,
            "truncated": self.truncated,
            "tokens": list(self.tokens),
            "contributions": [float(value) for value in self.contributions],
        }

    def __str__(self) -> str:
        """Show the tokens with the largest contributions as bars, in plain text."""
        lines = [f"{self.label}, probability of positive {self.probability:.3f}"]
        tokens = self.top()
        width = max((len(token) for token, _ in tokens), default=0)
        largest = max((abs(value) for _, value in tokens), default=0.0) or 1.0
        for token, value in tokens:
            bar = ("+" if value > 0 else "-") * round(_BAR * abs(value) / largest)
            lines.append(f"  {token:<{width}}  {value:+.3f}  {bar}".rstrip())
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Show the review with a green (positive) or red (negative) background per token."""
        import html

        largest = float(np.abs(self.contributions).max(initial=0.0)) or 1.0
        spans = []
        for token, value in zip(self.tokens, self.contributions.tolist(), strict=True):
            colour = "46,160,67" if value > 0 else "218,54,51"
            style = f"background:rgba({colour},{0.85 * abs(value) / largest:.2f})"
            spans.append(f'<span style="{style}" title="{value:+.3f}">{html.escape(token)}</span>')
        head = f"<b>{html.escape(self.label)}</b>, probability of positive {self.probability:.3f}"
        return f'<div>{head}</div><div style="line-height:1.8">{" ".join(spans)}</div>'

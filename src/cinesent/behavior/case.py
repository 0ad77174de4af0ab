"""A case of the behavior suite: a text and what is expected of a model."""

from __future__ import annotations

from dataclasses import dataclass

#: Where the probability of a text without an opinion has to lie, unless its kind says otherwise.
NEUTRAL_BOUNDS = (0.3, 0.7)


@dataclass(frozen=True)
class BehaviorCase:
    """A text, or a pair of texts, and what a model has to predict for it.

    Attributes:
        kind: the name of its kind.
        text: the text.
        expected: "positive" or "negative": the side of 0.5; "between": a range. For a pair "same",
            "higher" or "lower": how the probability of `changed` compares with that of `text`.
        bounds: the lowest and the highest probability that pass. For a pair, the lowest and the
            highest change.
        changed: the second text of a pair; "" for a single text.
    """

    kind: str
    text: str
    expected: str
    bounds: tuple[float, float]
    changed: str = ""

    def passes(self, probability: float, changed: float | None = None) -> bool:
        """Return whether a prediction is as expected.

        Args:
            probability: of positive, for `text`.
            changed: the same for the second text of a pair.

        Example:
            >>> BehaviorCase("emoji", "meh", "between", (0.3, 0.7)).passes(0.4)
            True
            >>> pair = BehaviorCase("names", "Ann", "same", (-0.1, 0.1), "Bob")
            >>> pair.passes(0.48, 0.52)  # the side changes
            False
        """
        low, high = self.bounds
        if changed is None:
            # A probability of exactly 0.5 takes no side.
            return low <= probability <= high and (self.expected == "between" or probability != 0.5)
        if self.expected == "same" and (probability > 0.5) != (changed > 0.5):
            return False
        return low <= changed - probability <= high


@dataclass(frozen=True)
class KindOfCase:
    """What the cases of one kind have in common.

    Attributes:
        name: of the kind, such as "negated blame".
        purpose: what it tests, in a sentence.
        hard: whether a model of this size is not expected to do well.
        cases: its cases, in the order of the file.
    """

    name: str
    purpose: str
    hard: bool
    cases: tuple[BehaviorCase, ...]


def lines_of(text: str) -> list[str]:
    """Return the lines of a block of text that are not empty."""
    return [line.strip() for line in text.splitlines() if line.strip()]

"""What the behavior suite found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cinesent.behavior.case import BehaviorCase


@dataclass(frozen=True)
class BehaviorOutcome:
    """What a model predicted for a case.

    Attributes:
        case: the case.
        probability: of positive, 0 to 1.
        changed_probability: for the second text of a pair; None for a single text.
        passed: whether the prediction is as expected.
    """

    case: BehaviorCase
    probability: float
    changed_probability: float | None
    passed: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome for JSON."""
        return {
            "kind": self.case.kind,
            "text": self.case.text,
            "changed": self.case.changed or None,
            "expected": self.case.expected,
            "bounds": list(self.case.bounds),
            "probability": self.probability,
            "changed_probability": self.changed_probability,
            "passed": self.passed,
        }


@dataclass(frozen=True)
class BehaviorKind:
    """How a model did on the cases of one kind.

    Attributes:
        name: of the kind, such as "negated blame".
        purpose: what it tests, in a sentence.
        hard: whether a model of this size is not expected to do well.
        num_cases: number of cases, at least 1.
        num_passed: number of those that passed.
        minimum: the pass rate that is required of the packaged model, 0 to 1.
    """

    name: str
    purpose: str
    hard: bool
    num_cases: int
    num_passed: int
    minimum: float

    @property
    def pass_rate(self) -> float:
        """The share of cases that passed, 0 to 1."""
        return self.num_passed / self.num_cases

    @property
    def meets_minimum(self) -> bool:
        """Whether the pass rate is at least the minimum."""
        return self.pass_rate >= self.minimum

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers for JSON."""
        return {
            "name": self.name,
            "hard": self.hard,
            "num_cases": self.num_cases,
            "num_passed": self.num_passed,
            "pass_rate": round(self.pass_rate, 4),
            "minimum": self.minimum,
            "meets_minimum": self.meets_minimum,
        }


@dataclass(frozen=True)
class BehaviorReport:
    """How a model did on the behavior suite.

    Attributes:
        model: the model's name.
        kinds: one entry per kind, first those of single texts, then those of pairs.
        outcomes: one per case.
    """

    model: str
    kinds: tuple[BehaviorKind, ...]
    outcomes: tuple[BehaviorOutcome, ...] = field(repr=False)

    @property
    def num_cases(self) -> int:
        """The number of cases of all kinds."""
        return len(self.outcomes)

    @property
    def num_passed(self) -> int:
        """The number of cases that passed."""
        return sum(outcome.passed for outcome in self.outcomes)

    @property
    def meets_minimum(self) -> bool:
        """Whether every kind reaches its minimum."""
        return all(kind.meets_minimum for kind in self.kinds)

    def summary(self) -> dict[str, Any]:
        """Return the numbers without the cases, as they are stored with a model."""
        return {
            "num_cases": self.num_cases,
            "num_passed": self.num_passed,
            "meets_minimum": self.meets_minimum,
            "kinds": [kind.to_dict() for kind in self.kinds],
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers and the cases that failed, for JSON."""
        failures = [outcome.to_dict() for outcome in self.outcomes if not outcome.passed]
        return {"model": self.model, **self.summary(), "failures": failures}

"""A suite of small texts with known answers: how a model behaves, kind by kind."""

from cinesent.behavior.case import BehaviorCase
from cinesent.behavior.outcomes import BehaviorKind, BehaviorOutcome, BehaviorReport
from cinesent.behavior.suite import load_cases, suite_texts
from cinesent.behavior.suite_run import evaluate_behavior

__all__ = [
    "BehaviorCase",
    "BehaviorKind",
    "BehaviorOutcome",
    "BehaviorReport",
    "evaluate_behavior",
    "load_cases",
    "suite_texts",
]

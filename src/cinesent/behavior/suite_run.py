"""Runs the behavior suite: the library side of `cinesent evaluate --behavior`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from cinesent.behavior.case import BehaviorCase, KindOfCase
from cinesent.behavior.outcomes import BehaviorKind, BehaviorOutcome, BehaviorReport
from cinesent.behavior.pairs import generated_kinds
from cinesent.behavior.suite import load_kinds, minimum_rates, suite_texts
from cinesent.bundle import Bundle, record_metrics
from cinesent.classifier import Classifier, load
from cinesent.errors import check_type
from cinesent.progress import SILENT, Reporter

#: The name that the summary has among the metrics of a model.
METRICS_NAME = "behavior"


def evaluate_behavior(
    model: str | Path | Classifier | None = None, *, reporter: Reporter = SILENT
) -> BehaviorReport:
    """Run the behavior suite on a model.

    The suite has texts in the project's own words, by kind: negation, contrast, names, typos, text
    without an opinion, and others. Each has an expected side or a range of the probability. Pairs
    of texts test that a change of names, letters or neutral sentences changes nothing, and that a
    negation does. No text of the suite is used in training.

    Args:
        model: the folder that training wrote, or a loaded classifier; None: the model that
            :func:`cinesent.load` opens by default.
        reporter: receives messages.

    Raises:
        BundleError: the model is missing or damaged.
        ConfigError: `reporter` is not a Reporter.

    Example:
        >>> report = evaluate_behavior()
        >>> report.num_cases > 600, report.kinds[0].name
        (True, 'casing and marks')
    """
    check_type("reporter", reporter, Reporter, "a cinesent.Reporter")
    classifier = model if isinstance(model, Classifier) else load(model)
    texts = suite_texts()
    reporter.message(f"behavior suite: {len(texts):,} texts")
    predictions = classifier.predict(list(texts))
    probabilities = {
        text: prediction.probability for text, prediction in zip(texts, predictions, strict=True)
    }
    kinds = (*load_kinds(), *generated_kinds())
    outcomes = [_outcome(case, probabilities) for kind in kinds for case in kind.cases]
    passed = Counter(outcome.case.kind for outcome in outcomes if outcome.passed)
    return BehaviorReport(
        model=classifier.bundle.name,
        kinds=tuple(_counted(kind, passed[kind.name]) for kind in kinds),
        outcomes=tuple(outcomes),
    )


def _outcome(case: BehaviorCase, probabilities: Mapping[str, float]) -> BehaviorOutcome:
    one = probabilities[case.text]
    other = probabilities[case.changed] if case.changed else None
    return BehaviorOutcome(case, one, other, case.passes(one, other))


def _counted(kind: KindOfCase, num_passed: int) -> BehaviorKind:
    return BehaviorKind(
        name=kind.name,
        purpose=kind.purpose,
        hard=kind.hard,
        num_cases=len(kind.cases),
        num_passed=num_passed,
        minimum=minimum_rates().get(kind.name, 0.0),
    )


def record_behavior(report: BehaviorReport, bundle: Bundle) -> str:
    """Write the pass rates into the model's metrics and card.

    Args:
        report: of this model.
        bundle: the model.

    Returns:
        The name they are recorded under.

    Raises:
        BundleError: the folder is damaged or cannot be written.
    """
    record_metrics(bundle.path, METRICS_NAME, report.summary())
    return METRICS_NAME

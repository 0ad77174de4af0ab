"""Reads movie reviews and says how positive they are.

    >>> import cinesent
    >>> classifier = cinesent.load("model")  # doctest: +SKIP
    >>> classifier.predict(["A quiet triumph."])[0].label  # doctest: +SKIP
    'positive'

The public names, and nothing else. Each is imported when it is first asked for, so that
``import cinesent`` is instant and predicting imports no framework.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from cinesent._version import __version__

if TYPE_CHECKING:
    from cinesent.classifier import Classifier, Prediction, load
    from cinesent.data import Reviews, load_reviews
    from cinesent.errors import CinesentError
    from cinesent.estimator import SentimentClassifier
    from cinesent.evaluation.evaluate import Evaluation, evaluate
    from cinesent.explanation import Explanation
    from cinesent.scoring.score import score_file
    from cinesent.scoring.summary import ScoreSummary
    from cinesent.text.tokenizer import Tokenizer
    from cinesent.training.train import TrainingRun, train

_HOMES = {
    "CinesentError": "cinesent.errors",
    "Classifier": "cinesent.classifier",
    "Evaluation": "cinesent.evaluation.evaluate",
    "Explanation": "cinesent.explanation",
    "Prediction": "cinesent.classifier",
    "Reviews": "cinesent.data",
    "ScoreSummary": "cinesent.scoring.summary",
    "SentimentClassifier": "cinesent.estimator",
    "Tokenizer": "cinesent.text.tokenizer",
    "TrainingRun": "cinesent.training.train",
    "evaluate": "cinesent.evaluation.evaluate",
    "load": "cinesent.classifier",
    "load_reviews": "cinesent.data",
    "score_file": "cinesent.scoring.score",
    "train": "cinesent.training.train",
}

__all__ = [
    "CinesentError",
    "Classifier",
    "Evaluation",
    "Explanation",
    "Prediction",
    "Reviews",
    "ScoreSummary",
    "SentimentClassifier",
    "Tokenizer",
    "TrainingRun",
    "__version__",
    "evaluate",
    "load",
    "load_reviews",
    "score_file",
    "train",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'cinesent' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

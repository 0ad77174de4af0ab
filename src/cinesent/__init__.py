"""Predicts how positive a movie review is.

    >>> import cinesent
    >>> classifier = cinesent.load()
    >>> classifier.predict(["A quiet triumph."])[0].label
    'positive'

These are all public names: functions, the types in their signatures and results, and errors. Each
is imported when it is first used, so ``import cinesent`` is instant and predicting imports no
framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cinesent._version import __version__
from cinesent.deferred import deferred

if TYPE_CHECKING:
    from cinesent.audit import AuditFinding, LabelAudit, audit_labels
    from cinesent.behavior import (
        BehaviorCase,
        BehaviorKind,
        BehaviorOutcome,
        BehaviorReport,
        evaluate_behavior,
    )
    from cinesent.bundle import Bundle, DataSource, ParentModel, Provenance
    from cinesent.classifier import Classifier, load
    from cinesent.comparison.compare import ComparedModel, Comparison, compare
    from cinesent.data import Dataset, Reviews, load_dataset, load_reviews
    from cinesent.errors import (
        BundleError,
        CinesentError,
        ConfigError,
        DataError,
        DownloadError,
        ExportError,
        MissingExtraError,
        ScoringError,
        TrainingError,
    )
    from cinesent.estimator import SentimentClassifier
    from cinesent.evaluation.calibration import Calibration, calibrate
    from cinesent.evaluation.evaluate import evaluate
    from cinesent.evaluation.metrics import Metrics
    from cinesent.evaluation.results import Decided, Evaluation, Slice
    from cinesent.explanation import Explanation
    from cinesent.export import Export, export_model
    from cinesent.prediction import Prediction
    from cinesent.progress import Reporter, Task
    from cinesent.recipes import (
        ModelConfig,
        PretrainingConfig,
        Recipe,
        SourcesConfig,
        TrainingConfig,
    )
    from cinesent.scoring.score import score_file
    from cinesent.scoring.summary import ScoreSummary
    from cinesent.tables import LabelKeywords, TableKeywords
    from cinesent.text.tokenizer import Tokenizer
    from cinesent.training.engine.records import EpochRecord
    from cinesent.training.pretrain import PretrainingRun, pretrain
    from cinesent.training.train import TrainingRun, train
    from cinesent.uncertainty.band import Band

_HOMES = {
    "AuditFinding": "cinesent.audit",
    "Band": "cinesent.uncertainty.band",
    "BehaviorCase": "cinesent.behavior",
    "BehaviorKind": "cinesent.behavior",
    "BehaviorOutcome": "cinesent.behavior",
    "BehaviorReport": "cinesent.behavior",
    "Bundle": "cinesent.bundle",
    "BundleError": "cinesent.errors",
    "CinesentError": "cinesent.errors",
    "Calibration": "cinesent.evaluation.calibration",
    "Classifier": "cinesent.classifier",
    "ComparedModel": "cinesent.comparison.compare",
    "Comparison": "cinesent.comparison.compare",
    "ConfigError": "cinesent.errors",
    "DataError": "cinesent.errors",
    "DataSource": "cinesent.bundle",
    "Dataset": "cinesent.data",
    "Decided": "cinesent.evaluation.results",
    "DownloadError": "cinesent.errors",
    "EpochRecord": "cinesent.training.engine.records",
    "Evaluation": "cinesent.evaluation.results",
    "Explanation": "cinesent.explanation",
    "Export": "cinesent.export",
    "ExportError": "cinesent.errors",
    "LabelAudit": "cinesent.audit",
    "LabelKeywords": "cinesent.tables",
    "Metrics": "cinesent.evaluation.metrics",
    "MissingExtraError": "cinesent.errors",
    "ModelConfig": "cinesent.recipes",
    "ParentModel": "cinesent.bundle",
    "Prediction": "cinesent.prediction",
    "PretrainingConfig": "cinesent.recipes",
    "PretrainingRun": "cinesent.training.pretrain",
    "Provenance": "cinesent.bundle",
    "Recipe": "cinesent.recipes",
    "Reporter": "cinesent.progress",
    "Reviews": "cinesent.data",
    "ScoreSummary": "cinesent.scoring.summary",
    "ScoringError": "cinesent.errors",
    "SentimentClassifier": "cinesent.estimator",
    "Slice": "cinesent.evaluation.results",
    "TableKeywords": "cinesent.tables",
    "Task": "cinesent.progress",
    "Tokenizer": "cinesent.text.tokenizer",
    "SourcesConfig": "cinesent.recipes",
    "TrainingConfig": "cinesent.recipes",
    "TrainingError": "cinesent.errors",
    "TrainingRun": "cinesent.training.train",
    "audit_labels": "cinesent.audit",
    "calibrate": "cinesent.evaluation.calibration",
    "compare": "cinesent.comparison.compare",
    "evaluate": "cinesent.evaluation.evaluate",
    "evaluate_behavior": "cinesent.behavior",
    "export_model": "cinesent.export",
    "load": "cinesent.classifier",
    "load_dataset": "cinesent.data",
    "load_reviews": "cinesent.data",
    "pretrain": "cinesent.training.pretrain",
    "score_file": "cinesent.scoring.score",
    "train": "cinesent.training.train",
}

__all__ = [
    "AuditFinding",
    "Band",
    "BehaviorCase",
    "BehaviorKind",
    "BehaviorOutcome",
    "BehaviorReport",
    "Bundle",
    "BundleError",
    "Calibration",
    "CinesentError",
    "Classifier",
    "ComparedModel",
    "Comparison",
    "ConfigError",
    "DataError",
    "DataSource",
    "Dataset",
    "Decided",
    "DownloadError",
    "EpochRecord",
    "Evaluation",
    "Explanation",
    "Export",
    "ExportError",
    "LabelAudit",
    "LabelKeywords",
    "Metrics",
    "MissingExtraError",
    "ModelConfig",
    "ParentModel",
    "Prediction",
    "PretrainingConfig",
    "PretrainingRun",
    "Provenance",
    "Recipe",
    "Reporter",
    "Reviews",
    "ScoreSummary",
    "ScoringError",
    "SentimentClassifier",
    "Slice",
    "SourcesConfig",
    "TableKeywords",
    "Task",
    "Tokenizer",
    "TrainingConfig",
    "TrainingError",
    "TrainingRun",
    "__version__",
    "audit_labels",
    "calibrate",
    "compare",
    "evaluate",
    "evaluate_behavior",
    "export_model",
    "load",
    "load_dataset",
    "load_reviews",
    "pretrain",
    "score_file",
    "train",
]


__getattr__ = deferred(globals(), _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)

"""Presets and recipes: every setting of a model and of its training."""

from cinesent.config.presets import PRESETS
from cinesent.config.recipe import TABLES, Recipe, parse_assignments
from cinesent.config.settings import (
    NGRAM_ROW,
    ModelConfig,
    Pooling,
    Precision,
    PretrainingConfig,
    TrainingConfig,
    model_config_from_dict,
)

__all__ = [
    "NGRAM_ROW",
    "PRESETS",
    "TABLES",
    "ModelConfig",
    "Pooling",
    "Precision",
    "PretrainingConfig",
    "Recipe",
    "TrainingConfig",
    "model_config_from_dict",
    "parse_assignments",
]

"""Presets and recipes: every setting of a model and of its training."""

from cinesent.recipes.recipe import (
    TABLES,
    Recipe,
    locate_setting,
    parse_assignments,
    preset_description,
    preset_names,
)
from cinesent.recipes.settings import (
    NGRAM_ROW,
    ModelConfig,
    Pooling,
    Precision,
    PretrainingConfig,
    SourcesConfig,
    TrainingConfig,
    model_config_from_dict,
)

__all__ = [
    "NGRAM_ROW",
    "TABLES",
    "ModelConfig",
    "Pooling",
    "Precision",
    "PretrainingConfig",
    "Recipe",
    "SourcesConfig",
    "TrainingConfig",
    "locate_setting",
    "model_config_from_dict",
    "parse_assignments",
    "preset_description",
    "preset_names",
]

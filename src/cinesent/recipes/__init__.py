"""Presets and recipes: every setting of a model and of its training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cinesent.deferred import deferred

if TYPE_CHECKING:
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

# Each is imported when it is first used: predicting needs few of them.
_HOMES = {
    "ModelConfig": "cinesent.recipes.settings",
    "NGRAM_ROW": "cinesent.recipes.settings",
    "Pooling": "cinesent.recipes.settings",
    "Precision": "cinesent.recipes.settings",
    "PretrainingConfig": "cinesent.recipes.settings",
    "Recipe": "cinesent.recipes.recipe",
    "SourcesConfig": "cinesent.recipes.settings",
    "TABLES": "cinesent.recipes.recipe",
    "TrainingConfig": "cinesent.recipes.settings",
    "locate_setting": "cinesent.recipes.recipe",
    "model_config_from_dict": "cinesent.recipes.settings",
    "parse_assignments": "cinesent.recipes.recipe",
    "preset_description": "cinesent.recipes.recipe",
    "preset_names": "cinesent.recipes.recipe",
}

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

__getattr__ = deferred(globals(), _HOMES)

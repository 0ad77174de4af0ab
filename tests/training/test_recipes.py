"""The largest recipe, made small: it goes from raw reviews to a model in one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from cinesent.bundle import load_bundle
from cinesent.data import Dataset
from cinesent.recipes import Recipe
from cinesent.training.train import train

#: It has every stage of the others; nothing here can run it at full size.
RECIPE = "large-distilled"

#: What makes a recipe small and leaves its stages alone.
SMALL = {
    "units": 8,
    "embedding_dim": 16,
    "vocabulary_size": 2000,
    "ngram_buckets": 4096,
    "batch_tokens": 4000,
    "max_length": 100,
    "epochs": 3,
    "teacher_networks": 2,
    "teacher_epochs": 1,
    "learning_rate": 0.02,
    "warmup_steps": 5,
    "sentences": 0.5,
    "validation": 0.2,
    "pretraining.epochs": 1,
    "pretraining.batch_tokens": 6000,
    "pretraining.negatives": 8,
}


@pytest.mark.train
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_recipe_learns_and_becomes_a_model(small_dataset: Dataset, tmp_path: Path) -> None:
    recipe = Recipe.from_preset(RECIPE).overlay(SMALL)
    run = train(small_dataset, recipe, out=tmp_path / "model", mixed_precision=True)
    # 0.5 is chance; n-grams alone could pass it, so the network's own loss must fall as well.
    assert run.validation["accuracy"] > 0.6
    assert run.history[-1].loss < run.history[0].loss
    manifest = load_bundle(run.bundle, verify="full").manifest
    assert (manifest["recipe"]["name"], manifest["mixed_precision"]) == ("large-distilled", True)
    assert not (tmp_path / "model.checkpoint").exists()
    answers = run.classifier().predict_proba(["A fine film.", "A waste of time."])
    assert answers.shape == (2, 2)

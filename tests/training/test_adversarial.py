from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import cinesent
from cinesent.models.lstm import build_model, get_weights
from cinesent.recipes import ModelConfig, Recipe
from cinesent.training.engine.adversarial.dispatch import adversarial_step
from cinesent.training.engine.adversarial.parts import perturb
from cinesent.training.engine.batches import Examples
from cinesent.training.engine.checkpoint import Checkpoint
from cinesent.training.engine.loop import fit
from cinesent.training.engine.review_objective import ReviewObjective, predict_rows
from cinesent.training.engine.run import Run

pytestmark = pytest.mark.train

SMALL = {"vocabulary_size": 40, "embedding_dim": 6, "units": 4, "pooling": "max+mean"}


@pytest.fixture(scope="module")
def examples() -> Examples:
    """Reviews of random words, in which one of two words decides the label."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    rows = [rng.integers(4, 40, 8).astype(np.int32) for _ in labels]
    for row, label in zip(rows, labels, strict=True):
        row[rng.integers(8)] = 2 + label
    return Examples(rows, labels.astype(np.float32))


def recipe(**settings) -> Recipe:
    return Recipe.from_preset("default").overlay(
        {**SMALL, "epochs": 12, "patience": 12, "batch_tokens": 200, "learning_rate": 0.02}
        | {"embedding_dropout": 0.0, "word_dropout": 0.0, "head_dropout": 0.0, **settings}
    )


def trained(examples: Examples, **settings):
    chosen = recipe(**settings)
    model = build_model(chosen.model, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(1, Checkpoint(Path(folder)))
        fit(model, ReviewObjective(chosen, examples, examples), run)
    return model


def test_it_learns_and_the_same_seed_gives_the_same_weights(examples) -> None:
    dropouts = {"embedding_dropout": 0.1, "word_dropout": 0.1, "head_dropout": 0.1}
    first = trained(examples, adversarial=0.3, **dropouts)
    assert ((predict_rows(first, examples.rows) > 0.5) == examples.targets).mean() > 0.95
    second = trained(examples, adversarial=0.3, **dropouts)
    for name, value in get_weights(first).items():
        np.testing.assert_array_equal(value, get_weights(second)[name], err_msg=name)


def test_word_vectors_move_by_the_length_along_the_gradient(examples) -> None:
    model, length = trained(examples), 0.5
    step = adversarial_step(model, length)
    ids, targets = np.stack(examples.rows[:20]), examples.targets[:20, None]
    weights = np.ones(20, dtype=np.float32)
    *vectors, read = step.lookup(ids)

    def loss_at(moved) -> float:
        return float(step._gradients(moved, read, targets, weights, [])[0])

    _, _, _, gradients = step._gradients(vectors, read, targets, weights, [])
    moved = perturb(vectors, gradients, length)
    steps = np.stack([np.asarray(a - b) for a, b in zip(moved, vectors, strict=True)], axis=1)
    np.testing.assert_allclose(np.linalg.norm(steps.reshape(20, -1), axis=1), length, rtol=1e-3)
    rng = np.random.default_rng(0)
    by_chance = []
    for _ in range(20):
        random = rng.normal(size=steps.shape).astype(np.float32)
        random *= length / np.linalg.norm(random.reshape(20, -1), axis=1).reshape(-1, 1, 1, 1)
        by_chance.append(loss_at([v + random[:, i] for i, v in enumerate(vectors)]))
    assert loss_at(moved) > 1.5 * max(by_chance)


@pytest.mark.parametrize("bidirectional", [True, False])
def test_without_a_perturbation_it_is_two_plain_steps_at_once(examples, bidirectional) -> None:
    import keras

    config = ModelConfig(**SMALL, bidirectional=bidirectional)
    ids = np.stack(examples.rows[:16])
    targets, weights = examples.targets[:16, None], np.ones(16, dtype=np.float32)
    results = []
    for adversarial in (True, False):
        model = build_model(config, seed=3)
        rate = 10.0 if adversarial else 20.0
        model.compile(optimizer=keras.optimizers.SGD(rate), loss="binary_crossentropy")
        if adversarial:
            adversarial_step(model, 1e-12)(ids, targets, weights)
        else:
            model.train_on_batch(ids, targets, weights)
        results.append(get_weights(model))
    before = get_weights(build_model(config, seed=3))
    for name, value in results[0].items():
        assert np.abs(value - before[name]).max() > 1e-3
        np.testing.assert_allclose(value, results[1][name], atol=1e-5, err_msg=name)


PROGRAM = """
import sys
import tempfile
import numpy as np
from cinesent.models.backend import import_keras
keras = import_keras(sys.argv[1])
from cinesent.recipes import ModelConfig
from cinesent.models.lstm import build_model, get_weights, set_weights
from cinesent.training.engine.adversarial.dispatch import adversarial_step
config = ModelConfig(vocabulary_size=40, embedding_dim=6, units=4, pooling="max+mean")
model, rng = build_model(config), np.random.default_rng(0)
shapes = config.weight_shapes().items()
set_weights(model, {name: rng.normal(0, 0.3, shape) for name, shape in shapes})
model.compile(optimizer=keras.optimizers.SGD(0.5), loss="binary_crossentropy")
step = adversarial_step(model, 0.5)
for seed in range(3):
    ids = rng.integers(1, 40, (8, 6)).astype("int32")
    ids[0, 3:] = 0
    said = step(ids, rng.random((8, 1)).astype("float32"), np.ones(8, dtype="float32"))
np.savez(sys.argv[2], said=said, **get_weights(model))
"""


@pytest.mark.backends
@pytest.mark.parametrize("backend", [n for n in ("jax", "torch") if importlib.util.find_spec(n)])
def test_every_backend_takes_the_same_steps(backend: str, tmp_path: Path) -> None:
    found = {}
    for name in ("tensorflow", backend):
        out = tmp_path / f"{name}.npz"
        subprocess.run(
            [sys.executable, "-c", PROGRAM, name, str(out)],
            env={**os.environ, "KERAS_BACKEND": name},
            check=True,
        )
        found[name] = np.load(out)
    for name in found["tensorflow"].files:
        np.testing.assert_allclose(
            found[backend][name], found["tensorflow"][name], atol=1e-5, err_msg=name
        )


@pytest.mark.backends
@pytest.mark.parametrize("backend", [n for n in ("jax", "torch") if importlib.util.find_spec(n)])
def test_every_backend_trains_the_whole_recipe(backend: str, tmp_path: Path) -> None:
    """Language model, adversarial training, n-grams; in a process of its own, as users do."""
    small = {
        "units": 4,
        "embedding_dim": 8,
        "vocabulary_size": 300,
        "max_length": 32,
        "batch_tokens": 20_000,
        "epochs": 1,
        "teacher": "none",
        "ngram_buckets": 640,
        "pretraining.epochs": 1,
        "pretraining.max_length": 32,
        "pretraining.negatives": 16,
        "pretraining.batch_tokens": 20_000,
    }
    data = tmp_path / "reviews.csv"
    lines = [f"{'fine' if n % 2 else 'awful'} film number {n},{n % 2}" for n in range(200)]
    data.write_text("text,label\n" + "\n".join(lines) + "\n")
    settings = [f"--set={key}={value}" for key, value in small.items()]
    command = ["train", "--preset=accurate", "--backend", backend, "--data", str(data), *settings]
    done = subprocess.run(
        [sys.executable, "-m", "cinesent", *command, "--out", str(tmp_path / "m")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "perplexity" in done.stderr
    assert cinesent.load(tmp_path / "m").predict(["a fine film"])[0].probability > 0

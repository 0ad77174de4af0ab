from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_reporters import ActsAtStep, Messages, power_cut
from typer.testing import CliRunner

import cinesent
from cinesent.bundle import load_bundle
from cinesent.cli import app
from cinesent.data import Dataset, Reviews
from cinesent.errors import BundleError, CinesentError, ConfigError, TrainingError
from cinesent.recipes import Recipe
from cinesent.training.engine import loop
from cinesent.training.target import checkpoint_folder
from cinesent.training.train import TrainingRun, train

pytestmark = pytest.mark.train

BACKENDS = [n for n in ("tensorflow", "jax", "torch") if importlib.util.find_spec(n)]

#: One width, so that few graphs are built.
QUICK = {"max_length": 48, "batch_tokens": 1500, "teacher": "none", "warmup_steps": 0}


@pytest.fixture(scope="module")
def flipped(small_dataset: Dataset) -> Dataset:
    """The ends of 300 of the reviews, with every label flipped."""
    reviews = small_dataset.train.take(range(300))
    # Of similar length, so that few graphs are built.
    texts = [" ".join(text.split()[-25:]) for text in reviews.texts]
    return Dataset("flipped", Reviews(texts, 1 - reviews.labels, "flipped"))


def fine_tune(run: TrainingRun, data: Dataset, out: Path, **more: Any) -> TrainingRun:
    settings: Mapping[str, Any] = {**QUICK, "epochs": 2, **more.pop("settings", {})}
    return train(data, settings=settings, initial=run.bundle, out=out, **more)


def predictions(run: TrainingRun, data: Dataset) -> np.ndarray:
    return run.classifier().predict_proba(data.train.texts)[:, 1]


def test_flipped_labels_turn_predictions_around(
    tiny_run: TrainingRun, flipped: Dataset, tmp_path: Path
) -> None:
    messages = Messages()
    settings = {"learning_rate": 0.02, "epochs": 20, "patience": 20}
    dropouts = dict.fromkeys(["embedding_dropout", "word_dropout", "head_dropout"], 0.0)
    run = fine_tune(
        tiny_run, flipped, tmp_path / "m", settings={**settings, **dropouts}, reporter=messages
    )
    before, after = predictions(tiny_run, flipped), predictions(run, flipped)
    flipped_is_right = flipped.train.labels == 1
    assert ((before > 0.5) == flipped_is_right).mean() < 0.4
    assert ((after > 0.5) == flipped_is_right).mean() > 0.7
    assert not any("PPMI" in line for line in messages.lines)
    assert any("of the training tokens" in line for line in messages.lines)

    parent, child = load_bundle(tiny_run.bundle), load_bundle(run.bundle, verify="full")
    assert child.tokenizer == parent.tokenizer
    assert child.config == dataclasses.replace(parent.config, **dropouts)
    content = (tiny_run.bundle / "manifest.json").read_bytes()
    assert child.manifest["initial"] == {
        "kind": "model",
        "name": parent.name,
        "manifest_sha256": hashlib.sha256(content).hexdigest(),
    }


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_learning_rate_of_nearly_nothing_changes_nearly_nothing(
    tiny_run: TrainingRun, flipped: Dataset, tmp_path: Path, precision: str
) -> None:
    still = {"learning_rate": 1e-8, "epochs": 1, "precision": precision}
    first = fine_tune(tiny_run, flipped, tmp_path / "first", settings=still)
    assert load_bundle(first.bundle).precision == precision
    second = fine_tune(first, flipped, tmp_path / "second", settings=still)
    atol = 1e-5 if precision == "float32" else 0.02
    np.testing.assert_allclose(
        predictions(first, flipped), predictions(tiny_run, flipped), atol=atol
    )
    np.testing.assert_allclose(predictions(second, flipped), predictions(first, flipped), atol=1e-4)


def test_only_the_training_of_a_preset_counts(
    tiny_run: TrainingRun, flipped: Dataset, tmp_path: Path
) -> None:
    config = load_bundle(tiny_run.bundle).config
    settings = {"epochs": 1, "max_length": 32, "units": config.units, "word_dropout": 0.0}
    run = train(
        flipped, "classic", settings=settings, initial=tiny_run.bundle, out=tmp_path / "model"
    )
    assert run.recipe.model == dataclasses.replace(config, word_dropout=0.0)
    assert run.recipe.training.optimizer == "rmsprop"
    peak = Recipe.from_preset("classic").training.learning_rate
    assert run.recipe.training.learning_rate == pytest.approx(peak / 3)


def test_the_teacher_can_read_unlabelled_reviews(
    tiny_run: TrainingRun, small_dataset: Dataset, tmp_path: Path
) -> None:
    messages = Messages()
    data = dataclasses.replace(small_dataset, train=small_dataset.train.take(range(200)))
    settings = {"teacher": "ngrams", "epochs": 1}
    fine_tune(tiny_run, data, tmp_path / "m", settings=settings, reporter=messages)
    assert any("teacher n-grams" in line for line in messages.lines)
    assert any("100 unlabelled" in line for line in messages.lines)


def test_reviews_that_the_model_was_trained_on_are_no_validation(
    tiny_run: TrainingRun, small_dataset: Dataset, tmp_path: Path
) -> None:
    notes = {}
    for seed in (0, 1):
        messages = Messages()
        settings = {"epochs": 1, "validation": 0.2, "learning_rate": 1e-8, "max_length": 16}
        fine_tune(
            tiny_run,
            small_dataset,
            tmp_path / str(seed),
            settings=settings,
            seed=seed,
            reporter=messages,
        )
        notes[seed] = [line for line in messages.warnings if "was trained on some" in line]
    assert not notes[0], "the same seed holds the same reviews out"
    assert len(notes[1]) == 1


def test_a_crash_is_resumed_to_the_same_weights_and_from_the_same_model(
    tiny_run: TrainingRun, flipped: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    whole = fine_tune(tiny_run, flipped, tmp_path / "whole")
    out = tmp_path / "crashed"
    with pytest.raises(RuntimeError, match="the power went"):
        fine_tune(tiny_run, flipped, out, reporter=ActsAtStep(2, 3, power_cut))
    assert checkpoint_folder(out).exists()

    other = TrainingRun(**{**vars(tiny_run), "bundle": whole.bundle})
    with pytest.raises(TrainingError, match=r"is a different one: initial\.manifest_sha256 was"):
        fine_tune(other, flipped, out, resume=True)
    with pytest.raises(TrainingError, match=r"is a different one: initial was .*, is None"):
        train(flipped, whole.recipe, out=out, resume=True)

    resumed = fine_tune(tiny_run, flipped, out, resume=True)
    expected = load_bundle(whole.bundle).weights()
    for name, value in load_bundle(resumed.bundle).weights().items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


@pytest.mark.parametrize(
    ("preset", "settings", "says"),
    [
        ("default", {"units": 9}, "units is 9, but the model in .* has 8"),
        ("default", {"pooling": "last"}, "pooling is last, but the model in .* has max"),
        ("default", {"model.vocabulary_size": 5}, "vocabulary_size is 5, but"),
        (Recipe.from_preset("classic"), {}, "vocabulary_size is 20000, but .*word_dropout"),
    ],
)
def test_another_network_is_refused(
    tiny_run: TrainingRun, flipped: Dataset, tmp_path: Path, preset, settings, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        train(flipped, preset, settings=settings, initial=tiny_run.bundle, out=tmp_path / "m")
    assert not (tmp_path / "m").exists()


def damaged(folder: Path, copy: Path) -> Path:
    shutil.copytree(folder, copy)
    path = copy / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    return copy


def test_what_is_not_a_model_is_no_start(
    tiny_run: TrainingRun, flipped: Dataset, tmp_path: Path
) -> None:
    wrong: list[tuple[Path, type[CinesentError], str]] = [
        (tmp_path / "none", BundleError, "there is no folder"),
        (tmp_path, BundleError, "holds no config.json"),
        (tiny_run.bundle / "model.onnx", BundleError, "not a folder"),
        (damaged(tiny_run.bundle, tmp_path / "bad"), BundleError, "model.safetensors .*SHA-256"),
        (tiny_run.bundle, TrainingError, "would replace the one it starts from"),
    ]
    for folder, error, says in wrong:
        out = tiny_run.bundle if error is TrainingError else tmp_path / "m"
        with pytest.raises(error, match=says):
            train(flipped, initial=folder, out=out, overwrite=True)
    assert not (tmp_path / "m").exists()


def command(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["train", *map(str, arguments)])
    if isinstance(result.exception, CinesentError):
        return result.exception.exit_status, result.stdout, str(result.exception)
    return result.exit_code, result.stdout, result.stderr


def test_the_command_line_fine_tunes_with_a_recipe_file(
    tiny_run: TrainingRun, flipped: Dataset, tmp_path: Path
) -> None:
    data = tmp_path / "flipped.jsonl"
    rows = zip(flipped.train.texts, flipped.train.labels.tolist(), strict=True)
    data.write_text("\n".join(json.dumps({"text": t, "label": n}) for t, n in rows))
    recipe = tmp_path / "mine.toml"
    recipe.write_text("[training]\nepochs = 1\nmax_length = 32\n[model]\nword_dropout = 0.2\n")
    out = tmp_path / "mine"
    arguments = ("--data", data, "--from", tiny_run.bundle, "--config", recipe, "--out", out)

    status, _, message = command(*arguments, "--set", "units=16")
    assert (status, out.exists()) == (2, False)
    assert "units is 16, but the model in" in message
    status, _, message = command("--data", data, "--from", tmp_path / "none", "--out", out)
    assert status == 1
    assert "there is no folder" in message

    status, stdout, message = command(*arguments)
    assert status == 0, message
    assert stdout.startswith(f"{out}  validation accuracy")
    bundle = load_bundle(out)
    assert (bundle.name, bundle.config.word_dropout) == (
        "default, fine-tuned on flipped.jsonl",
        0.2,
    )
    assert bundle.manifest["initial"]["name"] == tiny_run.recipe.name
    training = bundle.manifest["recipe"]["training"]
    assert training["learning_rate"] == pytest.approx(1e-3)


@pytest.fixture(scope="module")
def int8_model(
    tiny_run: TrainingRun, flipped: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("int8") / "model"
    settings = {"learning_rate": 1e-8, "epochs": 1, "precision": "int8"}
    return fine_tune(tiny_run, flipped, folder, settings=settings).bundle


REBUILD = """
import sys
import numpy as np
from cinesent.bundle import load_bundle
from cinesent.models.backend import import_keras

import_keras(sys.argv[1])
from cinesent.models.lstm import build_model, set_weights
from cinesent.training.engine.review_objective import predict_rows

bundle = load_bundle(sys.argv[2], verify="full")
model = build_model(bundle.config)
set_weights(model, bundle.weights())
texts = open(sys.argv[3], encoding="utf-8").read().split("\\0")
rows = [np.array(bundle.tokenizer.encode(text), dtype=np.int32) for text in texts]
np.save(sys.argv[4], predict_rows(model, rows))
"""


@pytest.mark.slow
@pytest.mark.backends
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_bundle_is_rebuilt_on_every_backend(
    int8_model: Path, tiny_run: TrainingRun, flipped: Dataset, tmp_path: Path, backend: str
) -> None:
    texts = tmp_path / "texts"
    texts.write_text("\0".join(flipped.train.texts[:40]), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"}
    for folder in (int8_model, tiny_run.bundle):
        subprocess.run(
            [sys.executable, "-c", REBUILD, backend, folder, texts, tmp_path / "said.npy"],
            check=True,
            env=environment,
        )
        expected = cinesent.load(folder).predict_proba(flipped.train.texts[:40])[:, 1]
        np.testing.assert_allclose(np.load(tmp_path / "said.npy"), expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.backends
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_fine_tunes(
    int8_model: Path, flipped: Dataset, tmp_path: Path, backend: str
) -> None:
    data = tmp_path / "flipped.jsonl"
    rows = list(zip(flipped.train.texts, flipped.train.labels.tolist(), strict=True))[:60]
    data.write_text("\n".join(json.dumps({"text": t, "label": n}) for t, n in rows))
    out = tmp_path / "model"
    quick = [f"--set={key}={value}" for key, value in {**QUICK, "epochs": 1}.items()]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "cinesent", "train", "--backend", backend, *quick),
            *("--data", data, "--from", int8_model, "--out", out),
        ],
        capture_output=True,
        text=True,
        env={key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert load_bundle(out, verify="full").manifest["backend"] == backend

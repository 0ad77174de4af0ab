from __future__ import annotations

import dataclasses
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from training_reporters import ActsAtStep, power_cut
from typer.testing import CliRunner

from cinesent.bundle import load_bundle
from cinesent.cli import app
from cinesent.data import Dataset
from cinesent.data.split import split_reviews
from cinesent.errors import BundleError, CinesentError, ConfigError, TrainingError
from cinesent.recipes import Recipe
from cinesent.text.tokenizer import tokenize
from cinesent.training.language_files import load_language_model
from cinesent.training.pretrain import PretrainingRun, pretrain
from cinesent.training.target import checkpoint_folder
from cinesent.training.train import train

pytestmark = pytest.mark.train

TINY = {
    "units": 6,
    "embedding_dim": 8,
    "vocabulary_size": 500,
    "pretraining.epochs": 3,
    "pretraining.max_length": 32,
    "pretraining.batch_tokens": 1000,
    "pretraining.negatives": 50,
    "pretraining.learning_rate": 0.02,
}


@pytest.fixture(scope="module")
def run(small_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> PretrainingRun:
    return pretrain(small_dataset, settings=TINY, out=tmp_path_factory.mktemp("lm") / "lm")


def test_it_predicts_better_than_word_counts(run, small_dataset: Dataset) -> None:
    losses = [record.val_loss for record in run.history]
    assert losses[-1] < losses[0]
    assert run.perplexity == pytest.approx(math.exp(min(losses)))
    model = load_language_model(run.folder)
    ids = [model.tokenizer.encode(text) for text in small_dataset.train.texts]
    counts = np.bincount(np.concatenate([np.asarray(row) for row in ids])) + 1.0
    shares = counts / counts.sum()
    by_counts = math.exp(-float(np.sum(shares * np.log(shares))))
    assert run.perplexity < by_counts


def test_what_is_saved_is_what_was_learned(run) -> None:
    model = load_language_model(run.folder)
    assert model.config == run.recipe.model
    assert model.manifest["perplexity"] == pytest.approx(run.perplexity, abs=1e-3)
    assert len(model.manifest["history"]) == 3
    assert not checkpoint_folder(run.folder).exists()


def test_a_crashed_run_resumes_elsewhere_to_the_same_weights(
    run, small_dataset: Dataset, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("cinesent.training.engine.loop.CHECKPOINT_SECONDS", 0.0)
    out = tmp_path / "lm"
    with pytest.raises(RuntimeError, match="the power went"):
        pretrain(small_dataset, settings=TINY, out=out, reporter=ActsAtStep(2, 2, power_cut))
    with pytest.raises(TrainingError, match="holds an unfinished run"):
        pretrain(small_dataset, settings=TINY, out=out)
    with pytest.raises(TrainingError, match="pretraining.epochs was 3, is 4"):
        pretrain(small_dataset, settings={**TINY, "pretraining.epochs": 4}, out=out, resume=True)
    elsewhere = tmp_path / "another machine"
    elsewhere.mkdir()
    shutil.move(checkpoint_folder(out), elsewhere)
    out = elsewhere / "lm"
    pretrain(small_dataset, settings=TINY, out=out, resume=True)
    expected = load_language_model(run.folder).weights
    for name, value in load_language_model(out).weights.items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


STILL = {"epochs": 1, "learning_rate": 1e-8, "max_length": 32, "batch_tokens": 4000}


def test_a_training_starts_from_it(run, small_dataset: Dataset, tmp_path: Path) -> None:
    # The recipe of the language model may be used: its epochs are not repeated.
    settings = {**STILL, "teacher": "none", "precision": "float32", "pretraining.epochs": 3}
    trained = train(small_dataset, settings=settings, initial=run.folder, out=tmp_path / "m")
    bundle, model = load_bundle(trained.bundle), load_language_model(run.folder)
    assert bundle.tokenizer == model.tokenizer
    assert (bundle.config.units, bundle.config.pooling) == (6, "max+mean")
    for name, value in model.weights.items():
        np.testing.assert_allclose(bundle.weights()[name], value, atol=1e-6, err_msg=name)
    assert bundle.manifest["initial"]["kind"] == "language model"
    # The full learning rate: there is nothing yet that could be forgotten.
    assert trained.recipe.training.learning_rate == 1e-8


def test_one_command_does_both_stages(run, small_dataset: Dataset, tmp_path: Path) -> None:
    settings = {**TINY, **STILL, "teacher": "none", "precision": "float32"}
    trained = train(small_dataset, settings=settings, out=tmp_path / "m")
    apart = load_language_model(run.folder).weights
    for name, value in apart.items():
        found = load_bundle(trained.bundle).weights()[name]
        np.testing.assert_allclose(found, value, atol=1e-6, err_msg=name)


def test_what_cannot_be_started_from(run, small_dataset: Dataset, tmp_path: Path) -> None:
    def begin(folder: Path, **settings) -> None:
        train(small_dataset, settings=settings, initial=folder, out=tmp_path / "m")

    with pytest.raises(ConfigError, match="units is 7, but the language model in .* has 6"):
        begin(run.folder, units=7)
    for name, says in (
        ("language-model.safetensors", "SHA-256 differs"),
        ("tokenizer.json", "SHA-256 differs"),
        ("config.json", "SHA-256 differs"),
    ):
        copy = tmp_path / name
        shutil.copytree(run.folder, copy)
        content = bytearray((copy / name).read_bytes())
        content[-2] ^= 1
        (copy / name).write_bytes(content)
        with pytest.raises(BundleError, match=says):
            begin(copy)
    copy = tmp_path / "newer"
    shutil.copytree(run.folder, copy)
    (copy / "manifest.json").write_text("{}")
    with pytest.raises(BundleError, match="does not list"):
        begin(copy)
    assert not (tmp_path / "m").exists()


def test_reviews_held_out_are_not_read(small_dataset: Dataset, tmp_path: Path) -> None:
    # Words of letters alone: digits would be split off.
    letters = str.maketrans("0123456789", "abcdefghij")
    marked = [
        f"{text} zyzzyva{str(i).translate(letters)}"
        for i, text in enumerate(small_dataset.train.texts)
    ]
    data = dataclasses.replace(
        small_dataset, train=dataclasses.replace(small_dataset.train, texts=marked)
    )
    settings = {**TINY, "vocabulary_size": 100_000, "min_count": 1, "pretraining.epochs": 1}
    done = pretrain(data, settings=settings, out=tmp_path / "lm")
    tokenizer = load_language_model(done.folder).tokenizer
    marks = {token for text in marked for token in tokenize(text) if token.startswith("zyzzyva")}
    assert len(marks) == len(marked)
    _, held_out = split_reviews(data.train.labelled(), validation=0.1, seed=0)
    assert len(marks - set(tokenizer.vocabulary)) == len(held_out)


def command(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["pretrain", *map(str, arguments)])
    if isinstance(result.exception, CinesentError):
        return result.exception.exit_status, result.stdout, str(result.exception)
    return result.exit_code, result.stdout, result.stderr


def test_the_command_line(small_dataset: Dataset, tmp_path: Path) -> None:
    data, recipe = tmp_path / "reviews.jsonl", tmp_path / "tiny.toml"
    rows = zip(small_dataset.train.texts, small_dataset.train.labels.tolist(), strict=True)
    data.write_text("\n".join(json.dumps({"text": t, "label": n}) for t, n in rows))
    recipe.write_text(
        "[model]\nunits = 4\nembedding_dim = 8\nvocabulary_size = 300\n"
        "[pretraining]\nepochs = 1\nmax_length = 32\nnegatives = 20\n"
    )
    out = tmp_path / "lm"
    arguments = ("--data", data, "--config", recipe, "--out", out)
    status, stdout, message = command(*arguments)
    assert status == 0, message
    assert stdout.startswith(f"{out}  perplexity ")
    assert f"--from {out}" in message
    status, _, message = command(*arguments)
    assert status == 1
    assert "holds a model already" in message
    status, _, message = command(*arguments, "--set", "pretraining.negative=3")
    assert status == 2
    assert "Did you mean 'negatives'?" in message
    status, _, message = command("--data", data, "--out", data)
    assert status == 1
    assert "is not a model of cinesent; it is not replaced" in message
    assert Recipe.from_toml(recipe).pretraining.negatives == 20

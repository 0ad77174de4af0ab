from __future__ import annotations

import csv
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import cinesent
from cinesent.bundle import load_bundle
from cinesent.data import Dataset, Reviews
from cinesent.data.split import split_reviews
from cinesent.errors import ConfigError, DataError, TrainingError
from cinesent.recipes import Recipe
from cinesent.training.target import checkpoint_folder
from cinesent.training.train import TrainingRun, train

pytestmark = pytest.mark.train


@pytest.fixture
def reviews_csv(small_dataset: Dataset, tmp_path: Path) -> Path:
    """The training reviews of the small dataset as a CSV file."""
    path = tmp_path / "reviews.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(zip(small_dataset.train.texts, small_dataset.train.labels, strict=True))
    return path


#: Beside TensorFlow; `make torch` adds the last one.
BACKENDS = [name for name in ("jax", "torch") if importlib.util.find_spec(name)]

SETTINGS = [
    "--set=units=4",
    "--set=embedding_dim=8",
    "--set=vocabulary_size=2000",
    "--set=max_length=32",
    "--set=batch_tokens=1000",
    "--set=epochs=3",
    "--set=validation=0.1",
]


class Command:
    """`cinesent train` in a process of its own, with a checkpoint after every step."""

    def __init__(self, data: Path, out: Path, *more: str) -> None:
        program = (
            "import cinesent.training.engine.loop as loop; loop.CHECKPOINT_SECONDS = 0.0; "
            "from cinesent.cli import main; main()"
        )
        self.out = out
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                program,
                "train",
                "--data",
                data,
                "--out",
                out,
                *SETTINGS,
                *more,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "KERAS_BACKEND": "tensorflow"},
        )

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        self.process.communicate()

    def finish(self) -> tuple[int, str]:
        """Wait for the end; return exit status and messages."""
        messages = self.process.communicate(timeout=280)[1]
        return self.process.returncode, messages

    def stop_in_epoch(self, epoch: int, how: signal.Signals) -> None:
        """Send a signal once a checkpoint in the middle of an epoch lies on the disk."""
        state = checkpoint_folder(self.out) / "state.npz"
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.process.communicate()[1]
            if state.exists():
                with state.open("rb") as file, np.load(file) as stored:
                    progress = json.loads(str(stored["progress"]))
                if progress["epoch"] == epoch and progress["step"] >= 2:
                    self.process.send_signal(how)
                    return
            time.sleep(0.02)
        raise TimeoutError("no checkpoint came")


def weights_of(folder: Path) -> dict[str, np.ndarray]:
    return load_bundle(folder, verify="full").weights()


@pytest.mark.slow
def test_a_killed_run_resumes_to_the_weights_of_an_undisturbed_one(
    reviews_csv: Path, tmp_path: Path
) -> None:
    with Command(reviews_csv, tmp_path / "whole") as whole:
        assert whole.finish()[0] == 0

    killed = tmp_path / "killed"
    with Command(reviews_csv, killed) as command:
        command.stop_in_epoch(1, signal.SIGKILL)
        assert command.finish()[0] == -signal.SIGKILL
    assert not killed.exists()

    with Command(reviews_csv, killed, "--resume") as command:
        status, messages = command.finish()
    assert status == 0, messages
    assert "resumes at step" in messages
    expected = weights_of(tmp_path / "whole")
    for name, value in weights_of(killed).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)
    assert not checkpoint_folder(killed).exists()


@pytest.mark.slow
def test_ctrl_c_keeps_the_best_model_so_far(
    reviews_csv: Path, tmp_path: Path, small_dataset: Dataset
) -> None:
    out = tmp_path / "model"
    with Command(reviews_csv, out, "--set=epochs=50", "--set=patience=50") as command:
        command.stop_in_epoch(1, signal.SIGINT)
        status, messages = command.finish()
    assert status == 130
    assert "Traceback" not in messages
    assert "interrupted; the best model so far is in" in messages
    assert 0 <= cinesent.load(out).predict(["A fine film."])[0].probability <= 1
    assert checkpoint_folder(out).exists(), "and the run can be resumed"

    # The unfinished run is neither lost by mistake nor resumed with other data.
    with pytest.raises(
        TrainingError, match="Resume it with resume=True, or delete it with overwrite=True"
    ):
        train(small_dataset, out=out)
    with pytest.raises(TrainingError, match="is a different one: data.name was"):
        train(small_dataset, out=out, resume=True)


@pytest.mark.slow
@pytest.mark.backends
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("preset", ["classic", "default"])
def test_both_presets_train_on_every_backend(
    reviews_csv: Path, tmp_path: Path, backend: str, preset: str
) -> None:
    fixed = ["--set=sequence_length=32"] if preset == "classic" else []
    command = [
        *(sys.executable, "-m", "cinesent", "train", "--data", reviews_csv),
        *("--out", tmp_path / "model", "--preset", preset, "--backend", backend, *SETTINGS),
        *("--set=epochs=1", "--set=validation=0.5", *fixed),
    ]
    environment = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    # The bundle was compared with the predictions of this backend before it was written.
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest["backend"] == backend


def test_new_text_and_training_text_go_through_the_same_code(
    tiny_run: TrainingRun, small_dataset: Dataset, tiny_recipe: Recipe
) -> None:
    # The validation score was computed by Keras on ids made for training; the classifier starts
    # from raw text and runs without Keras.
    labelled = small_dataset.train.labelled()
    _, rows = split_reviews(labelled, validation=tiny_recipe.training.validation, seed=0)
    held_out = labelled.take(rows)
    probabilities = tiny_run.classifier().predict_proba(held_out.texts)[:, 1]
    accuracy = ((probabilities > 0.5) == (held_out.labels == 1)).mean()
    assert accuracy == pytest.approx(tiny_run.validation["accuracy"])
    brier = np.mean((probabilities - held_out.labels) ** 2)
    assert brier == pytest.approx(tiny_run.validation["brier"], abs=1e-5)


def test_the_classic_preset_trains_and_predicts_as_it_was_trained(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    settings = {"units": 4, "embedding_dim": 8, "epochs": 1, "sequence_length": 40}
    run = train(small_dataset, "classic", settings=settings, out=tmp_path / "classic")
    labelled = small_dataset.train.labelled()
    _, rows = split_reviews(labelled, validation=0.1, seed=0)
    held_out = labelled.take(rows)
    probabilities = run.classifier().predict_proba(held_out.texts)[:, 1]
    brier = np.mean((probabilities - held_out.labels) ** 2)
    assert brier == pytest.approx(run.validation["brier"], abs=1e-5)


def test_the_bundle_holds_the_history_of_the_run(tiny_run: TrainingRun) -> None:
    folder = tiny_run.bundle
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == list(range(1, len(tiny_run.history) + 1))
    assert set(rows[0]) >= {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert (folder / "plots" / "history.png").read_bytes().startswith(b"\x89PNG")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["seed"] == 0
    assert manifest["recipe"]["training"]["teacher"] == "ngrams+lstm"


def test_nothing_is_replaced_unasked(
    tiny_run: TrainingRun, small_dataset: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"holds a model already.*overwrite=True"):
        train(small_dataset, out=tiny_run.bundle)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "thesis.txt").write_text("three years of work")
    for overwrite in (False, True):
        with pytest.raises(TrainingError, match="is not a model of cinesent"):
            train(small_dataset, out=tmp_path / "notes", overwrite=overwrite)
    with pytest.raises(TrainingError, match="there is no unfinished run to resume"):
        train(small_dataset, out=tmp_path / "new", resume=True)


def test_wrong_arguments_are_refused_before_any_work(small_dataset: Dataset, tmp_path) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'default'"):
        train(small_dataset, "defualt", out=tmp_path / "m")
    with pytest.raises(ConfigError, match="Did you mean 'tensorflow'"):
        train(small_dataset, out=tmp_path / "m", backend="tensorflwo")
    with pytest.raises(ConfigError, match="Keras runs on tensorflow in this process"):
        train(small_dataset, out=tmp_path / "m", backend="jax")
    one_sided = Reviews(["good"] * 10, np.ones(10, dtype=np.int8), "one-sided")
    with pytest.raises(DataError, match="0 negative and 10 positive"):
        train(Dataset("one-sided", one_sided), out=tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_tensorboard_files_on_request(small_dataset: Dataset, tmp_path: Path) -> None:
    settings = {"units": 4, "embedding_dim": 8, "epochs": 1, "max_length": 32}
    train(
        small_dataset,
        settings={**settings, "word_vectors": "random", "teacher": "none"},
        out=tmp_path / "model",
        tensorboard=tmp_path / "logs",
    )
    for name in ("train", "validation"):
        (events,) = (tmp_path / "logs" / name).glob("events.*")
        assert b"loss" in events.read_bytes()


def test_mixed_precision_is_for_training_only(small_dataset: Dataset, tmp_path: Path) -> None:
    import keras

    settings = {"units": 4, "embedding_dim": 8, "vocabulary_size": 500, "max_length": 32}
    settings |= {"epochs": 1, "teacher": "none", "word_vectors": "random", "ngram_buckets": 640}
    run = train(small_dataset, settings=settings, out=tmp_path / "m", mixed_precision=True)
    assert keras.config.dtype_policy().name == "float32"
    bundle = load_bundle(run.bundle, verify="full")
    assert bundle.manifest["mixed_precision"] is True
    assert {value.dtype for value in bundle.weights().values()} == {np.dtype("float32")}

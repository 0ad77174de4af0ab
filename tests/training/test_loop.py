"""The training loop: learning, seeds, early stopping, Ctrl-C, resuming."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from training_reporters import ActsAtStep, Messages

from cinesent.data import Dataset
from cinesent.errors import TrainingError
from cinesent.models.lstm import build_model, get_weights, set_weights
from cinesent.recipes import Recipe
from cinesent.text.tokenizer import Tokenizer
from cinesent.training.corpus import Corpus, read_corpus
from cinesent.training.engine.batches import Examples, training_row
from cinesent.training.engine.checkpoint import Checkpoint
from cinesent.training.engine.interrupt import Interrupt
from cinesent.training.engine.loop import fit
from cinesent.training.engine.records import EpochRecord, FitState
from cinesent.training.engine.review_objective import ReviewObjective, predict_rows
from cinesent.training.engine.run import Run
from cinesent.training.train import TrainingRun

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def corpus(
    small_dataset: Dataset, tiny_recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> Corpus:
    # One width, so that each test builds few graphs.
    smaller = {"epochs": 2, "patience": 5, "max_length": 32, "units": 4, "batch_tokens": 3000}
    recipe = tiny_recipe.overlay({**smaller, "ngrams": 0})
    return read_corpus(small_dataset, recipe, Run(0, Checkpoint(tmp_path_factory.mktemp("corpus"))))


def train(
    corpus: Corpus, run: Run, recipe: Recipe | None = None, examples: Examples | None = None
) -> tuple[FitState, dict]:
    recipe = recipe or corpus.recipe
    model = build_model(recipe.model, seed=0)
    examples = examples or corpus.labelled_examples
    state = fit(model, ReviewObjective(recipe, examples, corpus.validation_examples), run)
    return state, get_weights(model)


def test_loss_falls_and_validation_is_better_than_chance(tiny_run: TrainingRun) -> None:
    losses = [record.loss for record in tiny_run.history]
    assert losses[-1] < losses[0] - 0.05
    assert tiny_run.validation["accuracy"] > 0.6


def test_twenty_reviews_are_memorised(
    small_dataset: Dataset, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    reviews = small_dataset.train.take(range(20))
    tokenizer = Tokenizer.fit(reviews.texts, 2000)
    recipe = tiny_recipe.overlay(
        {
            "vocabulary_size": len(tokenizer),
            "max_length": 32,
            "epochs": 30,
            "patience": 30,
            "embedding_dropout": 0.0,
            "word_dropout": 0.0,
            "head_dropout": 0.0,
        }
    )
    rows = [training_row(tokenizer.encode(text), recipe) for text in reviews.texts]
    examples = Examples(rows, reviews.labels.astype(np.float32))
    model = build_model(recipe.model, seed=1)
    fit(model, ReviewObjective(recipe, examples, examples), Run(0, Checkpoint(tmp_path)))
    predicted = predict_rows(model, examples.rows) > 0.5
    assert (predicted == (reviews.labels == 1)).all()


def test_the_same_seed_gives_the_same_weights(corpus: Corpus, tmp_path: Path) -> None:
    _, first = train(corpus, Run(3, Checkpoint(tmp_path).part("1")))
    _, second = train(corpus, Run(3, Checkpoint(tmp_path).part("2")))
    _, other = train(corpus, Run(4, Checkpoint(tmp_path).part("3")))
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)
    assert not np.array_equal(first["head.kernel"], other["head.kernel"])


@pytest.mark.parametrize("seed", [2**32 - 1, 4_294_967, 12_345_678])
def test_large_seeds_are_seeds(seed: int) -> None:
    config = Recipe.from_preset("default").overlay({"units": 2, "vocabulary_size": 50}).model
    weights = get_weights(build_model(config, seed))
    other = get_weights(build_model(config, seed - 1))
    assert not np.array_equal(weights["head.kernel"], other["head.kernel"])


@pytest.mark.parametrize("step", [1, 7])
def test_an_interrupted_run_resumes_to_the_same_weights(
    corpus: Corpus, step: int, tmp_path: Path
) -> None:
    whole, expected = train(corpus, Run(0, Checkpoint(tmp_path).part("whole")))
    checkpoint, interrupt = Checkpoint(tmp_path).part("stopped"), Interrupt()
    reporter = ActsAtStep(2, step, lambda: setattr(interrupt, "requested", True))
    stopped, best_so_far = train(corpus, Run(0, checkpoint, reporter, interrupt))
    assert (stopped.epoch, stopped.step) == (1, step)
    assert stopped.best_epoch == 1
    np.testing.assert_array_equal(best_so_far["embedding"], stopped.best_weights["embedding"])

    messages = Messages()
    resumed, weights = train(corpus, Run(0, checkpoint, messages))
    assert any(line.startswith(f"epoch 2/2 resumes at step {step} of") for line in messages.lines)
    for name, value in expected.items():
        np.testing.assert_array_equal(value, weights[name], err_msg=name)
    without_time = [
        [dataclasses.replace(r, seconds=0, tokens_per_second=0) for r in state.history]
        for state in (whole, resumed)
    ]
    assert without_time[0] == without_time[1]


def test_early_stopping_restores_the_best_weights(corpus: Corpus, tmp_path: Path) -> None:
    # A learning rate that wrecks the model after a good first epoch.
    recipe = corpus.recipe.overlay(
        {"epochs": 8, "patience": 2, "learning_rate": 1.0, "schedule": "constant"}
    )
    records: list[EpochRecord] = []
    messages = Messages()
    model = build_model(recipe.model, seed=0)
    objective = ReviewObjective(recipe, corpus.labelled_examples, corpus.validation_examples)
    run = Run(0, Checkpoint(tmp_path), messages)
    state = fit(model, objective, run, on_epoch=records.append)
    assert state.epoch == state.best_epoch + 2 < 8
    lowest = min(state.history, key=lambda record: record.val_loss)
    assert lowest.epoch == state.best_epoch
    assert records == state.history
    lines = [line for line in messages.lines if line.startswith("epoch ")]
    assert [line.endswith("best so far") for line in lines][-2:] == [False, False]
    kept = build_model(recipe.model, seed=9)
    set_weights(kept, get_weights(model))
    rows, targets = corpus.validation_examples.rows, corpus.validation_examples.targets
    accuracy = np.mean((predict_rows(kept, rows) > 0.5) == targets)
    assert accuracy == pytest.approx(lowest.val_accuracy)


def test_a_loss_that_is_not_a_number_stops_the_run(corpus: Corpus, tmp_path: Path) -> None:
    good = corpus.labelled_examples
    broken = Examples(good.rows, np.full_like(good.targets, np.nan))
    with pytest.raises(TrainingError, match="the loss became nan in epoch 1, step 1"):
        train(corpus, Run(0, Checkpoint(tmp_path)), examples=broken)


def test_a_checkpoint_of_another_network_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    run = Run(0, Checkpoint(tmp_path))
    train(corpus, run)
    other = corpus.recipe.overlay({"units": 9})
    with pytest.raises(TrainingError, match="does not hold a state of this network"):
        train(corpus, run, other)


def test_a_damaged_checkpoint_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    run = Run(0, Checkpoint(tmp_path))
    train(corpus, run)
    path = tmp_path / "state.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(TrainingError, match=r"Start again with overwrite=True"):
        train(corpus, run)

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cinesent.data import Dataset
from cinesent.errors import TrainingError
from cinesent.models.lstm import build_model, get_weights, set_weights
from cinesent.recipes import Recipe
from cinesent.text.tokenizer import Tokenizer
from cinesent.training.batches import Examples, training_row
from cinesent.training.checkpoint import Checkpoint
from cinesent.training.loop import Interrupt, Progress, SilentReporter, fit
from cinesent.training.objective import ReviewObjective, predict_rows
from cinesent.training.prepare import Prepared, prepare
from cinesent.training.run import TrainingRun

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def prepared(
    small_dataset: Dataset, tiny_recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> Prepared:
    checkpoint = Checkpoint(tmp_path_factory.mktemp("prepared"))
    # One width, so that each test builds few graphs.
    smaller = {"epochs": 2, "patience": 5, "max_length": 32, "units": 4, "batch_tokens": 3000}
    recipe = tiny_recipe.overlay(smaller)
    return prepare(small_dataset, recipe, 0, checkpoint, SilentReporter())


def run(prepared: Prepared, **kwargs) -> tuple[Progress, dict]:
    model = build_model(prepared.recipe.model, seed=0)
    objective = ReviewObjective(prepared.recipe, prepared.train, prepared.validation)
    progress = fit(model, objective, **kwargs)
    return progress, get_weights(model)


def test_loss_falls_and_validation_is_better_than_chance(tiny_run: TrainingRun) -> None:
    losses = [record.loss for record in tiny_run.history]
    assert losses[-1] < losses[0] - 0.05
    assert tiny_run.validation["accuracy"] > 0.6


def test_twenty_reviews_are_learnt_by_heart(small_dataset: Dataset, tiny_recipe: Recipe) -> None:
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
    fit(model, ReviewObjective(recipe, examples, examples))
    predicted = predict_rows(model, examples.rows) > 0.5
    assert (predicted == (reviews.labels == 1)).all()


def test_the_same_seed_gives_the_same_weights(prepared: Prepared) -> None:
    _, first = run(prepared, seed=3)
    _, second = run(prepared, seed=3)
    _, other = run(prepared, seed=4)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)
    assert not np.array_equal(first["head.kernel"], other["head.kernel"])


class InterruptAt(SilentReporter):
    """Pretends that Ctrl-C came at a step of the second epoch."""

    def __init__(self, step: int) -> None:
        self.interrupt, self.step, self.epoch = Interrupt(), step, 0

    def epoch_started(self, epoch: int, epochs: int, step: int, steps: int) -> None:
        self.epoch = epoch

    def step_done(self, step: int, loss: float, accuracy: float, rate: float) -> None:
        if (self.epoch, step) == (2, self.step):
            self.interrupt.requested = True


@pytest.mark.parametrize("step", [1, 7])
def test_an_interrupted_run_goes_on_to_the_same_weights(
    prepared: Prepared, step: int, tmp_path
) -> None:
    whole, expected = run(prepared)
    checkpoint = Checkpoint(tmp_path)
    reporter = InterruptAt(step)
    stopped, best_so_far = run(
        prepared, checkpoint=checkpoint, reporter=reporter, interrupt=reporter.interrupt
    )
    assert (stopped.epoch, stopped.step) == (1, step)
    assert stopped.best_epoch == 1
    np.testing.assert_array_equal(best_so_far["embedding"], stopped.best_weights["embedding"])

    resumed, weights = run(prepared, checkpoint=checkpoint)
    for name, value in expected.items():
        np.testing.assert_array_equal(value, weights[name], err_msg=name)
    without_time = [
        [dataclasses.replace(r, seconds=0, tokens_per_second=0) for r in p.history]
        for p in (whole, resumed)
    ]
    assert without_time[0] == without_time[1]


def test_early_stopping_restores_the_best_weights(prepared: Prepared) -> None:
    # A learning rate that wrecks the model after a good first epoch.
    recipe = prepared.recipe.overlay(
        {"epochs": 8, "patience": 2, "learning_rate": 1.0, "schedule": "constant"}
    )
    progress, weights = run(dataclasses.replace(prepared, recipe=recipe))
    assert progress.epoch == progress.best_epoch + 2 < 8
    lowest = min(progress.history, key=lambda record: record.val_loss)
    assert lowest.epoch == progress.best_epoch
    model = build_model(recipe.model, seed=9)
    set_weights(model, weights)
    accuracy = np.mean(
        (predict_rows(model, prepared.validation.rows) > 0.5) == prepared.validation.targets
    )
    assert accuracy == pytest.approx(lowest.val_accuracy)


def test_a_loss_that_is_no_number_stops_the_run(prepared: Prepared) -> None:
    broken = Examples(prepared.train.rows, np.full_like(prepared.train.targets, np.nan))
    with pytest.raises(TrainingError, match="the loss became nan in epoch 1, step 1"):
        run(dataclasses.replace(prepared, train=broken))


def test_a_checkpoint_of_another_network_is_refused(prepared: Prepared, tmp_path) -> None:
    checkpoint = Checkpoint(tmp_path)
    run(prepared, checkpoint=checkpoint)
    other = prepared.recipe.overlay({"units": 9})
    with pytest.raises(TrainingError, match="does not hold a state of this network"):
        run(dataclasses.replace(prepared, recipe=other), checkpoint=checkpoint)


def test_a_damaged_checkpoint_is_refused(prepared: Prepared, tmp_path) -> None:
    checkpoint = Checkpoint(tmp_path)
    run(prepared, checkpoint=checkpoint)
    path = tmp_path / "state.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(TrainingError, match=r"Start over with --overwrite"):
        run(prepared, checkpoint=checkpoint)

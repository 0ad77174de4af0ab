"""Trained models that teach another one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cinesent.bundle import load_bundle
from cinesent.data import Dataset
from cinesent.errors import BundleError, DataError
from cinesent.recipes import Recipe
from cinesent.training.checkpoint import Checkpoint
from cinesent.training.lessons import training_examples
from cinesent.training.loop import Interrupt, Progress, SilentReporter, fit
from cinesent.training.objective import ReviewObjective
from cinesent.training.prepare import prepare
from cinesent.training.run import TrainingRun, train
from cinesent.training.weighing import weigh

if TYPE_CHECKING:
    from keras import Model

pytestmark = pytest.mark.train

QUICK = {"epochs": 1, "max_length": 48, "units": 4, "word_vectors": "random", "ngrams": 0}


class Listener(SilentReporter):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, message: str) -> None:
        self.lines.append(message)


def test_the_targets_are_the_teachers_mean_opinions(
    tiny_run: TrainingRun, small_dataset: Dataset, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    teacher = tiny_run.classifier()
    recipe = tiny_recipe.overlay(QUICK)
    checkpoint, reporter = Checkpoint(tmp_path), SilentReporter()
    prepared = prepare(small_dataset, recipe, 0, checkpoint, reporter, teachers=[teacher, teacher])
    assert prepared.ngram_opinion is None
    examples = training_examples(prepared, 0, checkpoint, reporter, Interrupt())
    assert len(examples) == len(prepared.train) + len(prepared.unlabelled)
    told = examples.targets[len(prepared.train) :]
    thought = teacher.predict_proba(small_dataset.unlabelled.texts)[:, 1]
    np.testing.assert_allclose(told, thought, atol=1e-5)
    # A second time from the checkpoint: nobody is asked again.
    again = prepare(small_dataset, recipe, 0, checkpoint, reporter, teachers=[teacher])
    np.testing.assert_array_equal(again.teacher_logits, prepared.teacher_logits)


def test_several_first_networks_teach_by_their_mean(
    small_dataset: Dataset, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    few = {**QUICK, "teacher_epochs": 1}
    opinions = {}
    for networks, seed in ((1, 0), (1, 1), (2, 0)):
        recipe = tiny_recipe.overlay({**few, "teacher_networks": networks})
        listener = Listener()
        checkpoint = Checkpoint(tmp_path / f"{networks}-{seed}")
        checkpoint.start({})
        prepared = prepare(small_dataset, recipe, 0, checkpoint, listener)
        training_examples(prepared, seed, checkpoint, listener, Interrupt())
        opinions[networks, seed] = checkpoint.recall("network-1-opinion")
    mean = (opinions[1, 0] + opinions[1, 1]) / 2
    np.testing.assert_allclose(opinions[2, 0], mean, atol=1e-4)
    assert sum("2 of 2" in line for line in listener.lines) == 1


def test_teachers_are_believed_as_far_as_the_reviews_held_out_bear_them_out(
    small_dataset: Dataset, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    recipe = tiny_recipe.overlay({**QUICK, "teacher": "ngrams+lstm", "teacher_epochs": 1})
    checkpoint, listener = Checkpoint(tmp_path), Listener()
    prepared = prepare(small_dataset, recipe, 0, checkpoint, listener)
    examples = training_examples(prepared, 0, checkpoint, listener, Interrupt())
    held_out = len(prepared.validation)
    ngrams, network = (checkpoint.recall(f"{name}-opinion") for name in ("ngram", "network-1"))
    factors = weigh(np.stack([ngrams[:held_out], network[:held_out]]), prepared.validation.targets)
    told = examples.targets[len(prepared.train) :].astype(np.float64)
    expected = factors[0] * ngrams[held_out:] + factors[1] * network[held_out:]
    np.testing.assert_allclose(np.log(told / (1 - told)), expected, atol=1e-3)
    told_so = f"{factors[0]:.2f} x the n-grams' + {factors[1]:.2f} x the networks'"
    assert any(told_so in line for line in listener.lines)


def test_a_second_round_is_taught_by_the_first(
    small_dataset: Dataset, tiny_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[tuple[int, int, int]] = []

    def watched(model: Model, objective: ReviewObjective, **options: Any) -> Progress:
        epochs = objective.recipe.training.epochs
        learnt.append((len(objective.train), options["seed"], epochs))
        return fit(model, objective, **options)

    monkeypatch.setattr("cinesent.training.lessons.fit", watched)
    recipe = tiny_recipe.overlay(
        {
            **QUICK,
            "teacher": "ngrams+lstm",
            "teacher_networks": 2,
            "teacher_rounds": 2,
            "teacher_epochs": 8,
        }
    )
    checkpoint = Checkpoint(tmp_path)
    prepared = prepare(small_dataset, recipe, 0, checkpoint, SilentReporter())
    examples = training_examples(prepared, 5, checkpoint, SilentReporter(), Interrupt())
    labelled, everything = len(prepared.train), len(prepared.train) + len(prepared.unlabelled)
    # In the second round as many steps as in the first, in fewer epochs.
    fewer = round(8 * labelled / everything)
    assert 0 < fewer < 8
    first, second = [(labelled, 6, 8), (labelled, 7, 8)], [(everything, 8, fewer)]
    assert learnt == [*first, *second, (everything, 9, fewer)]
    # What is taught in the end is what the second round thinks.
    held_out = len(prepared.validation)
    both = np.stack([checkpoint.recall(f"{name}-opinion") for name in ("ngram", "network-2")])
    factors = weigh(both[:, :held_out], prepared.validation.targets)
    told = examples.targets[labelled:].astype(np.float64)
    np.testing.assert_allclose(np.log(told / (1 - told)), factors @ both[:, held_out:], atol=1e-3)
    # A run that goes on asks nobody again.
    again = training_examples(prepared, 5, checkpoint, SilentReporter(), Interrupt())
    np.testing.assert_array_equal(again.targets, examples.targets)
    assert len(learnt) == 4


def test_the_model_says_who_taught_it(
    tiny_run: TrainingRun, small_dataset: Dataset, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    listener = Listener()
    recipe = tiny_recipe.overlay(QUICK)
    options = {"teachers": [tiny_run.bundle], "reporter": listener}
    run = train(small_dataset, recipe, out=tmp_path / "m", **options)
    assert load_bundle(run.bundle).manifest["teachers"][0]["name"] == tiny_run.recipe.name
    assert any("judges the unlabelled reviews" in line for line in listener.lines)
    assert not any(line.startswith(("note:", "the n-gram teacher")) for line in listener.lines)
    train(small_dataset, recipe, out=tmp_path / "n", seed=1, **options)
    assert any("has learnt from some of the reviews" in line for line in listener.lines)


def test_what_cannot_teach(
    tiny_run: TrainingRun, small_dataset: Dataset, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    out, recipe = tmp_path / "m", tiny_recipe.overlay(QUICK)
    with pytest.raises(BundleError, match="there is no folder"):
        train(small_dataset, recipe, out=out, teachers=[tmp_path / "none"])
    alone = dataclasses.replace(small_dataset, unlabelled=None)
    with pytest.raises(DataError, match="no unlabelled reviews for it to judge"):
        train(alone, recipe, out=out, teachers=[tiny_run.bundle])
    assert not list(tmp_path.iterdir())

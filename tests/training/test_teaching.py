"""Teaching: teachers of every kind, combined, round after round."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from training_reporters import ActsAtStep, Messages

from cinesent.bundle import load_bundle
from cinesent.data import Dataset
from cinesent.errors import BundleError, ConfigError, DataError
from cinesent.probability import log_odds
from cinesent.progress import SILENT
from cinesent.recipes import Recipe
from cinesent.training.corpus import Corpus, read_corpus
from cinesent.training.engine.batches import Examples
from cinesent.training.engine.checkpoint import Checkpoint
from cinesent.training.engine.interrupt import Interrupt
from cinesent.training.engine.run import Run
from cinesent.training.initialization import initial_network
from cinesent.training.stacking import stacking_weights
from cinesent.training.teachers import network_teacher
from cinesent.training.teachers.choice import choose_teachers
from cinesent.training.teachers.teacher import Teacher, TeacherLogits
from cinesent.training.teaching import teach
from cinesent.training.train import TrainingRun, train

pytestmark = pytest.mark.train

QUICK = {"epochs": 1, "max_length": 48, "units": 4, "word_vectors": "random", "ngrams": 0}


@pytest.fixture(scope="module")
def corpus(
    small_dataset: Dataset, tiny_recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> Corpus:
    run = Run(0, Checkpoint(tmp_path_factory.mktemp("corpus")))
    return read_corpus(small_dataset, tiny_recipe.overlay(QUICK), run)


def with_settings(corpus: Corpus, **settings: object) -> Corpus:
    return dataclasses.replace(corpus, recipe=corpus.recipe.overlay(settings))


def taught(corpus: Corpus, run: Run, saved=()) -> Examples:
    return teach(corpus, choose_teachers(corpus, initial_network(corpus, None, run), saved), run)


def pseudo_labels(corpus: Corpus, examples: Examples) -> np.ndarray:
    labelled = len(corpus.train)
    assert len(examples) == labelled + len(corpus.unlabelled)
    np.testing.assert_array_equal(examples.targets[:labelled], corpus.train.reviews.labels)
    return examples.targets[labelled:].astype(np.float64)


class Fixed(Teacher):
    """Predicts what it is told to: a kind of teacher that the package does not have."""

    def __init__(self, name: str, validation: np.ndarray, unlabelled: np.ndarray) -> None:
        self.name, self.validation_held_out = name, True
        self.logits, self.asked, self.seen = TeacherLogits(validation, unlabelled), 0, 0

    def predict(self, corpus: Corpus, examples: Examples, run: Run) -> TeacherLogits:
        self.asked, self.seen = self.asked + 1, len(examples)
        return self.logits


@pytest.fixture
def fixed(corpus: Corpus) -> tuple[Fixed, Fixed]:
    rng = np.random.default_rng(0)
    signs = 2.0 * corpus.validation.reviews.labels - 1
    held_out, unlabelled = len(corpus.validation), len(corpus.unlabelled)
    good = Fixed("good", signs + rng.normal(size=held_out), rng.normal(size=unlabelled))
    noise = Fixed("noise", rng.normal(size=held_out), rng.normal(size=unlabelled))
    return good, noise


def test_teaching_takes_any_kind_of_teacher(corpus: Corpus, fixed, tmp_path: Path) -> None:
    good, noise = fixed
    messages = Messages()
    run = Run(0, Checkpoint(tmp_path), messages)
    examples = teach(corpus, [[good, noise]], run)
    factors = stacking_weights(
        np.stack([good.logits.validation, noise.logits.validation]),
        corpus.validation.reviews.labels,
    )
    assert factors[0] > 2 * factors[1]
    expected = factors @ np.stack([good.logits.unlabelled, noise.logits.unlabelled])
    np.testing.assert_allclose(log_odds(pseudo_labels(corpus, examples)), expected, atol=1e-3)
    line = f"pseudo-labels: log-odds {factors[0]:.2f} x good + {factors[1]:.2f} x noise"
    assert line in messages.lines
    # A second time from the checkpoint: nobody is asked again.
    again = teach(corpus, [[good, noise]], run)
    np.testing.assert_array_equal(again.targets, examples.targets)
    assert (good.asked, noise.asked) == (1, 1)


def test_where_validation_reviews_may_be_known_all_teachers_count_the_same(
    corpus: Corpus, fixed, tmp_path: Path
) -> None:
    good, noise = fixed
    good.validation_held_out = False
    examples = teach(corpus, [[good, noise]], Run(0, Checkpoint(tmp_path)))
    expected = (good.logits.unlabelled + noise.logits.unlabelled) / 2
    np.testing.assert_allclose(log_odds(pseudo_labels(corpus, examples)), expected, atol=1e-3)


def test_a_round_learns_from_the_pseudo_labels_of_the_round_before(
    corpus: Corpus, fixed, tmp_path: Path
) -> None:
    first, second = fixed
    examples = teach(corpus, [[first], [second]], Run(0, Checkpoint(tmp_path)))
    assert first.seen == len(corpus.train)
    assert second.seen == len(corpus.train) + len(corpus.unlabelled)
    told = log_odds(pseudo_labels(corpus, examples))
    assert np.corrcoef(told, second.logits.unlabelled)[0, 1] > 0.99


def test_without_teachers_there_are_the_labels_alone(corpus: Corpus, tmp_path: Path) -> None:
    run = Run(0, Checkpoint(tmp_path))
    alone = with_settings(corpus, teacher="none")
    assert len(taught(alone, run)) == len(corpus.train)


def test_saved_models_teach_by_their_mean(
    tiny_run: TrainingRun, corpus: Corpus, tmp_path: Path
) -> None:
    teacher = tiny_run.classifier()
    run = Run(0, Checkpoint(tmp_path))
    told = pseudo_labels(corpus, taught(corpus, run, [teacher, teacher]))
    thought = teacher.predict_proba(corpus.unlabelled.reviews.texts)[:, 1]
    np.testing.assert_allclose(told, thought, atol=1e-5)


def test_the_networks_of_a_round_teach_by_their_mean(corpus: Corpus, tmp_path: Path) -> None:
    logits = {}
    for networks, seed in ((1, 0), (1, 1), (2, 0)):
        few = with_settings(corpus, teacher_epochs=1, teacher_networks=networks)
        messages = Messages()
        run = Run(seed, Checkpoint(tmp_path / f"{networks}-{seed}"), messages)
        run.checkpoint.start({})
        taught(few, run)
        with np.load(run.checkpoint.folder / "teacher-networks-1.npz") as stored:
            logits[networks, seed] = stored["array"]
    mean = (logits[1, 0] + logits[1, 1]) / 2
    np.testing.assert_allclose(logits[2, 0], mean, atol=1e-4)
    assert sum("2 of 2" in line for line in messages.lines) == 1


def test_networks_of_a_second_round_take_as_many_steps(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[tuple[int, int, int]] = []
    fit = network_teacher.fit

    def watched(model, objective, run: Run):
        epochs = objective.recipe.training.epochs
        learned.append((len(objective.train), run.seed, epochs))
        return fit(model, objective, run)

    monkeypatch.setattr(network_teacher, "fit", watched)
    rounds = {"teacher_networks": 2, "teacher_rounds": 2, "teacher_epochs": 8}
    run = Run(5, Checkpoint(tmp_path))
    examples = taught(with_settings(corpus, **rounds), run)
    labelled, everything = len(corpus.train), len(corpus.train) + len(corpus.unlabelled)
    fewer = round(8 * labelled / everything)
    assert 0 < fewer < 8
    first, second = [(labelled, 6, 8), (labelled, 7, 8)], [(everything, 8, fewer)]
    assert learned == [*first, *second, (everything, 9, fewer)]
    # A resumed run trains none of them again.
    again = taught(with_settings(corpus, **rounds), run)
    np.testing.assert_array_equal(again.targets, examples.targets)
    assert len(learned) == 4


def test_ctrl_c_in_a_network_that_teaches_stops_the_run(corpus: Corpus, tmp_path: Path) -> None:
    interrupt = Interrupt()
    reporter = ActsAtStep(1, 1, lambda: setattr(interrupt, "requested", True))
    run = Run(0, Checkpoint(tmp_path), reporter, interrupt)
    with pytest.raises(KeyboardInterrupt):
        taught(corpus, run)
    assert any("can be resumed" in line for line in reporter.warnings)
    assert (tmp_path / "network-1-1" / "state.npz").is_file()
    assert not (tmp_path / "teacher-networks-1.npz").exists()


def test_the_model_states_who_taught_it(
    tiny_run: TrainingRun, small_dataset: Dataset, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    messages = Messages()
    recipe = tiny_recipe.overlay(QUICK)
    options = {"teachers": [tiny_run.bundle], "reporter": messages}
    run = train(small_dataset, recipe, out=tmp_path / "m", **options)
    (parent,) = load_bundle(run.bundle).provenance.teachers
    assert parent.name == tiny_run.recipe.name
    assert any("labels the unlabelled reviews" in line for line in messages.lines)
    assert not any("teacher n-grams" in line for line in messages.lines)
    assert not messages.warnings
    train(small_dataset, recipe, out=tmp_path / "n", seed=1, **options)
    assert any("was trained on some of the reviews" in line for line in messages.warnings)


def test_what_cannot_teach(
    tiny_run: TrainingRun, small_dataset: Dataset, tiny_recipe: Recipe, tmp_path: Path
) -> None:
    out, recipe = tmp_path / "m", tiny_recipe.overlay(QUICK)
    with pytest.raises(BundleError, match="there is no folder"):
        train(small_dataset, recipe, out=out, teachers=[tmp_path / "none"])
    alone = dataclasses.replace(small_dataset, unlabelled=None)
    with pytest.raises(DataError, match="has no unlabelled reviews for it to label"):
        train(alone, recipe, out=out, teachers=[tiny_run.bundle])
    for wrong in (str(tiny_run.bundle), tiny_run.bundle, {"a": 1}, 5, None, b"m"):
        with pytest.raises(ConfigError, match="teachers is of type .* expected a list"):
            train(small_dataset, recipe, out=out, teachers=wrong, reporter=SILENT)
    assert not list(tmp_path.iterdir())

"""The models of a comparison, each trained in its own way on the same reviews or trained before."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cinesent.classifier import Classifier, load
from cinesent.data.reviews import Dataset, Reviews
from cinesent.evaluation.metrics import Metrics, binary_metrics
from cinesent.models.baseline import TokenLists
from cinesent.models.linear import BASELINES
from cinesent.progress import Reporter
from cinesent.recipes import Recipe
from cinesent.text.tokenizer import tokenize


@dataclass(frozen=True)
class Experiment:
    """What all models of a comparison share.

    Attributes:
        dataset: for presets, whose training splits it in the same way.
        train: the reviews to train on.
        scored: the reviews to predict: "validation", and "test" if asked for.
        seed: of split and models.
        backend: of Keras; None for the one in use.
        reporter: receives messages and progress.
    """

    dataset: Dataset
    train: Reviews
    scored: Mapping[str, Reviews]
    seed: int
    backend: str | None
    reporter: Reporter


@dataclass(frozen=True)
class Trained:
    """The predictions of a model, and its costs.

    Attributes:
        probabilities: of positive, (n,) for each part that is scored.
        seconds: wall time from texts to a trained model; None if unknown.
        num_parameters: number of trained parameters.
    """

    probabilities: Mapping[str, NDArray[Any]]
    seconds: float | None
    num_parameters: int

    def measure(self, experiment: Experiment, part: str) -> Metrics:
        """Return the metrics on a part that is scored."""
        return binary_metrics(experiment.scored[part].labels, self.probabilities[part])


def train_all(
    names: Sequence[str], recipes: Mapping[str, Recipe], experiment: Experiment
) -> dict[str, Trained]:
    """Train presets by their recipes and baselines by their names, load folders; one by one."""
    found: dict[str, Trained] = {}
    tokens: _Tokens | None = None
    for place, name in enumerate(names, 1):
        count = f"[{place}/{len(names)}] {name}"
        if name not in recipes and name not in BASELINES:
            found[name] = _load(name, experiment)
            continue
        experiment.reporter.message(f"{count}: training on {len(experiment.train):,} reviews")
        if name in recipes:
            found[name] = _train_preset(recipes[name], experiment)
        else:
            tokens = tokens or _tokenize(experiment)
            found[name] = _train_baseline(name, tokens, experiment)
        accuracy = found[name].measure(experiment, "validation").accuracy
        experiment.reporter.message(
            f"{count}: accuracy {accuracy:.4f} in {found[name].seconds or 0:.1f} s"
        )
    return found


@dataclass(frozen=True)
class _Tokens:
    """The tokens of the reviews, the same for every baseline; `seconds` are those of `train`."""

    train: TokenLists
    scored: Mapping[str, TokenLists]
    seconds: float


def _tokenize(experiment: Experiment) -> _Tokens:
    started = time.perf_counter()
    train = [tokenize(text) for text in experiment.train.texts]
    seconds = time.perf_counter() - started
    scored = {
        part: [tokenize(text) for text in reviews.texts]
        for part, reviews in experiment.scored.items()
    }
    return _Tokens(train, scored, seconds)


def _train_baseline(name: str, tokens: _Tokens, experiment: Experiment) -> Trained:
    started = time.perf_counter()
    baseline = BASELINES[name](experiment.seed).fit(tokens.train, experiment.train.labels)
    seconds = tokens.seconds + time.perf_counter() - started
    probabilities = {
        part: baseline.predict_proba(lists)[:, 1] for part, lists in tokens.scored.items()
    }
    return Trained(probabilities, seconds, baseline.num_parameters)


def _train_preset(recipe: Recipe, experiment: Experiment) -> Trained:
    """Train as `cinesent train` does, and predict with the stored model."""
    from cinesent.training.train import train

    with tempfile.TemporaryDirectory(prefix="cinesent-compare-") as folder:
        run = train(
            experiment.dataset,
            recipe,
            out=Path(folder) / "model",
            seed=experiment.seed,
            backend=experiment.backend,
            reporter=experiment.reporter,
        )
        if run.interrupted:
            raise KeyboardInterrupt
        probabilities = _predict(run.classifier(), experiment)
    shapes = run.recipe.model.weight_shapes().values()
    return Trained(probabilities, run.seconds, sum(map(math.prod, shapes)))


def _load(folder: str, experiment: Experiment) -> Trained:
    """Let a trained model predict; warn if it may have been trained on what it is evaluated on."""
    classifier = load(folder)
    provenance = classifier.bundle.provenance
    if not provenance.trained_on(experiment.dataset.train.fingerprint()):
        experiment.reporter.warning(
            f"{folder} was trained on other reviews than the models trained here"
        )
    elif experiment.dataset.validation is None and provenance.seed != experiment.seed:
        experiment.reporter.warning(
            f"{folder} was trained with seed {provenance.seed}, not {experiment.seed}, so it was "
            "trained on some of the validation reviews; only its test metrics count"
        )
    experiment.reporter.message(f"predicting with {folder}")
    shapes = classifier.bundle.config.weight_shapes().values()
    return Trained(
        _predict(classifier, experiment), provenance.seconds, sum(map(math.prod, shapes))
    )


def _predict(classifier: Classifier, experiment: Experiment) -> dict[str, NDArray[Any]]:
    return {
        part: classifier.predict_proba(reviews.texts)[:, 1]
        for part, reviews in experiment.scored.items()
    }

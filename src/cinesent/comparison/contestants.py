"""The models of a comparison: each trained in its own way on the same reviews, or before."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cinesent.data.progress import Say
from cinesent.data.reviews import Dataset, Reviews
from cinesent.evaluation.metrics import Metrics, binary_metrics
from cinesent.models.baseline import TokenLists
from cinesent.models.linear import BASELINES
from cinesent.progress import Reporter
from cinesent.recipes import Recipe
from cinesent.training.corpus import tokenize_all


@dataclass(frozen=True)
class Task:
    """What every model of a comparison has in common.

    Attributes:
        dataset: what the training reads; it makes the very split that lies here.
        train: the reviews to learn from.
        scored: the reviews to predict, "validation" and perhaps "test".
        seed: of the models.
        backend: of Keras; None for the one in use.
        say: hears how it goes.
    """

    dataset: Dataset
    train: Reviews
    scored: Mapping[str, Reviews]
    seed: int
    backend: str | None
    say: Say


@dataclass(frozen=True)
class Trained:
    """What a model says, and what it cost.

    Attributes:
        probabilities: of positive, (n,) for each part that is scored.
        seconds: from texts to a trained model, wall time; None if nobody knows.
        num_parameters: how many numbers were learnt.
    """

    probabilities: Mapping[str, NDArray[Any]]
    seconds: float | None
    num_parameters: int

    def measure(self, task: Task, part: str) -> Metrics:
        """Return the metrics on one of the parts that the task is scored on."""
        return binary_metrics(task.scored[part].labels, self.probabilities[part])


def train_all(
    names: Sequence[str], recipes: Mapping[str, Recipe], task: Task
) -> dict[str, Trained]:
    """Train presets by their recipes and baselines by their names, load folders; in turn."""
    found: dict[str, Trained] = {}
    tokens: _Tokens | None = None
    for place, name in enumerate(names, 1):
        count = f"[{place}/{len(names)}] {name}"
        if name not in recipes and name not in BASELINES:
            found[name] = _load(name, task)
            continue
        task.say(f"{count}: learning from {len(task.train):,} reviews")
        if name in recipes:
            found[name] = _train_preset(recipes[name], task)
        else:
            tokens = tokens or _tokenize(task)
            found[name] = _train_baseline(name, tokens, task)
        accuracy = found[name].measure(task, "validation").accuracy
        task.say(f"{count}: accuracy {accuracy:.4f} in {found[name].seconds or 0:.1f} s")
    return found


@dataclass(frozen=True)
class _Tokens:
    """The tokens of the reviews, the same for every baseline; `seconds` are those of `train`."""

    train: TokenLists
    scored: Mapping[str, TokenLists]
    seconds: float


def _tokenize(task: Task) -> _Tokens:
    started = time.perf_counter()
    train = tokenize_all(task.train.texts)
    seconds = time.perf_counter() - started
    scored = {part: tokenize_all(reviews.texts) for part, reviews in task.scored.items()}
    return _Tokens(train, scored, seconds)


def _train_baseline(name: str, tokens: _Tokens, task: Task) -> Trained:
    started = time.perf_counter()
    baseline = BASELINES[name](task.seed).fit(tokens.train, task.train.labels)
    seconds = tokens.seconds + time.perf_counter() - started
    probabilities = {
        part: baseline.predict_proba(lists)[:, 1] for part, lists in tokens.scored.items()
    }
    return Trained(probabilities, seconds, baseline.num_parameters)


class _EpochLines(Reporter):
    """Passes on the lines of epochs."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def message(self, text: str) -> None:
        """Pass on a line about an epoch."""
        if text.startswith("epoch "):
            self._say(f"  {text}")


def _train_preset(recipe: Recipe, task: Task) -> Trained:
    """Train as `cinesent train` does, and predict with the bundle as everybody does."""
    from cinesent.training.train import train

    with tempfile.TemporaryDirectory(prefix="cinesent-compare-") as folder:
        run = train(
            task.dataset,
            recipe,
            reporter=_EpochLines(task.say),
            out=Path(folder) / "model",
            seed=task.seed,
            backend=task.backend,
        )
        if run.interrupted:
            raise KeyboardInterrupt
        classifier = run.classifier()
        probabilities = {
            part: classifier.predict_proba(reviews.texts)[:, 1]
            for part, reviews in task.scored.items()
        }
    shapes = run.recipe.model.weight_shapes().values()
    return Trained(probabilities, run.seconds, sum(map(math.prod, shapes)))


def _load(folder: str, task: Task) -> Trained:
    """Let a trained model predict; say so if it may have learnt from what it is measured on."""
    from cinesent.classifier import load

    classifier = load(folder)
    manifest = classifier.bundle.manifest
    data, seed = manifest.get("data"), manifest.get("seed")
    if not isinstance(data, dict) or data.get("sha256") != task.dataset.train.fingerprint():
        task.say(f"note: {folder} has learnt from other reviews than the models trained here")
    elif seed != task.seed:
        task.say(
            f"note: {folder} was trained with seed {seed}, so it has learnt from some of the "
            f"reviews held out here; only test numbers count, or --seed {seed}"
        )
    task.say(f"{folder} predicts")
    probabilities = {
        part: classifier.predict_proba(reviews.texts)[:, 1] for part, reviews in task.scored.items()
    }
    seconds = manifest.get("seconds")
    shapes = classifier.bundle.config.weight_shapes().values()
    return Trained(
        probabilities,
        float(seconds) if isinstance(seconds, (int, float)) else None,
        sum(map(math.prod, shapes)),
    )

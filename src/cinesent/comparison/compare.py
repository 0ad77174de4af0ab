"""Baselines and presets beside each other: the same reviews, the same split, one table.

A recurrent network reads word order, which the linear baselines do not. Whether that is worth its
training time is what this table shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cinesent.bundle import is_bundle
from cinesent.comparison.contestants import Task, Trained, train_all
from cinesent.data import load_dataset
from cinesent.data.progress import Say, silent
from cinesent.data.reviews import Dataset
from cinesent.data.split import split_reviews
from cinesent.errors import ConfigError, DataError, nearest
from cinesent.evaluation.metrics import Metrics, mcnemar
from cinesent.models.backend import import_keras
from cinesent.models.linear import BASELINES
from cinesent.recipes import Recipe, preset_names

#: What can be trained for a comparison, from the simplest on.
COMPARABLE = (*BASELINES, *preset_names())

#: What is compared unless something is named: all but presets that take hours.
USUAL = tuple(
    name
    for name in COMPARABLE
    if name in BASELINES or not Recipe.from_preset(name).pretraining.epochs
)

#: The baselines that need Keras, as the presets do.
_KERAS_BASELINES = ("multi-hot-dense",)


@dataclass(frozen=True)
class ComparedModel:
    """One row of a comparison.

    Attributes:
        name: of the baseline or preset, or the folder of a model.
        validation: metrics on the reviews held out.
        test: metrics on the test reviews, None where they were not asked for.
        seconds: from texts to a trained model, wall time; of a folder what its manifest says, None
            if that says nothing.
        num_parameters: how many numbers were learnt.
        p_value: McNemar's, against the best row, on the test reviews if they were asked for, else
            on those held out: the chance of a difference this large or larger if neither were
            better. None for the best row itself.
    """

    name: str
    validation: Metrics
    test: Metrics | None
    seconds: float | None
    num_parameters: int
    p_value: float | None = None


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` found.

    Attributes:
        data: the dataset's name.
        fingerprint: SHA-256 of its training reviews.
        seed: of split and training.
        num_train: reviews that each model learnt from.
        num_validation: reviews that were held out.
        num_test: test reviews, 0 where they were not asked for.
        settings: what was laid over the presets.
        rows: one a model, the most accurate on the reviews held out first: test reviews decide
            nothing, not even an order.
    """

    data: str
    fingerprint: str
    seed: int
    num_train: int
    num_validation: int
    num_test: int
    settings: Mapping[str, Any]
    rows: tuple[ComparedModel, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)


def compare(
    data: Dataset | str | Path | None = None,
    models: Sequence[str] | None = None,
    *,
    seed: int = 0,
    backend: str | None = None,
    settings: Mapping[str, Any] | None = None,
    test: bool = False,
    say: Say | None = None,
) -> Comparison:
    """Train baselines and presets on the same reviews and measure them on the same others.

    Trained models can be set beside them. They must have learnt with the same seed and validation
    share from the same data, or they may know the reviews that they are measured on.

    Args:
        data: a loaded dataset, or what :func:`cinesent.data.load_dataset` takes.
        models: names out of :data:`COMPARABLE` and folders of trained models; None: the names that
            take minutes.
        seed: of the split and of every model.
        backend: of Keras, as for :func:`cinesent.train`.
        settings: laid over every preset, such as ``{"epochs": 1}``; baselines have no settings, but
            the share `validation` holds for them too.
        test: measure on the test reviews as well. They decide nothing; ask once, at the end.
        say: hears how it goes; None for silence.

    Raises:
        ConfigError: an unknown name, setting or backend, or settings without a preset.
        BundleError: a folder's model is damaged.
        DataError: the data cannot be had or used, or has no test reviews that were asked for.
        TrainingError: a training diverged.
        MissingExtraError: the train extra is not installed.

    Example:
        >>> table = compare("rotten-tomatoes", ["majority", "bow-lr"])
        >>> [row.name for row in table.rows]
        ['bow-lr', 'majority']
    """
    names, settings = check_models(models), dict(settings or {})
    recipes = _recipes(names, settings)
    if recipes or set(names) & set(_KERAS_BASELINES):
        import_keras(backend)  # before a baseline starts it on another backend
    share = Recipe.from_preset("default").overlay(settings).training.validation
    task = _prepare(data, share, test, seed, backend, say or silent)
    found = train_all(names, recipes, task)
    return Comparison(
        data=task.dataset.name,
        fingerprint=task.dataset.train.fingerprint(),
        seed=seed,
        num_train=len(task.train),
        num_validation=len(task.scored["validation"]),
        num_test=len(task.scored["test"]) if test else 0,
        settings=settings,
        rows=_rank(found, task),
    )


def check_models(models: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names to compare, each once.

    Raises:
        ConfigError: a name is not known; the message names the nearest.
    """
    given = [models] if isinstance(models, str) else models
    names = tuple(dict.fromkeys(USUAL if given is None else map(str, given)))
    for name in names:
        if name not in COMPARABLE and not is_bundle(Path(name).expanduser()):
            raise ConfigError(
                f"there is no model '{name}', nor a folder of that name with one. "
                f"{nearest(name, COMPARABLE)}"
            )
    if not names:
        raise ConfigError(f"no model is named. Known: {', '.join(sorted(COMPARABLE))}.")
    return names


def _recipes(names: Sequence[str], settings: Mapping[str, Any]) -> dict[str, Recipe]:
    """Return the recipe of each preset among the names."""
    presets = [name for name in names if name in preset_names()]
    recipes = {name: Recipe.from_preset(name).overlay(settings) for name in presets}
    strange = {key for key in settings if key.rpartition(".")[2] != "validation"}
    if strange and not recipes:
        raise ConfigError(
            f"the settings {', '.join(sorted(strange))} are for presets, and only baselines are "
            f"compared. Add one of: {', '.join(preset_names())}."
        )
    return recipes


def _prepare(
    data: Dataset | str | Path | None,
    share: float,
    test: bool,
    seed: int,
    backend: str | None,
    say: Say,
) -> Task:
    """Load and split: the split that training makes of the same reviews, share and seed."""
    dataset = data if isinstance(data, Dataset) else load_dataset(data, say=say)
    labelled = dataset.train.labelled()
    rows, held_out = split_reviews(labelled, validation=share, seed=seed)
    scored = {"validation": labelled.take(held_out)}
    if test:
        if dataset.test is None:
            raise DataError(f"{dataset.name} has no test reviews: compare on validation alone.")
        scored["test"] = dataset.test.labelled()
    return Task(dataset, labelled.take(rows), scored, seed, backend, say)


def _rank(found: Mapping[str, Trained], task: Task) -> tuple[ComparedModel, ...]:
    """Measure, sort by accuracy, and test every row against the first."""
    rows = [
        ComparedModel(
            name=name,
            validation=trained.measure(task, "validation"),
            test=trained.measure(task, "test") if "test" in task.scored else None,
            seconds=trained.seconds,
            num_parameters=trained.num_parameters,
        )
        for name, trained in found.items()
    ]
    rows.sort(key=lambda row: (-row.validation.accuracy, row.validation.loss))
    part = "test" if "test" in task.scored else "validation"
    labels = task.scored[part].labels
    best, *others = ((row, found[row.name].probabilities[part] >= 0.5) for row in rows)
    return (
        best[0],
        *(replace(row, p_value=mcnemar(labels, best[1], said).p_value) for row, said in others),
    )

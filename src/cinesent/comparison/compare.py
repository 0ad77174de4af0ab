"""Compares baselines, presets and trained models on the same reviews and the same split.

A recurrent network reads word order, which the linear baselines do not. The table shows whether
that is worth its training time.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Unpack

from cinesent.bundle import is_bundle
from cinesent.comparison.contestants import Experiment, Trained, train_all
from cinesent.data.duplicates import without_duplicates
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.split import split_reviews
from cinesent.environment import expand_user
from cinesent.errors import ConfigError, DataError, check_type, nearest, option
from cinesent.evaluation.metrics import Metrics, mcnemar
from cinesent.evaluation.selection import as_dataset
from cinesent.models.backend import import_keras
from cinesent.models.linear import BASELINES
from cinesent.progress import SILENT, Reporter
from cinesent.recipes import Recipe, preset_names
from cinesent.tables import LabelKeywords
from cinesent.training.start import check_share

#: The models that can be trained for a comparison, the simplest first.
COMPARABLE = (*BASELINES, *preset_names())

#: The models that are compared by default: all but the presets that take hours.
USUAL = tuple(
    name
    for name in COMPARABLE
    if name in BASELINES or not Recipe.from_preset(name).pretraining.epochs
)

#: The baselines that need Keras.
_KERAS_BASELINES = ("multi-hot-dense",)


@dataclass(frozen=True)
class ComparedModel:
    """One row of a comparison.

    Attributes:
        name: of the baseline or preset, or the folder of a model.
        validation: metrics on the validation reviews.
        test: metrics on the test reviews; None if they were not asked for.
        seconds: wall time from texts to a trained model; for a folder, what its manifest states,
            None if it states nothing.
        num_parameters: number of trained parameters.
        p_value: of McNemar's test against the first row, on the test reviews if they were asked
            for, else on the validation reviews: the probability of a difference at least this
            large if both were equally good. None for the first row itself.
    """

    name: str
    validation: Metrics
    test: Metrics | None
    seconds: float | None
    num_parameters: int
    p_value: float | None = None


@dataclass(frozen=True)
class Comparison:
    """The result of :func:`compare`.

    Attributes:
        data: the dataset's name.
        fingerprint: SHA-256 of its training reviews.
        seed: of split and training.
        num_train: number of reviews that each model was trained on.
        num_validation: number of validation reviews.
        num_test: number of test reviews, 0 if they were not asked for.
        settings: what was overlaid on the presets.
        rows: one per model, sorted by accuracy on the validation reviews, the best first: the test
            reviews decide nothing, not even the order.
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
        """Return it for JSON."""
        return asdict(self)


def compare(
    data: Dataset | Reviews | str | Path | None = None,
    models: Sequence[str | Path] | str | None = None,
    *,
    seed: int = 0,
    backend: str | None = None,
    settings: Mapping[str, Any] | None = None,
    test: bool = False,
    reporter: Reporter = SILENT,
    **table: Unpack[LabelKeywords],
) -> Comparison:
    """Train baselines and presets on the same reviews and evaluate them on the same other reviews.

    Trained models can be compared with them. They must have been trained on the same data with the
    same seed and validation share, or they may have been trained on reviews they are evaluated on.

    Args:
        data: loaded reviews, or what :func:`cinesent.load_dataset` takes.
        models: the names of baselines ("majority", "bow-lr", "nb-lr", "multi-hot-dense") and
            presets, and the folders of trained models; None: all that train within minutes.
        seed: of the split and of every model, 0 to 2**32 - 1.
        backend: of Keras, as for :func:`cinesent.train`.
        settings: overlaid on every preset, such as ``{"epochs": 1}``; baselines have no settings,
            but the share `validation` holds for them too.
        test: evaluate on the test reviews as well. They decide nothing; use them once, at the end.
        reporter: receives messages and progress.
        table: how to read a file, see :func:`cinesent.load_dataset`.

    Raises:
        ConfigError: an unknown name, setting or backend, settings without a preset, or an argument
            of the wrong type.
        BundleError: the model of a folder is damaged.
        DataError: the data cannot be loaded or used, or has no test reviews and `test` is True.
        TrainingError: a training diverged.
        MissingExtraError: the train extra is not installed.

    Example:
        >>> import cinesent
        >>> comparison = cinesent.compare("rotten-tomatoes", ["majority", "bow-lr"])
        >>> [row.name for row in comparison.rows]
        ['bow-lr', 'majority']
    """
    _check_options(seed, test, reporter)
    overlay = _as_settings(settings)
    names = check_models(models)
    recipes = _recipes(names, overlay)
    if recipes or set(names) & set(_KERAS_BASELINES):
        import_keras(backend)  # before a baseline starts it on another backend
    elif backend is not None:
        raise ConfigError(
            f"{option('backend')} is for presets and {', '.join(_KERAS_BASELINES)}, and none of "
            "them is compared."
        )
    share = Recipe.from_preset("default").overlay(overlay).training.validation
    dataset = as_dataset(data, reporter, **table)
    if dataset.validation is not None:
        check_share(overlay, dataset.name)
    train, scored = _split(dataset, share, seed, test)
    experiment = Experiment(dataset, train, scored, seed, backend, reporter)
    found = train_all(names, recipes, experiment)
    return Comparison(
        data=dataset.name,
        fingerprint=dataset.train.fingerprint(),
        seed=int(seed),
        num_train=len(train),
        num_validation=len(scored["validation"]),
        num_test=len(scored["test"]) if test else 0,
        settings=overlay,
        rows=_rank(found, experiment),
    )


def _check_options(seed: object, test: object, reporter: object) -> None:
    check_type("test", test, bool, "True or False")
    check_type("reporter", reporter, Reporter, "a cinesent.Reporter")
    check_type("seed", seed, numbers.Integral, "a whole number")
    if not 0 <= seed < 2**32:  # type: ignore[operator]
        raise ConfigError(f"{option('seed')} is out of bounds; expected 0 to 2**32 - 1.")


def _as_settings(settings: Mapping[str, Any] | None) -> dict[str, Any]:
    check_type("settings", settings, (Mapping, type(None)), "a mapping of names to values")
    return dict(settings or {})


def check_models(models: Sequence[str | Path] | str | None) -> tuple[str, ...]:
    """Return the names to compare, each once.

    Raises:
        ConfigError: a name is unknown; the message names the nearest.
    """
    if isinstance(models, (str, Path)):
        models = [models]
    check_type("models", models, (list, tuple, type(None)), "a list of names and folders")
    names = tuple(dict.fromkeys(USUAL if models is None else map(_checked_name, models)))
    if not names:
        raise ConfigError(f"no model is named. Known: {', '.join(sorted(COMPARABLE))}.")
    return names


def _checked_name(given: str | Path) -> str:
    """Return the name of a baseline or preset, or the path of a folder with a model."""
    if isinstance(given, str) and given in COMPARABLE:
        return given
    path = str(expand_user(given))
    if is_bundle(Path(path)):
        return path
    raise ConfigError(
        f"there is no model named {path!r}, and no folder of that name that holds one. "
        f"{nearest(path, COMPARABLE)}"
    )


def _recipes(names: Sequence[str], settings: Mapping[str, Any]) -> dict[str, Recipe]:
    """Return the recipe of each preset among the names."""
    presets = [name for name in names if name in preset_names()]
    recipes = {name: Recipe.from_preset(name).overlay(settings) for name in presets}
    strange = {key for key in settings if str(key).rpartition(".")[2] != "validation"}
    if strange and not recipes:
        raise ConfigError(
            f"the settings {', '.join(sorted(map(str, strange)))} are for presets, and only "
            f"baselines are compared. Add one of: {', '.join(preset_names())}."
        )
    return recipes


def _split(
    dataset: Dataset, share: float, seed: int, test: bool
) -> tuple[Reviews, dict[str, Reviews]]:
    """Return the reviews to train on and those to score, split as training splits them."""
    labelled = dataset.train.labelled()
    if dataset.validation is None:
        rows, held_out = split_reviews(labelled, validation=share, seed=seed)
        scored = {"validation": labelled.take(held_out)}
    else:
        scored = {"validation": dataset.validation.labelled()}
        rows = without_duplicates(labelled, of=scored["validation"])
    if test:
        if dataset.test is None:
            raise DataError(
                f"{dataset.name} has no test reviews. Leave {option('test')} out to compare on the "
                "validation reviews."
            )
        scored["test"] = dataset.test.labelled()
    return labelled.take(rows), scored


def _rank(found: Mapping[str, Trained], experiment: Experiment) -> tuple[ComparedModel, ...]:
    """Compute the metrics, sort by accuracy, and test every row against the first."""
    rows = [
        ComparedModel(
            name=name,
            validation=trained.measure(experiment, "validation"),
            test=trained.measure(experiment, "test") if "test" in experiment.scored else None,
            seconds=trained.seconds,
            num_parameters=trained.num_parameters,
        )
        for name, trained in found.items()
    ]
    rows.sort(key=lambda row: (-row.validation.accuracy, row.validation.loss))
    part = "test" if "test" in experiment.scored else "validation"
    labels = experiment.scored[part].labels
    first, *others = ((row, found[row.name].probabilities[part] >= 0.5) for row in rows)
    return (
        first[0],
        *(
            replace(row, p_value=mcnemar(labels, first[1], predicted).p_value)
            for row, predicted in others
        ),
    )

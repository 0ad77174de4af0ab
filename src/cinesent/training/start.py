"""Stage: the start of a run: options, recipe, data, models, and the checkpoint."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from cinesent._version import __version__
from cinesent.bundle.provenance import DataSource, ParentModel, Provenance
from cinesent.classifier import Classifier, load
from cinesent.data import load_dataset
from cinesent.data.reviews import Dataset, Reviews
from cinesent.errors import ConfigError, option
from cinesent.models.backend import import_keras
from cinesent.progress import Reporter
from cinesent.recipes import Recipe
from cinesent.training.engine.run import Run
from cinesent.training.initial import Initial, load_initial
from cinesent.training.outside_sources import Outside, OutsideInput, open_outside
from cinesent.training.run_options import RunOptions, check_option, teacher_folders
from cinesent.training.target import check_target, open_checkpoint

#: What a dataset can be given as: loaded, or what :func:`cinesent.load_dataset` takes.
DataInput = Dataset | Reviews | str | os.PathLike[str]

_LONGEST_NAME = 200


@dataclass(frozen=True)
class Start:
    """What a run starts with.

    Attributes:
        run: seed, checkpoint, reporter and interrupt.
        recipe: what to train.
        dataset: the reviews.
        validation: separate reviews to validate on, or the dataset's own; None holds out some of
            the training reviews.
        initial: the model to start from; None starts as the recipe says.
        teachers: saved models that label the unlabelled reviews.
        outside: what is learned beside the dataset; None: nothing.
        provenance: all of this, as the manifest states it.
    """

    run: Run
    recipe: Recipe
    dataset: Dataset
    validation: Reviews | None
    initial: Initial | None
    teachers: Sequence[Classifier]
    outside: Outside | None
    provenance: Provenance

    @property
    def model_name(self) -> str:
        """The name of the new model: of its recipe, or what it was fine-tuned from and on."""
        name = self.recipe.name
        if self.initial is not None and self.initial.kind == "model":
            name = f"{self.initial.name}, fine-tuned on {self.dataset.name}"
        printable = "".join(each if each.isprintable() else "?" for each in name)
        return printable if len(name) <= _LONGEST_NAME else f"{printable[: _LONGEST_NAME - 1]}…"


def choose_recipe(
    preset: str | Recipe,
    settings: Mapping[str, Any] | None,
    initial: Initial | None = None,
    *,
    splits: bool = True,
) -> Recipe:
    """Return the recipe of a run: a preset, adapted to the initial model, with the settings.

    Args:
        preset: the name of a preset, or a recipe.
        settings: overlaid on it.
        initial: the model to start from.
        splits: whether a share of the data is held out, by the setting `validation`.

    Raises:
        ConfigError: there is no such preset or setting, a value is wrong or has no effect, or the
            network is not that of the initial model.
    """
    check_option("preset", preset, (str, Recipe), "the name of a preset or a Recipe")
    if isinstance(preset, Recipe):
        recipe = preset
    else:
        recipe = Recipe.from_preset(preset)
        recipe = initial.adapt(recipe) if initial else recipe
    check_option("settings", settings, (Mapping, type(None)), 'a dictionary such as {"units": 96}')
    recipe = recipe.overlay(settings or {})
    if not splits and sets_share(settings):
        raise ConfigError(
            f"the setting validation has no effect with {option('validation')}, which replaces the "
            "reviews that are held out. Leave out one of the two."
        )
    if initial:
        initial.check_recipe(recipe)
    return recipe


def check_share(settings: Mapping[str, Any] | None, name: str) -> None:
    """Raise ConfigError if settings hold out a share of a dataset with its own validation part."""
    if sets_share(settings):
        raise ConfigError(
            f"the setting validation has no effect with {name}, which has validation reviews of "
            "its own. Leave the setting out."
        )


def sets_share(settings: Mapping[str, Any] | None) -> bool:
    """Return whether settings name the share of the training reviews to hold out."""
    return bool({"validation", "training.validation"} & set(settings or {}))


def open_initial(
    initial: str | os.PathLike[str] | Initial | None, options: RunOptions
) -> Initial | None:
    """Return the model to start from, loaded if it is named by its folder."""
    if initial is None or isinstance(initial, Initial):
        return initial
    check_option("initial", initial, (str, os.PathLike), 'a model folder or "packaged"')
    return load_initial(initial, options.out)


def begin(
    options: RunOptions,
    data: DataInput | None,
    recipe: Recipe,
    *,
    initial: Initial | None = None,
    teachers: Iterable[str | os.PathLike[str]] = (),
    validation: DataInput | None = None,
    settings: Mapping[str, Any] | None = None,
    outside: OutsideInput | None = None,
) -> Start:
    """Check the output folder, import Keras, and load data and models.

    Args:
        options: of the run.
        data: to learn from; None takes the default dataset.
        recipe: what to train.
        initial: the model to start from.
        teachers: folders of models that label the unlabelled reviews.
        validation: separate reviews to validate on; None takes those of the dataset, if any.
        settings: as they were given, to refuse a share to hold out that would have no effect.
        outside: where outside data and the labels of a teacher are.

    Raises:
        BundleError: a teacher is not a model, or damaged.
        ConfigError: labels of a teacher are missing or have no effect, an option is of the wrong
            type, there is no such backend, or the settings hold out a share of a dataset that has
            validation reviews of its own.
        DataError: the data cannot be found or used.
        MissingExtraError: the train extra is not installed.
        TrainingError: see :func:`~cinesent.training.target.check_target`.
    """
    folders = teacher_folders(teachers)
    reporter = options.reporter
    check_target(options.out, resume=options.resume, overwrite=options.overwrite)
    beside = open_outside(outside or OutsideInput(), recipe, options.seed, reporter)
    keras = import_keras(options.backend)
    backend = str(keras.backend.backend())
    if backend == "torch":
        reporter.message("Keras trains LSTMs slowly on a CPU with torch; tensorflow and jax do not")
    dataset = as_dataset("data", data, reporter)
    held_out = dataset.validation
    if validation is not None:
        held_out = as_dataset("validation", validation, reporter).train
    elif held_out is not None:
        check_share(settings, dataset.name)
    classifiers = [load(folder) for folder in folders]
    provenance = Provenance(
        data=replace(_data_source(dataset.train), name=dataset.name),
        validation_data=None if held_out is None else _data_source(held_out),
        sources=() if beside is None else beside.as_sources(),
        recipe=recipe.to_dict(),
        seed=options.seed,
        backend=backend,
        mixed_precision=options.mixed_precision,
        initial=None if initial is None else initial.as_parent(),
        teachers=tuple(_as_parent(classifier) for classifier in classifiers),
    )
    for path, origin in _known_models(initial, classifiers):
        if has_seen_validation(origin, provenance):
            reporter.warning(
                f"{path} was trained on some of the reviews that are held out for validation now, "
                "so validation scores will be too high. Use the seed and the validation share of "
                "its own training, or rely on test scores only"
            )
    checkpoint = open_checkpoint(options.out, resume=options.resume, overwrite=options.overwrite)
    run = Run(options.seed, checkpoint, reporter)
    return Start(run, recipe, dataset, held_out, initial, classifiers, beside, provenance)


def as_dataset(name: str, source: DataInput | None, reporter: Reporter) -> Dataset:
    """Return the value of the option `name` as a dataset, loaded if it is a name or a path.

    Raises:
        ConfigError: it is of another type.
        DataError: it cannot be found or used.
    """
    if isinstance(source, Reviews):
        return Dataset(source.name, source)
    kinds = (Dataset, str, os.PathLike, type(None))
    check_option(name, source, kinds, "a Dataset, Reviews, the name of a dataset, or a path")
    if isinstance(source, Dataset):
        return source
    path = source if source is None or isinstance(source, str) else Path(source)
    return load_dataset(path, reporter=reporter)


def has_seen_validation(model: Provenance, now: Provenance) -> bool:
    """Return whether a model was trained on reviews that a run validates on.

    Args:
        model: of the model.
        now: of the run.
    """
    if now.validation_data is not None:
        return model.trained_on(str(now.validation_data.sha256))
    same_data = now.data is not None and model.trained_on(str(now.data.sha256))
    return same_data and model.split != now.split


def finished_provenance(
    start: Start, options: RunOptions, recipe: Recipe, seconds: float
) -> Provenance:
    """Return the provenance of a finished model.

    Args:
        start: of the run.
        options: of the run.
        recipe: as it was trained.
        seconds: that the run took.
    """
    return replace(
        start.provenance,
        recipe=recipe.to_dict(),
        seconds=round(seconds, 1),
        command=options.command or _command(),
        versions=_versions(),
    )


def _data_source(reviews: Reviews) -> DataSource:
    return DataSource(reviews.name, reviews.fingerprint())


def _as_parent(classifier: Classifier) -> ParentModel:
    return ParentModel(classifier.bundle.name, classifier.bundle.manifest_sha256)


def _known_models(
    initial: Initial | None, teachers: Sequence[Classifier]
) -> list[tuple[Path, Provenance]]:
    """Return the folders and the provenance of the models that a run starts from or learns from."""
    known = [(initial.path, initial.provenance)] if initial else []
    return known + [(each.bundle.path, each.bundle.provenance) for each in teachers]


def _command() -> str:
    """Return the command that runs: in full if it is that of this package, else only its name."""
    program = Path(sys.argv[0]) if sys.argv and sys.argv[0] else Path("python")
    if program.stem == "cinesent" or program.parent.name == "cinesent":
        return shlex.join(["cinesent", *sys.argv[1:]])
    return program.name


def _versions() -> dict[str, str]:
    """Return the versions that affect what is trained."""
    found = {"cinesent": __version__, "python": platform.python_version()}
    for package in ("keras", "tensorflow", "jax", "torch", "numpy", "scikit-learn", "onnx"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found

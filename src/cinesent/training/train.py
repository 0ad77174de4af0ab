"""From reviews to a bundle: the whole of `cinesent train`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinesent.bundle import save_bundle
from cinesent.classifier import Classifier, load
from cinesent.data import load_dataset
from cinesent.data.reviews import Dataset
from cinesent.evaluation.metrics import binary_metrics
from cinesent.models.backend import import_keras, mixed_precision
from cinesent.recipes import Recipe
from cinesent.training.initial import Initial, has_seen, load_initial
from cinesent.training.lessons import finished_model, initial_model, training_examples
from cinesent.training.loop import (
    EpochRecord,
    Interrupt,
    Progress,
    Reporter,
    SilentReporter,
    fit,
)
from cinesent.training.objective import ReviewObjective
from cinesent.training.options import (
    TrainingOptions,
    describe_run,
    open_checkpoint,
    read_options,
    versions,
)
from cinesent.training.prepare import Prepared, prepare
from cinesent.training.sentences import add_sentences
from cinesent.training.storage import choose_precision, parity_check

if TYPE_CHECKING:
    from keras import Model


@dataclass(frozen=True)
class TrainingRun:
    """What a training run leaves.

    Attributes:
        bundle: the folder with the model.
        recipe: what was trained, overlays included.
        history: one record an epoch.
        best_epoch: the epoch whose weights the bundle holds, 0 if none was finished.
        validation: metrics of the bundle's weights on the reviews held out.
        seconds: wall time, everything included, before an interruption too.
        interrupted: whether Ctrl-C ended it.
    """

    bundle: Path
    recipe: Recipe
    history: tuple[EpochRecord, ...]
    best_epoch: int
    validation: Mapping[str, Any]
    seconds: float
    interrupted: bool = False

    def classifier(self) -> Classifier:
        """Load the trained model for predicting."""
        return load(self.bundle)


def train(
    data: Dataset | str | Path | None = None,
    preset: str | Recipe = "default",
    *,
    settings: Mapping[str, Any] | None = None,
    reporter: Reporter | None = None,
    **options: Any,
) -> TrainingRun:
    """Train a model and write it as a bundle.

    Args:
        data: a loaded dataset, or what :func:`cinesent.data.load_dataset` takes: "imdb",
            "imdb-train", "rotten-tomatoes", a path. None: "imdb" if it can be had, else
            "imdb-train".
        preset: "default", "classic", or a :class:`~cinesent.recipes.Recipe`. With `initial` only a
            preset's training counts, at a third of its learning rate; a recipe must have the
            network of that model, see :meth:`~cinesent.recipes.Recipe.for_fine_tuning`.
        settings: overlaid on the preset, such as ``{"units": 96}``.
        reporter: hears how it goes; silent by default.
        **options: the fields of :class:`TrainingOptions`: `out`, `initial`, `teachers`, `seed`,
            `backend`, `mixed_precision`, `resume`, `overwrite`, `tensorboard`.

    Raises:
        ConfigError: an unknown preset, setting or backend, or another network than `initial` has.
        BundleError: `initial` is no model, or damaged.
        DataError: the data cannot be had or used.
        TrainingError: `out` holds a model or an unfinished run and nothing was said about it, or
            the training diverged.
        MissingExtraError: the train extra is not installed.

    Example:
        >>> run = cinesent.train("imdb-train", "default", out="my-model")  # doctest: +SKIP
        >>> run.classifier().predict(["A quiet triumph."])  # doctest: +SKIP
    """
    chosen = read_options(options)
    reporter = reporter or SilentReporter()
    initial = _initial(chosen)
    recipe = _recipe(preset, settings or {}, initial)
    checkpoint = open_checkpoint(chosen)
    keras = import_keras(chosen.backend)
    if keras.backend.backend() == "torch":
        reporter.say("note: Keras on torch trains LSTMs slowly on a CPU; tensorflow or jax do not")

    if not isinstance(data, Dataset):
        data = load_dataset(data, say=reporter.say)
    teachers = [load(folder) for folder in chosen.teachers]
    _warn_of_what_is_known(data, recipe, chosen, initial, teachers, reporter)
    described = describe_run(data, recipe, chosen, keras.backend.backend(), initial, teachers)
    interrupt = Interrupt()
    with mixed_precision(chosen.mixed_precision):
        with checkpoint.preparing(described):
            prepared = prepare(
                data, recipe, chosen.seed, checkpoint, reporter, initial, interrupt, teachers
            )
        examples = training_examples(prepared, chosen.seed, checkpoint, reporter, interrupt)
        if interrupt.requested:
            reporter.say(
                "interrupted before the network that is kept began to learn; --resume goes on"
            )
            raise KeyboardInterrupt
        whole = len(examples)
        examples = add_sentences(examples, prepared.recipe, prepared.tokenizer, chosen.seed)
        if len(examples) > whole:
            reporter.say(
                f"{len(examples) - whole:,} sentences of these reviews are learnt as well; they "
                "count in the training loss and accuracy"
            )
        model = initial_model(prepared, chosen.seed)
        progress = fit(
            model,
            ReviewObjective(prepared.recipe, examples, prepared.validation),
            seed=chosen.seed,
            checkpoint=checkpoint,
            reporter=_with_tensorboard(reporter, chosen.tensorboard),
            interrupt=interrupt,
        )
    model = finished_model(prepared, model, reporter.say)
    seconds = checkpoint.clock.seconds
    validation = _save(model, prepared, progress, described, chosen, seconds, reporter)
    if not interrupt.requested:
        checkpoint.remove()
    return TrainingRun(
        bundle=chosen.out,
        recipe=prepared.recipe,
        history=tuple(progress.history),
        best_epoch=progress.best_epoch,
        validation=validation,
        seconds=seconds,
        interrupted=interrupt.requested,
    )


def _initial(options: TrainingOptions) -> Initial | None:
    if options.initial is None or isinstance(options.initial, Initial):
        return options.initial
    return load_initial(options.initial, options.out)


def _recipe(preset: str | Recipe, settings: Mapping[str, Any], initial: Initial | None) -> Recipe:
    """Return what is trained: a preset or recipe with settings overlaid."""
    if isinstance(preset, Recipe):
        recipe = preset
    else:
        recipe = Recipe.from_preset(preset)
        recipe = initial.adapt(recipe) if initial else recipe
    recipe = recipe.overlay(settings)
    if initial:
        initial.check_recipe(recipe)
    return recipe


def _warn_of_what_is_known(
    dataset: Dataset,
    recipe: Recipe,
    options: TrainingOptions,
    initial: Initial | None,
    teachers: Sequence[Classifier],
    reporter: Reporter,
) -> None:
    """Say so if a model has learnt from reviews that will be held out."""
    seen = [(initial.path, initial.manifest)] if initial else []
    seen += [(teacher.bundle.path, teacher.bundle.manifest) for teacher in teachers]
    for path, manifest in seen:
        if has_seen(manifest, dataset, recipe, options.seed):
            reporter.say(
                f"note: {path} has learnt from some of the reviews that are held out now; take the "
                "seed and validation share of its own training, or trust a test score only"
            )


def _with_tensorboard(reporter: Reporter, folder: Path | None) -> Reporter:
    if folder is None:
        return reporter
    from cinesent.training.tensorboard import TensorBoardReporter

    return TensorBoardReporter(folder, reporter)


def _save(
    model: Model,
    prepared: Prepared,
    progress: Progress,
    described: dict[str, Any],
    options: TrainingOptions,
    seconds: float,
    reporter: Reporter,
) -> dict[str, Any]:
    """Measure the weights, as they are stored, on the validation reviews and write the bundle."""
    from cinesent.evaluation.plots import plot_confusion_matrix, plot_history, plot_reliability
    from cinesent.evaluation.plots import save_figure_bytes as png

    rows, labels = prepared.validation.rows, prepared.validation_reviews.labels
    settings = prepared.recipe.training
    stored = choose_precision(model, rows, settings, reporter.say)
    probabilities = stored.probabilities
    metrics = binary_metrics(labels, probabilities)
    history = [asdict(record) for record in progress.history]
    plots = {
        "confusion-matrix.png": png(plot_confusion_matrix(metrics)),
        "reliability.png": png(plot_reliability(labels, probabilities)),
    }
    if history:
        plots["history.png"] = png(plot_history(history))
    save_bundle(
        options.out,
        name=prepared.recipe.name,
        config=prepared.recipe.model,
        tokenizer=prepared.tokenizer,
        weights=stored.weights,
        precision=stored.precision,
        metrics={
            "validation": metrics.to_dict(),
            **({"int8": stored.comparison} if stored.comparison else {}),
            "best_epoch": progress.best_epoch,
        },
        history=history,
        manifest={
            **described,
            "recipe": prepared.recipe.to_dict(),
            "seconds": round(seconds, 1),
            "command": options.command,
            "versions": versions(),
        },
        plots=plots,
        check=parity_check(model, rows),
    )
    return metrics.to_dict()

"""From reviews to a model, stage by stage: the whole of `cinesent train`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cinesent.classifier import Classifier, load
from cinesent.models.backend import mixed_precision as computing_in
from cinesent.progress import SILENT, Reporter
from cinesent.recipes import Recipe
from cinesent.training.corpus import read_corpus
from cinesent.training.engine.records import EpochRecord
from cinesent.training.fitting import fit_network, open_log
from cinesent.training.initialization import initial_network
from cinesent.training.ngram_weights import add_ngrams
from cinesent.training.outside_sources import OutsideInput
from cinesent.training.run_options import RunOptions, path_option
from cinesent.training.start import (
    DataInput,
    begin,
    choose_recipe,
    finished_provenance,
    open_initial,
)
from cinesent.training.storage import store
from cinesent.training.teachers.choice import choose_teachers
from cinesent.training.teaching import teach


@dataclass(frozen=True)
class TrainingRun:
    """The result of a training.

    Attributes:
        bundle: the folder of the model.
        recipe: what was trained, settings included.
        history: one record per epoch.
        best_epoch: the epoch whose weights were kept, 0 if none was finished.
        validation: metrics of the stored model on the validation reviews.
        seconds: wall time of all stages, that before an interruption included.
        interrupted: whether Ctrl-C ended the training.
    """

    bundle: Path
    recipe: Recipe
    history: tuple[EpochRecord, ...]
    best_epoch: int
    validation: Mapping[str, Any]
    seconds: float
    interrupted: bool = False

    def classifier(self) -> Classifier:
        """Load the trained model."""
        return load(self.bundle)


def train(
    data: DataInput | None = None,
    preset: str | Recipe = "default",
    *,
    settings: Mapping[str, Any] | None = None,
    out: str | os.PathLike[str] = "model",
    initial: str | os.PathLike[str] | None = None,
    teachers: Iterable[str | os.PathLike[str]] = (),
    validation: DataInput | None = None,
    labels: str | os.PathLike[str] | None = None,
    sst: str | os.PathLike[str] = "sst",
    cad: str | os.PathLike[str] = "cad",
    seed: int = 0,
    backend: str | None = None,
    mixed_precision: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    tensorboard: str | os.PathLike[str] | None = None,
    command: str | None = None,
    reporter: Reporter = SILENT,
) -> TrainingRun:
    """Train a model and write it to a folder.

    Ctrl-C stops after the current step and keeps the best model so far; the run can be resumed.

    Args:
        data: a dataset, or what :func:`cinesent.load_dataset` takes: "imdb", "imdb-train",
            "rotten-tomatoes", "sst", "cad", or a path. None: "imdb" if it is available, else
            "imdb-train".
        preset: the name of a preset, such as "default", "accurate" or "classic", or a recipe. With
            `initial`, only the training settings of a preset apply, at a third of its learning
            rate; a recipe must have the network of that model, see
            :meth:`~cinesent.recipes.Recipe.for_fine_tuning`.
        settings: overlaid on the preset, such as ``{"units": 96}``.
        out: the folder of the model.
        initial: a model to start from: the folder of a trained model, which is fine-tuned, or of a
            language model of :func:`cinesent.pretrain`; "packaged": the model in the package.
        teachers: folders of trained models, or "packaged". They label the unlabelled reviews,
            instead of the recipe's own teachers; their log-odds are averaged.
        validation: labelled reviews to validate on, given like `data`, of which the training part
            is taken. Training reviews with the same text are left out. None takes the validation
            reviews of the dataset, if it has its own, as "sst" has, else holds out a share of the
            training reviews, see the setting `validation`.
        labels: a file of a teacher's labels, for a recipe whose `sources` want them.
        sst: the Stanford Sentiment Treebank, for a recipe with `sources`: "sst" or a path.
        cad: the edited reviews, for a recipe with `sources`: "cad" or a path.
        seed: of the split, the weights, the dropouts and the order of the reviews, 0 to 2**32 - 1:
            the same seed on the same machine gives the same model.
        backend: "tensorflow", "jax" or "torch"; None: `KERAS_BACKEND`, else TensorFlow.
        mixed_precision: compute in bfloat16 during training, for GPUs; the model stays float32.
        resume: resume the unfinished run for `out`.
        overwrite: replace a model in `out`, and delete an unfinished run.
        tensorboard: a folder for TensorBoard logs.
        command: the command that started the training, for the manifest.
        reporter: receives messages and progress.

    Raises:
        BundleError: `initial` or a teacher is not a model, or damaged.
        ConfigError: an unknown preset, setting or backend, a value of the wrong type or out of its
            bounds, or another network than that of `initial`.
        DataError: the data cannot be found or used.
        MissingExtraError: the train extra is not installed.
        TrainingError: `out` holds a model or an unfinished run and neither `resume` nor
            `overwrite` is given, the checkpoint cannot be written or resumed, or the training
            diverged.

    Example:
        >>> run = cinesent.train("imdb-train", "default", out="my-model")  # doctest: +SKIP
        >>> run.classifier().predict(["A quiet triumph."])  # doctest: +SKIP
    """
    options = RunOptions(
        out=path_option("out", out),
        seed=seed,
        backend=backend,
        mixed_precision=mixed_precision,
        resume=resume,
        overwrite=overwrite,
        command=command,
        reporter=reporter,
    )
    model_before = open_initial(initial, options)
    recipe = choose_recipe(preset, settings, model_before, splits=validation is None)
    logs = None if tensorboard is None else path_option("tensorboard", tensorboard)
    start = begin(
        options,
        data,
        recipe,
        initial=model_before,
        teachers=teachers,
        validation=validation,
        settings=settings,
        outside=OutsideInput(sst, cad, labels),
    )
    run, on_epoch = start.run, open_log(logs)

    with (
        run.checkpoint.recording(start.provenance.to_manifest()),
        computing_in(options.mixed_precision),
    ):
        corpus = read_corpus(
            start.dataset,
            recipe,
            run,
            initial=start.initial,
            validation=start.validation,
            taught=bool(start.teachers),
            outside=start.outside,
        )
        network = initial_network(corpus, start.initial, run)
        examples = teach(corpus, choose_teachers(corpus, network, start.teachers), run)
        model, state = fit_network(network, examples, corpus, run, on_epoch)
    model = add_ngrams(model, corpus, run)
    seconds = run.checkpoint.clock.seconds
    metrics = store(
        model,
        corpus,
        state,
        options.out,
        name=start.model_name,
        provenance=finished_provenance(start, options, corpus.recipe, seconds),
        reporter=reporter,
    )
    if not run.interrupt.requested:
        run.checkpoint.remove()
    return TrainingRun(
        bundle=options.out,
        recipe=corpus.recipe,
        history=tuple(state.history),
        best_epoch=state.best_epoch,
        validation=metrics.to_dict(),
        seconds=seconds,
        interrupted=run.interrupt.requested,
    )

"""From text to a language model: the whole of `cinesent pretrain`."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cinesent.errors import ConfigError, option
from cinesent.models.backend import mixed_precision as computing_in
from cinesent.progress import SILENT, Reporter
from cinesent.recipes import Recipe
from cinesent.training.corpus import read_corpus
from cinesent.training.engine.records import EpochRecord
from cinesent.training.initialization import word_vectors
from cinesent.training.language import learn_language
from cinesent.training.language_files import save_language_model
from cinesent.training.outside_sources import OutsideInput
from cinesent.training.run_options import RunOptions, path_option
from cinesent.training.start import DataInput, begin, choose_recipe, finished_provenance


@dataclass(frozen=True)
class PretrainingRun:
    """The result of a pretraining.

    Attributes:
        folder: of the language model, from which a training can start.
        recipe: what was trained, settings included.
        history: one record per epoch.
        perplexity: of the best epoch, on held-out text.
        seconds: wall time of all stages, that before an interruption included.
    """

    folder: Path
    recipe: Recipe
    history: tuple[EpochRecord, ...]
    perplexity: float
    seconds: float


def pretrain(
    data: DataInput | None = None,
    preset: str | Recipe = "accurate",
    *,
    settings: Mapping[str, Any] | None = None,
    out: str | os.PathLike[str] = "language-model",
    labels: str | os.PathLike[str] | None = None,
    sst: str | os.PathLike[str] = "sst",
    cad: str | os.PathLike[str] = "cad",
    seed: int = 0,
    backend: str | None = None,
    mixed_precision: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    reporter: Reporter = SILENT,
) -> PretrainingRun:
    """Train a language model on the training and the unlabelled reviews, and write it to a folder.

    Labels are not used. With the same seed as the training that starts from it, it reads none of
    the reviews that the training holds out.

    Args:
        data: as for :func:`cinesent.train`.
        preset: the name of a preset or a recipe, whose embedding and LSTMs are trained by its
            `pretraining` settings.
        settings: overlaid on the preset, such as ``{"pretraining.epochs": 3}``.
        out: the folder of the language model.
        labels: as for :func:`cinesent.train`; of what a recipe learns beside its dataset, only the
            vocabulary is used here.
        sst: as for :func:`cinesent.train`.
        cad: as for :func:`cinesent.train`.
        seed: of the split, the weights, the dropouts and the order of the text, 0 to 2**32 - 1.
        backend: "tensorflow", "jax" or "torch"; None: `KERAS_BACKEND`, else TensorFlow.
        mixed_precision: compute in bfloat16 during training, for GPUs.
        resume: resume the unfinished run for `out`.
        overwrite: replace a language model in `out`, and delete an unfinished run.
        reporter: receives messages and progress.

    Raises:
        ConfigError: an unknown preset, setting or backend, a value of the wrong type or out of its
            bounds, or a recipe without pretraining.
        DataError: the data cannot be found or used.
        KeyboardInterrupt: after Ctrl-C; the run can be resumed.
        MissingExtraError: the train extra is not installed.
        TrainingError: as for :func:`cinesent.train`.

    Example:
        >>> run = cinesent.pretrain("imdb", out="language-model")  # doctest: +SKIP
        >>> cinesent.train("imdb", "accurate", initial=run.folder)  # doctest: +SKIP
    """
    options = RunOptions(
        out=path_option("out", out),
        seed=seed,
        backend=backend,
        mixed_precision=mixed_precision,
        resume=resume,
        overwrite=overwrite,
        command=None,
        reporter=reporter,
    )
    recipe = choose_recipe(preset, settings)
    if not recipe.pretraining.epochs:
        raise ConfigError(
            f"pretraining.epochs of the recipe '{recipe.name}' is 0, so there is nothing to train. "
            f"Set pretraining.epochs to 1 or more with {option('settings')}, or use the preset "
            "'accurate'."
        )
    start = begin(options, data, recipe, settings=settings, outside=OutsideInput(sst, cad, labels))
    run = start.run

    with (
        run.checkpoint.recording(start.provenance.to_manifest()),
        computing_in(options.mixed_precision),
    ):
        corpus = read_corpus(
            start.dataset, recipe, run, validation=start.validation, outside=start.outside
        )
        state = learn_language(corpus, word_vectors(corpus, run), run)
    perplexity = math.exp(min(record.val_loss for record in state.history))
    seconds = run.checkpoint.clock.seconds
    provenance = finished_provenance(start, options, corpus.recipe, seconds)
    save_language_model(
        options.out,
        name=recipe.name,
        config=corpus.recipe.model,
        tokenizer=corpus.tokenizer,
        weights=state.best_weights,
        manifest={
            **provenance.to_manifest(),
            "perplexity": round(perplexity, 3),
            "history": [asdict(record) for record in state.history],
        },
    )
    run.checkpoint.remove()
    return PretrainingRun(
        folder=options.out,
        recipe=corpus.recipe,
        history=tuple(state.history),
        perplexity=perplexity,
        seconds=seconds,
    )

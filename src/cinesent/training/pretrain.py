"""From text to a language model: the whole of `cinesent pretrain`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cinesent.data import load_dataset
from cinesent.data.reviews import Dataset
from cinesent.models.backend import import_keras, mixed_precision
from cinesent.recipes import Recipe
from cinesent.training.corpus import read_corpus, word_vectors
from cinesent.training.language import learn_language
from cinesent.training.loop import EpochRecord, Reporter, SilentReporter
from cinesent.training.options import (
    describe_run,
    open_checkpoint,
    read_options,
    versions,
)
from cinesent.training.pretrained import save_language_model


@dataclass(frozen=True)
class PretrainingRun:
    """What a language model's training leaves.

    Attributes:
        folder: with the language model; `cinesent train --from` begins with it.
        recipe: what was trained, overlays included.
        history: one record a pass.
        perplexity: of the best pass, on text held out.
        seconds: wall time, everything included, before an interruption too.
    """

    folder: Path
    recipe: Recipe
    history: tuple[EpochRecord, ...]
    perplexity: float
    seconds: float


def pretrain(
    data: Dataset | str | Path | None = None,
    preset: str | Recipe = "default",
    *,
    settings: Mapping[str, Any] | None = None,
    reporter: Reporter | None = None,
    **options: Any,
) -> PretrainingRun:
    """Train a language model on the training and unlabelled reviews, labels unseen, and save it.

    Args:
        data: as for :func:`cinesent.train`.
        preset: a preset or recipe; its network's embedding and LSTMs are what is trained, by its
            `pretraining` settings (five passes, where it has none).
        settings: overlaid on the preset, such as ``{"pretraining.epochs": 3}``.
        reporter: hears how it goes; silent by default.
        **options: `out`, `seed`, `backend`, `mixed_precision`, `resume`, `overwrite`, as for
            :func:`cinesent.train`.
            With the same seed as the training that will start from it, the language model reads
            none of the reviews that the training holds out.

    Raises:
        ConfigError: an unknown preset, setting or backend.
        DataError: the data cannot be had or used.
        TrainingError: `out` holds something already and nothing was said about it, or the training
            diverged.
        MissingExtraError: the train extra is not installed.
    """
    chosen = read_options(options)
    reporter = reporter or SilentReporter()
    recipe = Recipe.from_preset(preset) if isinstance(preset, str) else preset
    recipe = recipe.overlay(settings or {})
    if not recipe.pretraining.epochs:
        recipe = recipe.overlay({"pretraining.epochs": 5})
    checkpoint = open_checkpoint(chosen)
    keras = import_keras(chosen.backend)
    if not isinstance(data, Dataset):
        data = load_dataset(data, say=reporter.say)
    described = describe_run(data, recipe, chosen, keras.backend.backend(), None)
    with checkpoint.preparing(described):
        corpus = read_corpus(data, recipe, chosen.seed, reporter.say)
        start = word_vectors(corpus, chosen.seed, checkpoint, reporter.say)
    with mixed_precision(chosen.mixed_precision):
        progress = learn_language(corpus, start, chosen.seed, checkpoint, reporter)
    perplexity = math.exp(min(record.val_loss for record in progress.history))
    seconds = checkpoint.clock.seconds
    save_language_model(
        chosen.out,
        name=recipe.name,
        config=corpus.recipe.model,
        tokenizer=corpus.tokenizer,
        weights=progress.best_weights,
        manifest={
            **described,
            "recipe": corpus.recipe.to_dict(),
            "perplexity": round(perplexity, 3),
            "history": [asdict(record) for record in progress.history],
            "seconds": round(seconds, 1),
            "command": chosen.command,
            "versions": versions(),
        },
    )
    checkpoint.remove()
    return PretrainingRun(
        folder=chosen.out,
        recipe=corpus.recipe,
        history=tuple(progress.history),
        perplexity=perplexity,
        seconds=seconds,
    )

"""A fine-tuned encoder as a teacher: trained, measured, opened, and asked for labels."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cinesent._version import __version__
from cinesent.data.reviews import Reviews
from cinesent.encoder.examples import TeacherExamples
from cinesent.encoder.finetune import STATE, FinetuneSettings, finetune
from cinesent.encoder.labelling import predict_logits
from cinesent.encoder.network import CARD, build_encoder, save_encoder
from cinesent.encoder.pretrained import file_sha256, find_encoder, read_config
from cinesent.encoder.tokens import EncoderTokenizer
from cinesent.environment import expand_user, usable_cores
from cinesent.errors import DataError, TrainingError, option, require
from cinesent.evaluation.metrics import binary_metrics, both_right
from cinesent.probability import sigmoid
from cinesent.progress import SILENT, Reporter

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class TeacherRun:
    """The result of a fine-tuning.

    Attributes:
        folder: of the teacher.
        metrics: of each set of held-out reviews: accuracy, log loss, and for pairs the share of
            which both are right.
        num_texts: how many texts it was trained on.
        seconds: wall time of this process.
    """

    folder: Path
    metrics: Mapping[str, Mapping[str, float]]
    num_texts: int
    seconds: float


class EncoderTeacher:
    """A fine-tuned encoder that predicts logits.

    Args:
        network: the encoder with its head.
        folder: where its tokenizer and configuration are.
        settings: how it was fine-tuned; texts are cut as they were then.
        threads: batches computed at the same time; None: one per usable core.
    """

    def __init__(
        self,
        network: nn.Module,
        folder: Path,
        settings: FinetuneSettings,
        threads: int | None = None,
    ) -> None:
        self._network = network
        self._tokenizer = EncoderTokenizer(folder, settings.max_length)
        self._padding_id = padding_id(folder)
        self.settings = settings
        self._folder = folder
        self._threads = threads or usable_cores()

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file of weights."""
        return file_sha256(self._folder / "model.safetensors")

    def predict_logits(
        self, texts: Sequence[str], reporter: Reporter = SILENT
    ) -> NDArray[np.float32]:
        """Return the logit of positive of each text, float32 (n,)."""
        return predict_logits(
            self._network,
            self._tokenizer,
            texts,
            self._padding_id,
            threads=self._threads,
            reporter=reporter,
        )


def open_teacher(folder: str | os.PathLike[str], threads: int | None = None) -> EncoderTeacher:
    """Open what :func:`train_teacher` wrote.

    Raises:
        DataError: it is no such folder, or damaged.
        MissingExtraError: the teacher extra is not installed.
    """
    require("torch", "teacher", "A teacher")
    require("transformers", "teacher", "A teacher")
    path = expand_user(folder)
    try:
        card = json.loads((path / CARD).read_text(encoding="utf-8"))
        settings = FinetuneSettings(**card["settings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is no teacher: {CARD} cannot be read ({error}). Expected a folder that "
            "`cinesent teacher train` wrote."
        ) from error
    return EncoderTeacher(build_encoder(path), path, settings, threads)


def train_teacher(
    encoder: str | os.PathLike[str],
    examples: TeacherExamples,
    out: str | os.PathLike[str] = "teacher",
    *,
    settings: FinetuneSettings | None = None,
    resume: bool = False,
    threads: int | None = None,
    reporter: Reporter = SILENT,
) -> TeacherRun:
    """Fine-tune a pre-trained encoder and write it to a folder.

    Args:
        encoder: "mpnet", "minilm", or a Hugging Face folder.
        examples: what to learn and what to measure it on.
        out: the folder of the teacher; its checkpoint lies beside it.
        settings: how to learn; None: the defaults.
        resume: resume the unfinished run for `out`.
        threads: batches computed at the same time on a CPU; None: one per usable core.
        reporter: receives messages and progress.

    Raises:
        ConfigError, DataError: the encoder cannot be found or read.
        TrainingError: `out` exists, or an unfinished run does and `resume` is False.
        MissingExtraError: the teacher extra is not installed.
    """
    require("torch", "teacher", "Fine-tuning an encoder")
    require("transformers", "teacher", "Fine-tuning an encoder")
    started = time.monotonic()
    settings = settings or FinetuneSettings()
    target, checkpoint = check_output(out, resume=resume)
    source = find_encoder(Path(encoder) if not isinstance(encoder, str) else encoder)
    reporter.message(f"encoder: {source}; {len(examples.texts):,} texts to learn from")
    rows = EncoderTokenizer(source, settings.max_length).encode(examples.texts)
    reporter.message(f"{sum(map(len, rows)):,} word pieces, at most {settings.max_length} per text")
    network = build_encoder(source, settings.seed)
    finetune(
        network,
        rows,
        examples.targets,
        padding_id(source),
        settings,
        checkpoint,
        threads=threads or usable_cores(),
        reporter=reporter,
    )
    metrics = _measure(network, source, examples.validation, settings, threads, reporter)
    save_encoder(
        network,
        source,
        target,
        card={
            "encoder": str(encoder),
            "settings": asdict(settings),
            "num_texts": len(examples.texts),
            "metrics": metrics,
            "cinesent": __version__,
        },
    )
    (checkpoint / STATE).unlink()
    checkpoint.rmdir()
    return TeacherRun(target, metrics, len(examples.texts), time.monotonic() - started)


def padding_id(folder: Path) -> int:
    """Return the id that fills short rows."""
    return int(read_config(folder).get("pad_token_id") or 0)


def check_output(out: str | os.PathLike[str], *, resume: bool) -> tuple[Path, Path]:
    """Return the folder of a teacher and that of its checkpoint, before anything slow is done.

    Raises:
        TrainingError: as :func:`train_teacher`.
    """
    target = expand_user(out)
    checkpoint = target.with_name(f"{target.name}.checkpoint")
    if target.exists():
        raise TrainingError(f"{target} exists; name another folder with {option('out')}.")
    unfinished = (checkpoint / STATE).exists()
    if unfinished and not resume:
        raise TrainingError(
            f"{checkpoint} holds an unfinished run. Continue it with {option('resume', True)}, or "
            "delete the folder."
        )
    if resume and not unfinished:
        raise TrainingError(
            f"there is no unfinished run to resume: {checkpoint} does not hold one."
        )
    return target, checkpoint


def _measure(
    network: nn.Module,
    source: Path,
    validation: Mapping[str, Reviews],
    settings: FinetuneSettings,
    threads: int | None,
    reporter: Reporter,
) -> dict[str, dict[str, float]]:
    teacher = EncoderTeacher(network, source, settings, threads)
    metrics = {}
    for name, reviews in validation.items():
        logits = teacher.predict_logits(reviews.texts, reporter).astype(np.float64)
        metrics[name] = measure(logits, reviews)
        shown = ", ".join(f"{key} {value:.4f}" for key, value in metrics[name].items())
        reporter.message(f"{name}: {shown}, {len(reviews):,} held-out texts")
    return metrics


def measure(logits: NDArray[np.float64], reviews: Reviews) -> dict[str, float]:
    """Return accuracy and log loss; for pairs in rows 2k and 2k + 1 also how many are both right.

    Args:
        logits: float64 (n,).
        reviews: n labelled reviews.
    """
    metrics = binary_metrics(reviews.labels, sigmoid(logits))
    found = {"accuracy": metrics.accuracy, "log_loss": metrics.loss}
    if reviews.name.startswith("cad"):
        found["both_right"] = both_right(reviews.labels, sigmoid(logits))
    return found

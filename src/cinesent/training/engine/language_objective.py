"""The objective of the language model: which word comes next, and which came before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.recipes import PretrainingConfig
from cinesent.training.engine.batches import (
    Examples,
    make_batch,
    plan_batches,
    prediction_batches,
)
from cinesent.training.engine.optimizer import make_optimizer
from cinesent.training.engine.records import EpochRecord, StepRecord
from cinesent.training.engine.tracing import trace_once

if TYPE_CHECKING:
    from keras import Model

# Tokens per batch when a word competes with the whole vocabulary: each has a score for each word.
_FULL_BATCH_TOKENS = 2_000


@dataclass(frozen=True)
class LanguageRecord(EpochRecord):
    """The measurements of one epoch of a language model.

    Losses are in nats per word, and accuracies are exp(-loss), the mean probability of the right
    word. In the training loss a word competes with sampled words, in the validation loss with the
    whole vocabulary.
    """

    @property
    def perplexity(self) -> float:
        """Perplexity of the validation text, exp(val_loss)."""
        return math.exp(min(self.val_loss, 700.0))

    def summary(self) -> str:
        """Return the numbers as one line."""
        return (
            f"loss {self.loss:.4f}  val_loss {self.val_loss:.4f}  "
            f"perplexity {self.perplexity:.1f}  "
            f"{self.seconds:.0f} s  {self.tokens_per_second:,.0f} tokens/s"
        )


@dataclass
class LanguageObjective:
    """Negative log-likelihood of the next word, and of the word before.

    Attributes:
        settings: how to learn.
        train: pieces of text, int32 (their length,) each.
        held_out: pieces on which perplexity is measured.
        record_type: class of the epochs' records.
    """

    settings: PretrainingConfig
    train: Sequence[NDArray[np.int32]]
    held_out: Sequence[NDArray[np.int32]]
    record_type: type[EpochRecord] = LanguageRecord

    def __post_init__(self) -> None:
        """Take the settings of the loop and the lengths of the pieces."""
        self.epochs, self.patience = self.settings.epochs, self.settings.patience
        self._lengths = np.array([len(row) for row in self.train])
        # The input of make_batch; a language model has no targets beside the text.
        self._examples = Examples(self.train, np.zeros(len(self.train), dtype=np.float32))

    def compile(self, model: Model, seed: int) -> None:
        """Give the model its loss and an optimizer for all epochs."""
        import keras

        from cinesent.models.language_model import nats_per_word

        model.compile(
            optimizer=make_optimizer(self.settings, len(self.plan(seed, 0)) * self.epochs),
            loss=nats_per_word,
            jit_compile=keras.backend.backend() == "jax",
        )
        trace_once(model, ((None, None), "int32"), ((None, 2), "float32"))

    def plan(self, seed: int, epoch: int) -> Sequence[Any]:
        """Return the batches of an epoch: indices, number of rows and width of each."""
        return plan_batches(self._lengths, self.settings, (seed, epoch))

    def step(self, model: Model, planned: Any) -> StepRecord:
        """Learn from one batch."""
        batch = make_batch(self._examples, *planned)
        loss = float(model.train_on_batch(batch.ids, np.zeros((len(batch.ids), 2), np.float32)))
        return StepRecord(loss, math.exp(-max(loss, 0.0)), batch.num_tokens, batch.num_tokens)

    def validate(self, model: Model) -> tuple[float, float]:
        """Return nats per word of the held-out text, and the mean probability they stand for."""
        nats = words = 0.0
        for indices, ids in prediction_batches(self.held_out, _FULL_BATCH_TOKENS):
            totals = np.asarray(model.predict_on_batch(ids), dtype=np.float64)[: len(indices)]
            nats, words = nats + totals[:, 0].sum(), words + totals[:, 1].sum()
        return nats / max(words, 1.0), math.exp(-nats / max(words, 1.0))

"""What a language model learns: which word comes next, and which came before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import DataError
from cinesent.recipes import PretrainingConfig
from cinesent.training.batches import Examples, make_batch, plan_batches, prediction_batches
from cinesent.training.checkpoint import Checkpoint
from cinesent.training.corpus import Corpus
from cinesent.training.loop import EpochRecord, Interrupt, Progress, Reporter, StepRecord, fit
from cinesent.training.optimizer import make_optimizer
from cinesent.training.tracing import trace_once

if TYPE_CHECKING:
    from keras import Model


#: Tokens held out that perplexity is measured on; all words of the vocabulary compete there.
HELD_OUT_TOKENS = 60_000

# Tokens a batch when all words compete: each has a score for each of them.
_FULL_BATCH_TOKENS = 2_000
# A shorter piece of text has nothing to predict.
_SHORTEST = 2


@dataclass(frozen=True)
class LanguageRecord(EpochRecord):
    """What one pass showed; losses in nats a word, accuracies as the mean probability, exp(-loss).

    The training loss is that against the words drawn, the validation loss that against all.
    """

    @property
    def perplexity(self) -> float:
        """Of the text held out: among how many words the right one is as good as drawn."""
        return math.exp(min(self.val_loss, 700.0))

    def summary(self) -> str:
        """Return the numbers as a line of a log."""
        return (
            f"loss {self.loss:.4f}  held-out loss {self.val_loss:.4f}  "
            f"perplexity {self.perplexity:.1f}  "
            f"{self.seconds:.0f} s  {self.tokens_per_second:,.0f} tokens/s"
        )


@dataclass
class LanguageObjective:
    """Which word comes next, and which came before.

    Attributes:
        settings: how to learn.
        train: pieces of text, int32 (their length,) each.
        held_out: pieces that perplexity is measured on.
    """

    settings: PretrainingConfig
    train: Sequence[NDArray[np.int32]]
    held_out: Sequence[NDArray[np.int32]]
    record_type: type[EpochRecord] = LanguageRecord

    def __post_init__(self) -> None:
        """Look at the lengths once."""
        self.epochs, self.patience = self.settings.epochs, self.settings.patience
        self._lengths = np.array([len(row) for row in self.train])
        # What make_batch lays out; a language model has no targets beside the text.
        self._examples = Examples(self.train, np.zeros(len(self.train), dtype=np.float32))

    def compile(self, model: Model, seed: int) -> None:
        """Give the model its loss and an optimizer for all passes."""
        import keras

        from cinesent.models.language_model import nats_per_word

        model.compile(
            optimizer=make_optimizer(self.settings, len(self.plan(seed, 0)) * self.epochs),
            loss=nats_per_word,
            jit_compile=keras.backend.backend() == "jax",
        )
        trace_once(model, ((None, None), "int32"), ((None, 2), "float32"))

    def plan(self, seed: int, epoch: int) -> Sequence[Any]:
        """Return the batches of a pass: indices, rows and width of each."""
        return plan_batches(self._lengths, self.settings, (seed, epoch))

    def step(self, model: Model, planned: Any) -> StepRecord:
        """Learn from one batch."""
        batch = make_batch(self._examples, *planned)
        loss = float(model.train_on_batch(batch.ids, np.zeros((len(batch.ids), 2), np.float32)))
        return StepRecord(loss, math.exp(-max(loss, 0.0)), batch.num_tokens, batch.num_tokens)

    def validate(self, model: Model) -> tuple[float, float]:
        """Return nats a word of the text held out, and the mean probability that they mean."""
        nats = words = 0.0
        for indices, ids in prediction_batches(self.held_out, _FULL_BATCH_TOKENS):
            totals = np.asarray(model.predict_on_batch(ids), dtype=np.float64)[: len(indices)]
            nats, words = nats + totals[:, 0].sum(), words + totals[:, 1].sum()
        return nats / max(words, 1.0), math.exp(-nats / max(words, 1.0))


def learn_language(
    corpus: Corpus,
    start: Mapping[str, NDArray[np.float32]],
    seed: int,
    checkpoint: Checkpoint,
    reporter: Reporter,
    interrupt: Interrupt | None = None,
) -> Progress:
    """Train a language model on a corpus: its training and unlabelled reviews.

    Args:
        corpus: the text, and the recipe.
        start: weights to begin with, such as word vectors.
        seed: of weights, dropouts, order and drawn words.
        checkpoint: the state is kept there.
        reporter: hears of every step and pass.
        interrupt: stops after the step under way.

    Returns:
        The progress; its best weights are the embedding and the LSTMs.

    Raises:
        DataError: there is no text to hold out, or none to learn from.
        KeyboardInterrupt: it was interrupted; the checkpoint holds the state.
    """
    from cinesent.models.language_model import build_language_model
    from cinesent.models.lstm import set_weights

    recipe, settings = corpus.recipe, corpus.recipe.pretraining
    pieces = text_pieces(corpus.encoded + corpus.unlabelled, settings.max_length)
    validation = [corpus.tokenizer.encode(text) for text in corpus.validation.texts]
    held_out = _sample(text_pieces(validation, settings.max_length), HELD_OUT_TOKENS, seed)
    if not pieces or not held_out:
        raise DataError("a language model needs reviews of two words or more, to learn and to test")
    counts = np.bincount(np.concatenate(pieces), minlength=recipe.model.vocabulary_size)
    reporter.say(
        f"a language model reads {counts.sum():,} tokens {settings.epochs} times; perplexity is "
        f"measured on {sum(map(len, held_out)):,} others"
    )
    model = build_language_model(recipe.model, settings, counts, seed)
    set_weights(model, start)
    interrupt = interrupt or Interrupt()
    progress = fit(
        model,
        LanguageObjective(settings, pieces, held_out),
        seed=seed,
        checkpoint=checkpoint,
        reporter=reporter,
        interrupt=interrupt,
    )
    if interrupt.requested:
        reporter.say("interrupted while the language model learnt; --resume goes on")
        raise KeyboardInterrupt
    return progress


def text_pieces(rows: Sequence[Sequence[int]], max_length: int) -> list[NDArray[np.int32]]:
    """Cut reviews into pieces of at most `max_length` tokens, and leave out single words."""
    pieces = [
        np.asarray(row[start : start + max_length], dtype=np.int32)
        for row in rows
        for start in range(0, len(row), max_length)
    ]
    return [piece for piece in pieces if len(piece) >= _SHORTEST]


def _sample(pieces: list[NDArray[np.int32]], num_tokens: int, seed: int) -> list[NDArray[np.int32]]:
    """Draw pieces until they have `num_tokens` tokens."""
    order = np.random.default_rng(seed).permutation(len(pieces))
    total = np.cumsum([len(pieces[index]) for index in order])
    return [pieces[index] for index in order[: int(np.searchsorted(total, num_tokens)) + 1]]

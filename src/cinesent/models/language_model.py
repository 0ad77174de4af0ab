"""The language model in Keras 3: it learns the words and the LSTMs of the network from text alone.

    ids ─┬─ embedding ─ dropout ─ LSTM "forward"  ─ Dense ─ which word comes next?
         └─ reversed ─ (the same) ─ LSTM "backward" ─ Dense ─ which word came before?

Embedding and LSTMs have the names and shapes that they have in :mod:`cinesent.models.lstm`, so that
their weights can be put into the network that reads reviews.

Importing this module imports Keras and its backend.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from cinesent.models.lstm import ReverseSequence, layer_seeds, lstm_layer
from cinesent.recipes import ModelConfig, PretrainingConfig
from cinesent.text.tokenizer import PADDING_ID

# Words are drawn as wrong answers by their frequency to this power (Mikolov et al., 2013).
_FLATTENING = 0.75


@keras.saving.register_keras_serializable("cinesent")
class SampledSoftmax(layers.Layer):
    """How surprising the wanted words are, against a few words drawn by chance.

    While training, a word has to win against `num_negatives` words, the same ones for a whole
    batch, drawn from the frequencies to the power 0.75; otherwise against all words.

    Call arguments: vectors, float (batch, time, dim), and the wanted words, int32 (batch, time).
    Returns nats, float32 (batch, time); 0 where the wanted word is padding.

    Source:
        Jean, Cho, Memisevic & Bengio (2015), "On Using Very Large Target Vocabulary for Neural
        Machine Translation".
    """

    def __init__(
        self,
        counts: NDArray[np.int64],
        num_negatives: int,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        shares = np.asarray(counts, dtype=np.float64) ** _FLATTENING
        shares[PADDING_ID] = 0.0
        self._shares = shares / shares.sum()
        self.num_negatives = num_negatives
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, shape: Any, *_: Any) -> None:
        """Make a vector and a bias for each word; the biases begin at the words' frequencies."""
        size = len(self._shares)
        self.log_shares = np.log(np.maximum(self._shares, 1e-9)).astype(np.float32)
        self.vectors = self.add_weight(
            name="vectors",
            shape=(size, shape[-1]),
            initializer=keras.initializers.RandomNormal(0.0, 0.05, seed=self.seed),
        )
        # Not cut to the few digits of mixed precision, in which a logarithm would be coarse.
        self.bias = self.add_weight(name="bias", shape=(size,), initializer="zeros", autocast=False)
        self.bias.assign(self.log_shares)

    def call(self, vectors: Any, wanted: Any, training: bool = False) -> Any:
        """Return the negative log-likelihood of each wanted word."""
        real = ops.cast(ops.not_equal(wanted, PADDING_ID), "float32")
        right = ops.sum(vectors * ops.take(self.vectors, wanted, axis=0), axis=-1)
        right = ops.cast(right, "float32") + ops.take(self.bias, wanted)
        if not training:
            scores = ops.matmul(vectors, ops.transpose(self.vectors))
            return (ops.logsumexp(ops.cast(scores, "float32") + self.bias, axis=-1) - right) * real
        drawn = self._draw()
        wrong = ops.matmul(vectors, ops.transpose(ops.take(self.vectors, drawn, axis=0)))
        wrong = ops.cast(wrong, "float32") + ops.take(self.bias, drawn)
        # A word drawn often is counted less for each time.
        wrong = wrong - ops.take(self.log_shares, drawn) - math.log(self.num_negatives)
        # The right word is no wrong answer; a float holds -1e9 and exp(-1e9) alike.
        wrong = ops.where(ops.expand_dims(wanted, -1) == drawn, -1e9, wrong)
        against = ops.logaddexp(ops.logsumexp(wrong, axis=-1), right)
        return (against - right) * real

    def _draw(self) -> Any:
        """Draw words by their shares, int32 (num_negatives,)."""
        places = keras.random.uniform((self.num_negatives,), seed=self.seed_generator)
        bounds = np.cumsum(self._shares)[:-1].astype(np.float32)
        return ops.cast(ops.searchsorted(ops.convert_to_tensor(bounds), places), "int32")


def build_language_model(
    config: ModelConfig,
    settings: PretrainingConfig,
    counts: NDArray[np.int64],
    seed: int = 0,
) -> keras.Model:
    """Build a language model whose embedding and LSTMs are those of `config`.

    Args:
        config: the network that is to begin with them.
        settings: of the language model itself.
        counts: how often each word occurs in the text, (vocabulary_size,).
        seed: of the weights, the dropouts and the words that are drawn.

    Returns:
        A functional model from token ids, int32 (batch, time), right-padded with 0, to two numbers
        a review, float32 (batch, 2): the nats of its words and how many words were predicted, both
        directions together. Its loss is :func:`nats_per_word`. Not compiled.

    Source:
        Dai & Le (2015), "Semi-supervised Sequence Learning"; both directions: Peters et al. (2018),
        "Deep Contextualized Word Representations".
    """
    seeds = layer_seeds(seed)
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    embedding = layers.Embedding(
        config.vocabulary_size,
        config.embedding_dim,
        embeddings_initializer=keras.initializers.RandomUniform(-0.05, 0.05, seed=next(seeds)),
        name="embedding",
    )
    softmax = SampledSoftmax(counts, settings.negatives, seed=next(seeds), name="softmax")
    nats: list[Any] = []
    for direction in config.directions:
        ids = token_ids
        if direction == "backward":
            ids = ReverseSequence(name="reversed_ids")(token_ids)
        vectors = embedding(ids)
        if settings.embedding_dropout:
            vectors = layers.SpatialDropout1D(settings.embedding_dropout, seed=next(seeds))(vectors)
        states = lstm_layer(config.units, direction, seeds)(vectors)
        expected = layers.Dense(
            config.embedding_dim,
            kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
            name=f"{direction}_projection",
        )(states)
        nats.append(softmax(expected[:, :-1], ids[:, 1:]))
    return keras.Model(token_ids, _Totals(name="totals")(nats, token_ids), name="language_model")


class _Totals(layers.Layer):
    """Sums nats over directions and time, and counts the words: float32 (batch, 2)."""

    def call(self, nats: list[Any], ids: Any) -> Any:
        """Return the sum and the number of summands of each review."""
        total = sum(ops.sum(each, axis=1) for each in nats)
        words = ops.sum(ops.cast(ops.not_equal(ids[:, 1:], PADDING_ID), "float32"), axis=1)
        return ops.stack([total, words * len(nats)], axis=1)


def nats_per_word(_: Any, totals: Any) -> Any:
    """Return the mean negative log-likelihood of a word, as a Keras loss."""
    sums = ops.sum(totals, axis=0)
    return sums[0] / ops.maximum(sums[1], 1.0)

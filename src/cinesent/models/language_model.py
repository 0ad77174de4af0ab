"""The language model in Keras 3: it trains embedding and LSTMs on text without labels.

    ids ─┬─ embedding ─ dropout ─ LSTM "forward"  ─ Dense ─ which word comes next?
         └─ reversed ─ (the same) ─ LSTM "backward" ─ Dense ─ which word came before?

Embedding and LSTMs have the same names and shapes as in :mod:`cinesent.models.lstm`, so that their
weights can be assigned to that network.

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

# Negatives are sampled by word frequency to this power (Mikolov et al., 2013).
_FLATTENING = 0.75


@keras.saving.register_keras_serializable("cinesent")
class SampledSoftmax(layers.Layer):
    """Negative log-likelihood of target words, with a softmax over sampled words in training.

    In training, a target competes with `num_negatives` words, the same ones for a whole batch,
    sampled from the frequencies to the power 0.75; otherwise with all words.

    Call arguments: vectors, float (batch, time, dim), and the targets, int32 (batch, time).
    Returns nats, float32 (batch, time); 0 where the target is padding.

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
        """Create a vector and a bias for each word; the biases start at the log frequencies."""
        size = len(self._shares)
        self.log_shares = np.log(np.maximum(self._shares, 1e-9)).astype(np.float32)
        self.vectors = self.add_weight(
            name="vectors",
            shape=(size, shape[-1]),
            initializer=keras.initializers.RandomNormal(0.0, 0.05, seed=self.seed),
        )
        # Not cast by mixed precision, which is too coarse for a logarithm.
        self.bias = self.add_weight(name="bias", shape=(size,), initializer="zeros", autocast=False)
        self.bias.assign(self.log_shares)

    def call(self, vectors: Any, targets: Any, training: bool = False) -> Any:
        """Return the negative log-likelihood of each target."""
        real = ops.cast(ops.not_equal(targets, PADDING_ID), "float32")
        right = ops.sum(vectors * ops.take(self.vectors, targets, axis=0), axis=-1)  # (batch, time)
        right = ops.cast(right, "float32") + ops.take(self.bias, targets)
        if not training:
            # (batch, time, vocabulary)
            scores = ops.matmul(vectors, ops.transpose(self.vectors))
            return (ops.logsumexp(ops.cast(scores, "float32") + self.bias, axis=-1) - right) * real
        sampled = self._sample()
        # (batch, time, num_negatives)
        wrong = ops.matmul(vectors, ops.transpose(ops.take(self.vectors, sampled, axis=0)))
        wrong = ops.cast(wrong, "float32") + ops.take(self.bias, sampled)
        # A frequently sampled word counts less each time.
        wrong = wrong - ops.take(self.log_shares, sampled) - math.log(self.num_negatives)
        # The target itself is not a negative.
        wrong = ops.where(ops.expand_dims(targets, -1) == sampled, -1e9, wrong)
        against = ops.logaddexp(ops.logsumexp(wrong, axis=-1), right)
        return (against - right) * real

    def _sample(self) -> Any:
        """Sample words by their shares, int32 (num_negatives,)."""
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
        config: of the network that starts from its weights.
        settings: of the language model itself.
        counts: number of occurrences of each word in the text, (vocabulary_size,).
        seed: of the weights, the dropouts and the sampled words.

    Returns:
        A functional model from token ids, int32 (batch, time), right-padded with 0, to two numbers
        per review, float32 (batch, 2): the nats of its words and the number of predicted words,
        both directions together. Its loss is :func:`nats_per_word`. Not compiled.

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
        nats.append(softmax(expected[:, :-1], ids[:, 1:]))  # (batch, time - 1)
    return keras.Model(token_ids, _Totals(name="totals")(nats, token_ids), name="language_model")


class _Totals(layers.Layer):
    """Sums nats over directions and time, and counts words: float32 (batch, 2)."""

    def call(self, nats: list[Any], ids: Any) -> Any:
        """Return the sum and the number of summands of each review."""
        total = sum(ops.sum(each, axis=1) for each in nats)
        words = ops.sum(ops.cast(ops.not_equal(ids[:, 1:], PADDING_ID), "float32"), axis=1)
        return ops.stack([total, words * len(nats)], axis=1)


def nats_per_word(_: Any, totals: Any) -> Any:
    """Return the mean negative log-likelihood per word, as a Keras loss."""
    sums = ops.sum(totals, axis=0)
    return sums[0] / ops.maximum(sums[1], 1.0)

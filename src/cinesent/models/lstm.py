"""The network in Keras 3. The language model is in :mod:`cinesent.models.language_model`.

    ids ─ word dropout ─┬─ embedding ─ dropout ─ LSTM ─ pooling ──┬─ dropout ─ Dense(1, sigmoid)
                        └─ reversed ─ (the same) ─ LSTM ─ pooling ┘

With n-grams, their score is added to the logit before the sigmoid.

Reviews are padded on the right with id 0. The LSTMs get no Keras mask, which would disable their
fast kernels on two of three backends. Instead, the backward LSTM reads the review with its real
part reversed, so that padding comes last for it too, and pooling ignores padding. The head is
linear, so the logit is a sum over tokens.

Importing this module imports Keras and its backend.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from cinesent.errors import BundleError
from cinesent.models.backend import lstm_dtype
from cinesent.recipes import NGRAM_ROW, ModelConfig
from cinesent.text.ngrams import FACTORS, WORDS
from cinesent.text.tokenizer import PADDING_ID, UNKNOWN_ID


@keras.saving.register_keras_serializable("cinesent")
class WordDropout(layers.Layer):
    """Replaces a share of the tokens by the unknown word in training (Dai & Le, 2015).

    Call arguments: ids, int32 (batch, time). Returns the same shape; padding stays padding.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, ids: Any, training: bool = False) -> Any:
        """Replace tokens, only in training."""
        if not training or self.rate == 0:
            return ids
        drawn = keras.random.uniform(ops.shape(ids), seed=self.seed_generator)
        drop = ops.logical_and(drawn < self.rate, ops.not_equal(ids, PADDING_ID))
        return ops.where(drop, UNKNOWN_ID, ids)

    def get_config(self) -> dict[str, Any]:
        """Return what builds the layer again."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@keras.saving.register_keras_serializable("cinesent")
class ReverseSequence(layers.Layer):
    """Reverses the real part of right-padded ids; the padding stays at the end.

    Call arguments: ids, int32 (batch, time). Returns the same shape.
    """

    def call(self, ids: Any) -> Any:
        """Gather each row from its last real token to its first."""
        # (batch, 1) and (1, time)
        lengths = ops.sum(ops.cast(ops.not_equal(ids, PADDING_ID), "int32"), 1, keepdims=True)
        steps = ops.expand_dims(ops.arange(ops.shape(ids)[1], dtype="int32"), 0)
        return ops.take_along_axis(
            ids, ops.where(steps < lengths, lengths - 1 - steps, steps), axis=1
        )


@keras.saving.register_keras_serializable("cinesent")
class MaskedMaxPooling(layers.Layer):
    """The largest value of each unit over the real tokens.

    Call arguments: states, float (batch, time, units), and ids, int32 (batch, time).
    Returns (batch, units).
    """

    def call(self, states: Any, ids: Any) -> Any:
        """Take the maximum over time; a state is in (-1, 1), so -2 is never the maximum."""
        real = ops.expand_dims(ops.not_equal(ids, PADDING_ID), -1)  # (batch, time, 1)
        return ops.max(ops.where(real, states, ops.cast(-2.0, states.dtype)), axis=1)


@keras.saving.register_keras_serializable("cinesent")
class MaskedMeanPooling(layers.Layer):
    """The mean of each unit over the real tokens.

    Call arguments: states, float (batch, time, units), and ids, int32 (batch, time).
    Returns (batch, units).
    """

    def call(self, states: Any, ids: Any) -> Any:
        """Average over time; a review of padding alone counts as one token."""
        real = ops.cast(ops.expand_dims(ops.not_equal(ids, PADDING_ID), -1), states.dtype)
        return ops.sum(states * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1.0)


@keras.saving.register_keras_serializable("cinesent")
class LastState(layers.Layer):
    """The state after the last real token of a right-padded review.

    Call arguments: states, float (batch, time, units), and ids, int32 (batch, time).
    Returns (batch, units).
    """

    def call(self, states: Any, ids: Any) -> Any:
        """Gather the state at the last id that is not padding."""
        lengths = ops.sum(ops.cast(ops.not_equal(ids, PADDING_ID), "int32"), axis=1)
        last = ops.reshape(ops.maximum(lengths - 1, 0), (-1, 1, 1))
        # (batch, 1, units)
        last = ops.broadcast_to(last, (ops.shape(states)[0], 1, states.shape[-1]))
        return ops.squeeze(ops.take_along_axis(states, last, axis=1), axis=1)


@keras.saving.register_keras_serializable("cinesent")
class NgramScore(layers.Layer):
    """The score of a review's n-grams: the sum of one weight per distinct hashed bucket.

    The weights are trained separately (:mod:`cinesent.training.ngram_weights`). When a network with
    n-grams is fine-tuned, they are fixed except for one common factor, the `gain`.

    Call arguments: ids, int32 (batch, time), 0 being padding. Returns float32 (batch, 1).
    """

    def __init__(self, order: int, num_buckets: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.order = order
        self.num_buckets = num_buckets

    def build(self, shape: Any) -> None:
        """Create the weights."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.num_buckets // NGRAM_ROW, NGRAM_ROW),
            initializer="zeros",
            trainable=False,
        )
        self.gain = self.add_weight(name="gain", shape=(), initializer="ones")

    def call(self, ids: Any) -> Any:
        """Sum the weights of the buckets that occur; see `text/ngrams.py` for the arithmetic."""
        words, total, whole, found = ids, 0, True, []
        for length, factor in enumerate(FACTORS[: self.order], start=1):
            if length > 1:
                words = _one_later(words)
            total = total + ops.mod(ops.mod(words, WORDS) * factor, self.num_buckets)
            whole = ops.logical_and(whole, ops.not_equal(words, PADDING_ID))
            # No n-gram: a bucket past the last one, so that it is sorted behind the others.
            bucket = ops.mod(total, self.num_buckets)
            found.append(ops.where(whole, bucket, self.num_buckets))
        # Single words have no weight: the LSTM reads them.
        # (batch, (order - 1) * time); equal buckets are neighbours, and the first one counts.
        ranked = ops.sort(ops.concatenate(found[1:], axis=1), axis=1)
        before = ops.pad(ranked[:, :-1], ((0, 0), (1, 0)), constant_values=-1)
        counted = ops.logical_and(ranked != before, ranked < self.num_buckets)
        weights = ops.take(
            ops.reshape(self.kernel, (-1,)), ops.minimum(ranked, self.num_buckets - 1)
        )
        score = ops.sum(ops.where(counted, weights, 0.0), axis=1, keepdims=True)
        return score * self.gain

    def get_config(self) -> dict[str, Any]:
        """Return what builds the layer again."""
        return {**super().get_config(), "order": self.order, "num_buckets": self.num_buckets}


def _one_later(values: Any) -> Any:
    """Shift (batch, time) by one step, with 0 at the start."""
    return ops.pad(values, ((0, 0), (1, 0)))[:, :-1]


_POOLINGS: dict[str, Any] = {"max": MaskedMaxPooling, "mean": MaskedMeanPooling, "last": LastState}


def build_model(config: ModelConfig, seed: int = 0) -> keras.Model:
    """Build the network of a :class:`~cinesent.recipes.ModelConfig`, with fresh weights.

    Args:
        config: of the network.
        seed: of the weights and of the dropouts, each of which has its own random stream.

    Returns:
        A functional model from token ids, int32 (batch, time), right-padded with 0 (or, where the
        config fixes a sequence length, padded as it says to that length), to the probability that
        the review is positive, float32 (batch, 1). Not compiled.

    Source:
        LSTM: Hochreiter & Schmidhuber (1997); in both directions: Schuster & Paliwal (1997);
        pooled over time: Johnson & Zhang (2016).
    """
    seeds = layer_seeds(seed)
    token_ids = keras.Input((config.sequence_length or None,), dtype="int32", name="token_ids")
    ids = token_ids
    if config.word_dropout:
        ids = WordDropout(config.word_dropout, seed=next(seeds), name="word_dropout")(ids)
    embedding = layers.Embedding(
        config.vocabulary_size,
        config.embedding_dim,
        embeddings_initializer=keras.initializers.RandomUniform(-0.05, 0.05, seed=next(seeds)),
        name="embedding",
    )
    features: list[Any] = []
    for direction in config.directions:
        read = ids if direction == "forward" else ReverseSequence(name="reversed_ids")(ids)
        vectors = embedding(read)
        if config.embedding_dropout:
            # One mask per review, shared over time: Gal & Ghahramani (2016).
            vectors = layers.SpatialDropout1D(config.embedding_dropout, seed=next(seeds))(vectors)
        features += _read_and_pool(config, direction, vectors, read, seeds)
    pooled = features[0] if len(features) == 1 else layers.Concatenate(name="pooled")(features)
    if config.head_dropout:
        pooled = layers.Dropout(config.head_dropout, seed=next(seeds))(pooled)
    probability = layers.Dense(
        1,
        activation=None if config.ngrams else "sigmoid",
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        dtype="float32",  # also with mixed precision, which is too coarse for a probability
        name="head",
    )(pooled)
    if config.ngrams:
        beside = NgramScore(config.ngrams, config.ngram_buckets, dtype="float32", name="ngrams")(
            ids
        )
        logit = layers.Add(dtype="float32", name="logit")([probability, beside])
        probability = layers.Activation("sigmoid", dtype="float32")(logit)
    return keras.Model(token_ids, probability, name="cinesent")


def layer_seeds(seed: int) -> Iterator[int]:
    """Return 1,000 seeds, for the weights and the dropouts of one network.

    Args:
        seed: of the network, 0 or more. Those of Keras have 32 bits, so very large ones wrap.
    """
    first = 1000 * seed % (2**32 - 1000)
    return iter(range(first, first + 1000))


def _read_and_pool(
    config: ModelConfig, direction: str, vectors: Any, ids: Any, seeds: Iterator[int]
) -> list[Any]:
    """Run one LSTM over `vectors` and return its pooled vectors, (batch, units) each."""
    # Where reviews are padded on the left to one length, the last state is the last output.
    plain_last = config.sequence_length > 0 and config.pooling == "last"
    states = lstm_layer(config.units, direction, seeds, return_sequences=not plain_last)(vectors)
    if plain_last:
        return [states]
    return [_POOLINGS[name](name=f"{direction}_{name}")(states, ids) for name in config.poolings]


def lstm_layer(
    units: int, name: str, seeds: Iterator[int], *, return_sequences: bool = True
) -> layers.LSTM:
    """Return an LSTM that cuDNN can compute: no mask, no dropout inside, default activations.

    Args:
        units: of the LSTM.
        name: of the layer, its direction.
        seeds: two are used, for its two kernels.
        return_sequences: return the state at each token, or only the last one.
    """
    return layers.LSTM(
        units,
        return_sequences=return_sequences,
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
        name=name,
        dtype=lstm_dtype(),
    )


def _variables(model: keras.Model) -> dict[str, Any]:
    """Return the model's weights by the names that a bundle uses."""
    names = {layer.name for layer in model.layers}
    found = {"embedding": model.get_layer("embedding").embeddings}
    for direction in ("forward", "backward"):
        if direction in names:
            cell = model.get_layer(direction).cell
            found[f"{direction}.kernel"] = cell.kernel
            found[f"{direction}.recurrent_kernel"] = cell.recurrent_kernel
            found[f"{direction}.bias"] = cell.bias
    if "ngrams" in names:
        found["ngrams"] = model.get_layer("ngrams").kernel
    # A language model has an embedding and LSTMs, but no head.
    if "head" in names:
        head = model.get_layer("head")
        found["head.kernel"], found["head.bias"] = head.kernel, head.bias
    return found


def get_weights(model: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Return a copy of the model's weights, float32, by the names of a bundle."""
    weights = {
        name: np.array(ops.convert_to_numpy(variable.value), dtype=np.float32)
        for name, variable in _variables(model).items()
    }
    if "ngrams" in weights:
        weights["ngrams"] *= ops.convert_to_numpy(model.get_layer("ngrams").gain.value)
    return weights


def set_weights(model: keras.Model, weights: Mapping[str, NDArray[Any]]) -> None:
    """Assign weights by the names of a bundle; the others are kept.

    Raises:
        BundleError: a name is unknown to the model, or a shape differs.
    """
    variables = _variables(model)
    for name, value in weights.items():
        if name not in variables:
            raise BundleError(f"the model has no weight '{name}'; it has {sorted(variables)}.")
        expected = tuple(variables[name].shape)
        if tuple(value.shape) != expected:
            raise BundleError(f"weight '{name}' has shape {value.shape}; expected {expected}.")
        variables[name].assign(value)
        if name == "ngrams":
            model.get_layer("ngrams").gain.assign(1.0)

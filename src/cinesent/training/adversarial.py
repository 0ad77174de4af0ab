"""Adversarial training: each batch is learnt a second time, word vectors moved against the network.

    ids ─ lookup ─ vectors ──────────── reader ─ probability ─ loss
                      └── + the step that raises the loss most ─ reader ─ loss

Needs a gradient inside the training step, which is written for TensorFlow.

Source:
    Miyato, Dai & Goodfellow (2017), "Adversarial Training Methods for Semi-Supervised Text
    Classification". The word vectors are not normalised here: in a few epochs they hardly grow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cinesent.errors import ConfigError

if TYPE_CHECKING:
    from keras import Model


class AdversarialStep:
    """One training step, compiled.

    Args:
        model: from :func:`~cinesent.models.lstm.build_model`, compiled: its optimizer is used.
        length: Euclidean length of the step over all word vectors of a review, both directions.

    Raises:
        ConfigError: Keras does not run on TensorFlow.
    """

    def __init__(self, model: Model, length: float) -> None:
        import keras

        if keras.backend.backend() != "tensorflow":
            raise ConfigError(
                f"adversarial is {length}, which needs Keras on TensorFlow; it runs on "
                f"{keras.backend.backend()}. Use --backend tensorflow, or --set adversarial=0."
            )
        import tensorflow

        self._optimizer, self._length = model.optimizer, length
        names = [layer.name for layer in model.layers]
        read = model.get_layer("word_dropout").output if "word_dropout" in names else model.input
        vectors = [model.get_layer(name).input for name in ("forward", "backward") if name in names]
        self._lookup = keras.Model(model.input, [*vectors, read])
        self._reader = keras.Model([*vectors, read], model.output)
        spec = tensorflow.TensorSpec
        self._run = tensorflow.function(
            self._step,
            input_signature=[
                spec((None, None), "int32"),
                spec((None, 1), "float32"),
                spec((None,), "float32"),
            ],
        )

    def __call__(self, ids: Any, targets: Any, weights: Any) -> tuple[float, float]:
        """Learn from a batch; return loss and agreement with the targets, as the batch lay."""
        loss, agreement = self._run(ids, targets, weights)
        return float(loss), float(agreement)

    def _step(self, ids: Any, targets: Any, weights: Any) -> Any:
        import tensorflow as tf

        words, rest = self._lookup.trainable_variables, self._reader.trainable_variables
        with tf.GradientTape() as looked_up:
            *vectors, read = self._lookup(ids, training=True)
        loss, probabilities, clean, uphill = self._learn(vectors, read, targets, weights, rest)
        moved = self._move(vectors, uphill)
        _, _, against, steeper = self._learn(moved, read, targets, weights, rest)
        # What both losses say of the vectors, said of the words they belong to.
        slopes = [one + other for one, other in zip(uphill, steeper, strict=True)]
        changes = [one + other for one, other in zip(clean, against, strict=True)]
        changes = [*looked_up.gradient(vectors, words, output_gradients=slopes), *changes]
        self._optimizer.apply(changes, [*words, *rest])
        right = tf.equal(probabilities > 0.5, targets > 0.5)[:, 0]
        return loss, tf.reduce_mean(weights * tf.cast(right, "float32"))

    def _move(self, vectors: list[Any], uphill: list[Any]) -> list[Any]:
        """Take a step of the set length in each review, straight uphill."""
        import tensorflow as tf

        squares = sum(tf.reduce_sum(tf.square(each), axis=(1, 2), keepdims=True) for each in uphill)
        scale = self._length * tf.math.rsqrt(squares + 1e-24)
        return [vector + scale * each for vector, each in zip(vectors, uphill, strict=True)]

    def _learn(
        self, vectors: Any, read: Any, targets: Any, weights: Any, variables: Any
    ) -> tuple[Any, Any, list[Any], list[Any]]:
        """Return loss, probabilities, and the loss's slopes along variables and vectors."""
        import tensorflow as tf
        from keras import ops

        with tf.GradientTape() as tape:
            tape.watch(vectors)
            probabilities = self._reader([*vectors, read], training=True)
            losses = ops.binary_crossentropy(targets, probabilities)[:, 0]
            loss = tf.reduce_mean(weights * losses)
        slopes = tape.gradient(loss, [*variables, *vectors])
        return loss, probabilities, slopes[: len(variables)], slopes[len(variables) :]

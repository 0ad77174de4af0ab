"""The adversarial step on TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cinesent.training.adversarial.parts import (
    AdversarialStep,
    add,
    mean_agreement,
    mean_loss,
    move,
)

if TYPE_CHECKING:
    from keras import Model


class TensorFlowStep(AdversarialStep):
    """Runs as a graph, with gradient tapes."""

    def __init__(self, model: Model, length: float) -> None:
        """Trace the step once for all shapes."""
        import tensorflow as tf

        super().__init__(model, length)
        signature = [
            tf.TensorSpec((None, None), "int32"),
            tf.TensorSpec((None, 1), "float32"),
            tf.TensorSpec((None,), "float32"),
        ]
        self._run = tf.function(self._step, input_signature=signature)

    def __call__(self, ids: Any, targets: Any, weights: Any) -> tuple[float, float]:
        """Learn from a batch; return loss and agreement with the targets, as the batch lay."""
        loss, agreement = self._run(ids, targets, weights)
        return float(loss), float(agreement)

    def _step(self, ids: Any, targets: Any, weights: Any) -> Any:
        import tensorflow as tf

        words, rest = self.lookup.trainable_variables, self.reader.trainable_variables
        with tf.GradientTape() as looked_up:
            *vectors, read = self.lookup(ids, training=True)
        loss, probabilities, clean, uphill = self._learn(vectors, read, targets, weights, rest)
        moved = move(vectors, uphill, self.length)
        _, _, against, steeper = self._learn(moved, read, targets, weights, rest)
        # What both losses say of the vectors, said of the words they belong to.
        found = looked_up.gradient(vectors, words, output_gradients=add(uphill, steeper))
        self.model.optimizer.apply([*found, *add(clean, against)], [*words, *rest])
        return loss, mean_agreement(targets, probabilities, weights)

    def _learn(
        self, vectors: list[Any], read: Any, targets: Any, weights: Any, variables: list[Any]
    ) -> tuple[Any, Any, list[Any], list[Any]]:
        """Return loss, probabilities, and the loss's slopes along variables and vectors."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(vectors)
            probabilities = self.reader([*vectors, read], training=True)
            loss = mean_loss(targets, probabilities, weights)
        slopes = tape.gradient(loss, [*variables, *vectors])
        return loss, probabilities, slopes[: len(variables)], slopes[len(variables) :]

"""The adversarial step on TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cinesent.training.engine.adversarial.parts import (
    AdversarialStep,
    add,
    mean_agreement,
    mean_loss,
    perturb,
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
        """Learn from a batch; return loss and accuracy on the unperturbed reviews."""
        loss, agreement = self._run(ids, targets, weights)
        return float(loss), float(agreement)

    def _step(self, ids: Any, targets: Any, weights: Any) -> Any:
        import tensorflow as tf

        words, rest = self.lookup.trainable_variables, self.reader.trainable_variables
        with tf.GradientTape() as lookup_tape:
            *vectors, read = self.lookup(ids, training=True)
        loss, probabilities, clean, clean_vectors = self._gradients(
            vectors, read, targets, weights, rest
        )
        moved = perturb(vectors, clean_vectors, self.length)
        _, _, perturbed, moved_vectors = self._gradients(moved, read, targets, weights, rest)
        # Both losses' gradients of the vectors, carried back to the embedding.
        embedding = lookup_tape.gradient(
            vectors, words, output_gradients=add(clean_vectors, moved_vectors)
        )
        self.model.optimizer.apply([*embedding, *add(clean, perturbed)], [*words, *rest])
        return loss, mean_agreement(targets, probabilities, weights)

    def _gradients(
        self, vectors: list[Any], read: Any, targets: Any, weights: Any, variables: list[Any]
    ) -> tuple[Any, Any, list[Any], list[Any]]:
        """Return loss, probabilities, and the loss's gradients of variables and of vectors."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(vectors)
            probabilities = self.reader([*vectors, read], training=True)
            loss = mean_loss(targets, probabilities, weights)
        gradients = tape.gradient(loss, [*variables, *vectors])
        return loss, probabilities, gradients[: len(variables)], gradients[len(variables) :]

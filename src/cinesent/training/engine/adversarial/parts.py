"""What an adversarial step consists of on every backend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras import Model


class AdversarialStep(ABC):
    """One training step.

    Attributes:
        model: the network.
        length: Euclidean length of the perturbation of a review's word vectors.
        lookup: the first part of the network: from token ids, int32 (batch, time), to the word
            vectors of each direction, (batch, time, dim), and the ids after word dropout. It runs
            once, so that both passes drop the same words.
        reader: the second part: from those to the probability, (batch, 1).
    """

    def __init__(self, model: Model, length: float) -> None:
        """Cut the model in two; the parts share its layers."""
        import keras

        names = {layer.name for layer in model.layers}
        read = model.get_layer("word_dropout").output if "word_dropout" in names else model.input
        vectors = [model.get_layer(name).input for name in ("forward", "backward") if name in names]
        self.model, self.length = model, length
        self.lookup = keras.Model(model.input, [*vectors, read])
        self.reader = keras.Model([*vectors, read], model.output)

    @abstractmethod
    def __call__(self, ids: Any, targets: Any, weights: Any) -> tuple[float, float]:
        """Learn from a batch; return loss and accuracy on the unperturbed reviews."""


def perturb(vectors: list[Any], gradients: list[Any], length: float) -> list[Any]:
    """Move the word vectors of each review by `length` along the gradient of its loss.

    Args:
        vectors: (batch, time, dim), one tensor per direction.
        gradients: of the loss with respect to `vectors`, the same shapes.
        length: Euclidean, over all vectors of a review in all directions.
    """
    from keras import ops

    # (batch, 1, 1)
    squares = sum(ops.sum(ops.square(each), axis=(1, 2), keepdims=True) for each in gradients)
    scale = length * ops.rsqrt(squares + 1e-24)
    return [vector + scale * each for vector, each in zip(vectors, gradients, strict=True)]


def mean_loss(targets: Any, probabilities: Any, weights: Any) -> Any:
    """Return the mean cross-entropy of a batch: targets (batch, 1), weights (batch,)."""
    from keras import ops

    return ops.mean(weights * ops.binary_crossentropy(targets, probabilities)[:, 0])


def mean_agreement(targets: Any, probabilities: Any, weights: Any) -> Any:
    """Return the share of probabilities on the same side of 0.5 as their target."""
    from keras import ops

    same = ops.equal(probabilities > 0.5, targets > 0.5)[:, 0]
    return ops.mean(weights * ops.cast(same, "float32"))


def add(ones: list[Any], others: list[Any]) -> list[Any]:
    """Add tensors pair by pair."""
    return [one + other for one, other in zip(ones, others, strict=True)]

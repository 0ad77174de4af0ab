"""Adversarial training: each batch is learnt a second time, word vectors moved against the network.

    ids ─ lookup ─ vectors ──────────── reader ─ probability ─ loss
                      └── + the step that raises the loss most ─ reader ─ loss

The gradient inside the step is written once for each backend.

Source:
    Miyato, Dai & Goodfellow (2017), "Adversarial Training Methods for Semi-Supervised Text
    Classification". The word vectors are not normalised here: in a few epochs they hardly grow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras import Model

    from cinesent.training.adversarial.parts import AdversarialStep


def adversarial_step(model: Model, length: float) -> AdversarialStep:
    """Return a training step for `model`, compiled where the backend compiles.

    Args:
        model: from :func:`~cinesent.models.lstm.build_model`, compiled: its optimizer is used.
        length: Euclidean length of the step over all word vectors of a review, both directions.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "jax":
        from cinesent.training.adversarial.jax_step import JaxStep

        return JaxStep(model, length)
    if backend == "torch":
        from cinesent.training.adversarial.torch_step import TorchStep

        return TorchStep(model, length)
    from cinesent.training.adversarial.tensorflow_step import TensorFlowStep

    return TensorFlowStep(model, length)


__all__ = ["adversarial_step"]

"""The adversarial step of the backend in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cinesent.training.engine.adversarial.parts import AdversarialStep

if TYPE_CHECKING:
    from keras import Model


def adversarial_step(model: Model, length: float) -> AdversarialStep:
    """Return a training step for `model`, compiled where the backend compiles.

    Args:
        model: from :func:`~cinesent.models.lstm.build_model`, compiled: its optimizer is used.
        length: Euclidean length of the perturbation of all word vectors of a review, both
            directions together.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "jax":
        from cinesent.training.engine.adversarial.jax_step import JaxStep

        return JaxStep(model, length)
    if backend == "torch":
        from cinesent.training.engine.adversarial.torch_step import TorchStep

        return TorchStep(model, length)
    from cinesent.training.engine.adversarial.tensorflow_step import TensorFlowStep

    return TensorFlowStep(model, length)

"""Whether the LSTMs of a model run in cuDNN's kernels, or in a far slower loop over time steps.

Keras decides this per layer without a message: with a mask, another activation or a dtype that the
backend does not support, a layer uses the loop. So the compiled program is inspected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from keras import Model

# Names of the kernels in a lowered JAX program, a TensorFlow graph and a torch profile.
_NAMES = {"jax": "cudnn_rnn", "tensorflow": "CudnnRNN", "torch": "cudnn_rnn"}


def uses_cudnn(model: Model) -> bool:
    """Return whether cuDNN computes the LSTMs of a model that reads token ids.

    Args:
        model: from :mod:`cinesent.models.lstm` or :mod:`cinesent.models.language_model`.
    """
    import keras

    # A model reads reviews of one fixed length, or of any.
    ids = np.ones((2, model.input_shape[1] or 4), dtype=np.int32)
    backend = keras.backend.backend()
    program = {"jax": _jax_program, "tensorflow": _tensorflow_graph, "torch": _torch_profile}
    return _NAMES[backend] in program[backend](model, ids)


def _jax_program(model: Model, ids: Any) -> str:
    import jax

    def forward(trainable: list[Any], other: list[Any], ids: Any) -> Any:
        return model.stateless_call(trainable, other, ids, training=False)[0]

    values = (
        [variable.value for variable in model.trainable_variables],
        [variable.value for variable in model.non_trainable_variables],
    )
    return str(jax.jit(forward).lower(*values, ids).as_text())


def _tensorflow_graph(model: Model, ids: Any) -> str:
    import tensorflow as tf

    run = tf.function(lambda ids: model(ids, training=False))
    return str(run.get_concrete_function(tf.constant(ids)).graph.as_graph_def())


def _torch_profile(model: Model, ids: Any) -> str:
    import torch

    with torch.profiler.profile() as profile, torch.no_grad():
        model(ids, training=False)
    return " ".join(event.key for event in profile.key_averages())

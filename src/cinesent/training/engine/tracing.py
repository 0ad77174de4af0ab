"""One TensorFlow graph of the training step for batches of all shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras import Model


def trace_once(model: Model, *inputs: tuple[tuple[int | None, ...], str]) -> None:
    """Make Keras train with one graph, whichever batch comes first.

    On TensorFlow, Keras traces one graph for the shape of the first batch and another one for the
    shapes that follow, and the two may round differently. A resumed run has a different first
    batch, and has to reach the same weights. Other backends need nothing.

    Args:
        model: compiled.
        inputs: shape and dtype of ids, targets and, if any, weights; None stands for any size.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    def step(ids: Any, targets: Any, weights: Any = None) -> Any:
        return model.train_step((ids, targets, weights))

    run = tf.function(step, input_signature=[tf.TensorSpec(*spec) for spec in inputs])

    def train_function(batches: Iterable[Any]) -> Any:
        return run(*(value for value in next(iter(batches)) if value is not None))

    model.train_function = train_function

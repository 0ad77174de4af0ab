"""The formats a model is exported to: how each is written, and how it is read again.

In the Keras and TensorFlow files the weights of the head are divided by the temperature. The head
is linear, so these files return calibrated probabilities. The ONNX graph is the model's own, byte
for byte, and returns the logit before the temperature.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle import Bundle, layout
from cinesent.errors import MissingExtraError, require
from cinesent.probability import sigmoid
from cinesent.text.batching import reading_lengths

#: From token ids, (n, time) as `pad_ids` makes them, to probabilities of positive, float32 (n,).
Scorer = Callable[[NDArray[np.int64]], NDArray[np.float32]]


@dataclass(frozen=True)
class ExportFormat:
    """A kind of file that a model can be exported to.

    Attributes:
        file: its path in the export's folder.
        write: writes a bundle to a path; the folder around it exists.
        open: reads what `write` wrote, without cinesent's own code where the format allows it.
        require: raises MissingExtraError if a package that it needs is not installed.
    """

    file: str
    write: Callable[[Bundle, Path], None]
    open: Callable[[Bundle, Path], Scorer]
    require: Callable[[], None]


def _require_nothing() -> None:
    """ONNX Runtime is part of the base install."""


def _write_onnx(bundle: Bundle, path: Path) -> None:
    path.write_bytes(bundle.read(layout.MODEL))


def _open_onnx(bundle: Bundle, path: Path) -> Scorer:
    from cinesent.network.runtime import open_session, run_session

    session = open_session(path.read_bytes(), path)

    def score(token_ids: NDArray[np.int64]) -> NDArray[np.float32]:
        logits, _ = run_session(session, token_ids, reading_lengths(token_ids, bundle.config))
        scaled = logits.astype(np.float64) / bundle.temperature
        return sigmoid(scaled).astype(np.float32)

    return score


def _require_keras() -> None:
    require("keras", "train", "Exporting to Keras")
    require("safetensors", "train", f"Reading {layout.WEIGHTS}")
    _backend()


def _backend() -> str | None:
    """Return an installed backend to write a Keras file with; any will do.

    None stands for the one that Keras already runs on, or that KERAS_BACKEND names.

    Raises:
        MissingExtraError: no backend is installed.
    """
    from cinesent.models.backend import BACKENDS

    if "keras" in sys.modules or os.environ.get("KERAS_BACKEND"):
        return None
    for backend in BACKENDS:
        if importlib.util.find_spec(backend) is not None:
            return backend
    raise MissingExtraError("train", "Exporting to Keras, which has no backend here,")


def _keras_model(bundle: Bundle) -> Any:
    """Build the model in Keras, which is imported already, with the temperature in its weights."""
    from cinesent.models.lstm import build_model, set_weights

    weights = bundle.weights()
    for name in {"head.kernel", "head.bias", "ngrams"} & weights.keys():
        weights[name] = weights[name] / np.float32(bundle.temperature)
    model = build_model(bundle.config)
    set_weights(model, weights)
    return model


def _write_keras(bundle: Bundle, path: Path) -> None:
    from cinesent.models.backend import import_keras

    import_keras(_backend())
    _keras_model(bundle).save(path)


def _open_keras(bundle: Bundle, path: Path) -> Scorer:
    import keras

    model = keras.saving.load_model(path, compile=False)

    def score(token_ids: NDArray[np.int64]) -> NDArray[np.float32]:
        probabilities = model(token_ids.astype(np.int32), training=False)  # (n, 1)
        return np.asarray(keras.ops.convert_to_numpy(probabilities), dtype=np.float32)[:, 0]

    return score


def _require_tensorflow() -> None:
    require("keras", "train", "Exporting to TensorFlow")
    require("tensorflow", "train", "Exporting to TensorFlow")
    require("safetensors", "train", f"Reading {layout.WEIGHTS}")


def _write_saved_model(bundle: Bundle, path: Path) -> None:
    """Write a SavedModel whose one signature takes any batch size and, if the model does, length.

    Not with `keras.Model.export`: its signature has a single unnamed output and no logit, and on a
    machine with a GPU it exports an LSTM that runs only on GPUs.
    """
    from cinesent.models.backend import import_keras

    keras = import_keras("tensorflow")
    import tensorflow as tf

    model = _keras_model(bundle)
    for layer in model.layers:
        if isinstance(layer, keras.layers.LSTM):
            layer.use_cudnn = False
    head = model.get_layer("head")
    features = keras.Model(model.input, head.input)
    beside = model.get_layer("ngrams") if bundle.config.ngrams else None
    token_ids = tf.TensorSpec(
        (None, bundle.config.sequence_length or None), tf.int32, name="token_ids"
    )

    def serve(token_ids: Any) -> dict[str, Any]:
        pooled = features(token_ids, training=False)  # (batch, features)
        logit = tf.linalg.matvec(pooled, head.kernel[:, 0]) + head.bias  # (batch,)
        if beside is not None:
            logit += beside(token_ids)[:, 0]
        return {"logit": logit, "probability": tf.sigmoid(logit)}

    module = tf.Module(name="cinesent")
    # Variables are saved only if they are attributes of the module.
    module.variables_of_model = [variable.value for variable in model.variables]
    function = tf.function(serve, input_signature=[token_ids])
    tf.saved_model.save(module, str(path), signatures={"serving_default": function})


def _open_saved_model(bundle: Bundle, path: Path) -> Scorer:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))

    def score(token_ids: NDArray[np.int64]) -> NDArray[np.float32]:
        outputs = loaded.signatures["serving_default"](token_ids=tf.constant(token_ids, tf.int32))
        return np.asarray(outputs["probability"].numpy(), dtype=np.float32)

    return score


#: The formats by name. The SavedModel is in a folder "1", as TensorFlow Serving expects: the name
#: is the version of the model.
FORMATS = {
    "onnx": ExportFormat("model.onnx", _write_onnx, _open_onnx, _require_nothing),
    "keras": ExportFormat("model.keras", _write_keras, _open_keras, _require_keras),
    "savedmodel": ExportFormat(
        "saved_model/1", _write_saved_model, _open_saved_model, _require_tensorflow
    ),
}

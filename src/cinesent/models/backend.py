"""Which framework Keras runs on: chosen once, before Keras is imported."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from cinesent.errors import ConfigError, nearest, require

#: Backend name to the extra that installs it. Keras-torch is slow at LSTMs on a CPU.
BACKENDS = {"tensorflow": "train", "jax": "jax", "torch": "torch"}


def import_keras(backend: str | None = None) -> Any:
    """Import Keras on a backend and return the module.

    Args:
        backend: "tensorflow", "jax" or "torch"; None takes `KERAS_BACKEND`, or what Keras is
            running on already, or TensorFlow.

    Raises:
        ConfigError: no such backend, or Keras runs on another one in this process.
        MissingExtraError: Keras or the backend is not installed.
    """
    loaded = sys.modules.get("keras")
    if backend is None:
        running = str(loaded.backend.backend()) if loaded else None
        backend = running or os.environ.get("KERAS_BACKEND") or "tensorflow"
    if backend not in BACKENDS:
        raise ConfigError(f"there is no backend '{backend}'. {nearest(backend, BACKENDS)}")
    require("keras", "train", "Training")
    require(backend, BACKENDS[backend], f"The {backend} backend")
    if loaded and loaded.backend.backend() != backend:
        raise ConfigError(
            f"Keras runs on {loaded.backend.backend()} in this process, so it cannot run on "
            f"{backend}. Set KERAS_BACKEND={backend} before Keras is imported."
        )
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _quiet_stderr():
        import keras

        if backend == "tensorflow":
            import tensorflow

            # The gradient of the embedding is summed in the order of its threads otherwise, and
            # the same seed would not give the same weights.
            tensorflow.config.experimental.enable_op_determinism()
            # It warns of graphs that are built anew; batches of several widths need several.
            tensorflow.get_logger().setLevel("ERROR")
    return keras


@contextlib.contextmanager
def mixed_precision(wanted: bool) -> Iterator[None]:
    """Build the models made within so that they compute in bfloat16 and learn in float32.

    LSTMs follow it unless :func:`lstm_dtype` says otherwise. Worth it on hardware made for it: on
    GPUs, and on processors with instructions for bfloat16 where the network is large
    (docs/experiments.md).

    Source:
        Micikevicius et al. (2018), "Mixed Precision Training".
    """
    keras = sys.modules["keras"]
    before = keras.config.dtype_policy()
    if wanted:
        keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def lstm_dtype() -> str | None:
    """Return the type that LSTM layers compute in; None leaves it to the policy.

    On a GPU, JAX has cuDNN's LSTM in float32 alone (jax-ml/jax issue 18867), and Keras would take
    its loop over words instead without saying so; TensorFlow's is sure for float16 and float32
    only. cuDNN multiplies float32 on the tensor cores as well, in TF32.
    """
    keras = sys.modules["keras"]
    mixed = keras.config.dtype_policy().compute_dtype != "float32"
    held = keras.backend.backend() in ("jax", "tensorflow")
    return "float32" if mixed and held and computes_on_gpu() else None


def computes_on_gpu() -> bool:
    """Say whether Keras, which must have been imported, computes on a GPU."""
    backend = sys.modules["keras"].backend.backend()
    if backend == "tensorflow":
        import tensorflow

        return bool(tensorflow.config.list_physical_devices("GPU"))
    if backend == "jax":
        import jax

        return bool(jax.default_backend() == "gpu")
    import torch

    return bool(torch.cuda.is_available() or torch.backends.mps.is_available())


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep back what C++ libraries write to stderr as they start, unless the import fails."""
    if "keras" in sys.modules:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as buffer:
        os.dup2(buffer.fileno(), 2)
        try:
            yield
        except BaseException:
            buffer.seek(0)
            os.write(kept, buffer.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)

"""The backend of Keras, chosen once, before Keras is imported."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from cinesent.errors import ConfigError, nearest, require

#: The extra that installs each backend. On a CPU, Keras trains LSTMs slowly with torch.
BACKENDS = {"tensorflow": "train", "jax": "jax", "torch": "torch"}


def import_keras(backend: str | None = None) -> Any:
    """Import Keras on a backend and return the module.

    Args:
        backend: "tensorflow", "jax" or "torch"; None: the one that Keras runs on already, else
            `KERAS_BACKEND`, else TensorFlow.

    Raises:
        ConfigError: there is no such backend, or Keras runs on another one in this process.
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

            # Otherwise threads sum the gradient of the embedding in any order, and the same seed
            # does not give the same weights.
            tensorflow.config.experimental.enable_op_determinism()
            # TensorFlow warns of repeated tracing, but batches of several widths need it.
            tensorflow.get_logger().setLevel("ERROR")
    return keras


@contextlib.contextmanager
def mixed_precision(wanted: bool) -> Iterator[None]:
    """Make models that are built in the ``with`` block compute in bfloat16 with float32 weights.

    LSTMs do so unless :func:`lstm_dtype` says otherwise. It pays on GPUs, and for large networks on
    processors with bfloat16 instructions (docs/experiments.md).

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
    """Return the dtype that LSTM layers compute in; None leaves it to the policy.

    On a GPU, JAX has cuDNN's LSTM only in float32 (jax-ml/jax issue 18867), and Keras would use its
    loop over time steps instead without a warning; TensorFlow's supports float16 and float32. cuDNN
    multiplies float32 on the tensor cores as well, in TF32.
    """
    keras = sys.modules["keras"]
    mixed = keras.config.dtype_policy().compute_dtype != "float32"
    held = keras.backend.backend() in ("jax", "tensorflow")
    return "float32" if mixed and held and computes_on_gpu() else None


def computes_on_gpu() -> bool:
    """Return whether Keras, which must be imported, computes on a GPU."""
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
    """Hide what C++ libraries write to stderr when they start, unless the import fails."""
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

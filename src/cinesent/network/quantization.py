"""Word vectors in eight bits: a quarter of the size, and the same numbers in every implementation.

Nine tenths of a model are its word vectors. Each is stored as integers from -127 to 127 and one
scale; so are the weights of n-grams, in groups of 64. LSTMs and head stay float32: they are small,
and eight bits in an LSTM change labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import BundleError
from cinesent.recipes import Precision

#: The weights that are stored in eight bits, each with the name of its scales in a bundle.
SCALES = {"embedding": "embedding.scale", "ngrams": "ngrams.scale"}
# The weights that word vectors are multiplied by.
_READERS = ("forward.kernel", "backward.kernel")

_LEVELS = 127
# An integer of seven bits times a scale of 17 fits the 24 bits of a float32.
_SPARE_BITS = np.int32(24 - 17)
# Added to the diagonal, as a share of its mean: the kernels may have fewer columns than rows.
_DAMPING = 0.01


def quantize_rows(
    vectors: NDArray[np.float32], kernel: NDArray[np.float32] | None = None
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Quantize each vector to integers and a scale, `max |vector| / 127`.

    Columns are rounded one after the other, and the remaining columns compensate for the error
    that a rounding causes in `vectors @ kernel`. On the default model the error of logits is 0.4
    times that of rounding to the nearest.

    The scale is cut to 17 bits of mantissa, so that integer times scale is exact in float32: NumPy,
    Keras and the graph then use identical vectors, and quantizing those again changes nothing.

    Args:
        vectors: (rows, columns), finite.
        kernel: what they are multiplied by, (columns, outputs), finite. None: each number is
            rounded to the nearest.

    Returns:
        The integers, -127 to 127, (rows, columns), and the scales, above 0, (rows, 1).

    Source:
        Frantar, Ashkboos, Hoefler & Alistarh (2023), "GPTQ: Accurate Post-Training Quantization
        for Generative Pre-trained Transformers".
    """
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    scales = (largest / np.float32(_LEVELS)).view(np.int32) >> _SPARE_BITS << _SPARE_BITS
    # A row of zeros, or of numbers too small to divide by, still needs a scale.
    scales = np.maximum(scales.view(np.float32), np.finfo(np.float32).tiny)
    integers = np.rint(vectors / scales).astype(np.int8)
    if kernel is None:
        return integers, scales
    rounded = np.flatnonzero((integers * scales != vectors).any(axis=1))
    integers[rounded] = _compensate(vectors[rounded] / scales[rounded], kernel)
    return integers, scales


def _compensate(vectors: NDArray[np.float32], kernel: NDArray[np.float32]) -> NDArray[np.int8]:
    """Round vectors between -127 and 127; later columns compensate for earlier ones."""
    size = vectors.shape[1]
    curvature = kernel.astype(np.float64) @ kernel.T.astype(np.float64)
    damping = max(_DAMPING * float(np.trace(curvature)) / size, np.finfo(np.float64).tiny ** 0.5)
    inverse = np.linalg.inv(curvature + damping * np.eye(size))
    factor = np.linalg.cholesky(inverse).T
    # What an error of 1 in a column subtracts from the columns after it, (columns, columns).
    shares = (factor / np.diag(factor)[:, None]).astype(np.float32)
    # The largest number stays the largest, so that quantizing again finds the same scale.
    largest = np.abs(vectors) >= np.abs(vectors).max(axis=1, keepdims=True)
    left = vectors.copy()
    for column in range(size):
        whole = np.clip(np.rint(left[:, column]), -_LEVELS, _LEVELS)
        whole = np.where(largest[:, column], np.rint(vectors[:, column]), whole)
        error = left[:, column] - whole
        left[:, column] = whole
        left[:, column + 1 :] -= error[:, None] * shares[column, column + 1 :]
    return left.astype(np.int8)


def dequantize_rows(integers: NDArray[np.int8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors that :func:`quantize_rows` stored, float32 (rows, columns)."""
    return integers.astype(np.float32) * scales


def stored_weights(
    weights: Mapping[str, NDArray[np.float32]], precision: Precision
) -> dict[str, NDArray[Any]]:
    """Return weights as a bundle of this precision holds them."""
    if precision == "float32":
        return dict(weights)
    kernels = [value for name, value in weights.items() if name in _READERS]
    stored: dict[str, NDArray[Any]] = dict(weights)
    for name, scale in SCALES.items():
        if name in weights:
            # Nothing is multiplied by the n-grams' weights: they are summed.
            kernel = np.concatenate(kernels, axis=1) if name == "embedding" else None
            stored[name], stored[scale] = quantize_rows(weights[name], kernel)
    return stored


def restored_weights(
    stored: Mapping[str, NDArray[Any]], precision: Precision
) -> dict[str, NDArray[Any]]:
    """Return float32 weights from those that a bundle stores.

    Raises:
        BundleError: the precision is int8, and weights that it applies to are not integers with
            scales.
    """
    if precision == "float32":
        return dict(stored)
    weights = dict(stored)
    for name, scale in SCALES.items():
        if name in weights or name == "embedding":
            weights[name] = _restore(name, weights.get(name), scale, weights.pop(scale, None))
    return weights


def _restore(
    name: str, integers: NDArray[Any] | None, scale: str, scales: NDArray[Any] | None
) -> NDArray[np.float32]:
    if integers is None or integers.dtype != np.int8 or integers.ndim != 2:
        raise BundleError(f"weight '{name}' is {_kind(integers)}; expected an int8 matrix.")
    if scales is None or scales.dtype != np.float32 or scales.shape != (len(integers), 1):
        raise BundleError(
            f"weight '{scale}' is {_kind(scales)}; expected float32 ({len(integers)}, 1)."
        )
    return dequantize_rows(integers, scales)


def round_weights(
    weights: Mapping[str, NDArray[np.float32]], precision: Precision
) -> dict[str, NDArray[np.float32]]:
    """Return float32 weights as they are after storing and restoring."""
    return restored_weights(stored_weights(weights, precision), precision)


def _kind(value: NDArray[Any] | None) -> str:
    return "missing" if value is None else f"{value.dtype} {value.shape}"

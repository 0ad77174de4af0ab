"""The weights of one LSTM as the native library reads them, and its table of words.

The table holds the input's part of the gates for each word, `embedding[word] @ kernel + bias`. The
rows of frequent words stay in memory once they were needed (ids are sorted by frequency); those of
rare words are computed for each call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.native.library import NativeLibrary, address, aligned, aligned_empty, check_result
from cinesent.recipes import ModelConfig

_LOG2_E = 1.4426950408889634
# ONNX's gates are input, output, forget, cell; the library's are input, forget, cell, output. Its
# exponentials are powers of two: see cpp/kernel.h.
_GATE_ORDER = [0, 2, 3, 1]
_GATE_SCALES = -_LOG2_E * np.array([1.0, 1.0, 2.0, 1.0])[:, None, None, None]


class PackedLSTM:
    """One direction.

    Args:
        config: what the network is.
        constants: of the prediction graph, by name.
        index: 0 for the forward LSTM, 1 for the backward one.
        library: that reads the weights.
        instruction_set: that they are packed for.
        num_resident: how many words have a row of the table that stays.

    Attributes:
        backward: whether it reads backwards.
        recurrent: weights of the state, (units / width, units, 4, width).
        table: rows of frequent words, (num_resident, 4 units), uninitialised until they are needed.
        heads: weights of the pooled units in the logit, by pooling, (units,) each.
        head_addresses: where those of max, mean and last begin; None where there is none.
    """

    def __init__(
        self,
        config: ModelConfig,
        constants: Mapping[str, NDArray[Any]],
        index: int,
        library: NativeLibrary,
        instruction_set: str,
        num_resident: int,
    ) -> None:
        self.backward = index == 1
        self._units, self._constants, self._library = config.units, constants, library
        self._number = library.number(instruction_set)
        width = library.instruction_sets[instruction_set]
        bias = constants["bias"][index].reshape(2, -1).sum(axis=0)[:, None]
        self._kernel = _packed(constants["kernel"][index], width)
        self._bias = _packed(bias, width)
        self.recurrent = _packed(constants["recurrent_kernel"][index], width)
        self.table = aligned_empty((num_resident, 4 * config.units))
        self.heads = {
            name: aligned(constants[f"head_{name}"][index, 0]) for name in config.poolings
        }
        self.head_addresses = [
            address(self.heads.get(name), np.float32) for name in ("max", "mean", "last")
        ]
        self.recurrent_address = address(self.recurrent, np.float32)
        self.table_address = address(self.table, np.float32)

    def rows_of(self, words: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Compute the table rows of words, (n, 4 units); the same bits for any n."""
        vectors = self._constants["embedding"][words].astype(np.float32)
        if "embedding_scale" in self._constants:
            vectors *= self._constants["embedding_scale"][words]
        rows = aligned_empty((len(words), 4 * self._units))
        code = self._library.functions.cinesent_project(
            *(self._number, address(self._kernel, np.float32), address(self._bias, np.float32)),
            *(address(vectors, np.float32), len(words), vectors.shape[1], self._units),
            address(rows, np.float32),
        )
        check_result(code)
        return rows


def _packed(weights: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Return (4 units, depth) as (units / width, depth, 4, width), scaled for exp2."""
    blocks = weights.reshape(4, -1, width, weights.shape[1])[_GATE_ORDER]
    scaled = (blocks * _GATE_SCALES).transpose(1, 3, 0, 2)
    packed = aligned_empty(scaled.shape)
    packed[...] = scaled
    return packed

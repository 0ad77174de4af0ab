"""What each token contributed to the logits, from what the native library records as it reads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinesent.native.library import Reading, address
from cinesent.network.packed_lstm import PackedLSTM

# Below any state, which lies in (-1, 1).
LOWEST = -2.0


class Shares:
    """The record of one LSTM over some reviews.

    Args:
        lstm: that reads.
        offsets: where each review begins, and where the last one ends, (reviews + 1,).
    """

    def __init__(self, lstm: PackedLSTM, offsets: NDArray[np.int64]) -> None:
        self._lstm, self._offsets = lstm, offsets
        shape = len(offsets) - 1, len(next(iter(lstm.heads.values())))
        self._best = np.full(shape, LOWEST, dtype=np.float32)
        self._winners = np.zeros(shape, dtype=np.int64)
        self._levels = {
            name: np.zeros(int(offsets[-1])) for name in ("mean", "last") if name in lstm.heads
        }

    def enter(self, reading: Reading, start: int) -> None:
        """Let the library write here.

        Args:
            reading: of all reviews, or of a piece of the only one.
            start: the first token of that piece, else 0.
        """
        self._places = np.full(len(self._offsets) - 1, start, dtype=np.int64)  # kept alive
        reading.places = address(self._places, np.int64)
        reading.best = address(self._best, np.float32)
        reading.winners = address(self._winners, np.int64)
        for name, levels in self._levels.items():
            setattr(reading, f"{name}_levels", address(levels[start:], np.float64))
            setattr(reading, f"{name}_head", address(self._lstm.heads[name], np.float32))

    def add_to(self, shares: NDArray[np.float64], real: NDArray[np.int64]) -> None:
        """Add what each token contributed, once all is read.

        Args:
            shares: (tokens,).
            real: tokens of each review that are not padding, (reviews,).
        """
        heads, offsets = self._lstm.heads, self._offsets
        if "max" in heads:
            parts = self._best * heads["max"].astype(np.float64)
            np.add.at(shares, self._winners + offsets[:-1, None], parts)
        if "mean" in heads:
            shares += self._levels["mean"] / np.repeat(np.maximum(real, 1), np.diff(offsets))
        if "last" in heads:
            shares += self._changes(self._levels["last"])

    def _changes(self, levels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each level minus the one that was read before it; before the first it is 0."""
        before = np.zeros(len(levels))
        if self._lstm.backward:
            before[:-1] = levels[1:]
            before[self._offsets[1:] - 1] = 0.0
        else:
            before[1:] = levels[:-1]
            before[self._offsets[:-1]] = 0.0
        return levels - before

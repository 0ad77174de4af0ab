"""Reads a long review in pieces of time, so that memory does not grow with its length.

The prediction graph keeps the states of every token until they are pooled, some 12 KB per token
with the packaged model. Here each LSTM reads a piece, its states are pooled, and only the last one
is carried to the next piece. The answers are those of the graph up to float32 rounding.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.network.admission import ADMISSION
from cinesent.network.lstm_model import OUTPUTS, lstm_model
from cinesent.network.runtime import create_session, run_failed
from cinesent.recipes import NGRAM_ROW, ModelConfig
from cinesent.text.ngrams import first_occurrences, ngram_buckets
from cinesent.text.tokenizer import PADDING_ID

#: Tokens of a piece.
PIECE = 2048
# Numbers that the gates of a piece have at most: wide networks read shorter pieces.
_MOST_GATES = PIECE * 4 * 512


class PieceReader:
    """Runs the network over one review of any length.

    Args:
        config: what the network is.
        constants: of the prediction graph, by name: the weights as it computes with them.
    """

    def __init__(self, config: ModelConfig, constants: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
        self.constants = constants
        self.piece = max(1, min(PIECE, _MOST_GATES // (4 * config.units)))
        self._session = create_session(lstm_model(config.units), "the LSTM", arena=False)

    def read(
        self, ids: NDArray[np.int64], explain: bool = False
    ) -> tuple[np.float32, NDArray[np.float32]]:
        """Return the logit, and what each token contributed to it, zero unless asked for.

        Args:
            ids: the tokens that are read, (time,).
            explain: whether contributions, (time,), are wanted.
        """
        shares = np.zeros(len(ids) if explain else 0)
        logit = float(self.constants["head_bias"][0])
        if self.config.ngrams:
            logit += self._score_ngrams(ids, shares)
        for direction in range(len(self.config.directions)):
            logit += self._read_direction(ids, direction, shares)
        return np.float32(logit), (shares if explain else np.zeros(len(ids))).astype(np.float32)

    def _read_direction(
        self, ids: NDArray[np.int64], direction: int, shares: NDArray[np.float64]
    ) -> float:
        """Return what one LSTM adds to the logit; its tokens' parts are added to `shares`."""
        pools: list[_Pool] = []
        for pooling in self.config.poolings:
            head = self.constants[f"head_{pooling}"][direction, 0].astype(np.float64)
            pools.append(_POOLS[pooling](head, shares))
        for start, states in self._states(ids, direction):
            real = ids[start : start + len(states)] != PADDING_ID
            for pool in pools:
                pool.add(start, states, real, backward=direction == 1)
        return sum(pool.score() for pool in pools)

    def _states(
        self, ids: NDArray[np.int64], direction: int
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield the first token of each piece, and its states in the order of time, (piece, units).

        The backward LSTM begins with the last piece.
        """
        names = ("kernel", "recurrent_kernel", "bias")
        feed = {name: self.constants[name][direction : direction + 1].copy() for name in names}
        feed["state"] = feed["cell"] = np.zeros((1, 1, self.config.units), dtype=np.float32)
        starts = range(0, len(ids), self.piece)
        step = -1 if direction == 1 else 1
        for start in starts[::step]:
            piece = ids[start : start + self.piece][::step]
            with ADMISSION.run(len(piece)):
                feed["vectors"] = self._vectors(piece)[:, None, :]
                try:
                    states, feed["state"], feed["cell"] = self._session.run(list(OUTPUTS), feed)
                except Exception as error:  # the runtime does not export the classes it raises
                    raise run_failed(piece.shape, error) from error
            yield start, states[::step, 0, 0]

    def _vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return word vectors, (time, embedding_dim)."""
        vectors: NDArray[np.float32] = self.constants["embedding"][ids].astype(np.float32)
        if "embedding_scale" in self.constants:
            vectors *= self.constants["embedding_scale"][ids]
        return vectors

    def _score_ngrams(self, ids: NDArray[np.int64], shares: NDArray[np.float64]) -> float:
        """Return the score of the n-grams; each one's is divided among its words in `shares`."""
        order, num_buckets = self.config.ngrams, self.config.ngram_buckets
        buckets = ngram_buckets(ids[None], order, num_buckets)  # (1, order - 1, time)
        first = first_occurrences(buckets)[0]
        kept = buckets[0][first]
        weights = self.constants["ngrams"][kept].astype(np.float64)
        if "ngram_scale" in self.constants:
            weights *= self.constants["ngram_scale"][kept // NGRAM_ROW]
        if len(shares):
            parts = np.zeros(first.shape)
            parts[first] = weights
            for length, part in enumerate(parts, start=2):
                for back in range(length):
                    shares[: len(ids) - back] += part[back:] / length
        return float(weights.sum())


class _Pool(ABC):
    """Pools the states of one LSTM, which come piece by piece.

    Args:
        head: weights of the pooled units in the logit, (units,).
        shares: receives what each token contributes, (time,); empty if that is not wanted.
    """

    def __init__(self, head: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
        self.head = head
        self.shares = shares

    @abstractmethod
    def add(
        self, start: int, states: NDArray[np.float32], real: NDArray[np.bool_], backward: bool
    ) -> None:
        """Pool a piece.

        Args:
            start: the first token of the piece.
            states: in the order of time, (piece, units).
            real: False at padding, (piece,).
            backward: whether the LSTM reads backwards, so that the last piece comes first.
        """

    @abstractmethod
    def score(self) -> float:
        """Return what the pooled states add to the logit, and write `shares`."""


class _MaxPool(_Pool):
    """Keeps the largest value of each unit; it belongs to the first token that has it."""

    def __init__(self, head: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
        super().__init__(head, shares)
        self._largest = np.full(len(head), -2.0, dtype=np.float32)  # below any state
        self._winners = np.zeros(len(head), dtype=np.intp)

    def add(
        self, start: int, states: NDArray[np.float32], real: NDArray[np.bool_], backward: bool
    ) -> None:
        masked = states if real.all() else np.where(real[:, None], states, np.float32(-2))
        places = masked.argmax(axis=0)
        found = masked[places, np.arange(len(places))]
        # The backward LSTM reads the last piece first: of equal values, the latest found counts.
        better = found >= self._largest if backward else found > self._largest
        self._largest[better] = found[better]
        self._winners[better] = start + places[better]

    def score(self) -> float:
        parts = self._largest * self.head
        if len(self.shares):
            np.add.at(self.shares, self._winners, parts)
        return float(parts.sum())


class _MeanPool(_Pool):
    """Sums the states; each token gets what its states add."""

    def __init__(self, head: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
        super().__init__(head, shares)
        self._sum, self._count = 0.0, 0
        self._parts = np.zeros(len(shares))

    def add(
        self, start: int, states: NDArray[np.float32], real: NDArray[np.bool_], backward: bool
    ) -> None:
        parts = np.where(real, states @ self.head, 0.0)
        self._sum += float(parts.sum())
        self._count += int(np.count_nonzero(real))
        if len(self._parts):
            self._parts[start : start + len(parts)] = parts

    def score(self) -> float:
        count = max(1, self._count)
        self.shares += self._parts / count
        return self._sum / count


class _LastPool(_Pool):
    """Keeps the last state; each token gets the change when it was read."""

    _level = 0.0

    def add(
        self, start: int, states: NDArray[np.float32], real: NDArray[np.bool_], backward: bool
    ) -> None:
        step = -1 if backward else 1
        levels = (states @ self.head)[::step]
        if len(self.shares):
            changes = np.diff(levels, prepend=self._level)
            self.shares[start : start + len(levels)] += changes[::step]
        self._level = float(levels[-1])

    def score(self) -> float:
        return self._level


_POOLS: dict[str, type[_Pool]] = {"max": _MaxPool, "mean": _MeanPool, "last": _LastPool}

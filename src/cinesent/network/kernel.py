"""The network in the native library: many reviews at a time, without padding.

The library reads some reviews at a time and starts the next one as soon as one ends. A probability
has the same bits in any batch and order and with any number of threads. It differs from that of the
NumPy reference by less than 1e-6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.native import NativeLibrary, native_library
from cinesent.native.library import Reading, address, aligned, check_result
from cinesent.network.packed_lstm import PackedLSTM
from cinesent.network.shares import LOWEST, Shares
from cinesent.recipes import NGRAM_ROW, ModelConfig
from cinesent.text.batching import Ids
from cinesent.text.tokenizer import PADDING_ID

#: Units must be a multiple of this: the widest register.
UNITS_STEP = 16
#: Beyond it the weights of a direction leave the caches, and ONNX Runtime is as fast.
MOST_UNITS = 1024
#: Tokens that a call reads, so that it can be interrupted in between.
MOST_TOKENS = 2**16

# Bytes of the tables that stay, and of the rows that a direction needs beside them for a call.
_RESIDENT_BYTES = 2**25
_EXTRA_BYTES = 2**22
_POOLINGS = ("max", "mean", "last")


def why_not_native(config: ModelConfig, instruction_set: str | None = None) -> str | None:
    """Return why the library cannot run a network here; None if it can.

    Args:
        config: what the network is.
        instruction_set: to use; None: the best one of the processor.
    """
    library = native_library()
    if isinstance(library, str):
        return library
    if not library.instruction_sets:
        return "the processor has no AVX2 with fused multiply-add"
    if instruction_set is not None and instruction_set not in library.instruction_sets:
        return f"the processor has no {instruction_set}"
    if config.units % UNITS_STEP or config.units > MOST_UNITS:
        return (
            f"the model has {config.units} units per direction; the native library runs multiples "
            f"of {UNITS_STEP} up to {MOST_UNITS}"
        )
    unknown = [name for name in config.poolings if name not in _POOLINGS]
    return f"the native library does not know the pooling {unknown[0]!r}" if unknown else None


class Kernel:
    """Runs the network in the native library. Threads may share one.

    Args:
        config: what the network is; :func:`why_not_native` returns None for it.
        constants: of the prediction graph, by name.
        instruction_set: to use; None: the best one of the processor.
    """

    def __init__(
        self,
        config: ModelConfig,
        constants: Mapping[str, NDArray[Any]],
        instruction_set: str | None = None,
    ) -> None:
        library = native_library()
        if not isinstance(library, NativeLibrary):
            raise TypeError(library)
        self.config = config
        self.instruction_set = instruction_set or next(iter(library.instruction_sets))
        self._functions = library.functions
        self._number = library.number(self.instruction_set)
        row_bytes, count = 4 * 4 * config.units, len(config.directions)
        most_resident = max(1, _RESIDENT_BYTES // (row_bytes * count))
        self._num_resident = min(config.vocabulary_size, most_resident)
        self._most_extra = max(1, _EXTRA_BYTES // row_bytes)
        # Which words have a row. Rare ones never get one that stays, so they count as filled.
        self._filled = np.arange(config.vocabulary_size) >= self._num_resident
        self._lstms = [
            PackedLSTM(config, constants, index, library, self.instruction_set, self._num_resident)
            for index in range(count)
        ]
        self._no_rows = np.empty((0, 4 * config.units), dtype=np.float32)
        self._bias = float(constants["head_bias"][0])
        ngrams = ("ngrams", "ngram_scale")
        self._ngrams = {name: aligned(constants[name]) for name in ngrams if name in constants}

    def read(
        self, rows: Sequence[Ids], explain: bool = False
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """Return logits, float32 (n,), and what each token contributed, (length,) per review.

        Args:
            rows: the token ids that are read of each review, at least one each.
            explain: whether contributions are wanted; the list is empty otherwise.

        Raises:
            BundleError: there is too little memory.
        """
        reviews = [np.ascontiguousarray(row, dtype=np.int32) for row in rows]
        ids = reviews[0] if len(reviews) == 1 else np.concatenate(reviews)
        if len(reviews) > 1 and not self._fits(ids):
            half = len(reviews) // 2
            parts = [self.read(part, explain) for part in (reviews[:half], reviews[half:])]
            return np.concatenate([part[0] for part in parts]), parts[0][1] + parts[1][1]
        offsets = np.zeros(len(reviews) + 1, dtype=np.int64)
        np.cumsum([len(review) for review in reviews], out=offsets[1:])
        real = np.add.reduceat(ids != PADDING_ID, offsets[:-1], dtype=np.int64)
        shares = np.zeros(len(ids)) if explain else None
        logits = np.full(len(reviews), self._bias)
        if self.config.ngrams:
            logits += self._score_ngrams(ids, offsets, shares)
        for score in self._score_lstms(ids, offsets, real, shares):
            logits += score
        contributions: list[NDArray[np.float32]] = []
        if shares is not None:
            contributions = np.split(shares.astype(np.float32), offsets[1:-1])
        return logits.astype(np.float32), contributions

    def _fits(self, ids: NDArray[np.int32]) -> bool:
        """Return whether one call may read so many tokens and so many rare words."""
        if len(ids) > MOST_TOKENS:
            return False
        return bool(np.count_nonzero(ids >= self._num_resident) <= self._most_extra)

    def _score_lstms(
        self,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        real: NDArray[np.int64],
        shares: NDArray[np.float64] | None,
    ) -> Iterator[NDArray[np.float64]]:
        """Yield what each LSTM adds to the logits; parts of tokens are added to `shares`."""
        count, units = len(real), self.config.units
        states = [np.zeros((count, 5, units), dtype=np.float32) for _ in self._lstms]
        records = [Shares(lstm, offsets) if shares is not None else None for lstm in self._lstms]
        rows, words = self._table_rows(ids) if self._fits(ids) else (None, None)
        for lstm, state, record in zip(self._lstms, states, records, strict=True):
            state[:, 2] = LOWEST
            if rows is None:
                self._advance_in_pieces(lstm, ids, state, record)
            else:
                self._advance(lstm, rows, words, offsets, state, record)
        for lstm, state, record in zip(self._lstms, states, records, strict=True):
            scores = np.empty(count)
            self._functions.cinesent_score(
                *(address(state, np.float32), count, units, address(real, np.int64)),
                *(*lstm.head_addresses, address(scores, np.float64)),
            )
            if record is not None and shares is not None:
                record.add_to(shares, real)
            yield scores

    def _advance_in_pieces(
        self,
        lstm: PackedLSTM,
        ids: NDArray[np.int32],
        states: NDArray[np.float32],
        record: Shares | None,
    ) -> None:
        """Read one long review in pieces with few enough tokens and rare words."""
        size = min(MOST_TOKENS, self._most_extra)
        starts = range(0, len(ids), size)
        for start in reversed(starts) if lstm.backward else starts:
            rows, words = self._table_rows(ids[start : start + size])
            bounds = np.array([0, len(rows)], dtype=np.int64)
            self._advance(lstm, rows, words, bounds, states, record, start)

    def _advance(
        self,
        lstm: PackedLSTM,
        rows: NDArray[np.int32],
        words: NDArray[np.int32] | None,
        offsets: NDArray[np.int64],
        states: NDArray[np.float32],
        record: Shares | None,
        start: int = 0,
    ) -> None:
        """Read reviews from `states` on, which hold the result.

        Args:
            lstm: that reads.
            rows: the table row of each token.
            words: those whose rows come after the rows that stay; None: there are none.
            offsets: where each review begins, and where the last one ends.
            states: h, c, maximum, sum and its compensation, (reviews, 5, units).
            record: of contributions, if they are wanted.
            start: of a piece of one review: its first token.
        """
        extra = self._no_rows if words is None else lstm.rows_of(words)
        lengths = np.diff(offsets)
        order = np.argsort(-lengths, kind="stable")
        reading = Reading(
            units=self.config.units,
            recurrent=lstm.recurrent_address,
            resident=lstm.table_address,
            num_resident=self._num_resident,
            extra=address(extra, np.float32),
            num_extra=len(extra),
            backward=lstm.backward,
            num_reviews=len(lengths),
            rows=address(rows, np.int32),
            offsets=address(offsets, np.int64),
            order=address(order, np.int64),
            states=address(states, np.float32),
        )
        if record is not None:
            record.enter(reading, start)
        check_result(self._functions.cinesent_read(self._number, reading, len(rows)))

    def _table_rows(
        self, ids: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32] | None]:
        """Return the table row of each token, and the words of the rows behind those that stay."""
        new = ids[~self._filled[ids]]
        if len(new):
            # Two threads may do the same at a time: they write the same bits.
            words = np.unique(new)
            for lstm in self._lstms:
                lstm.table[words] = lstm.rows_of(words)
            self._filled[words] = True
        rare = ids >= self._num_resident
        if not rare.any():
            return ids, None
        words, places = np.unique(ids[rare], return_inverse=True)
        rows = ids.copy()
        rows[rare] = self._num_resident + places
        return rows, words

    def _score_ngrams(
        self,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        shares: NDArray[np.float64] | None,
    ) -> NDArray[np.float64]:
        """Return the scores of the n-grams; each one's is divided among its words in `shares`."""
        longest, count = self.config.ngrams, len(ids)
        weights, scales = self._ngrams["ngrams"], self._ngrams.get("ngram_scale")
        parts = None if shares is None else np.zeros((longest - 1, count))
        scores = np.empty(len(offsets) - 1)
        code = self._functions.cinesent_score_ngrams(
            *(address(ids, np.int32), address(offsets, np.int64), len(scores), count, longest),
            *(self.config.ngram_buckets, address(weights, weights.dtype.type)),
            *(address(scales, np.float32), NGRAM_ROW, address(scores, np.float64)),
            address(parts, np.float64),
        )
        check_result(code)
        if parts is not None and shares is not None:
            for length, part in enumerate(parts, start=2):
                for back in range(length):
                    shares[: max(0, count - back)] += part[back:] / length
        return scores

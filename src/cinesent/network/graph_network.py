"""The network in ONNX Runtime: short reviews in batches, long ones in pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.network.admission import LARGEST_RUN
from cinesent.network.answers import check_answers
from cinesent.network.pieces import PieceReader
from cinesent.network.runtime import open_session, run_session
from cinesent.recipes import ModelConfig
from cinesent.text.batching import Ids, pad_ids, reading_lengths


class GraphNetwork:
    """Runs a prediction graph. Threads may share one.

    Args:
        config: what the network is.
        graph: the content of model.onnx.
        constants: returns the constants of the graph by name; called for the first long review.
        where: the file, for messages.

    Raises:
        BundleError: ONNX Runtime does not read the graph.
    """

    def __init__(
        self,
        config: ModelConfig,
        graph: bytes,
        constants: Callable[[], Mapping[str, NDArray[Any]]],
        where: Path,
    ) -> None:
        self.config = config
        self._constants = constants
        self._session = open_session(graph, where)
        self._pieces: PieceReader | None = None

    def run(
        self, rows: Sequence[Ids], explain: bool = False
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return logits, float32 (n,), and contributions, float32 (n, time).

        Args:
            rows: token ids of n reviews, as :func:`cinesent.text.batching.fit_length` returns them.
                A review of more than 8,192 tokens must be alone.
            explain: whether contributions are wanted; they are zero otherwise.

        Raises:
            BundleError: the graph fails.
        """
        ids = pad_ids(rows)
        lengths = reading_lengths(ids, self.config)
        if len(rows) == 1 and lengths[0] > LARGEST_RUN:
            return self._run_long(ids[0], int(lengths[0]), explain)
        return run_session(self._session, ids, lengths, explain)

    def _run_long(
        self, ids: NDArray[np.int64], length: int, explain: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        # Without a lock, which a fork could copy: two threads at most open it twice.
        if self._pieces is None:
            self._pieces = PieceReader(self.config, self._constants())
        logit, read = self._pieces.read(ids[:length], explain)
        contributions = np.zeros((1, len(ids)), dtype=np.float32)
        contributions[0, :length] = read
        logits = np.array([logit])
        check_answers(logits)
        check_answers(contributions)
        return logits, contributions

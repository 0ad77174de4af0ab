"""The network as a function of token ids, in the native library or in ONNX Runtime.

The native library runs where it was built, on processors that it knows, for networks that it knows
(:func:`cinesent.network.kernel.why_not_native`). ONNX Runtime runs everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cinesent.environment import RUNTIMES, Runtime, stated_runtime
from cinesent.errors import BundleError, ConfigError
from cinesent.network.answers import check_answers
from cinesent.network.kernel import Kernel, why_not_native
from cinesent.recipes import ModelConfig
from cinesent.text.batching import Ids, fair_batches, length_batches, reading_lengths

# Tokens of a batch, padding included, and reviews: small, since large batches make ONNX Runtime's
# LSTM slower. The middle of three rounds over 4,167 reviews was 1,129, 1,030, 1,012 and 1,059
# reviews per second with batches of 8, 16, 32 and 64 reviews.
_GRAPH_TOKENS = 4096
_GRAPH_ROWS = 8
# Tokens of a batch in the native library: enough to keep its slots full, few enough that a batch
# ends soon. A batch of fewer than the second number is not worth a thread.
_NATIVE_TOKENS = 2**15
_NATIVE_LEAST = 2**11


class Network:
    """Runs the network. Threads may share one.

    Args:
        config: what the network is.
        graph: the content of model.onnx.
        constants: returns the constants of the graph by name; called at most once per use.
        where: the file, for messages.
        runtime: what runs it; None: what the variable CINESENT_RUNTIME names, else the native
            library if it can.

    Attributes:
        runtime: what runs it.
        instruction_set: that the native library uses, such as "avx512"; None for ONNX Runtime.
        why_not_native: why the native library does not run it; None if it does.

    Raises:
        BundleError: ONNX Runtime does not read the graph.
        ConfigError: `runtime` is unknown, or the native library is asked for and cannot run it.
    """

    def __init__(
        self,
        config: ModelConfig,
        graph: bytes,
        constants: Callable[[], Mapping[str, NDArray[Any]]],
        where: Path,
        runtime: Runtime | None = None,
    ) -> None:
        self.config = config
        self.where = where
        self.runtime, self.why_not_native = choose_runtime(config, runtime)
        self.instruction_set: str | None = None
        if self.runtime == "native":
            self._kernel = Kernel(config, constants())
            self.instruction_set = self._kernel.instruction_set
        else:
            from cinesent.network.graph_network import GraphNetwork

            self._graph = GraphNetwork(config, graph, constants, where)

    def batches(self, lengths: ArrayLike, threads: int) -> list[NDArray[np.intp]]:
        """Divide reviews into batches, which threads may run at the same time.

        Args:
            lengths: tokens of each review, (n,).
            threads: that run the batches.

        Returns:
            The indices of each batch; the batches that take longest come first.
        """
        if self.runtime == "native":
            return fair_batches(lengths, _NATIVE_TOKENS, _NATIVE_LEAST, threads)
        return length_batches(lengths, _GRAPH_TOKENS, _GRAPH_ROWS)[::-1]

    def run(
        self, rows: Sequence[Ids], explain: bool = False
    ) -> tuple[NDArray[np.float32], Sequence[NDArray[np.float32]]]:
        """Return logits, float32 (n,), and what each token contributed.

        Args:
            rows: token ids of n reviews, as :func:`cinesent.text.batching.fit_length` returns them,
                in one of the batches of :meth:`batches`.
            explain: whether contributions are wanted.

        Returns:
            The logits, and for each review float32 of at least its length; none unless wanted.

        Raises:
            BundleError: the network fails; the message names the file.
        """
        try:
            if self.runtime != "native":
                logits, padded = self._graph.run(rows, explain)
                return logits, list(padded) if explain else []
            return self._run_native(rows, explain)
        except BundleError as error:
            raise BundleError(f"{self.where}: {error}") from error

    def _run_native(
        self, rows: Sequence[Ids], explain: bool
    ) -> tuple[NDArray[np.float32], Sequence[NDArray[np.float32]]]:
        if not self.config.sequence_length or self.config.padding == "left":
            logits, shares = self._kernel.read(rows, explain)
        else:  # padding on the right is not read
            lengths = reading_lengths(np.array(rows), self.config).tolist()
            cut = [row[:length] for row, length in zip(rows, lengths, strict=True)]
            logits, read = self._kernel.read(cut, explain)
            shares = [
                np.pad(share, (0, len(row) - len(share)))
                for share, row in zip(read, rows, strict=explain)
            ]
        for values in (logits, *shares):
            check_answers(values)
        return logits, shares


def choose_runtime(
    config: ModelConfig, runtime: Runtime | None = None
) -> tuple[Runtime, str | None]:
    """Return what runs a network, and why it is not the native library, if it is not.

    Raises:
        ConfigError: `runtime` is unknown, or the native library is asked for and cannot run it.
    """
    if runtime is not None and runtime not in RUNTIMES:
        raise ConfigError(f"runtime is {runtime!r}; expected {' or '.join(RUNTIMES)}.")
    asked = runtime or stated_runtime()
    if asked == "onnxruntime":
        return asked, "ONNX Runtime was asked for"
    reason = why_not_native(config)
    if reason is None:
        return "native", None
    if asked == "native":
        raise ConfigError(
            f"the native runtime cannot be used: {reason}. Choose onnxruntime, or leave the choice "
            "to cinesent."
        )
    return "onnxruntime", reason

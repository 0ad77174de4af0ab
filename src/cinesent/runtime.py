"""The prediction graph, opened with ONNX Runtime: the only module that predicts by importing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import BundleError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_INPUTS = {"token_ids", "lengths", "explain"}
_OUTPUTS = {"logits", "contributions"}


def open_session(graph: bytes, where: Path) -> InferenceSession:
    """Open a graph of :func:`cinesent.graph.build_graph` on one thread.

    Without threads of its own a session may be shared by threads and survives a fork.

    Args:
        graph: the file's content.
        where: the file, for messages.

    Raises:
        BundleError: it is no such graph.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"])
    except Exception as error:  # the runtime raises classes of its own, which it does not export
        raise BundleError(f"{where} is not a graph that ONNX Runtime reads: {error}") from error
    inputs = {value.name for value in session.get_inputs()}
    inputs |= {value.name for value in session.get_overridable_initializers()}
    outputs = {value.name for value in session.get_outputs()}
    if inputs != _INPUTS or not outputs >= _OUTPUTS:
        raise BundleError(
            f"{where} reads {sorted(inputs)} and writes {sorted(outputs)}; "
            f"expected {sorted(_INPUTS)} and {sorted(_OUTPUTS)}."
        )
    return session


def run_session(
    session: InferenceSession,
    token_ids: NDArray[np.int64],
    lengths: NDArray[np.int32],
    explain: bool = False,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Run the graph: logits (batch,), and contributions (batch, time), zero unless wanted."""
    feed = {"token_ids": token_ids, "lengths": lengths, "explain": np.array(explain)}
    logits, contributions = session.run(["logits", "contributions"], feed)
    return logits, contributions

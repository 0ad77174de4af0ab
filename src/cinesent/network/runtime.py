"""The prediction graph, opened with ONNX Runtime: the only module that predicts by importing it."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import BundleError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_INPUTS = {"token_ids": "tensor(int64)", "lengths": "tensor(int32)", "explain": "tensor(bool)"}
_OUTPUTS = {"logits": "tensor(float)", "contributions": "tensor(float)"}


def open_session(graph: bytes, where: Path) -> InferenceSession:
    """Open a graph of :func:`cinesent.network.build_graph` on one thread.

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
    options.log_severity_level = 4  # what is wrong comes as an exception, not on stderr as well
    # The runtime has a format of its own, which it would recognise, and which was not checked.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        # Its fallback tries the same once more and says so on stdout.
        session = onnxruntime.InferenceSession(
            graph, options, ["CPUExecutionProvider"], enable_fallback=False
        )
    except Exception as error:  # the runtime raises classes of its own, which it does not export
        raise BundleError(
            f"{where} is not a graph that ONNX Runtime reads: {_reason(error)}"
        ) from error
    inputs = [*session.get_inputs(), *session.get_overridable_initializers()]
    found = tuple(
        {value.name: value.type for value in values} for values in (inputs, session.get_outputs())
    )
    if found != (_INPUTS, _OUTPUTS):
        raise BundleError(
            f"{where} reads {found[0]} and writes {found[1]}; expected {_INPUTS} and {_OUTPUTS}."
        )
    return session


def run_session(
    session: InferenceSession,
    token_ids: NDArray[np.int64],
    lengths: NDArray[np.int32],
    explain: bool = False,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Run the graph: logits (batch,), and contributions (batch, time), zero unless wanted.

    Raises:
        BundleError: it fails, or its results have other shapes or are not finite: its weights do
            not fit together, or not the tokenizer.
    """
    feed = {"token_ids": token_ids, "lengths": lengths, "explain": np.array(explain)}
    try:
        logits, contributions = session.run(["logits", "contributions"], feed)
    except Exception as error:  # as above
        raise BundleError(
            f"the graph fails on ids of shape {token_ids.shape}: {_reason(error)}. It does not fit "
            "its config or tokenizer, or there is too little memory for a review of this length."
        ) from error
    if logits.shape != token_ids.shape[:1] or contributions.shape != token_ids.shape:
        raise BundleError(
            f"the graph gives shapes {logits.shape} and {contributions.shape} for ids of shape "
            f"{token_ids.shape}; expected {token_ids.shape[:1]} and {token_ids.shape}."
        )
    if not (np.isfinite(logits).all() and np.isfinite(contributions).all()):
        raise BundleError("the graph gives numbers that are not finite.")
    return logits, contributions


def _reason(error: Exception) -> str:
    """Return what the runtime says, on one line and not endless."""
    return textwrap.shorten(str(error), 400, placeholder=" ...")

"""The prediction graph in ONNX Runtime: the only module that imports the runtime to predict."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import BundleError
from cinesent.network.admission import ADMISSION
from cinesent.network.answers import check_answers

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_INPUTS = {"token_ids": "tensor(int64)", "lengths": "tensor(int32)", "explain": "tensor(bool)"}
_OUTPUTS = {"logits": "tensor(float)", "contributions": "tensor(float)"}


def create_session(graph: bytes, where: Path | str, arena: bool = True) -> InferenceSession:
    """Open an ONNX model on one thread.

    Args:
        graph: the file's content.
        where: the file, for messages.
        arena: whether memory is kept between runs: faster for small ones.

    Raises:
        BundleError: it is no model that ONNX Runtime reads.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors come as exceptions, not on stderr as well
    if not arena:
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    # The runtime has a format of its own, which it would recognise, and which was not checked.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        with ADMISSION.run(0):
            # Its fallback tries the same once more and prints that on stdout.
            return onnxruntime.InferenceSession(
                graph, options, ["CPUExecutionProvider"], enable_fallback=False
            )
    except Exception as error:  # the runtime raises classes of its own, which it does not export
        raise BundleError(
            f"{where} is not a graph that ONNX Runtime reads: {_reason(error)}"
        ) from error


def open_session(graph: bytes, where: Path) -> InferenceSession:
    """Open a graph of :func:`cinesent.network.build_graph` on one thread.

    Threads may share the session. It has no threads of its own, and no fork takes place while it
    runs (:mod:`cinesent.network.admission`), so it can also be used after a fork.

    Args:
        graph: the file's content.
        where: the file, for messages.

    Raises:
        BundleError: it is no such graph.
    """
    session = create_session(graph, where)
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
    """Run the graph: logits (batch,), and contributions (batch, time), zero unless asked for.

    Raises:
        BundleError: it fails, or its results have other shapes or are not finite: its weights do
            not fit each other or the tokenizer.
    """
    feed = {"token_ids": token_ids, "lengths": lengths, "explain": np.array(explain)}
    try:
        with ADMISSION.run(token_ids.size):
            logits, contributions = session.run(["logits", "contributions"], feed)
    except Exception as error:  # as above
        raise run_failed(token_ids.shape, error) from error
    if logits.shape != token_ids.shape[:1] or contributions.shape != token_ids.shape:
        raise BundleError(
            f"the graph gives shapes {logits.shape} and {contributions.shape} for ids of shape "
            f"{token_ids.shape}; expected {token_ids.shape[:1]} and {token_ids.shape}."
        )
    check_answers(logits)
    check_answers(contributions)
    return logits, contributions


def run_failed(shape: tuple[int, ...], error: Exception) -> BundleError:
    """Return the error to raise when the runtime fails on token ids of this shape."""
    return BundleError(
        f"the graph fails on ids of shape {shape}: {_reason(error)}. It does not fit its config or "
        "tokenizer, or there is too little memory."
    )


def _reason(error: Exception) -> str:
    """Return the runtime's message, shortened and on one line."""
    return textwrap.shorten(str(error), 400, placeholder=" ...")

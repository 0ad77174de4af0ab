"""The ways: from a bundle's graph or weights to what runs batches of ids."""

from __future__ import annotations

import importlib
import logging
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.network.reference import Weights
from cinesent.recipes import ModelConfig
from cinesent.text.batching import pad_ids

Floats = NDArray[np.float32]
Rows = Sequence[NDArray[np.int64]]
#: Rows of ids, of like length, to logits.
Run = Callable[[Rows], Floats]
#: What a chunk of reviews has in common, to what runs its batches.
Prepare = Callable[[Rows], tuple[Rows, Run]]


def lengths_of(rows: Rows) -> NDArray[np.int32]:
    """Return the tokens of each review."""
    return np.array([len(row) for row in rows], dtype=np.int32)


# The bundle's own graph, in ONNX Runtime and elsewhere


def open_onnx(graph: bytes, threads: int) -> Any:
    """Open a graph with ONNX Runtime on so many threads within an operator."""
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    return runtime.InferenceSession(graph, options, ["CPUExecutionProvider"])


def lstm_operator(graph: bytes, threads: int = 1) -> Prepare:
    """ONNX's LSTM operator, as the Classifier runs it."""
    session = open_onnx(graph, threads)

    def run(rows: Rows) -> Floats:
        feed = {"token_ids": pad_ids(rows), "lengths": lengths_of(rows), "explain": np.array(False)}
        logits: Floats = session.run(["logits"], feed)[0]
        return logits

    return lambda rows: (rows, run)


def quantized(graph: bytes) -> Prepare:
    """As :func:`lstm_operator`, with the LSTM's weights in int8 (`DynamicQuantizeLSTM`)."""
    quantization = importlib.import_module("onnxruntime.quantization")
    logging.getLogger().setLevel(logging.ERROR)  # it recommends a step that changes nothing here
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "model.onnx", Path(folder) / "int8.onnx"
        source.write_bytes(graph)
        quantization.quantize_dynamic(
            source,
            target,
            op_types_to_quantize=["LSTM"],
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
        )
        return lstm_operator(target.read_bytes())


def openvino(graph: bytes, streams: int) -> Prepare:
    """The bundle's graph in OpenVINO, a thread for each stream.

    Its LSTM (2026.4.1) is right on reviews of one length; on padded ones its probabilities differ.
    """
    ov = importlib.import_module("openvino")
    core = ov.Core()
    hints = {
        "NUM_STREAMS": streams,
        "INFERENCE_NUM_THREADS": streams,
        "PERFORMANCE_HINT": "LATENCY",
    }
    hints["INFERENCE_PRECISION_HINT"] = "f32"
    model = core.read_model(graph, b"")
    compiled = core.compile_model(model, "CPU", hints)

    def run(rows: Rows) -> Floats:
        request = compiled.create_infer_request()
        feed = {"token_ids": pad_ids(rows), "lengths": lengths_of(rows), "explain": np.array(False)}
        known = {name: feed[name] for port in compiled.inputs for name in port.names & set(feed)}
        found = request.infer(known)
        return np.array(found[compiled.output("logits")], dtype=np.float32)

    return lambda rows: (rows, run)


# Each distinct word multiplied once


@dataclass(frozen=True)
class Direction:
    """An LSTM's weights, rearranged so that one tanh serves all four gates.

    sigmoid(x) is (1 + tanh(x / 2)) / 2: the gates i, f and o are halved, and states are twice what
    they should be, which the recurrent kernel and whoever pools them halve again.
    """

    kernel: Floats  # (dim, 4 units), gates i, f, o, c
    bias: Floats
    recurrent: Floats  # (units, 4 units)


def rearrange(config: ModelConfig, weights: Weights, name: str) -> Direction:
    """Rearrange the weights of a direction; Keras's gates are i, f, c, o."""
    units = config.units
    scale = np.repeat(np.array([0.5, 0.5, 0.5, 1.0], np.float32), units)

    def gates(value: Floats) -> Floats:
        enter, forget, cell, leave = np.split(value, 4, axis=-1)
        return np.ascontiguousarray(np.concatenate([enter, forget, leave, cell], axis=-1) * scale)

    return Direction(
        gates(weights[f"{name}.kernel"]),
        gates(weights[f"{name}.bias"]),
        gates(weights[f"{name}.recurrent_kernel"]) * np.float32(0.5),
    )


#: Table of products, ids (time, batch), lengths falling: to the largest and the summed states.
Pool = Callable[[Floats, NDArray[np.int64], NDArray[np.int32]], tuple[Floats, Floats]]


def projected(
    config: ModelConfig, weights: Weights, pools: Sequence[tuple[Direction, Pool]]
) -> Prepare:
    """Multiply the words of a chunk once, then let `pools` run over the products."""
    head = weights["head.kernel"].reshape(len(pools), len(config.poolings), config.units) * 0.5

    def prepare(rows: Rows) -> tuple[Rows, Run]:
        words, places = np.unique(np.concatenate(rows), return_inverse=True)
        vectors = weights["embedding"][words]
        tables = [vectors @ direction.kernel + direction.bias for direction, _ in pools]
        ends = np.cumsum([len(row) for row in rows])[:-1]
        return np.split(places, ends), lambda batch: run(tables, batch)

    def run(tables: Sequence[Floats], rows: Rows) -> Floats:
        order = sorted(range(len(rows)), key=lambda index: -len(rows[index]))
        batch = [rows[index] for index in order]
        lengths = lengths_of(batch)
        logits = np.full(len(rows), weights["head.bias"][0], dtype=np.float32)
        for index, (_, pool) in enumerate(pools):
            read = batch if index == 0 else [row[::-1] for row in batch]
            largest, total = pool(tables[index], np.ascontiguousarray(pad_ids(read).T), lengths)
            pooled = {"max": largest, "mean": total / lengths[:, None]}
            for place, name in enumerate(config.poolings):
                logits[order] += pooled[name] @ head[index, place]
        return logits

    return prepare


def numpy_pool(direction: Direction) -> Pool:
    """Step through time in NumPy, in place, over the reviews that have not ended."""
    units = len(direction.recurrent)

    def pool(
        table: Floats, ids: NDArray[np.int64], lengths: NDArray[np.int32]
    ) -> tuple[Floats, Floats]:
        time_steps, batch = ids.shape
        state, cell, total, largest = np.zeros((4, batch, units), np.float32)
        largest -= 4
        gates, inputs = np.empty((2, batch, 4 * units), np.float32)
        scratch, other = np.empty((2, batch, units), np.float32)
        alive = (lengths > np.arange(time_steps)[:, None]).sum(axis=1).tolist()
        for step, n in enumerate(alive):
            z, h, c, a, b = gates[:n], state[:n], cell[:n], scratch[:n], other[:n]
            np.matmul(h, direction.recurrent, out=z)
            z += np.take(table, ids[step, :n], axis=0, out=inputs[:n], mode="clip")
            np.tanh(z, out=z)
            z[:, : 3 * units] += 1
            np.multiply(z[:, units : 2 * units], c, out=a)
            np.multiply(z[:, :units], z[:, 3 * units :], out=b)
            a += b
            np.multiply(a, 0.5, out=c)
            np.tanh(c, out=a)
            np.multiply(z[:, 2 * units : 3 * units], a, out=h)
            np.maximum(largest[:n], h, out=largest[:n])
            total[:n] += h
        return largest, total

    return pool


def scan_graph(direction: Direction) -> bytes:
    """Build the same steps as ONNX's Scan: ONNX Runtime runs them without Python's lock."""
    from onnx import TensorProto, helper, numpy_helper

    units = len(direction.recurrent)

    def value(name: str, *shape: Any, kind: int = TensorProto.FLOAT) -> Any:
        return helper.make_tensor_value_info(name, kind, shape)

    def node(operator: str, inputs: str, outputs: str, **attributes: Any) -> Any:
        return helper.make_node(operator, inputs.split(), outputs.split(), **attributes)

    states = ("h", "c", "m", "s")
    steps = [
        node("Gather", "table ids_t", "x"),
        node("Gemm", "h0 recurrent x", "z"),
        node("Tanh", "z", "t"),
        node("Split", "t in_two", "gates candidate", axis=1),
        node("Add", "gates one", "opened"),
        node("Split", "opened in_three", "i f o", axis=1),
        node("Mul", "f c0", "kept"),
        node("Mul", "i candidate", "entered"),
        node("Add", "kept entered", "twice"),
        node("Mul", "twice half", "c1"),
        node("Tanh", "c1", "shown"),
        node("Mul", "o shown", "h1"),
        node("Where", "real_t h1 low", "h_max"),
        node("Max", "m0 h_max", "m1"),
        node("Where", "real_t h1 nothing", "h_sum"),
        node("Add", "s0 h_sum", "s1"),
    ]
    body = helper.make_graph(
        steps,
        "step",
        [value(f"{name}0", "batch", units) for name in states]
        + [value("ids_t", "batch", kind=TensorProto.INT64)]
        + [value("real_t", "batch", 1, kind=TensorProto.BOOL)],
        [value(f"{name}1", "batch", units) for name in states],
    )
    constants = {
        "recurrent": direction.recurrent,
        "one": np.float32(1),
        "half": np.float32(0.5),
        "low": np.float32(-4),
        "nothing": np.float32(0),
        "in_two": np.array([3 * units, units]),
        "in_three": np.array([units] * 3),
    }
    scan = node("Scan", "zero zero lowest zero ids real", "h c m s", body=body, num_scan_inputs=2)
    graph = helper.make_graph(
        [scan],
        "lstm",
        [
            value("zero", "batch", units),
            value("lowest", "batch", units),
            value("table", "words", 4 * units),
            value("ids", "time", "batch", kind=TensorProto.INT64),
            value("real", "time", "batch", 1, kind=TensorProto.BOOL),
        ],
        [value("m", "batch", units), value("s", "batch", units)],
        [numpy_helper.from_array(np.asarray(item), name) for name, item in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content: bytes = model.SerializeToString()
    return content


def scan_pool(direction: Direction) -> Pool:
    """Step through time in ONNX Runtime's Scan."""
    session = open_onnx(scan_graph(direction), 1)
    units = len(direction.recurrent)

    def pool(
        table: Floats, ids: NDArray[np.int64], lengths: NDArray[np.int32]
    ) -> tuple[Floats, Floats]:
        zero = np.zeros((ids.shape[1], units), np.float32)
        real = (np.arange(len(ids))[:, None] < lengths)[:, :, None]
        feed = {"zero": zero, "lowest": zero - 4, "table": table, "ids": ids, "real": real}
        largest, total = session.run(["m", "s"], feed)
        return largest, total

    return pool

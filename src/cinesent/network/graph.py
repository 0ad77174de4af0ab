"""The prediction graph: ONNX, planned node by node and filled with the weights.

    token_ids ── Gather ── LSTM (both directions, sequence_lens) ── pooling ── head ── logits
                                                └── If(explain) ── per token ── contributions

Why not an exporter: depending on the backend, those of Keras write a graph that is silently wrong,
a loop, or none at all. This one is the same for every backend and reads any batch and length.

Measured with ONNX Runtime 1.31 (30,000 x 128, 64 units, both directions, one thread): one LSTM node
of two directions is as fast as two of one. The runtime does not skip outputs that nobody asks for,
`only_execute_path_to_fetches` or not, and the contributions of max pooling (an ArgMax) take a tenth
of a batch's time: hence the third input, `explain`, which is true unless it is fed. (The runtime
warns of an initializer that is also an input; that is intended.)
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent._version import __version__
from cinesent.errors import BundleError, require
from cinesent.network.ngram_nodes import add_ngrams, share_ngrams
from cinesent.network.nodes import Branch, Node, Nodes, Weight
from cinesent.recipes import ModelConfig, Precision

if TYPE_CHECKING:
    import onnx

    from cinesent.network.reference import Check, Weights

#: What every ONNX Runtime since 1.13 reads.
OPSET = 17
IR_VERSION = 8

# Protocol buffers, and so an ONNX file, end at 2 GiB; the graph itself needs little.
_LARGEST = 2**31 - 2**20


def plan_graph(config: ModelConfig, precision: Precision = "float32") -> Nodes:
    """Return the nodes and constants of the prediction graph; weights as types and shapes only.

    A graph that comes with a model is compared with this before it is opened
    (:func:`cinesent.bundle.wire.check_graph`), so it does no more work than one built here. If a
    later version plans other graphs, it must still know the plans of before.
    """
    nodes = Nodes()
    _read(nodes, config, precision)
    _pool(nodes, config, precision)
    _explain(nodes, config)
    return nodes


def build_graph(
    config: ModelConfig, weights: Weights, precision: Precision = "float32"
) -> onnx.ModelProto:
    """Build the prediction graph.

    Inputs:
        token_ids: int64 (batch, time), right-padded with 0 beyond `lengths`.
        lengths: int32 (batch,), at least 1: the tokens that are read. With padding on the left,
            which the LSTM reads, all of `time`.
        explain: bool (), optional and true by default: whether contributions are wanted.

    Outputs:
        logits: float32 (batch,), before temperature.
        contributions: float32 (batch, time): with the head's bias, those of a review sum to its
            logit; zero at padding that is not read, and everywhere if `explain` is false.
            A mean is divided among all tokens; a maximum belongs to the first token that reached
            it; of the last state, each token gets the change in the logit when it was read.

    Args:
        config: what the network is.
        weights: float32, by the names of :meth:`ModelConfig.weight_shapes`.
        precision: in which the graph holds the word vectors; it computes in float32.

    Returns:
        A model that `onnx.checker` has passed.

    Raises:
        BundleError: a weight is missing, of another shape, or not finite; or all are too large.
        MissingExtraError: the package onnx is not installed.
    """
    require("onnx", "train", "writing model.onnx")
    from cinesent.network.quantization import stored_weights
    from cinesent.network.reference import check_weights

    check_weights(config, weights)
    stored = stored_weights(weights, precision)
    size = sum(value.nbytes for value in stored.values())
    if size > _LARGEST:
        raise BundleError(f"the weights take {size:,} bytes; an ONNX file holds {_LARGEST:,}.")
    import onnx

    model = to_onnx(plan_graph(config, precision), graph_weights(config, stored))
    onnx.checker.check_model(model)
    return model


def graph_weights(
    config: ModelConfig, stored: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Return the weights of a bundle by the names and in the shapes of the graph.

    ONNX's LSTM takes its gates in the order input, output, forget, cell; Keras's are input, forget,
    cell, output.
    """
    from cinesent.network.quantization import SCALES

    found: dict[str, NDArray[Any]] = {"embedding": stored["embedding"]}
    found.update(_lstm_weights(config, stored))
    shape = (len(config.directions), len(config.poolings), config.units)
    kernel = stored["head.kernel"].reshape(shape)
    for index, pooling in enumerate(config.poolings):
        found[f"head_{pooling}"] = kernel[:, index, None, :]
    found["head_bias"] = stored["head.bias"]
    if config.ngrams:
        found["ngrams"] = stored["ngrams"].reshape(-1)
    for name, scale, graph_name in (
        ("embedding", SCALES["embedding"], "embedding_scale"),
        ("ngrams", SCALES["ngrams"], "ngram_scale"),
    ):
        if scale in stored:
            found[graph_name] = stored[scale] if name == "embedding" else stored[scale].reshape(-1)
    return found


def _read(nodes: Nodes, config: ModelConfig, precision: Precision) -> None:
    """Token ids to `states`, (time, directions, batch, units), and `last`, without the time."""
    nodes.add("Transpose", "token_ids", name="ids", perm=[1, 0])
    _look_up(nodes, config, precision)
    count, gates = len(config.directions), 4 * config.units
    nodes.weight("kernel", (count, gates, config.embedding_dim))
    nodes.weight("recurrent_kernel", (count, gates, config.units))
    nodes.weight("bias", (count, 2 * gates))
    direction = "bidirectional" if config.bidirectional else "forward"
    inputs = ["vectors", "kernel", "recurrent_kernel", "bias", "lengths"]
    nodes.add_many(
        "LSTM", *inputs, names=("states", "last"), hidden_size=config.units, direction=direction
    )
    # Padding does not count in a pooled vector, on whichever side it is.
    nodes.add("Equal", "ids", nodes.constant("padding", np.int64(0)), name="padded")


def _look_up(nodes: Nodes, config: ModelConfig, precision: Precision) -> None:
    """Add the word `vectors` of `ids`, (time, batch, embedding_dim).

    In int8 only the rows that are read become float32. A DequantizeLinear of the whole table would
    be one node fewer, but the runtime expands it to float32 when it opens the graph.
    """
    shape = (config.vocabulary_size, config.embedding_dim)
    embedding = nodes.weight("embedding", shape, precision)
    if precision == "float32":
        nodes.add("Gather", embedding, "ids", name="vectors")
        return
    nodes.add("Gather", embedding, "ids", name="integers")
    scale = nodes.weight("embedding_scale", (config.vocabulary_size, 1))
    nodes.add("Gather", scale, "ids", name="scales")
    nodes.add("Cast", "integers", name="whole_numbers", to=1)
    nodes.add("Mul", "whole_numbers", "scales", name="vectors")


def _lstm_weights(
    config: ModelConfig, weights: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[np.float32]]:
    """Stack the weights of the directions, gates in the order of ONNX."""

    def reordered(name: str) -> NDArray[np.float32]:
        input_gate, forget_gate, cell, output_gate = np.split(weights[name], 4, axis=-1)
        return np.concatenate([input_gate, output_gate, forget_gate, cell], axis=-1)

    biases = [reordered(f"{name}.bias") for name in config.directions]
    return {
        "kernel": np.stack([reordered(f"{name}.kernel").T for name in config.directions]),
        "recurrent_kernel": np.stack(
            [reordered(f"{name}.recurrent_kernel").T for name in config.directions]
        ),
        # ONNX has a bias for the input and one for the state; Keras only their sum.
        "bias": np.stack([np.concatenate([bias, np.zeros_like(bias)]) for bias in biases]),
    }


def _pool(nodes: Nodes, config: ModelConfig, precision: Precision) -> None:
    """`states` and `last` to `logits`, (batch,)."""
    nodes.add("Unsqueeze", "padded", nodes.axes(1, 3), name="padded_states")
    scores = []
    for pooling in config.poolings:
        pooled = _pooled(nodes, pooling)
        head = nodes.weight(f"head_{pooling}", (len(config.directions), 1, config.units))
        nodes.add("Mul", pooled, head, name=f"parts_{pooling}")  # (directions, batch, units)
        scores.append(_sum(nodes, f"parts_{pooling}", (0, 2), f"score_{pooling}"))
    if config.ngrams:
        scores.append(add_ngrams(nodes, config, precision))
    nodes.add("Sum", *scores, nodes.weight("head_bias", (1,)), name="logits")


def _pooled(nodes: Nodes, pooling: str) -> str:
    """Add one pooling of the states over time, (directions, batch, units)."""
    if pooling == "last":
        return "last"
    if pooling == "max":
        # A state lies in (-1, 1): -2 never wins.
        low = nodes.constant("low", np.float32(-2))
        nodes.add("Where", "padded_states", low, "states", name="real_states")
        return nodes.add("ReduceMax", "real_states", name="pooled_max", axes=[0], keepdims=0)
    zero = nodes.constant("zero", np.float32(0))
    nodes.add("Where", "padded_states", zero, "states", name="counted_states")
    nodes.add("Not", "padded", name="real")
    nodes.add("Cast", "real", name="real_number", to=1)
    _sum(nodes, "real_number", (0,), "real_tokens")
    nodes.add("Max", "real_tokens", nodes.constant("one", np.float32(1)), name="tokens")
    nodes.add("Unsqueeze", "tokens", nodes.axes(0, 2), name="tokens_states")
    summed = _sum(nodes, "counted_states", (0,), "summed")
    return nodes.add("Div", summed, "tokens_states", name="pooled_mean")


def _sum(nodes: Nodes, value: str, axes: tuple[int, ...], name: str) -> str:
    return nodes.add("ReduceSum", value, nodes.axes(*axes), name=name, keepdims=0)


def _explain(nodes: Nodes, config: ModelConfig) -> None:
    """`states` to `contributions`, (batch, time), in a branch that runs only when asked for."""
    nodes.add("Shape", "token_ids", name="shape")
    nodes.add("ConstantOfShape", "shape", name="nothing", value=np.zeros(1, dtype=np.float32))
    asked = Nodes(constants=nodes.constants)  # constants belong to the outer graph
    add = {"max": _max_shares, "mean": _mean_shares, "last": _last_shares}
    shares = [add[pooling](asked, config) for pooling in config.poolings]
    if config.ngrams:
        shares += share_ngrams(asked, config)
    asked.add("Sum", *shares, name="shares")
    unasked = Nodes()
    unasked.add("Identity", "nothing", name="no_shares")
    nodes.constant("explain", np.array(True))
    nodes.add(
        "If",
        "explain",
        name="contributions",
        then_branch=Branch("explained", tuple(asked.nodes), "shares"),
        else_branch=Branch("unexplained", tuple(unasked.nodes), "no_shares"),
    )


def _max_shares(nodes: Nodes, config: ModelConfig) -> str:
    """Give each feature to the first token at which it is largest."""
    nodes.add("ArgMax", "real_states", name="winners", axis=0, keepdims=0)
    rows = {}
    for name in ("winners", "parts_max"):  # (directions, batch, units) to (batch, features)
        nodes.add("Transpose", name, name=f"{name}_rows", perm=[1, 0, 2])
        rows[name] = nodes.add("Reshape", f"{name}_rows", nodes.axes(0, -1), name=f"{name}_flat")
    inputs = ("nothing", rows["winners"], rows["parts_max"])
    return nodes.add("ScatterElements", *inputs, name="shares_max", axis=1, reduction="add")


def _mean_shares(nodes: Nodes, config: ModelConfig) -> str:
    """Give each token what its states add to the sum."""
    nodes.add("Mul", "counted_states", "head_mean", name="weighed_mean")
    _sum(nodes, "weighed_mean", (1, 3), "summands")
    nodes.add("Div", "summands", "tokens", name="shares_mean_steps")
    return nodes.add("Transpose", "shares_mean_steps", name="shares_mean", perm=[1, 0])


def _last_shares(nodes: Nodes, config: ModelConfig) -> str:
    """Give each token the change in the logit when it was read."""
    nodes.add("Mul", "states", "head_last", name="weighed_last")
    _sum(nodes, "weighed_last", (3,), "levels")  # (time, directions, batch)
    steps = []
    for index, name in enumerate(config.directions):
        # The level before: one step earlier or, reading backwards, later; nothing at the start.
        shift = (1, 0, -1, 0) if name == "forward" else (-1, 0, 1, 0)
        which = nodes.constant(f"direction_{index}", np.int64(index))
        nodes.add("Gather", "levels", which, name=f"level_{name}", axis=1)
        nodes.add("Pad", f"level_{name}", nodes.axes(*shift), name=f"before_{name}")
        steps.append(nodes.add("Sub", f"level_{name}", f"before_{name}", name=f"steps_{name}"))
    nodes.add("Sum", *steps, name="steps")
    nodes.add("Where", _read_mask(nodes), "steps", "zero_share", name="shares_last_steps")
    return nodes.add("Transpose", "shares_last_steps", name="shares_last", perm=[1, 0])


def _read_mask(nodes: Nodes) -> str:
    """Mark the tokens that were read, bool (time, batch)."""
    nodes.constant("zero_share", np.float32(0))
    nodes.add("Shape", "ids", name="time", start=0, end=1)
    nodes.add("Squeeze", "time", name="time_scalar")
    start, step = nodes.constant("padding", np.int64(0)), nodes.constant("step", np.int64(1))
    nodes.add("Range", start, "time_scalar", step, name="positions")
    nodes.add("Unsqueeze", "positions", nodes.axes(1), name="positions_column")
    nodes.add("Cast", "lengths", name="lengths_long", to=7)
    return nodes.add("Less", "positions_column", "lengths_long", name="was_read")


def to_onnx(plan: Nodes, weights: Mapping[str, NDArray[Any]]) -> onnx.ModelProto:
    """Turn a plan and its weights, by the names of the plan, into an ONNX model."""
    from onnx import helper, numpy_helper

    inputs = [
        _value("token_ids", "batch", "time", kind="INT64"),
        _value("lengths", "batch", kind="INT32"),
        _value("explain", kind="BOOL"),
    ]
    outputs = [_value("logits", "batch"), _value("contributions", "batch", "time")]
    constants = [
        numpy_helper.from_array(
            np.array(weights[name] if isinstance(value, Weight) else value, order="C"), name
        )
        for name, value in plan.constants.items()
    ]
    graph = helper.make_graph(
        [_node(node) for node in plan.nodes], "cinesent", inputs, outputs, constants
    )
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="cinesent",
        producer_version=__version__,
        doc_string="How positive a movie review is: a logit, and what each token adds to it.",
    )


def _node(node: Node) -> Any:
    from onnx import helper

    attributes = {name: _attribute(value) for name, value in node.attributes.items()}
    return helper.make_node(
        node.operator, node.inputs, node.outputs, name=node.outputs[0], **attributes
    )


def _attribute(value: Any) -> Any:
    from onnx import helper

    if isinstance(value, np.ndarray):
        return helper.make_tensor(
            "filler", helper.np_dtype_to_tensor_dtype(value.dtype), value.shape, value.tolist()
        )
    if isinstance(value, Branch):
        output = _value(value.output, "batch", "time")
        return helper.make_graph([_node(node) for node in value.nodes], value.name, [], [output])
    return value


def _value(name: str, *shape: str, kind: str = "FLOAT") -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, getattr(TensorProto, kind), shape)


def write_graph(
    path: Path,
    config: ModelConfig,
    weights: Weights,
    *,
    precision: Precision = "float32",
    check: Check | None = None,
) -> None:
    """Build the graph, compare its answers with the reference, and only then write it.

    Args:
        path: the file to write.
        config: what the network is.
        weights: float32, by the names of :meth:`ModelConfig.weight_shapes`.
        precision: in which the graph holds the word vectors.
        check: the trained model, holding the weights that the graph stands for, and real reviews;
            compared too.

    Raises:
        BundleError: weights do not fit, or two implementations differ (see
            :func:`cinesent.network.reference.check_parity`).
        MissingExtraError: the package onnx is not installed.
    """
    from cinesent.network.quantization import round_weights
    from cinesent.network.reference import check_parity

    model = build_graph(config, weights, precision).SerializeToString()
    check_parity(model, config, round_weights(weights, precision), check)
    path.write_bytes(model)

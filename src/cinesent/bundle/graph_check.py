"""Compares the prediction graph of a bundle with the one that its config asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle.layout import ADVICE
from cinesent.bundle.wire import Message, RefusedError, constants_of, parse_model, parse_tensor
from cinesent.errors import BundleError
from cinesent.network.graph import OPSET, plan_graph
from cinesent.network.nodes import Branch, Node, Nodes, Weight
from cinesent.recipes import ModelConfig, Precision


def check_graph(
    content: bytes, config: ModelConfig, precision: Precision, path: Path | str
) -> Mapping[str, NDArray[Any]]:
    """Compare a graph with the plan for its config, before the runtime opens it.

    Args:
        content: of the ONNX file.
        config: what the network is.
        precision: in which the graph holds the word vectors.
        path: the file, for messages.

    Returns:
        The constants of the graph by name, weights among them; they share the memory of `content`.

    Raises:
        BundleError: it is another graph, or a weight is not finite; the message names `path`.
    """
    try:
        model = parse_model(content)
        return _check_model(model, plan_graph(config, precision))
    except RefusedError as error:
        raise BundleError(
            f"{path} is no prediction graph of cinesent: {error}. {ADVICE}"
        ) from error


def _check_model(model: Message, plan: Nodes) -> Mapping[str, NDArray[Any]]:
    if len(model.all("graph")) != 1 or len(model.all("opset")) != 1:
        raise RefusedError("it does not hold one graph and one set of operators")
    opset, graph = model.one("opset"), model.one("graph")
    if domains := [name for name in opset.all("domain") if name]:
        raise RefusedError(f"it uses operators of the domain {domains[0]!r}")
    if opset.all("version") != [OPSET]:
        raise RefusedError(f"it uses version {opset.all('version')} of the operators, not {OPSET}")
    found = constants_of(graph)
    _check_nodes(graph.all("nodes"), plan.nodes)
    _check_constants(found, plan.constants)
    return found


def _check_constants(
    found: Mapping[str, NDArray[Any]], plan: Mapping[str, NDArray[Any] | Weight]
) -> None:
    """Raise unless the constants have the names, types and shapes of the plan."""
    if found.keys() != plan.keys():
        differ = sorted(found.keys() ^ plan.keys())
        raise RefusedError(f"its constants are others than its config asks for: {differ[:3]}")
    for name, expected in plan.items():
        value = found[name]
        if value.dtype != expected.dtype or value.shape != expected.shape:
            raise RefusedError(
                f"its constant {name!r} is {value.dtype} {value.shape}; its config asks for "
                f"{expected.dtype} {expected.shape}"
            )
        if not isinstance(expected, Weight) and value.tobytes() != expected.tobytes():
            raise RefusedError(f"its constant {name!r} has another value")


def _check_nodes(found: Sequence[Message], plan: Sequence[Node]) -> None:
    """Raise unless the nodes are those of the plan, in its order."""
    for index, node in enumerate(found):
        operator = node.one("operator")
        if any(node.all("domain")):
            raise RefusedError(f"it uses operators of the domain {node.all('domain')[0]!r}")
        if index >= len(plan) or operator != plan[index].operator:
            wanted = plan[index].operator if index < len(plan) else "no further node"
            raise RefusedError(
                f"it uses the operator {operator!r} as node {index + 1}; expected {wanted}"
            )
        _check_node(node, plan[index])
    if len(found) < len(plan):
        raise RefusedError(f"it has {len(found)} nodes; expected {len(plan)}")


def _check_node(found: Message, expected: Node) -> None:
    name = f"its node {expected.outputs[0]!r} ({expected.operator})"
    for side, values in (("inputs", expected.inputs), ("outputs", expected.outputs)):
        if tuple(found.all(side)) != values:
            raise RefusedError(f"{name} has the {side} {found.all(side)}; expected {list(values)}")
    attributes = {item.one("name"): item for item in found.all("attributes")}
    if len(attributes) != len(found.all("attributes")) or attributes.keys() != (
        expected.attributes.keys()
    ):
        raise RefusedError(f"{name} has the attributes {sorted(attributes)}")
    for key, value in expected.attributes.items():
        if not _is_same(attributes[key], value):
            raise RefusedError(f"{name} has another value of the attribute {key!r}")


def _is_same(found: Message, expected: Any) -> bool:
    """Compare an attribute, which must hold one kind of value."""
    values = {name: list(found.all(name)) for name in _KINDS if found.all(name)}
    if isinstance(expected, Branch):
        return list(values) == ["graph"] and _is_same_branch(found.one("graph"), expected)
    if isinstance(expected, np.ndarray):
        if list(values) != ["tensor"]:
            return False
        tensor = parse_tensor(found.one("tensor"))
        same_kind = (tensor.dtype, tensor.shape) == (expected.dtype, expected.shape)
        return same_kind and tensor.tobytes() == expected.tobytes()
    if isinstance(expected, str):
        return values == {"string": [expected]}
    if isinstance(expected, int):
        return values == {"integer": [expected]}
    return values == {"integers": list(expected)}


def _is_same_branch(found: Message, expected: Branch) -> bool:
    _check_nodes(found.all("nodes"), expected.nodes)
    return not found.all("constants")


_KINDS = ("integer", "string", "tensor", "graph", "integers")

"""The nodes and constants of an ONNX graph as plain data, without the package onnx."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Weight:
    """Stands for a constant that training decides: only its type and shape are known."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Node:
    """An operator with its inputs, outputs and attributes.

    Attributes:
        operator: of ONNX, such as "Gather".
        inputs: names of values.
        outputs: names of values; the first is also the name of the node.
        attributes: an integer, a string, integers, a tensor or a graph by name.
    """

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass
class Nodes:
    """Collects the nodes and constants of a graph, in the order in which they are added."""

    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, NDArray[Any] | Weight] = field(default_factory=dict)

    def add(self, operator: str, *inputs: str, name: str, **attributes: Any) -> str:
        """Add a node with one output; return the output's name."""
        self.add_many(operator, *inputs, names=(name,), **attributes)
        return name

    def add_many(
        self, operator: str, *inputs: str, names: tuple[str, ...], **attributes: Any
    ) -> None:
        """Add a node with several outputs."""
        self.nodes.append(Node(operator, inputs, names, attributes))

    def constant(self, name: str, value: ArrayLike) -> str:
        """Add a constant that is the same in every model, once; return its name."""
        self.constants.setdefault(name, np.array(value, order="C"))
        return name

    def weight(self, name: str, shape: tuple[int, ...], dtype: str = "float32") -> str:
        """Add a constant that training decides, once; return its name."""
        self.constants.setdefault(name, Weight(dtype, shape))
        return name

    def axes(self, *axes: int) -> str:
        """Return the name of a constant list of axes or sizes, int64."""
        return self.constant(f"axes_{axes}", np.array(axes, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Branch:
    """A graph within a node: one side of an If.

    Attributes:
        name: of the graph.
        nodes: in order.
        output: the value it returns.
    """

    name: str
    nodes: tuple[Node, ...]
    output: str

"""The nodes and constants of an ONNX graph, collected by name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


class Nodes:
    """Collects nodes and constants of a graph."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def add(self, operator: str, *inputs: str, name: str, **attributes: Any) -> str:
        """Add a node with one output; return the output's name."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def add_many(
        self, operator: str, *inputs: str, names: tuple[str, ...], **attributes: Any
    ) -> None:
        """Add a node with several outputs."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, names, name=names[0], **attributes))

    def constant(self, name: str, value: ArrayLike) -> str:
        """Add a constant, once; return its name."""
        from onnx import numpy_helper

        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.array(value, order="C"), name)
        return name

    def axes(self, *axes: int) -> str:
        """Return the name of a constant list of axes or sizes, int64."""
        return self.constant(f"axes_{axes}", np.array(axes, dtype=np.int64))

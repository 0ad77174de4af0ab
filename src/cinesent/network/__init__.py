"""From weights to the prediction graph, in ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cinesent.deferred import deferred

if TYPE_CHECKING:
    from cinesent.network.graph import IR_VERSION, OPSET, build_graph, write_graph

# Each is imported when it is first used: predicting needs few of them.
_HOMES = {
    "IR_VERSION": "cinesent.network.graph",
    "OPSET": "cinesent.network.graph",
    "build_graph": "cinesent.network.graph",
    "write_graph": "cinesent.network.graph",
}

__all__ = ["IR_VERSION", "OPSET", "build_graph", "write_graph"]

__getattr__ = deferred(globals(), _HOMES)

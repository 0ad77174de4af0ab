"""From weights to the prediction graph, in ONNX."""

from cinesent.network.graph import IR_VERSION, OPSET, build_graph, write_graph

__all__ = ["IR_VERSION", "OPSET", "build_graph", "write_graph"]

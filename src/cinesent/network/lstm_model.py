"""An ONNX model of a single LSTM node that takes and returns its states, as bytes.

It is written by hand, field by field of onnx.proto3, because the base install does not include the
package onnx. Everything is an input, the weights too, so the same model serves both directions.
"""

from __future__ import annotations

#: In the order of ONNX's LSTM, with the number of axes; "" is the lengths, which are not given.
INPUTS = {
    "vectors": 3,
    "kernel": 3,
    "recurrent_kernel": 3,
    "bias": 2,
    "": 0,
    "state": 3,
    "cell": 3,
}
OUTPUTS = {"states": 4, "last_state": 3, "last_cell": 3}

_IR_VERSION, _OPSET = 8, 17
_FLOAT, _INT, _STRING = 1, 2, 3  # TensorProto.FLOAT, AttributeProto.INT, AttributeProto.STRING


def lstm_model(units: int) -> bytes:
    """Return the model.

    Inputs, float32: vectors (time, 1, embedding_dim), kernel (1, 4 units, embedding_dim),
    recurrent_kernel (1, 4 units, units), bias (1, 8 units), state and cell (1, 1, units).
    Outputs, float32: states (time, 1, 1, units), last_state and last_cell (1, 1, units).

    Args:
        units: of the LSTM.
    """
    attribute = _field(1, b"hidden_size") + _field(3, units) + _field(20, _INT)
    direction = _field(1, b"direction") + _field(4, b"forward") + _field(20, _STRING)
    node = b"".join(
        [
            *(_field(1, name.encode()) for name in INPUTS),
            *(_field(2, name.encode()) for name in OUTPUTS),
            _field(4, b"LSTM"),
            _field(5, attribute),
            _field(5, direction),
        ]
    )
    graph = b"".join(
        [
            _field(1, node),
            _field(2, b"lstm"),
            *(_field(11, _float_value(name, axes)) for name, axes in INPUTS.items() if name),
            *(_field(12, _float_value(name, axes)) for name, axes in OUTPUTS.items()),
        ]
    )
    return _field(1, _IR_VERSION) + _field(7, graph) + _field(8, _field(2, _OPSET))


def _float_value(name: str, axes: int) -> bytes:
    """Return a ValueInfoProto: a float tensor with so many axes of any length."""
    shape = b"".join(_field(1, _field(2, f"{name}_{axis}".encode())) for axis in range(axes))
    tensor_type = _field(1, _FLOAT) + _field(2, shape)
    return _field(1, name.encode()) + _field(2, _field(1, tensor_type))


def _field(number: int, value: int | bytes) -> bytes:
    """Return a field of a protocol buffer: a number, or bytes with their length."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    parts = []
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])

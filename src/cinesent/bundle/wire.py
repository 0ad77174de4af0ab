"""A look at an ONNX file before the runtime gets it, without the package onnx.

An ONNX file is a protocol buffer. This walks its wire format
(https://protobuf.dev/programming-guides/encoding) by a table of what the graphs of
:mod:`cinesent.network` are made of, and refuses the rest. So this holds of every graph that passes,
also if the manifest was forged along with it:

- no file but this one is read: it refers to no external data;
- nothing but the operators below is run: it has no functions and names no other domain;
- it comes to an end: none of those operators loops, and there are few of them;
- every tensor has the bytes that its shape says, and no float in it is NaN or infinity.

Nothing is promised about the memory that such operators take, as they may multiply what they read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cinesent.bundle.layout import MEND
from cinesent.errors import BundleError

_OPERATORS = """
    Add And ArgMax Cast Concat ConstantOfShape Div Equal Gather Identity If LSTM Less Max Min Mod
    Mul Not Pad Range ReduceMax ReduceSum Reshape ScatterElements Shape Squeeze Sub Sum TopK
    Transpose Unsqueeze Where
"""
OPERATORS = frozenset(_OPERATORS.split())

# The fields that a message may have, by number, and the messages in them; None holds nothing that
# matters here. The names are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3,
# without "Proto". Not among them: functions, external_data, sparse tensors, metadata.
_FIELDS: dict[str, dict[int, str | None]] = {
    "Model": {**dict.fromkeys(range(1, 7)), 7: "Graph", 8: "OperatorSetId"},
    "OperatorSetId": {1: "domain", 2: None},
    "Graph": {1: "Node", 5: "Tensor", **dict.fromkeys((2, 10, 11, 12, 13))},
    "Node": {4: "operator", 5: "Attribute", 7: "domain", **dict.fromkeys((1, 2, 3, 6))},
    "Attribute": {5: "Tensor", 6: "Graph", **dict.fromkeys((1, 2, 3, 4, 7, 8, 13, 20))},
    "Tensor": {1: "dims", 2: "data_type", 4: "float_data", 9: "raw_data", 8: None, 12: None},
}
_FLOAT = 1
_ITEM_BYTES = {_FLOAT: 4, 2: 1, 3: 1, 6: 4, 7: 8, 9: 1}  # uint8, int8, int32, int64, bool

# The largest graph that is built has some 430 fields, and one If, which lies eight levels deep.
_MOST_FIELDS = 10_000
_DEEPEST = 8
_LARGEST_DIMENSION = 2**31

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class _RefusedError(Exception):
    """The graph is not one of cinesent's; the message says why."""


class _Field(NamedTuple):
    number: int
    value: int | memoryview


def check_wire(content: bytes, path: Path) -> None:
    """Raise BundleError, naming `path`, unless `content` is a graph such as cinesent builds."""
    try:
        _Walk().visit(memoryview(content), "Model")
    except _RefusedError as error:
        raise BundleError(f"{path} is no prediction graph of cinesent: {error}. {MEND}") from error


class _Walk:
    """Visits each message of a file once."""

    def __init__(self) -> None:
        self.num_fields = 0

    def visit(self, message: memoryview, kind: str, depth: int = 1) -> None:
        """Check a message and those in it."""
        if depth > _DEEPEST:
            raise _RefusedError("its parts are nested too deeply")
        parts: dict[str, list[int | memoryview]] = {}
        for number, value in self._fields(message):
            if number not in _FIELDS[kind]:
                raise _RefusedError(f"it has field {number} of an ONNX {kind}Proto")
            part = _FIELDS[kind][number]
            if part in _FIELDS:
                self.visit(_bytes(value), part, depth + 1)
            if part is not None:
                parts.setdefault(part, []).append(value)
        _check_parts(kind, parts)

    def _fields(self, message: memoryview) -> Iterator[_Field]:
        place = 0
        while place < len(message):
            self.num_fields += 1
            if self.num_fields > _MOST_FIELDS:
                raise _RefusedError("it has too many parts")
            tag, place = _varint(message, place)
            number, kind = tag >> 3, tag & 7
            if kind == _VARINT:
                value, place = _varint(message, place)
                yield _Field(number, value)
                continue
            if kind == _BYTES:
                size, place = _varint(message, place)
            elif kind in (_FIXED64, _FIXED32):
                size = 8 if kind == _FIXED64 else 4
            else:
                raise _RefusedError("it is not a protocol buffer")
            if size > len(message) - place:
                raise _RefusedError("it ends too early")
            yield _Field(number, message[place : place + size])
            place += size


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """Read a number of one to ten bytes; return it and the place behind it."""
    number = 0
    for index, byte in enumerate(message[place : place + 10]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, place + index + 1
    raise _RefusedError("it is not a protocol buffer")


def _check_parts(kind: str, parts: dict[str, list[int | memoryview]]) -> None:
    """Raise unless a message may have these parts."""
    # Where a field stands twice, readers take the last one or the sum: each must pass.
    for value in parts.get("operator", ()):
        if (name := _text(value)) not in OPERATORS:
            raise _RefusedError(f"it uses the operator {name!r}")
    for value in parts.get("domain", ()):
        if domain := _text(value):
            raise _RefusedError(f"it uses operators of the domain {domain!r}")
    if (
        kind == "Model"
        and not len(parts.get("Graph", ())) == len(parts.get("OperatorSetId", ())) == 1
    ):
        raise _RefusedError("it does not hold one graph and one set of operators")
    if kind == "Tensor":
        _check_tensor(parts)


def _check_tensor(parts: dict[str, list[int | memoryview]]) -> None:
    """Raise unless a tensor is of a known type, holds the bytes of its shape, and is finite."""
    import numpy as np

    types, dims = parts.get("data_type", []), [_number(value) for value in parts.get("dims", [])]
    contents = [*parts.get("raw_data", []), *parts.get("float_data", [])]
    if len(types) != 1 or types[0] not in _ITEM_BYTES or len(contents) != 1:
        raise _RefusedError("it has a tensor of another type, or without its numbers")
    content = _bytes(contents[0])
    size = math.prod(dims) * _ITEM_BYTES[_number(types[0])]
    if max(dims, default=0) > _LARGEST_DIMENSION or size != len(content):
        raise _RefusedError(f"it has a tensor of shape {tuple(dims)} in {len(content):,} bytes")
    if types[0] == _FLOAT and not np.isfinite(np.frombuffer(content, "<f4")).all():
        raise _RefusedError("it has a tensor with NaN or infinity")


def _bytes(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _RefusedError("it has a number in place of a part")
    return value


def _number(value: int | memoryview) -> int:
    if not isinstance(value, int):
        raise _RefusedError("it has a part in place of a number")
    return value


def _text(value: int | memoryview) -> str:
    return bytes(_bytes(value)[:100]).decode("utf-8", "backslashreplace")

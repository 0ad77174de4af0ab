"""Reads an ONNX file before the runtime gets it, without the package onnx.

An ONNX file is a protocol buffer. This walks its wire format
(https://protobuf.dev/programming-guides/encoding) by a table of the fields that the graphs of
:mod:`cinesent.network` have, and refuses any other field. What it finds is compared with the graph
that :func:`cinesent.network.graph.plan_graph` plans for the model's config: the same operators,
connected in the same way, with constants of the same types and shapes. Only the weights may differ,
and they must be finite.

So a graph that passes reads no other file, runs no function or operator of another domain, and
takes no more time and memory than one that cinesent built, even if the manifest was forged with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# The fields that a message may have, by number; the value names the message in it, or how it is
# read. The names are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3, without
# "Proto". Not among them: functions, external data, sparse tensors, metadata.
_SKIP, _TEXT, _NUMBER, _DATA = "skip", "text", "number", "data"
_FIELDS: dict[str, dict[int, tuple[str, str]]] = {
    "Model": {
        **{number: ("", _SKIP) for number in range(1, 7)},
        7: ("graph", "Graph"),
        8: ("opset", "OperatorSetId"),
    },
    "OperatorSetId": {1: ("domain", _TEXT), 2: ("version", _NUMBER)},
    "Graph": {
        1: ("nodes", "Node"),
        2: ("name", _SKIP),
        5: ("constants", "Tensor"),
        10: ("doc_string", _SKIP),
        11: ("inputs", _SKIP),  # the runtime compares the types of inputs and outputs
        12: ("outputs", _SKIP),
    },
    "Node": {
        1: ("inputs", _TEXT),
        2: ("outputs", _TEXT),
        3: ("name", _SKIP),
        4: ("operator", _TEXT),
        5: ("attributes", "Attribute"),
        6: ("doc_string", _SKIP),
        7: ("domain", _TEXT),
    },
    "Attribute": {
        1: ("name", _TEXT),
        3: ("integer", _NUMBER),
        4: ("string", _TEXT),
        5: ("tensor", "Tensor"),
        6: ("graph", "Graph"),
        8: ("integers", _NUMBER),
        13: ("doc_string", _SKIP),
        20: ("type", _NUMBER),
    },
    "Tensor": {
        1: ("dims", _NUMBER),
        2: ("data_type", _NUMBER),
        4: ("data", _DATA),  # float_data
        8: ("name", _TEXT),
        9: ("data", _DATA),  # raw_data
        12: ("doc_string", _SKIP),
    },
}
_TYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8", 9: "?"}

# The largest graph that is built has some 430 fields, and one If, which is eight levels deep.
_MOST_FIELDS = 10_000
_DEEPEST = 8
_LARGEST_DIMENSION = 2**31

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class RefusedError(Exception):
    """The graph is not one of cinesent's; the message says why."""


@dataclass
class Message:
    """What a message of the file holds: the values of each field, in order."""

    kind: str
    fields: dict[str, list[Any]] = field(default_factory=dict)

    def all(self, name: str) -> list[Any]:
        """Return the values of a field that may be repeated."""
        return self.fields.get(name, [])

    def one(self, name: str) -> Any:
        """Return the value of a field that is present exactly once.

        Raises:
            RefusedError: it is missing or repeated.
        """
        values = self.all(name)
        if len(values) != 1:
            raise RefusedError(f"an ONNX {self.kind}Proto has {len(values)} values of '{name}'")
        return values[0]


class _Field(NamedTuple):
    number: int
    value: int | memoryview


def parse_model(content: bytes | memoryview) -> Message:
    """Read an ONNX file as messages; tensors stay where they are in `content`.

    Raises:
        RefusedError: it is not a protocol buffer, or has a field that no graph of cinesent has.
    """
    return _Walk().visit(memoryview(content), "Model")


def parse_tensor(tensor: Message) -> NDArray[Any]:
    """Return a tensor as an array that shares the memory of the file.

    Raises:
        RefusedError: its type is unknown, its bytes do not fit its shape, or a float in it is NaN
            or infinity.
    """
    dims, kind = tensor.all("dims"), _TYPES.get(tensor.one("data_type"))
    if kind is None:
        raise RefusedError("it has a tensor of another type")
    content = tensor.one("data")
    size = math.prod(dims) * np.dtype(kind).itemsize
    if any(not 0 <= dim <= _LARGEST_DIMENSION for dim in dims) or size != len(content):
        raise RefusedError(f"it has a tensor of shape {tuple(dims)} in {len(content):,} bytes")
    values = np.frombuffer(content, kind).reshape(dims)
    if kind == "<f4" and not np.isfinite(values).all():
        raise RefusedError("it has a tensor with NaN or infinity")
    return values


def constants_of(graph: Message) -> Mapping[str, NDArray[Any]]:
    """Return the constants of a graph by name.

    Raises:
        RefusedError: a name is used twice, or as :func:`parse_tensor`.
    """
    found: dict[str, NDArray[Any]] = {}
    for tensor in graph.all("constants"):
        name = tensor.one("name")
        if name in found:
            raise RefusedError(f"it has two constants named {name!r}")
        found[name] = parse_tensor(tensor)
    return found


class _Walk:
    """Visits each message of a file once."""

    def __init__(self) -> None:
        self.num_fields = 0

    def visit(self, content: memoryview, kind: str, depth: int = 1) -> Message:
        """Read a message and those in it."""
        if depth > _DEEPEST:
            raise RefusedError("its parts are nested too deeply")
        message = Message(kind)
        for number, value in self._fields(content):
            if number not in _FIELDS[kind]:
                raise RefusedError(f"it has field {number} of an ONNX {kind}Proto")
            name, part = _FIELDS[kind][number]
            if part != _SKIP:
                message.fields.setdefault(name, []).append(self._value(value, part, depth))
        return message

    def _value(self, value: int | memoryview, part: str, depth: int) -> Any:
        if part == _NUMBER:
            if not isinstance(value, int):
                raise RefusedError("it has a part in place of a number")
            return value - 2**64 if value >= 2**63 else value
        if isinstance(value, int):
            raise RefusedError("it has a number in place of a part")
        if part == _TEXT:
            return bytes(value[:100]).decode("utf-8", "backslashreplace")
        return value if part == _DATA else self.visit(value, part, depth + 1)

    def _fields(self, content: memoryview) -> Iterator[_Field]:
        place = 0
        while place < len(content):
            self.num_fields += 1
            if self.num_fields > _MOST_FIELDS:
                raise RefusedError("it has too many parts")
            tag, place = _varint(content, place)
            number, kind = tag >> 3, tag & 7
            if kind == _VARINT:
                value, place = _varint(content, place)
                yield _Field(number, value)
                continue
            if kind == _BYTES:
                size, place = _varint(content, place)
            elif kind in (_FIXED64, _FIXED32):
                size = 8 if kind == _FIXED64 else 4
            else:
                raise RefusedError("it is not a protocol buffer")
            if size > len(content) - place:
                raise RefusedError("it ends too early")
            yield _Field(number, content[place : place + size])
            place += size


def _varint(content: memoryview, place: int) -> tuple[int, int]:
    """Read a number of one to ten bytes; return it and the place behind it."""
    number = 0
    for index, byte in enumerate(content[place : place + 10]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, place + index + 1
    raise RefusedError("it is not a protocol buffer")

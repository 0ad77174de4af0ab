"""Values of Arrow arrays as Python has them, whatever a file holds.

Arrow raises for strings that are not UTF-8, for times beyond the years of Python, and for time
zones that the machine does not know. Such a value must not stop the reading of a file, least
of all in a column that is not needed: it is converted to text instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def python_values(array: Any) -> list[Any]:
    """Return the values of a ``pyarrow.Array``; times as text, NaN as None.

    Strings that are not UTF-8 keep their bytes as with "surrogateescape".
    """
    import pyarrow

    try:
        column = array.cast(pyarrow.string()) if pyarrow.types.is_temporal(array.type) else array
        values = column.to_pylist()
    except Exception:  # Arrow raises errors of its own, of Python, of pandas and of pytz
        values = _taken_apart(array)
    return [None if isinstance(value, float) and math.isnan(value) else value for value in values]


def is_damaged(value: object) -> bool:
    """Return whether a string holds bytes that are not UTF-8."""
    return (
        isinstance(value, str)
        and not value.isascii()
        and any("\udc80" <= character <= "\udcff" for character in value)
    )


def _taken_apart(array: Any) -> list[Any]:
    """Return the values of an array one level at a time."""
    import pyarrow

    kind, types = array.type, pyarrow.types
    if types.is_dictionary(kind):
        return _from_dictionary(array)
    if types.is_struct(kind):
        return _from_struct(array)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return [None if item is None else python_values(item) for item in _lists(array)]
    binary = _as_bytes(kind)
    if binary is not None:
        # A view, since a cast would check what is known to be wrong.
        return [
            None if value is None else value.decode("utf-8", "surrogateescape")
            for value in array.view(binary).to_pylist()
        ]
    if types.is_temporal(kind):
        return _times(array)
    return [_one(value) for value in array]


def _as_bytes(kind: Any) -> Any:
    """Return the type of the bytes that a type of strings is made of; None for other types."""
    import pyarrow

    if kind == pyarrow.string():
        return pyarrow.binary()
    if kind == pyarrow.large_string():
        return pyarrow.large_binary()
    return pyarrow.binary_view() if kind == pyarrow.string_view() else None


def _from_dictionary(array: Any) -> list[Any]:
    words = python_values(array.dictionary)
    return [None if place is None else words[place] for place in array.indices.to_pylist()]


def _from_struct(array: Any) -> list[Any]:
    names = [array.type.field(n).name for n in range(array.type.num_fields)]
    fields = [python_values(array.field(n)) for n in range(len(names))]
    valid = array.is_valid().to_pylist()
    return [
        {name: field[row] for name, field in zip(names, fields, strict=True)} if there else None
        for row, there in enumerate(valid)
    ]


def _lists(array: Any) -> list[Any]:
    return [value.values if value.is_valid else None for value in array]


def _times(array: Any) -> list[Any]:
    """Return times and dates as text, counted from 1970 without a time zone."""
    import pyarrow

    kind, types = array.type, pyarrow.types
    width = pyarrow.int32() if kind.bit_width == 32 else pyarrow.int64()
    try:
        numbers = array.view(width).to_pylist()
    except (pyarrow.ArrowException, NotImplementedError):  # intervals have no number
        return [_one(value) for value in array]
    unit: Any = "D" if types.is_date32(kind) else "ms" if types.is_date64(kind) else kind.unit
    if types.is_timestamp(kind) or types.is_date(kind):
        zone = getattr(kind, "tz", None)
        suffix = "" if zone is None else "Z"

        def shown(number: int) -> str:
            return str(np.datetime64(number, unit)).replace("T", " ") + suffix
    else:

        def shown(number: int) -> str:
            return f"{number} {unit}"

    return [None if number is None else shown(number) for number in numbers]


def _one(scalar: Any) -> Any:
    """Return one value, as text where Python has none for it."""
    conversions: tuple[Callable[[Any], Any], ...] = (lambda s: s.as_py(), str, repr)
    for convert in conversions:
        # Of a damaged or exotic value anything may come out: a wrong encoding, an overflow, a type
        # that pyarrow cannot convert. The row is worth more than the reason.
        try:
            return convert(scalar)
        except Exception:
            continue
    return None

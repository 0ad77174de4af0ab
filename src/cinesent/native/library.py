"""Loads the native library with ctypes, and declares its functions.

The library is compiled from `cpp/` when the package is built (hatch_build.py) and needs no
particular version of Python. It keeps no state between calls, starts no thread and takes no lock;
ctypes releases Python's lock while one of its functions runs.
"""

from __future__ import annotations

import ctypes
import math
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import BundleError

#: Of the interface; `cinesent_version` in cpp/library.cpp returns the same number.
VERSION = 3

#: Numbers of the instruction sets in the interface, the preferred one first.
INSTRUCTION_SETS = {"avx512": 3, "avx2": 2, "neon": 1}

_SUFFIXES = {"darwin": ".dylib", "win32": ".dll"}
_PATH = Path(__file__).with_name(f"_native{_SUFFIXES.get(sys.platform, '.so')}")

_i32, _i64, _u64 = ctypes.c_int32, ctypes.c_int64, ctypes.c_uint64
_pointer = ctypes.c_void_p
_OK, _NO_MEMORY = 0, 1
_LINE = 16  # floats of a cache line


class Reading(ctypes.Structure):
    """One direction of an LSTM over several reviews: `Reading` of cpp/kernel.h."""

    _fields_ = (
        ("units", _i64),
        ("recurrent", _pointer),
        ("resident", _pointer),
        ("num_resident", _i64),
        ("extra", _pointer),
        ("num_extra", _i64),
        ("backward", _i32),
        ("num_reviews", _i64),
        ("rows", _pointer),
        ("offsets", _pointer),
        ("order", _pointer),
        ("states", _pointer),
        ("places", _pointer),
        ("mean_head", _pointer),
        ("last_head", _pointer),
        ("best", _pointer),
        ("winners", _pointer),
        ("mean_levels", _pointer),
        ("last_levels", _pointer),
    )


_SIGNATURES: dict[str, tuple[type | None, tuple[type, ...]]] = {
    "cinesent_version": (_i32, ()),
    "cinesent_width": (_i64, (_i32,)),
    "cinesent_read": (_i32, (_i32, ctypes.POINTER(Reading), _i64)),
    "cinesent_project": (_i32, (_i32, *[_pointer] * 3, *[_i64] * 3, _pointer)),
    "cinesent_index_tokens": (_i32, (_pointer, _pointer, _i64, _u64, _pointer, _i64)),
    "cinesent_encode": (
        _i64,
        (ctypes.c_char_p, _i64, _pointer, _pointer, _pointer, _i64, _u64, _i64, _i32, _pointer),
    ),
    "cinesent_score": (None, (_pointer, _i64, _i64, *[_pointer] * 5)),
    "cinesent_score_ngrams": (
        _i32,
        (_pointer, _pointer, _i64, _i64, _i32, _i64, _pointer, _pointer, _i64, _pointer, _pointer),
    ),
}


class NativeLibrary:
    """The functions of the library, on this machine.

    Attributes:
        functions: the library as ctypes loaded it, signatures declared.
        instruction_sets: those of the processor that the library was compiled for, as their
            register widths in floats, the preferred one first; empty where there is none.
    """

    def __init__(self, functions: ctypes.CDLL) -> None:
        self.functions = functions
        widths = {
            name: int(functions.cinesent_width(number)) for name, number in INSTRUCTION_SETS.items()
        }
        self.instruction_sets = {name: width for name, width in widths.items() if width}

    def number(self, instruction_set: str) -> int:
        """Return the number of an instruction set of this processor, as the functions take it."""
        if instruction_set not in self.instruction_sets:
            raise KeyError(instruction_set)
        return INSTRUCTION_SETS[instruction_set]


@cache
def native_library() -> NativeLibrary | str:
    """Load the library, once.

    Returns:
        The library, or the reason why there is none.
    """
    if not _PATH.is_file():
        return "the native library was not built when cinesent was installed"
    try:
        functions = ctypes.CDLL(str(_PATH))
        version = int(functions.cinesent_version())
    except (OSError, AttributeError) as error:
        return f"the native library cannot be loaded: {error}"
    if version != VERSION:
        return f"the native library has version {version}, not {VERSION}: install cinesent again"
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(functions, name)
        function.restype, function.argtypes = result, arguments
    return NativeLibrary(functions)


def address(values: NDArray[np.generic] | None, dtype: type[np.generic]) -> int | None:
    """Return where an array begins, for a pointer of the interface; None for None.

    The caller keeps the array alive until the function returns.

    Raises:
        TypeError: the array is not of this type, not contiguous, or not aligned: a fault of
            cinesent.
    """
    if values is None:
        return None
    if values.dtype != dtype or not (values.flags.c_contiguous and values.flags.aligned):
        raise TypeError(f"expected contiguous, aligned {np.dtype(dtype)}; found {values.dtype}")
    return int(values.__array_interface__["data"][0])


def aligned(values: NDArray[np.generic]) -> NDArray[Any]:
    """Return an array that C can read: contiguous, and aligned, which views of a file may not be.

    It is copied only where it has to be.
    """
    return np.require(values, requirements=["C_CONTIGUOUS", "ALIGNED"])


def aligned_empty(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return an uninitialised float32 array that begins at a cache line.

    Else each load of a 512-bit register touches two lines, and a review alone takes 1.5 times as
    long.
    """
    size = math.prod(shape)
    memory = np.empty(size + _LINE - 1, dtype=np.float32)
    start = -memory.ctypes.data // 4 % _LINE
    return memory[start : start + size].reshape(shape)


def check_result(code: int) -> None:
    """Raise BundleError unless a function of the library succeeded."""
    if code == _NO_MEMORY:
        raise BundleError("there is too little memory for these reviews.")
    if code != _OK:
        raise BundleError("the native library refuses its arguments: its sizes do not fit.")

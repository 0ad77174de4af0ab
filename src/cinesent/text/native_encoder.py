"""The tokenizer in the native library, for Latin-1 text: the same ids, four times as fast.

It knows the rules of :data:`NATIVE_RULES`. Python tokenizes for all other rules, and texts with
characters beyond Latin-1, entities, or a few rare characters (see cpp/tokenizer.cpp).
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from cinesent.native import NativeLibrary, native_library
from cinesent.native.library import address, check_result
from cinesent.text.tokenizer import Tokenizer

#: The versions of the tokenizer's rules that cpp/tokenizer.cpp follows.
NATIVE_RULES = (1, 2)
# Indexing the vocabulary takes as long as tokenizing some fifty reviews in Python.
_FIRST_IN_PYTHON = 50
# Longer texts are tokenized in Python, which does so in blocks.
_LONGEST = 2**20


class NativeEncoder:
    """Encodes texts. Threads may share one.

    Args:
        tokenizer: whose vocabulary and rules are used.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known = (
            isinstance(native_library(), NativeLibrary) and tokenizer.rules in NATIVE_RULES
        )
        self._num_asked = 0
        self._index: _Index | None = None

    def encode(self, text: str) -> NDArray[np.int32] | None:
        """Return the ids of a text, int32 (tokens,), without any for an empty one.

        Returns:
            None where Python has to do it: :meth:`Tokenizer.encode`.

        Raises:
            BundleError: there is too little memory.
        """
        if not self._known or len(text) > _LONGEST:
            return None
        if self._index is None:
            self._num_asked += 1
            if self._num_asked <= _FIRST_IN_PYTHON:
                return None
            self._index = _Index(self._tokenizer)
        try:
            content = text.encode("latin-1")
        except UnicodeEncodeError:
            return None
        return self._index.encode(content)


class _Index:
    """A vocabulary as the library searches it."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        library = native_library()
        if not isinstance(library, NativeLibrary):
            raise TypeError(library)
        self._functions = library.functions
        # A token beyond Latin-1 cannot be found in Latin-1 text: it is left empty.
        tokens = [_latin(token) for token in tokenizer.vocabulary]
        sizes = [len(token) for token in tokens]
        self._tokens = np.frombuffer(b"".join(tokens), dtype=np.uint8)
        self._offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
        self._slots = np.zeros(1 << (2 * len(tokens)).bit_length(), dtype=np.int32)
        # So that nobody can make a vocabulary whose tokens all collide.
        self._seed = int.from_bytes(os.urandom(8), "little")
        self._longest, self._rules = max(sizes), tokenizer.rules
        self._arguments = (
            *(address(self._tokens, np.uint8), address(self._offsets, np.int64)),
            *(address(self._slots, np.int32), len(self._slots), self._seed, self._longest),
        )
        code = self._functions.cinesent_index_tokens(
            *(*self._arguments[:2], len(tokens), self._seed, self._arguments[2], len(self._slots))
        )
        check_result(code)

    def encode(self, content: bytes) -> NDArray[np.int32] | None:
        ids = np.empty(len(content), dtype=np.int32)
        count = self._functions.cinesent_encode(
            *(content, len(content), *self._arguments, self._rules, address(ids, np.int32))
        )
        if count == -1:
            return None
        check_result(0 if count >= 0 else 1)
        return ids[:count].copy()


def _latin(token: str) -> bytes:
    try:
        return token.encode("latin-1")
    except UnicodeEncodeError:
        return b""

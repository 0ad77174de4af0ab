"""The native library: the LSTM and the tokenizer in C++, for those machines that can run it."""

from cinesent.native.library import NativeLibrary, native_library

__all__ = ["NativeLibrary", "native_library"]

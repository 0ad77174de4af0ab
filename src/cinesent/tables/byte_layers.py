"""Streams of bytes that a text is read through: opened, peeked at, of another encoding."""

from __future__ import annotations

import codecs
import io
import sys
from pathlib import Path
from typing import IO, Any, cast

from cinesent.errors import DataError, option
from cinesent.tables.encoding import encode_text

#: Bytes that are read at a time.
BUFFER = 2**16
_SWAPPED_ENDS = bytes.maketrans(b"\r\n", b"\n\r")


def open_bytes(path: Path | None) -> IO[bytes]:
    """Open a file, or standard input for None.

    Raises:
        DataError: it cannot be opened, or is a folder.
    """
    if path is None:
        stream = getattr(sys.stdin, "buffer", None)
        if stream is None or stream.closed:
            raise DataError(
                "standard input cannot be read: it is closed, or not a stream of bytes."
            )
        return cast("IO[bytes]", stream)
    try:
        return path.open("rb", buffering=BUFFER)
    except IsADirectoryError:
        raise DataError(f"{path} is a folder; expected a file.") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}.") from error


def replayed(head: bytes, rest: IO[bytes]) -> IO[bytes]:
    """Return a stream of bytes that were read already and those that follow."""
    return cast("IO[bytes]", io.BufferedReader(_Replayed(head, rest), BUFFER))


def recoded(stream: IO[bytes], encoding: str, name: str) -> IO[bytes]:
    """Return a text of another encoding as UTF-8; what cannot be decoded stays as it is.

    Reading raises DataError, with the `name` of the file, where the encoding is not that of the
    text.
    """
    return cast("IO[bytes]", io.BufferedReader(_Recoded(stream, encoding, name), BUFFER))


def with_swapped_ends(stream: IO[bytes]) -> IO[bytes]:
    """Return a stream with line feeds for carriage returns, and the other way round."""
    return cast("IO[bytes]", io.BufferedReader(_Swapped(stream), BUFFER))


def swap_ends(content: bytes) -> bytes:
    """Return bytes with line feeds for carriage returns, and the other way round."""
    return content.translate(_SWAPPED_ENDS)


class _Replayed(io.RawIOBase):
    """A pipe of which some bytes were read already, from its beginning."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(content) :]
        buffer[: len(content)] = content
        return len(content)


class _Swapped(io.RawIOBase):
    """Text whose lines end with a carriage return alone, with line feeds in the place of those.

    The line feeds it may have become carriage returns, so that nothing is lost.
    """

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._source.read(len(buffer))
        buffer[: len(content)] = swap_ends(content)
        return len(content)


class _Recoded(io.RawIOBase):
    """Text of another encoding as UTF-8; what cannot be decoded stays as it is."""

    def __init__(self, source: IO[bytes], encoding: str, name: str) -> None:
        # UTF-16 and UTF-32 have no single bytes to keep; half a surrogate pair can be kept.
        wide = encoding.startswith(("utf-16", "utf-32"))
        errors = "surrogatepass" if wide else "surrogateescape"
        self._encoding = encoding
        self._name = name
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)
        self._source = source
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            content = self._source.read(BUFFER)
            self._ready = encode_text(self._decode(content))
            if not content:
                break
        taken, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def _decode(self, content: bytes) -> str:
        try:
            return self._decoder.decode(content, final=not content)
        except Exception as error:  # codecs raise whatever their authors thought of
            raise DataError(
                f"{self._name} cannot be read as {self._encoding}: {error}. Name another encoding "
                f"with {option('encoding')}."
            ) from error

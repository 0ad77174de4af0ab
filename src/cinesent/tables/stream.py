"""The bytes of a source: files, pipes, gzip and encodings alike, line by line with a limit."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from cinesent.errors import ConfigError, DataError
from cinesent.tables.rows import ROW_LIMIT, Position

#: Bytes that are looked at to learn a file's columns, delimiter and quotes.
HEAD_BYTES = 2**20
_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_STEP = 2**20


class Line(NamedTuple):
    """A line of the source.

    Attributes:
        number: from 1.
        text: with its line end; what is no UTF-8 is replaced; empty if the line is too long.
        size: bytes it takes.
        end: where the next line begins.
        error: why it cannot be read as it is; None where it can.
    """

    number: int
    text: str
    size: int
    end: Position
    error: str | None


class ByteStream:
    """The text of a source as UTF-8 bytes, whatever lies around it.

    Args:
        path: the file; None: standard input.
        encoding: a name that Python knows; None: UTF-8, or UTF-16 where its mark is found.

    Attributes:
        name: for messages.
        head: the first :data:`HEAD_BYTES` bytes, without a byte order mark.
        has_mark: whether a UTF-8 byte order mark came before them.

    Raises:
        DataError: the file is not there, cannot be read, or is not text.
        ConfigError: the encoding is unknown.
    """

    def __init__(self, path: Path | None, encoding: str | None = None) -> None:
        self.name = "standard input" if path is None else str(path)
        self._file = _open(path)
        self._size = path.stat().st_size if path is not None and path.is_file() else 0
        self._offset = 0
        # Standard input may be a file that somebody has read a part of: that is not ours.
        self._seekable = path is not None and self._file.seekable()
        try:
            with self._errors_named():
                head, self._stream = self._layers(encoding)
            _check_text(self.name, head)
        except BaseException:
            self.close()
            raise
        self.has_mark = head.startswith(codecs.BOM_UTF8)
        self.head = head.removeprefix(codecs.BOM_UTF8)

    def _layers(self, encoding: str | None) -> tuple[bytes, IO[bytes]]:
        """Look through gzip and encoding: return the first bytes of the text, and all of it."""
        start, stream = self._peek(self._file, len(_GZIP))
        self._gzip = start == _GZIP
        if self._gzip:
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
        head, stream = self._peek(stream, HEAD_BYTES)
        encoding = encoding or ("utf-16" if head.startswith(_UTF16) else "utf-8")
        self.encoding = _codec(encoding)
        self._recoded = self.encoding != "utf-8"
        if self._recoded:
            self._seekable = False
            head, stream = self._peek(_recoded(stream, encoding), HEAD_BYTES)
        return head, stream

    def done(self) -> float | None:
        """Say what share has been read, 0 to 1; None for a pipe."""
        if not self._size:
            return None
        place = self._file.tell() if self._gzip or self._recoded else self._offset
        return min(1.0, place / self._size)

    def first(self) -> Position:
        """Return where the text begins."""
        return Position(len(codecs.BOM_UTF8) if self.has_mark else 0)

    def lines(self, start: Position) -> Iterator[Line]:
        """Yield the lines from `start` on.

        Raises:
            DataError: the file is damaged.
        """
        with self._errors_named():
            self._skip_to(start.offset)
        offset, number = start
        while True:
            with self._errors_named():
                content, size = self._readline()
            if not size:
                return
            offset += size
            self._offset = offset
            text, error = _decoded(content, size)
            yield Line(number, text, size, Position(offset, number + 1), error)
            number += 1

    def close(self) -> None:
        """Close the file, unless it is standard input."""
        if self._file is not sys.stdin.buffer:
            self._file.close()

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Turn what reading raises into a DataError that names the file."""
        try:
            yield
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or error
            raise DataError(f"{self.name} cannot be read: {reason}.") from error

    def _peek(self, stream: IO[bytes], count: int) -> tuple[bytes, IO[bytes]]:
        """Return the first bytes, and a stream that has them still before it."""
        head = stream.read(count)
        if self._seekable:
            stream.seek(0)
            return head, stream
        return head, cast("IO[bytes]", io.BufferedReader(_Replayed(head, stream)))

    def _readline(self) -> tuple[bytes, int]:
        """Return a line and its size; of a line that is too long, nothing but its size."""
        content = self._stream.readline(ROW_LIMIT + 1)
        size = len(content)
        if size <= ROW_LIMIT or content.endswith(b"\n"):
            return content, size
        while content and not content.endswith(b"\n"):
            content = self._stream.readline(_STEP)
            size += len(content)
        return b"", size

    def _skip_to(self, offset: int) -> None:
        if self._seekable:
            self._stream.seek(offset)
            self._offset = offset
        while self._offset < offset:
            skipped = len(self._stream.read(min(_STEP, offset - self._offset)))
            if not skipped:
                return
            self._offset += skipped


def _open(path: Path | None) -> IO[bytes]:
    if path is None:
        return sys.stdin.buffer
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}.") from error


def _check_text(name: str, head: bytes) -> None:
    if head[:4096].count(0) > len(head[:4096]) // 10:
        raise DataError(
            f"{name} is not text: many of its first bytes are NUL. If it is UTF-16 without a byte "
            "order mark, say --encoding utf-16-le; else save it as UTF-8."
        )


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise ConfigError(
            f"--encoding {encoding!r} is not known; expected a name such as utf-8, utf-16, "
            "cp1252 or latin-1."
        ) from None


def _recoded(stream: IO[bytes], encoding: str) -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedReader(_Recoded(stream, encoding)))


def _decoded(content: bytes, size: int) -> tuple[str, str | None]:
    if not content:
        return "", f"the row is longer than {ROW_LIMIT / 2**20:.0f} MiB ({size:,} bytes)."
    try:
        return content.decode("utf-8"), None
    except UnicodeDecodeError as error:
        return content.decode("utf-8", "replace"), (
            f"byte 0x{content[error.start]:02X} is not UTF-8 ({error.reason}); if the whole file "
            "is in another encoding, name it with --encoding."
        )


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


class _Recoded(io.RawIOBase):
    """Text of another encoding as UTF-8; what cannot be decoded stays no UTF-8."""

    def __init__(self, source: IO[bytes], encoding: str) -> None:
        # UTF-16 knows no single bytes to hand on.
        self._errors = "replace" if "16" in encoding or "32" in encoding else "surrogateescape"
        self._decoder = codecs.getincrementaldecoder(encoding)(self._errors)
        self._source = source
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            content = self._source.read(2**16)
            text = self._decoder.decode(content, final=not content)
            self._ready = text.encode("utf-8", self._errors)
            if not content:
                break
        taken, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

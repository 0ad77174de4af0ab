"""The text of a source line by line: files and pipes, gzip and encodings, with limits."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

from cinesent.errors import DataError, option
from cinesent.progress import SILENT, Reporter
from cinesent.tables.byte_layers import (
    BUFFER,
    open_bytes,
    recoded,
    replayed,
    swap_ends,
    with_swapped_ends,
)
from cinesent.tables.encoding import (
    by_mark,
    by_zeros,
    check_agreement,
    check_utf8,
    text_codec,
)
from cinesent.tables.legacy_encoding import guess_encoding
from cinesent.tables.rows import ROW_LIMIT, Position

#: Bytes that are looked at to learn a file's format, columns, delimiter and quotes.
HEAD_BYTES = 2**20
_GZIP = b"\x1f\x8b"
_STEP = 2**20
# What files, pipes and gzip raise; a file that was closed raises ValueError.
_READ_ERRORS = (OSError, EOFError, zlib.error, ValueError)


class Line(NamedTuple):
    """A line of the source.

    Attributes:
        number: from 1.
        text: with its line end; bytes that are not text are kept as with "surrogateescape"; empty
            if the line is too long.
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
    """The text of a source as UTF-8, whatever its compression and encoding.

    Args:
        path: the file; None: standard input.
        encoding: a name that Python knows; None: found by the byte order mark, or UTF-8, or
            detected. A regular file is looked through to its end for that, a pipe 1 MiB deep.
        reporter: told which encoding was detected.

    Attributes:
        name: for messages.
        encoding: of the source.
        head: the first :data:`HEAD_BYTES` bytes as UTF-8, without a byte order mark.
        has_mark: whether a byte order mark came before them.
        line_end: the characters that end the first line.

    Raises:
        DataError: the file does not exist, cannot be read, or is not text.
        ConfigError: the encoding is unknown or certainly not that of the file.
    """

    def __init__(
        self, path: Path | None, encoding: str | None = None, *, reporter: Reporter = SILENT
    ) -> None:
        self.name = "standard input" if path is None else str(path)
        asked = text_codec(encoding) if encoding is not None else None
        self._path = path
        self._file = open_bytes(path)
        status = os.fstat(self._file.fileno()) if path is not None else None
        self._is_regular = status is not None and stat.S_ISREG(status.st_mode)
        self._size = status.st_size if status is not None and self._is_regular else 0
        # Standard input may be a file of which a part has been read: that is not ours.
        self._seekable = self._is_regular and self._file.seekable()
        try:
            with self._errors_named():
                head, self._stream = self._layers(asked, reporter)
        except BaseException:
            self.close()
            raise
        self.has_mark = head.startswith(codecs.BOM_UTF8)
        self.head = head.removeprefix(codecs.BOM_UTF8)
        self.line_end = _line_end(self.head)
        self._wrap_ends()
        self._offset, self._number = 0, 1

    def _layers(self, asked: str | None, reporter: Reporter) -> tuple[bytes, IO[bytes]]:
        """Look through gzip and encoding: return the first bytes of the text, and all of it."""
        start, stream = self._peek(self._file, len(_GZIP))
        self._gzip = start == _GZIP
        if self._gzip:
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
        head, stream = self._peek(stream, HEAD_BYTES)
        if asked:
            check_agreement(asked, head)
        self.encoding = by_mark(head) or asked or self._detected(head, reporter)
        self._recoded = self.encoding != "utf-8"
        if self._recoded:
            self._seekable = False
            head, stream = self._peek(recoded(stream, self.encoding, self.name), HEAD_BYTES)
        return head, stream

    def _reopen(self) -> None:
        """Begin again with a file whose encoding is known."""
        if not self._is_regular:
            raise DataError(f"{self.name} is a pipe, of which nothing can be read twice.")
        self._file.close()
        self._file = open_bytes(self._path)
        self._seekable = self._file.seekable()
        _, self._stream = self._layers(self.encoding, SILENT)
        self._wrap_ends()
        self._offset = 0

    def _wrap_ends(self) -> None:
        """Have lines end with line feeds where the source has carriage returns."""
        self._swapped = self.line_end == "\r"
        if self._swapped:
            self._seekable = False
            self._stream = with_swapped_ends(self._stream)

    def _detected(self, head: bytes, reporter: Reporter) -> str:
        """Return the encoding of a text without a mark."""
        wide = by_zeros(head)
        if wide:
            reporter.warning(f"{self.name} is read as {wide}, which it seems to be.")
            return wide
        if head[:4096].count(0) > len(head[:4096]) // 10:
            raise DataError(
                f"{self.name} is not text: many of its first bytes are zero. If it is text, name "
                f"its encoding with {option('encoding')}."
            )
        if len(head) == HEAD_BYTES:
            head = head[: head.rfind(b"\n") + 1]
        check = check_utf8(self._blocks() if self._is_regular else [head])
        if check.is_utf8:
            return "utf-8"
        if check.is_mixed:
            raise DataError(
                f"{self.name} is in two encodings: {check.sound:,} lines are UTF-8 and "
                f"{check.damaged:,} are not, the first of them line {check.first:,}. Save it in "
                f"one encoding, or read it with {option('encoding', 'utf-8')}, which makes the "
                "others bad rows."
            )
        guessed = guess_encoding(check.sample, self.name)
        reporter.warning(
            f"{self.name}:{check.first} is not UTF-8; the file is read as {guessed}, which was "
            "detected. Name the encoding if that is wrong."
        )
        return guessed

    def _blocks(self) -> Iterator[bytes]:
        """Yield the bytes of a regular file, from its beginning, without gzip.

        Damage to the file ends this; the rows before it can be read all the same.
        """
        with open_bytes(self._path) as file, contextlib.suppress(*_READ_ERRORS):
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if self._gzip else file
            while block := stream.read(_STEP):
                yield block

    def done(self) -> float | None:
        """Return the share that has been read, 0 to 1; None for a pipe."""
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
        self.seek(start)
        while (line := self.next_line()) is not None:
            yield line

    def seek(self, start: Position) -> None:
        """Go to a place where a line begins.

        Raises:
            DataError: the source is a pipe, and has been read beyond that place.
        """
        with self._errors_named():
            if start.offset < self._offset and not self._seekable:
                self._reopen()
            self._skip_to(start.offset)
        self._offset, self._number = start

    def next_line(self) -> Line | None:
        """Return the next line; None at the end."""
        try:
            content, size = self._readline()
        except _READ_ERRORS as error:
            raise self._named(error) from error
        if not size:
            return None
        number = self._number
        self._offset += size
        self._number = number + 1
        end = Position(self._offset, self._number)
        if not content:
            limit = ROW_LIMIT / 2**20
            too_long = f"the row is longer than {limit:.0f} MiB ({size:,} bytes)."
            return Line(number, "", size, end, too_long)
        try:
            return Line(number, content.decode("utf-8"), size, end, None)
        except UnicodeDecodeError as error:
            text = content.decode("utf-8", "surrogateescape")
            return Line(number, text, size, end, self._damage(content[error.start], error.reason))

    def skip_blank(self) -> tuple[int, Position]:
        """Pass over empty lines that come next; return how many, and where the next line begins.

        They are counted in large pieces: compressed, a gigabyte of them is a small file.
        """
        count = 0
        with self._errors_named():
            while True:
                ready = self._peeked()
                if ready[:1] not in (b"\r", b"\n"):
                    break
                run = ready[: len(ready) - len(ready.lstrip(b"\r\n"))]
                run = run[: run.rfind(b"\n") + 1]
                if not run:
                    break
                self._stream.read(len(run))
                count += run.count(b"\n")
                self._offset += len(run)
        self._number += count
        return count, Position(self._offset, self._number)

    def read(self, size: int) -> bytes:
        """Return the next bytes as they are, `size` at most; none at the end."""
        with self._errors_named():
            content = self._restored(self._stream.read(size))
        self._offset += len(content)
        return content

    def extend_head(self) -> bool:
        """Double what is known of the beginning; return False if that is everything already."""
        with self._errors_named():
            if self._seekable:
                self._stream.seek(0)
            wanted = 2 * len(self.head) + len(codecs.BOM_UTF8)
            head, self._stream = self._peek(self._stream, wanted)
        head = self._restored(head).removeprefix(codecs.BOM_UTF8)
        grown = len(head) > len(self.head)
        self.head = head
        return grown

    def close(self) -> None:
        """Close the file, unless it is standard input."""
        if self._path is not None:
            self._file.close()

    def _damage(self, byte: int, reason: str) -> str:
        if self._recoded:
            return f"byte 0x{byte:02X} is not {self.encoding}."
        return (
            f"byte 0x{byte:02X} is not UTF-8 ({reason}); if the whole file is in another "
            "encoding, name that encoding."
        )

    def _restored(self, content: bytes) -> bytes:
        """Return bytes with the line ends that the source has."""
        return swap_ends(content) if self._swapped else content

    @contextlib.contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Turn what reading raises into a DataError that names the file."""
        try:
            yield
        except _READ_ERRORS as error:
            raise self._named(error) from error

    def _named(self, error: Exception) -> DataError:
        reason = getattr(error, "strerror", None) or error
        return DataError(f"{self.name} cannot be read: {reason}.")

    def _peek(self, stream: IO[bytes], count: int) -> tuple[bytes, IO[bytes]]:
        """Return the first bytes, and a stream that has them still before it."""
        head = stream.read(count)
        if self._seekable:
            stream.seek(0)
            return head, stream
        return head, replayed(head, stream)

    def _peeked(self) -> bytes:
        """Return bytes that come next, without taking them."""
        stream = cast("io.BufferedReader", self._stream)
        return stream.peek(BUFFER)

    def _readline(self) -> tuple[bytes, int]:
        """Return a line and its size; of a line that is too long, nothing but its size."""
        content = self._stream.readline(ROW_LIMIT + 1)
        size = len(content)
        if size <= ROW_LIMIT or content.endswith(b"\n"):
            return self._restored(content), size
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


def _line_end(head: bytes) -> str:
    place = head.find(b"\n")
    if place < 0:
        return "\r" if b"\r" in head else "\n"
    return "\r\n" if head[place - 1 : place] == b"\r" else "\n"

"""Makes text of a file's bytes: UTF-8, UTF-16 with its mark, or the old Windows code page."""

from __future__ import annotations

import codecs
from pathlib import Path

from cinesent.data.progress import Say
from cinesent.errors import DataError

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_AS_UTF8 = "Save the file as UTF-8."


def read_text(path: Path, say: Say) -> str:
    """Read the text file at `path`, line ends as they are.

    UTF-8 with or without a byte order mark and UTF-16 with one are known for certain. Anything
    else is taken for Windows-1252, which is said, unless other bytes show that it is UTF-8 with
    damage.

    Raises:
        DataError: the file is not there, cannot be read, or is not text.
    """
    content = read_bytes(path)
    if content.startswith(_UTF32):
        raise DataError(f"{path} is in UTF-32, which is not read. {_AS_UTF8}")
    if content.startswith(_UTF16):
        return _decoded(content, "utf-16", path)
    if content[:4096].count(0) > len(content[:4096]) // 10:
        raise DataError(
            f"{path} is not text: many of its first bytes are NUL. It may be UTF-16 without a "
            f"byte order mark, or no text file at all. {_AS_UTF8}"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _fallback(content, error, path, say)


def read_bytes(path: Path) -> bytes:
    """Read a file whole.

    Raises:
        DataError: the file is not there or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}.") from error


def _fallback(content: bytes, error: UnicodeDecodeError, path: Path, say: Say) -> str:
    where = f"{path}:{_line(content, error)}"
    bad = f"byte 0x{content[error.start]:02X}"
    lenient = content.decode("utf-8", "replace")
    damaged = lenient.count("\N{REPLACEMENT CHARACTER}")
    sound = sum(1 for character in lenient if character > "\x7f") - damaged
    if sound > damaged:
        raise DataError(
            f"{where}: {bad} is not UTF-8 ({error.reason}), although the rest of the file is. "
            "Mend that line."
        )
    text = _decoded(content, "cp1252", path)
    say(f"{where}: {bad} is not UTF-8; the file is read as Windows-1252. {_AS_UTF8}")
    return text


def _decoded(content: bytes, encoding: str, path: Path) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}:{_line(content, error)}: byte 0x{content[error.start]:02X} is neither "
            f"UTF-8 nor {encoding} ({error.reason}). {_AS_UTF8}"
        ) from None


def _line(content: bytes, error: UnicodeDecodeError) -> int:
    return content.count(b"\n", 0, error.start) + 1

"""Which encoding the bytes of a text are in, and how damaged bytes survive being read."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from cinesent.errors import ConfigError, option

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Codecs of Python that turn bytes into text, but not those of files.
_NO_FILES = frozenset(
    {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}
)
#: Bytes of lines that are not ASCII, at most, on which a guess is based.
SAMPLE_BYTES = 2**16


def text_codec(encoding: str) -> str:
    """Return the name that Python gives an encoding.

    Raises:
        ConfigError: it is unknown, or no encoding of text files.

    Example:
        >>> text_codec("Latin-1")
        'iso8859-1'
    """
    try:
        codec = codecs.lookup(encoding)
    except Exception:  # a name can hold anything, and codecs raises whatever its search meets
        raise ConfigError(
            f"{option('encoding')} is {encoding[:40]!r}, which is unknown; expected a name such as "
            "utf-8, utf-16, cp1252, shift_jis or gb18030."
        ) from None
    name = codec.name.replace("_", "-")
    if name in _NO_FILES or not getattr(codec, "_is_text_encoding", True):
        raise ConfigError(
            f"{option('encoding')} is {encoding[:40]!r}, which is not an encoding of text files; "
            "expected a name such as utf-8, utf-16, cp1252, shift_jis or gb18030."
        )
    return "utf-8" if name == "utf-8-sig" else name


def by_mark(head: bytes) -> str | None:
    """Return the encoding whose byte order mark `head` begins with."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def by_zeros(head: bytes) -> str | None:
    """Return which kind of UTF-16 or UTF-32 `head` is, without a mark; None if it is neither.

    As any of the others, it would have zero characters, no line ends, or unassigned characters.
    """
    if 0 not in head:
        return None
    for name, width in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        start = head[: min(len(head), 2**14) // width * width]
        text = start.decode(name, "replace")
        kinds = {unicodedata.category(c) for c in set(text) - set("\t\r\n\f")}
        # A pair of surrogates may be cut in two at the end.
        if "\n" not in text or "\ufffd" in text[:-1] or kinds & {"Cc", "Cn", "Co"}:
            continue
        if not _is_ascii_in_pairs(text):
            return name
    return None


def _is_ascii_in_pairs(text: str) -> bool:
    """Return whether most characters beyond Latin are two ASCII characters taken for one."""
    pairs = [divmod(ord(c), 256) for c in text if c > "\xff"]
    return 2 * sum(32 <= high < 127 and 32 <= low < 127 for high, low in pairs) > len(pairs)


def check_agreement(asked: str, head: bytes) -> None:
    """Raise ConfigError if the encoding asked for is certainly not that of a file.

    Args:
        asked: as :func:`text_codec` names it.
        head: the first bytes of the file.
    """
    mark = by_mark(head)
    if mark and not mark.startswith(asked):
        raise ConfigError(
            f"{option('encoding', asked)} does not fit: the file begins with the byte order mark "
            f"of {mark}. Leave the option out."
        )
    if not mark and asked.startswith(("utf-16", "utf-32")) and 0 not in head and head:
        raise ConfigError(
            f"{option('encoding', asked)} does not fit: the file has no zero byte in its first "
            f"{len(head):,} bytes, as it would have in that encoding. Leave the option out."
        )


def encode_text(text: str) -> bytes:
    r"""Return `text` as UTF-8; bytes that were no text when they were read are as they were.

    Any other half of a surrogate pair is written as the three bytes of its code point.

    Example:
        >>> encode_text(bytes([65, 233]).decode("utf-8", "surrogateescape"))
        b'A\xe9'
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", _KEEP)


def _keep_bytes(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    kept = bytearray()
    for character in error.object[error.start : error.end]:
        code = ord(character)
        is_byte = 0xDC80 <= code <= 0xDCFF
        kept += bytes([code - 0xDC00]) if is_byte else character.encode("utf-8", "surrogatepass")
    return bytes(kept), error.end


_KEEP = "cinesent.keep"
codecs.register_error(_KEEP, _keep_bytes)


@dataclass
class Utf8Check:
    """How much of a text is UTF-8.

    Attributes:
        sound: lines with characters beyond ASCII that are all UTF-8.
        damaged: lines that are not UTF-8.
        sample: damaged lines, :data:`SAMPLE_BYTES` of them at most.
        first: number of the first damaged line.
        lines: line ends so far.
    """

    sound: int = 0
    damaged: int = 0
    sample: bytes = b""
    first: int = 0
    lines: int = 0

    @property
    def is_utf8(self) -> bool:
        """Whether the text is UTF-8, perhaps with a few damaged lines."""
        return not self.damaged or self.sound >= self.damaged

    @property
    def is_mixed(self) -> bool:
        """Whether much is UTF-8, but most is not.

        In other encodings hardly any line with letters beyond ASCII is UTF-8 by chance.
        """
        return not self.is_utf8 and self.sound * 20 >= self.damaged

    def add_damaged(self, line: bytes) -> None:
        """Count a line that is not UTF-8."""
        self.damaged += 1
        if len(self.sample) < SAMPLE_BYTES:
            self.sample += line[: SAMPLE_BYTES - len(self.sample)] + b"\n"


def check_utf8(blocks: Iterable[bytes]) -> Utf8Check:
    """Read a text to its end and count which lines are UTF-8.

    Text without damage is decoded in large pieces, at about a gigabyte per second.
    """
    check = Utf8Check()
    rest = b""
    for block in blocks:
        whole, _, rest = (rest + block).rpartition(b"\n")
        if whole:
            _count(check, whole + b"\n")
        if len(rest) > _LONGEST_LINE:  # a line without end: what is cut does not matter here
            _count(check, rest)
            rest = b""
    _count(check, rest)
    return check


_LONGEST_LINE = 2**24


def _count(check: Utf8Check, text: bytes) -> None:
    if not text.isascii():
        try:
            text.decode("utf-8")
            check.sound += sum(not line.isascii() for line in text.splitlines())
        except UnicodeDecodeError:
            _count_lines(check, text)
    check.lines += text.count(b"\n")


def _count_lines(check: Utf8Check, text: bytes) -> None:
    for number, line in enumerate(text.splitlines(), start=check.lines + 1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            check.sound += 1
        except UnicodeDecodeError:
            check.first = check.first or number
            check.add_damaged(line)

"""Text from files, models and users, made safe to print.

Such text may hold escape sequences that retitle or clear a terminal, line ends that forge a line
of the output, or marks that reorder what is displayed. It may also hold lone surrogates, from file
names that are not UTF-8, which no encoding can write.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

# Controls (C0 without the line feed, DEL, C1), line and paragraph separators, marks that set the
# direction of text, invisible characters, and lone surrogates. The zero-width joiners U+200C and
# U+200D stay: emoji and Persian words need them.
_UNSAFE = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: object, *, multiline: bool = False) -> str:
    r"""Return the text with everything escaped that could steer a terminal.

    Args:
        text: anything; what is not a string is converted by ``str``.
        multiline: keep line feeds, for messages of several lines.

    Example:
        >>> print(printable("caf\u00e9 \x1b[31mred\u202e"))
        café \x1b[31mred\u202e
    """
    escaped = _UNSAFE.sub(lambda found: _escape(found[0]), str(text))
    return escaped if multiline else escaped.replace("\n", r"\n")


def json_line(record: Mapping[str, Any]) -> str:
    r"""Return a record as one line of JSON in ASCII.

    The line is the same in every locale and steers no terminal. A number that JSON does not have
    (NaN, infinity) becomes null.

    Example:
        >>> json_line({"text": "caf\u00e9", "loss": float("nan")})
        '{"text": "caf\\u00e9", "loss": null}'
    """
    return json.dumps(_plain(record), allow_nan=False).replace("\x7f", "\\u007f")


def _escape(character: str) -> str:
    code = ord(character)
    named = {"\t": r"\t", "\r": r"\r"}.get(character)
    if named:
        return named
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _plain(value: Any) -> Any:
    """Return `value` in the types of JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, PurePath):
        return str(value)
    return value

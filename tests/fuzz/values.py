"""Random texts, arguments and file names; the usual ones and those that break programs."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

# The first and last letter of blocks: Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai,
# Hangul, Kana, Han, half-width forms, combining marks, format characters, emoji, private use.
BLOCKS = (
    *((0x20, 0x7E), (0x00, 0x1F), (0x80, 0xFF), (0x100, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF)),
    *((0x590, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F), (0x1100, 0x11FF)),
    *((0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xFF00, 0xFFEF), (0x300, 0x36F)),
    *((0x200B, 0x206F), (0x2000, 0x2BFF), (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF)),
    *((0xD800, 0xDFFF), (0xE000, 0xE0FF), (0xFFF0, 0xFFFF), (0x10FFF0, 0x10FFFF)),
)

PIECES = (
    *("A quiet triumph.", "two hours of my life", "not good, not bad", "10/10", "<br /><br />"),
    *("&amp;", "&#x301;", "&#xff9e;", "&#99999999;", "&lt;b>", "'s", "don't", "N/A", "NaN", "null"),
    *(
        "\u0301\uff9e",
        "\u2057",
        "\ufdfa",
        "\u0344",
        "\ufeff",
        "\x00",
        "\x1b[31m",
        "\r\n",
        "\t",
        "\x85",
    ),
    *(
        ":-)",
        "!!!",
        "...",
        "★★★★★",
        "🎬",
        "👍🏽",
        "\u200d",
        "=1+1",
        "@SUM(A1)",
        "\\",
        '"',
        '""',
        "'",
    ),
    *(
        ",",
        ";",
        "|",
        "{",
        "}",
        "[",
        "]",
        "[bold]",
        "%s",
        "{0}",
        "\x02a=1\x03",
        "\ud800",
        "é",
        "e\u0301",
    ),
)

NUMBERS = (
    *(0, 1, -1, 2, 3, 7, 15, 255, 65536, 2**31, 2**32, 2**63, 2**64, -(2**63), 10**400),
    *(0.0, -0.0, 0.5, 1.0, 1e-300, 1e308, math.inf, -math.inf, math.nan, True, False),
)

PATHS = (
    *("", ".", "..", "-", "~", "~nobody-of-this-name/x", "none", "none/none", "a\0b", "\ud800"),
    *("\udcff", "n" * 250, "n" * 300, "é" * 130, "loop", "loop/x", "folder"),
    *("file", "file/x", "x.csv", "x.txt", "x.parquet", "x.jsonl.gz", "x.xlsx", "--help", "x\n.csv"),
    *("packaged", "imdb-trian", "\x1b]0;x\x07.csv", "=1.csv", "a" + "/a" * 3000),
)

ENCODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "latin-1"),
    *(
        "cp1252",
        "cp1251",
        "cp437",
        "shift_jis",
        "euc_jp",
        "gb18030",
        "big5",
        "koi8-r",
        "iso2022_jp",
    ),
    *(
        "ascii",
        "rot13",
        "base64",
        "idna",
        "punycode",
        "hex",
        "zlib",
        "bz2",
        "mbcs",
        "oem",
        "undefined",
    ),
    *("raw_unicode_escape", "unicode_escape", "cp65001", "hz", "none", "", "\0", "é", "u" * 500),
)


class Stranger:
    """An object that is nothing in particular."""

    def __repr__(self) -> str:
        return "<Stranger>"


class StrangePath:
    def __fspath__(self) -> Any:
        return b"x"


class Text(str):
    """A string, but not exactly."""


def text(rng: Random, longest: int = 60) -> str:
    """A text of any script."""
    parts = []
    for _ in range(rng.randrange(1 + rng.choice((1, 3, 8, longest)))):
        if rng.random() < 0.5:
            parts.append(rng.choice(PIECES))
        else:
            first, last = rng.choice(BLOCKS)
            parts += [chr(rng.randint(first, last)) for _ in range(rng.randrange(12))]
        parts.append(rng.choice(("", " ", "  ", "\n")))
    found = "".join(parts)
    return found * rng.choice((1,) * 30 + (2, 50)) if len(found) < 200 else found


def number(rng: Random) -> Any:
    return rng.choice(NUMBERS) if rng.random() < 0.7 else rng.uniform(-10, 10)


def path(rng: Random) -> Any:
    chosen = rng.choice(PATHS)
    if rng.random() < 0.2:
        chosen = text(rng, 3)[:60].lstrip(
            "/~"
        )  # nothing is written outside the folder of the input
    if rng.random() < 0.1 and "\0" not in chosen:
        return Path(chosen)
    return chosen


def anything(rng: Random) -> Any:
    """A value of any type."""
    kind = rng.randrange(12)
    if kind < 3:
        return text(rng, 5)
    if kind < 5:
        return number(rng)
    if kind < 6:
        return path(rng)
    return rng.choice(STRANGERS)()


STRANGERS = (
    lambda: None,
    lambda: b"bytes",
    lambda: bytearray(b"x"),
    lambda: [],
    lambda: {},
    lambda: (),
    lambda: set(),
    lambda: ["a", 1],
    lambda: {"a": "b"},
    lambda: {1: 2},
    lambda: [[]],
    lambda: [None],
    lambda: range(3),
    lambda: iter(["a"]),
    lambda: (letter for letter in "ab"),
    lambda: lambda: 1,
    lambda: str,
    lambda: np.array("x"),
    lambda: np.array(5),
    lambda: np.array([1.5, np.nan]),
    lambda: np.array(["a", None], dtype=object),
    lambda: np.array(["a", "b"]),
    lambda: np.array([["a"], ["b"]]),
    lambda: np.array([], dtype=str),
    lambda: np.int64(3),
    lambda: np.float32("nan"),
    lambda: np.str_("x"),
    lambda: np.datetime64("NaT"),
    lambda: 1j,
    lambda: Ellipsis,
    Stranger,
    StrangePath,
    lambda: Text("text"),
    lambda: memoryview(b"x"),
)

r"""Nothing that a file, a model or a user says reaches the terminal unescaped."""

from __future__ import annotations

import json
import unicodedata

import pytest

from cinesent.cli.escaping import json_line, printable

#: Format characters that are signs of a script, or that emoji and words need: they steer nothing.
SIGNS = {
    *range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2,  # Arabic and Syriac
    0xAD, 0x200C, 0x200D,  # soft hyphen, joiners
    0x110BD, 0x110CD, *range(0x13430, 0x13440), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B),
}  # fmt: skip


@pytest.mark.parametrize("code", [0x00, 0x07, 0x08, 0x0D, 0x1B, 0x7F, 0x85, 0x9B, 0x9F])
def test_controls_are_shown_as_their_codes(code):
    assert printable(f"a{chr(code)}b") in (f"a\\x{code:02x}b", "a\\rb")


def test_no_character_of_unicode_that_steers_a_terminal_passes():
    kinds = ("Cc", "Cf", "Zl", "Zp", "Cs")
    codes = [n for n in range(0x110000) if unicodedata.category(chr(n)) in kinds]
    passed = {code for code in codes if printable(chr(code)) == chr(code)}
    assert passed <= SIGNS
    assert len(codes) > 2000


@pytest.mark.parametrize(
    "text", ["naïve", "映画", "👩‍👩‍👧", "می‌خواهم", "e\u0301", "[bold]x[/]", "C:\\new"]
)
def test_ordinary_text_stays(text):
    assert printable(text) == text


def test_line_ends_stay_only_in_messages():
    assert printable("one\ntwo") == r"one\ntwo"
    assert printable("one\ntwo\r\x1b[2K", multiline=True) == "one\ntwo\\r\\x1b[2K"


def test_lone_surrogates_are_escaped():
    assert printable("caf\udce9") == r"caf\udce9"
    printable("\ud800\udfff").encode("ascii")


def test_json_is_ascii_and_valid_for_every_text():
    record = {"text": "\x1b]0;x\x07\x7f\x9b\u202e caf\udce9 映画 \ud800", "n": 1.5, "none": None}
    line = json_line(record)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line) == record


def test_json_has_no_number_that_json_lacks():
    line = json_line({"a": float("nan"), "b": [float("inf"), (1, -float("inf"))], "c": True})
    assert json.loads(line) == {"a": None, "b": [None, [1, None]], "c": True}

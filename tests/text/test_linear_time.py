"""Cleaning and tokenizing take time linear in the text, also for texts made to be slow.

What can be quadratic is counted, not timed: the length of the runs of accents that NFKC sorts. The
sweep, marked slow, also measures time.
"""

from __future__ import annotations

import itertools
import random
import time
import unicodedata
from collections.abc import Callable

import pytest

from cinesent.text import clean
from cinesent.text.clean import clean_text
from cinesent.text.tokenizer import tokenize

CHARACTERS = (
    # Accents of several classes, and what decomposes into accents or comes from letters.
    "\u0301\u0323\u0327\u0338\u0344\u05b0\u05bc\u064b\u0670\u093c\u0e38\u0eb8\u0f71\u0f72\u0f73\u0f75"
    "\u0f81\u0345\u035c\u1dfa\u1dce\u302a\u3099\u309a\uff9e\uff9f\ufe20\u20d0\ufb1e\U0001d165\U0001d16d"
    # Letters, syllables and symbols that decompose, compose or grow.
    "a\u00e9\u1d57\u1f82\u1e9b\u0130\u03c2\uac00\u1100\u1161\u11a8\uff76\ufdfa\u2057\u33c7\ufc5e\u2126"
    "\U0001d15e\U0001f600\u2764\ufe0f\u200d\u00a8\u00b4\u2014\u00bd\u0149"
    # Marks of tags, entities, contractions, numbers and emoticons; spaces and control characters.
    "<>!-&#;/'`\"1.:*_ \n\x00\x85\xa0\ud800\ufffd"
)
ENTITIES = (
    "&#x301;",
    "&#x323;",
    "&#xff9e;",
    "&#xff9f;",
    "&#x344;",
    "&#xf73;",
    "&#x1dfa;",
    "&#65438;",
    "&lt;",
    "&lt",
    "&amp;",
    "&am",
    "&#",
    "&#9",
    "&#x",
    "&notin",
    "<!--",
    "-->",
    "<b>",
    "<a ",
    "n't",
    "'s",
    "1/",
    "1,",
)
UNITS = [*CHARACTERS, *ENTITIES]
#: 10,000 of the pairs of units, always the same ones.
PAIRS = random.Random(0).sample([a + b for a, b in itertools.product(UNITS, UNITS)], 10_000)
#: Pairs that were quadratic in version 0.1.0, and their relatives.
FORMERLY_QUADRATIC = [
    "\u0301\uff9e",
    "\uff9e\u0301",
    "\u0323\uff9f",
    "\u0344\uff9e",
    "\u05b0\uff9e",
    "\u0f73\uff9f",
    "\u1dfa\uff9e",
    "\u1dfa\u0301\uff9e",
    "&#x301;&#xff9e;",
    "&#x301;\uff9e",
    "&#x1dfa;&#65438;",
    "\u0301&#xff9f;",
    "\u0344&#x323;",
]


def longest_run_of_accents(text: str) -> int:
    runs = (
        len(list(group))
        for is_accent, group in itertools.groupby(
            unicodedata.normalize("NFKD", text), lambda c: unicodedata.combining(c) > 0
        )
        if is_accent
    )
    return max(runs, default=0)


@pytest.fixture
def runs(monkeypatch) -> list[int]:
    """The longest runs of accents that clean_text gives to NFKC."""
    found: list[int] = []

    class Counting:
        @staticmethod
        def normalize(form: str, text: str) -> str:
            found.append(longest_run_of_accents(text))
            return unicodedata.normalize(form, text)

    monkeypatch.setattr(clean, "unicodedata", Counting)
    return found


@pytest.mark.parametrize("unit", FORMERLY_QUADRATIC)
def test_accents_are_sorted_in_short_runs(unit, runs):
    clean_text(unit * 2000)
    assert max(runs) <= 200


def test_some_pairs_of_units_leave_short_runs(runs):
    for unit in PAIRS[::25]:
        clean_text(unit * 300)
    assert max(runs) <= 200


def test_every_character_that_becomes_an_accent_is_split(runs):
    """Of whatever Unicode version: no character may slip through as a letter."""
    accents = [
        character
        for character in map(chr, range(0x110000))
        if not "\ud800" <= character <= "\udfff"
        and unicodedata.combining(unicodedata.normalize("NFKD", character)[0])
    ]
    assert len(accents) > 800
    for character in accents:
        clean_text(f"{character}\u0301" * 100)
    assert max(runs) <= 200


def test_what_were_letters_are_the_same_accents():
    assert clean_text("\uff76\uff9e \uff8a\uff9f\uff9e") == unicodedata.normalize(
        "NFKC", "\uff76\uff9e \uff8a\uff9f\uff9e"
    )


def seconds(function: Callable[[str], object], text: str, repeats: int) -> float:
    best = float("inf")
    for _ in range(repeats):
        started = time.process_time()
        function(text)
        best = min(best, time.process_time() - started)
    return best


def doubling(unit: str, size: int, repeats: int) -> float:
    """How many times longer twice the text takes."""
    whole = seconds(tokenize, unit * (2 * size), repeats)
    return whole / max(seconds(tokenize, unit * size, repeats), 1e-9)


@pytest.mark.slow
def test_all_pairs_of_units_leave_short_runs(runs):
    for unit in PAIRS:
        clean_text(unit * 300)
    assert max(runs) <= 200


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_doubling_a_text_at_most_doubles_its_time():
    """2.3 times at most. A pair that looks slow is measured again, longer and more often."""
    slow = []
    for unit in PAIRS:
        if doubling(unit, 400, 1) <= 2.3:
            continue
        if not any(doubling(unit, size, 5) <= 2.3 for size in (2000, 4000, 4000, 8000)):
            slow.append(ascii(unit))
    assert not slow


@pytest.mark.slow
@pytest.mark.parametrize("unit", FORMERLY_QUADRATIC)
def test_what_was_quadratic_is_linear(unit):
    ratios = sorted(doubling(unit, 8000, 3) for _ in range(5))
    assert ratios[2] <= 2.3

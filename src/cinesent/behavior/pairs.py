"""Cases that are generated: padded opinions, and pairs of texts that differ in one thing.

Invariance and direction tests after Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP
Models with CheckList" (ACL 2020). The same cases are generated each time.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from cinesent.behavior.case import NEUTRAL_BOUNDS, BehaviorCase, KindOfCase, lines_of

#: How often a neutral sentence is repeated, at most.
REPEATS = 20
# Names that each frame is compared on, and fillers that are put together.
_NAMES, _FILLERS = 5, 10
# Text, changed text, what is expected, lowest and highest probability or change.
_Made = tuple[str, str, str, float, float]
_LONG_WORD = re.compile(r"\b[a-z]{6,}\b")


@cache
def generated_kinds() -> tuple[KindOfCase, ...]:
    """Return the kinds that are generated from `pairs.toml`.

    Example:
        >>> [kind.name for kind in generated_kinds()][:3]
        ['neutral padding', 'names exchanged', 'letters exchanged']
    """
    file = resources.files("cinesent.behavior").joinpath("pairs.toml")
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    padding = tables["padding"]
    added = "Neutral sentences are added to a text: the side and, roughly, the probability stay."
    return (
        _made("neutral padding", padding["purpose"], _padded(padding)),
        _made("names exchanged", tables["names"]["purpose"], _names(tables["names"])),
        _made("letters exchanged", tables["typos"]["purpose"], _typos(tables["typos"])),
        _made("padding added", added, _padding_pairs(padding)),
        _made("negation put in", tables["negation"]["purpose"], _negations(tables["negation"])),
    )


def _made(name: str, purpose: str, cases: Iterator[_Made]) -> KindOfCase:
    return KindOfCase(
        name,
        purpose,
        False,
        tuple(
            BehaviorCase(name, text, expected, (low, high), changed)
            for text, changed, expected, low, high in cases
        ),
    )


def _paddings(fillers: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what is put before and after an opinion."""
    one, two = fillers[0], fillers[1]
    half = len(fillers) // 2
    yield one, ""
    yield "", two
    yield " ".join(fillers[:half]), " ".join(fillers[half:])
    yield " ".join(fillers), ""
    yield "", " ".join([one] * REPEATS)
    yield " ".join([two] * REPEATS), ""


def _padded(table: dict[str, Any]) -> Iterator[_Made]:
    fillers = lines_of(table["fillers"])[:_FILLERS]
    for side, low, high in (("positive", 0.5, 1.0), ("negative", 0.0, 0.5)):
        for opinion in lines_of(table[side]):
            for before, after in _paddings(fillers):
                yield f"{before} {opinion} {after}".strip(), "", side, low, high
    for filler in fillers:
        yield " ".join([filler] * REPEATS), "", "between", *NEUTRAL_BOUNDS
    yield " ".join(fillers), "", "between", *NEUTRAL_BOUNDS


def _padding_pairs(table: dict[str, Any]) -> Iterator[_Made]:
    fillers = lines_of(table["fillers"])
    for place, opinion in enumerate(lines_of(table["positive"]) + lines_of(table["negative"])):
        for shift in (1, 4, 7):
            filler = fillers[(place + shift) % len(fillers)]
            yield opinion, f"{opinion} {filler}", "same", -0.25, 0.25
            yield opinion, f"{filler} {opinion}", "same", -0.25, 0.25


def _names(table: dict[str, Any]) -> Iterator[_Made]:
    names, tolerance = lines_of(table["names"]), table["tolerance"]
    for place, frame in enumerate(lines_of(table["frames"])):
        for shift in range(_NAMES):
            one = names[(place + shift) % len(names)]
            other = names[(place + shift + _NAMES) % len(names)]
            texts = frame.replace("{name}", one), frame.replace("{name}", other)
            yield *texts, "same", -tolerance, tolerance


def _typos(table: dict[str, Any]) -> Iterator[_Made]:
    for text in lines_of(table["texts"]):
        for word in _LONG_WORD.finditer(text):
            yield text, _exchanged(text, word), "same", -table["tolerance"], table["tolerance"]


def _exchanged(text: str, word: re.Match[str]) -> str:
    """Let two different letters in the middle of a word change places."""
    middle = (word.start() + word.end()) // 2
    while text[middle] == text[middle - 1]:
        middle -= 1
    return text[: middle - 1] + text[middle] + text[middle - 1] + text[middle + 1 :]


def _negations(table: dict[str, Any]) -> Iterator[_Made]:
    change = table["change"]
    for side, expected, low, high in (
        ("positive", "lower", -1.0, -change),
        ("negative", "higher", change, 1.0),
    ):
        for line in lines_of(table[side]):
            plain = re.sub(r"\{[^}]*\}", "", line)
            yield plain, line.replace("{", "").replace("}", ""), expected, low, high

"""The cases of the behavior suite: the TOML files of the folder `cases`.

A file is one kind: its name, its purpose, whether it is hard, and texts, one per line, by what is
expected of the model. The texts were written for the suite and are never used in training.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from cinesent.behavior.case import NEUTRAL_BOUNDS, BehaviorCase, KindOfCase, lines_of
from cinesent.behavior.pairs import generated_kinds

#: What is expected of a text, in the order of the files.
SIDES = ("positive", "negative", "between")


@cache
def load_kinds() -> tuple[KindOfCase, ...]:
    """Return the kinds that are written out in files, in alphabetical order of the files."""
    folder = resources.files("cinesent.behavior").joinpath("cases")
    files = sorted(folder.iterdir(), key=lambda path: path.name)
    return tuple(
        _kind(tomllib.loads(file.read_text(encoding="utf-8")))
        for file in files
        if file.name.endswith(".toml")
    )


def load_cases() -> tuple[BehaviorCase, ...]:
    """Return all single cases that are written out in files.

    Example:
        >>> sum(case.kind == "direct" for case in load_cases())
        30
    """
    return tuple(case for kind in load_kinds() for case in kind.cases)


@cache
def minimum_rates() -> dict[str, float]:
    """Return the pass rate, 0 to 1, that the packaged model must reach in each kind."""
    file = resources.files("cinesent.behavior").joinpath("minimum_rates.json")
    rates: dict[str, float] = json.loads(file.read_text(encoding="utf-8"))
    return rates


def _kind(table: dict[str, Any]) -> KindOfCase:
    low, high = table.get("bounds", NEUTRAL_BOUNDS)
    bounds = {"positive": (0.5, 1.0), "negative": (0.0, 0.5), "between": (low, high)}
    cases = (
        BehaviorCase(table["kind"], text, side, bounds[side])
        for side in SIDES
        for text in lines_of(table.get(side, ""))
    )
    return KindOfCase(table["kind"], table["purpose"], table.get("hard", False), tuple(cases))


def suite_texts() -> tuple[str, ...]:
    """Return every text of the suite, those of generated pairs included, for exclusion."""
    return tuple(dict.fromkeys(_texts((*load_kinds(), *generated_kinds()))))


def _texts(kinds: tuple[KindOfCase, ...]) -> Iterator[str]:
    for kind in kinds:
        for case in kind.cases:
            yield case.text
            if case.changed:
                yield case.changed

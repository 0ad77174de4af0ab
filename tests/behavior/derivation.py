"""Whether the rules of augmentation can make a text: a recogniser of its grammar.

Only letters and digits are compared, so that marks, spaces, letter case and articles do not count:
it accepts a little more than the grammar makes, and nothing less.
"""

from __future__ import annotations

import re
from functools import cache

from cinesent.augmentation.grammar import _IRREGULAR, _Draw, _Either, _Number, load_grammar
from cinesent.augmentation.word_lists import third_person

#: The categories that whole texts are made from, see `cinesent.augmentation.kinds`.
ROOTS = (
    "negation",
    "contrast",
    "no_opinion",
    "name_text",
    "comparison_or_idiom",
    "rating_or_mark",
    "sarcastic",
    "elsewhere",
    "tricky",
    "opening",
    "neutral",
    "world",
    "instruction",
)
_DIGITS = re.compile(r"\d+")


def letters(text: str) -> str:
    """The letters and digits of a text; words in "ie" and "ies" end in "y" and "ys"."""
    return re.sub(r"[\W_]+", "", re.sub(r"ie(s?)\b", r"y\1", text.casefold()))


def can_be_made(text: str) -> bool:
    """Whether a text is a sequence of one or more sentences of the grammar."""
    return _Recogniser(letters(text)).accepts()


class _Recogniser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.entries = load_grammar()._entries
        self.known: dict[tuple[str, int], frozenset[int]] = {}

    def accepts(self) -> bool:
        reached, waiting = {0}, [0]
        while waiting:
            start = waiting.pop()
            ends = {end for root in ROOTS for end in self.category(root, start)}
            waiting += ends - reached
            reached |= ends
        return len(self.text) in reached and bool(self.text)

    def category(self, name: str, start: int) -> frozenset[int]:
        key = name, start
        if key not in self.known:
            self.known[key] = frozenset(
                end for entry in self.entries[name] for end in self.sequence(entry, {start})
            )
        return self.known[key]

    def sequence(self, entry, starts: set[int]) -> set[int]:
        for node in entry:
            starts = {end for start in starts for end in self.node(node, start)}
            if not starts:
                break
        return starts

    def node(self, node, start: int) -> set[int] | frozenset[int]:
        if isinstance(node, str):
            return {
                start + len(found) for found in literals(node) if self.text.startswith(found, start)
            }
        if isinstance(node, _Draw):
            return self.category(node.category, start)
        if isinstance(node, _Either):
            return {end for option in node.options for end in self.sequence(option, {start})}
        assert isinstance(node, _Number)
        found = _DIGITS.match(self.text, start)
        digits = found.group() if found else ""
        return {
            start + length
            for length in range(1, len(digits) + 1)
            if node.first <= int(digits[:length]) <= node.last
        }


@cache
def literals(piece: str) -> tuple[str, ...]:
    """The forms of a literal: both numbers of its verb, both forms of its articles."""
    forms = [piece]
    for verb in re.findall(r"<([a-z']+)>", piece):
        other = _IRREGULAR.get(verb, third_person(verb))
        forms = [form.replace(f"<{verb}>", one, 1) for form in forms for one in (verb, other)]
    for article in ("a", "A"):
        spread = [re.sub(rf"\b{article}\b", f"{article}n", form) for form in forms]
        forms += spread
    return tuple({letters(form) for form in forms})

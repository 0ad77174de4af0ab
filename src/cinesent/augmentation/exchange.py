"""Words dropped from sentences, or exchanged for words that are used like them."""

from __future__ import annotations

import re
from functools import cache

from cinesent.augmentation.draws import Draws
from cinesent.augmentation.material import Material, word_set
from cinesent.augmentation.word_lists import load_categories

_PIECE = re.compile(r"\w+(?:'\w+)?|[^\w\s]+|\s+")
_OPEN = re.compile(r"[a-z]{3,}")


def masked(draws: Draws, material: Material) -> str | None:
    """Return a sentence without one to a third of its words, or without one word of opinion."""
    pieces = _PIECE.findall(_base(draws, material))
    words = [i for i, piece in enumerate(pieces) if piece[0].isalnum()]
    if len(words) < 4:
        return None
    opinions = [i for i in words if pieces[i].lower() in word_set("good") | word_set("bad")]
    if opinions and draws.chance(0.4):
        dropped = {draws.pick(opinions)}
    else:
        dropped = set(draws.shuffled(words)[: 1 + draws.below(max(1, len(words) // 3))])
    kept = "".join(piece for i, piece in enumerate(pieces) if i not in dropped)
    return re.sub(r" +([.,;!?])", r"\1", " ".join(kept.split()))


def synonyms(draws: Draws, material: Material) -> str | None:
    """Return a sentence with words of the lists exchanged for others of the same list.

    In three of ten texts the exchanged word is of another list of opinions, so that the opinion
    may turn.
    """
    base = _base(draws, material)
    other = draws.chance(0.3)

    def exchange(found: re.Match[str]) -> str:
        lists = _lists_of().get(found[0])
        if not lists or draws.chance(0.3):
            return found[0]
        chosen = _opposite(draws.pick(lists)) if other else draws.pick(lists)
        return draws.pick(load_categories()[chosen])

    changed = _OPEN.sub(exchange, base)
    return changed if changed != base else None


def neighbors(draws: Draws, material: Material) -> str | None:
    """Return a sentence with a sixth of its words exchanged by the caller's function."""
    if material.neighbors is None:
        return None
    lookup = material.neighbors
    base = _base(draws, material)

    def exchange(found: re.Match[str]) -> str:
        near = lookup(found[0]) if draws.chance(1 / 6) else ()
        return draws.pick(near[:8]) if near else found[0]

    changed = _OPEN.sub(exchange, base)
    return changed if changed != base else None


def _base(draws: Draws, material: Material) -> str:
    if material.sentences and draws.chance(0.7):
        return draws.pick(material.sentences)
    return material.own(draws, draws.pick(("contrast", "negation", "clear", "tricky", "idiom")))


@cache
def _lists_of() -> dict[str, tuple[str, ...]]:
    """Map each single word of the lists to the lists that hold it."""
    names = [f"{p}_{s}" for p in ("good", "bad") for s in ("weak", "medium", "strong")]
    names += ["gem", "dud", "like_past", "dislike_past", "shine_s", "flop_s", "film_word"]
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        for entry in load_categories()[name]:
            if _OPEN.fullmatch(entry):
                found[entry] = (*found.get(entry, ()), name)
    return found


def _opposite(name: str) -> str:
    pairs = {"gem": "dud", "like_past": "dislike_past", "shine_s": "flop_s"}
    pairs |= {bad: good for good, bad in pairs.items()}
    if name in pairs:
        return pairs[name]
    polarity, _, strength = name.partition("_")
    flipped = {"good": "bad", "bad": "good"}.get(polarity)
    return f"{flipped}_{strength}" if flipped else name

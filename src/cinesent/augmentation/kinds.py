"""The kinds of augmented text: their purpose, the functions that make them, their shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cinesent.augmentation import contrast, cuts, exchange, names, negation, neutral, surface
from cinesent.augmentation.draws import Draws
from cinesent.augmentation.material import Material

#: Makes one text, or None where this draw gives none.
Maker = Callable[[Draws, Material], str | None]


@dataclass(frozen=True)
class Kind:
    """One kind of augmented text.

    Attributes:
        name: the key in :data:`KINDS`.
        purpose: what a model learns from it, in one line.
        share: of all texts, in percent.
        makers: functions that make one text each, and how often each is used.
    """

    name: str
    purpose: str
    share: float
    makers: tuple[tuple[Maker, float], ...]


def own(category: str, words: tuple[int, int] = (1, 10_000)) -> Maker:
    """Return a maker of sentences of the grammar, of a number of words in a range."""

    def make(draws: Draws, material: Material) -> str | None:
        text = material.own(draws, category)
        return text if words[0] <= text.count(" ") + 1 <= words[1] else None

    return make


def _edited(edit: Callable[[str, Draws], str | None]) -> Maker:
    def make(draws: Draws, material: Material) -> str | None:
        if not material.sentences:
            return None
        changed = edit(draws.pick(material.sentences), draws)
        if changed and draws.chance(0.12) and " that " not in changed[:40]:
            return edit(changed, draws) or changed
        return changed

    return make


def _tricky_real(draws: Draws, material: Material) -> str | None:
    """Return opposite real sentences and a verdict of the grammar at the end or the beginning."""
    joined = contrast.join_opposites(draws, material)
    if joined is None:
        return None
    verdict = material.own(draws, draws.pick(("verdict_good", "verdict_bad")))
    text = f"{joined} {verdict}" if draws.chance(0.7) else f"{verdict} {joined}"
    return text if 10 <= text.count(" ") + 1 <= 45 else None


#: The kinds, by name. Their shares add up to 100.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "negation",
            "Negation changes what the words of opinion mean.",
            18,
            (
                (own("negation"), 1),
                (_edited(negation.put_in), 0.8),
                (_edited(negation.take_out), 0.5),
            ),
        ),
        Kind(
            "contrast",
            "Of two opposite opinions one counts more.",
            11,
            ((own("contrast"), 1), (contrast.join_opposites, 0.6), (contrast.join_with_own, 0.4)),
        ),
        Kind(
            "neutral",
            "Text without an opinion is neutral, however much of it there is.",
            13,
            (
                (own("no_opinion"), 1),
                (neutral.surrounded_own, 1),
                (neutral.surrounded_real, 0.7),
                (neutral.repeated, 0.4),
                (neutral.noise, 0.15),
            ),
        ),
        Kind(
            "names",
            "Names, titles and numbers do not express an opinion.",
            7,
            ((own("name_text"), 1), (names.exchange_names, 1), (names.name_real_people, 0.5)),
        ),
        Kind(
            "comparison",
            "Comparisons and idioms are opinions as a whole.",
            8,
            ((own("comparison_or_idiom"), 1),),
        ),
        Kind(
            "exchange",
            "Which word of a sentence carries the opinion.",
            7,
            ((exchange.masked, 1), (exchange.synonyms, 1), (exchange.neighbors, 1)),
        ),
        Kind(
            "surface",
            "Typing, marks, emoji, slang and ratings.",
            10,
            (
                (own("rating_or_mark"), 1),
                (surface.retyped_own, 0.6),
                (surface.retyped_real, 0.6),
            ),
        ),
        Kind("sarcasm", "Praise that is meant as blame.", 4, ((own("sarcastic"), 1),)),
        Kind(
            "elsewhere",
            "Other subjects, other languages, questions, lists.",
            6,
            ((own("elsewhere"), 1),),
        ),
        Kind(
            "tricky",
            "Short reviews whose verdict differs from most of their words.",
            10,
            ((own("tricky", (10, 45)), 1), (_tricky_real, 0.5)),
        ),
        Kind("cuts", "Sentences and passages of real reviews.", 6, ((cuts.cut, 1),)),
    )
}

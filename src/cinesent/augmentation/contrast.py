"""Real sentences of opposite opinion joined into one text."""

from __future__ import annotations

from cinesent.augmentation.draws import Draws
from cinesent.augmentation.material import Material
from cinesent.augmentation.phrases import capitalize, lower_start, without_mark

# {a} and {b} are sentences without their marks, {A} and {B} the same at the start of a sentence.
_JOINS = (
    "{A}, but {b}",
    "{A}, but {b}",
    "{A}, yet {b}",
    "{A}, though {b}",
    "{A}, although {b}",
    "{A}, even though {b}",
    "{A}, while {b}",
    "{A}; however, {b}",
    "{A}. However, {b}",
    "{A}. Still, {b}",
    "{A}. But {b}",
    "{A}. Nevertheless, {b}",
    "{A}. On the other hand, {b}",
    "{A} - and yet {b}",
    "Although {a}, {b}",
    "Though {a}, {b}",
    "Even though {a}, {b}",
    "While {a}, {b}",
    "Despite the fact that {a}, {b}",
    "In spite of the fact that {a}, {b}",
    "Yes, {a}. But {b}",
    "Some may say that {a}. But {b}",
    "{A}. {B}",
)


def join_opposites(draws: Draws, material: Material) -> str | None:
    """Return a sentence of praise and one of blame, joined in one of both orders."""
    if not material.praise or not material.blame:
        return None
    pair = (draws.pick(material.praise), draws.pick(material.blame))
    return _join(*(pair if draws.chance(0.5) else pair[::-1]), draws)


def join_with_own(draws: Draws, material: Material) -> str | None:
    """Return a real opinionated sentence and an opposite clause of the grammar, joined."""
    praise = draws.chance(0.5)
    pool = material.praise if praise else material.blame
    if not pool:
        return None
    category = "bad_clause" if praise else "good_clause"
    pair = (draws.pick(pool), material.grammar.expand(category, draws))
    return _join(*(pair if draws.chance(0.5) else pair[::-1]), draws)


def _join(first: str, second: str, draws: Draws) -> str:
    a, b = without_mark(first), without_mark(second)
    text = draws.pick(_JOINS).format(
        a=lower_start(a), b=lower_start(b), A=capitalize(a), B=capitalize(b)
    )
    return f"{text}."

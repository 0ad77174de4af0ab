"""Text without an opinion, alone and around an opinion, and repetition of any kind."""

from __future__ import annotations

from cinesent.augmentation.draws import Draws
from cinesent.augmentation.material import Material

#: Neutral sentences around one opinion, at most.
MOST_SENTENCES = 25

# What neutral sentences are about: films mostly.
_SUBJECTS = ("neutral", "neutral", "neutral", "neutral", "world", "instruction")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def surrounded_own(draws: Draws, material: Material) -> str:
    """Return a short clear opinion of the grammar among 1 to 25 neutral sentences."""
    return surround(material.marked(draws, "opening"), draws, material)


def surrounded_real(draws: Draws, material: Material) -> str | None:
    """Return a real sentence among 1 to 25 neutral sentences of the grammar."""
    if not material.sentences:
        return None
    return surround(draws.pick(material.sentences), draws, material)


def repeated(draws: Draws, material: Material) -> str:
    """Return an opinion with one neutral sentence repeated behind or before it, or either alone."""
    count = draws.between(2, MOST_SENTENCES)
    neutral = [material.marked(draws, draws.pick(_SUBJECTS))] * count
    opinion = [material.marked(draws, "opening")]
    shapes = (opinion + neutral, neutral + opinion, opinion + neutral, neutral, opinion * count)
    return " ".join(draws.pick(shapes))


def noise(draws: Draws, material: Material) -> str:
    """Return letters, numbers, marks or words in repetition, alone or behind an opinion."""
    symbols = (
        draws.pick(_LETTERS),
        draws.pick(_LETTERS).upper(),
        str(draws.below(10)),
        str(draws.between(10, 9999)),
        draws.pick("!?.-*#,"),
        material.grammar.expand("object", draws),
        material.grammar.expand("film_word", draws),
        "".join(draws.pick(_LETTERS) for _ in range(draws.between(2, 8))),
    )
    symbol = draws.pick(symbols)
    text = draws.pick(("", " ", " ", ", ")).join([symbol] * draws.between(1, 120))
    if draws.chance(0.5):
        return text
    opinion = material.marked(draws, "opening")
    return f"{opinion} {text}" if draws.chance(0.7) else f"{text} {opinion}"


def surround(opinion: str, draws: Draws, material: Material) -> str:
    """Return a text among 1 to 25 neutral sentences of the grammar, mostly at the beginning."""
    # Few sentences are more frequent than many.
    count = 1 + min(draws.below(MOST_SENTENCES), draws.below(MOST_SENTENCES))
    sentences = [material.marked(draws, draws.pick(_SUBJECTS)) for _ in range(count)]
    place = draws.weighted((0, count, draws.below(count + 1)), (0.45, 0.3, 0.25))
    return " ".join([*sentences[:place], opinion, *sentences[place:]])

"""The same sentences as people type them: typos, casing, marks, breaks, emoji, slang."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from cinesent.augmentation.draws import Draws
from cinesent.augmentation.material import Material, word_set, words_of
from cinesent.augmentation.word_lists import load_categories, load_pairs

_WORD = re.compile(r"[A-Za-z]{4,}")
_VOWEL = re.compile(r"[aeiouAEIOU](?!.*[aeiouAEIOU])")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def typos(text: str, draws: Draws) -> str:
    """Swap, drop, double or mistype a letter in one word of six, of one at least."""
    words = list(_WORD.finditer(text))
    if not words:
        return text
    chosen = draws.shuffled(words)[: 1 + len(words) // 6]
    for word in sorted(chosen, key=lambda found: -found.start()):
        text = text[: word.start()] + _mistype(word[0], draws) + text[word.end() :]
    return text


def elongate(text: str, draws: Draws) -> str:
    """Repeat a letter of the words that people stretch, or the last mark."""
    stretched = _stretchable().sub(lambda found: _stretch(found[0], draws), text)
    if stretched == text and text[-1:] in "!?.":
        return text + text[-1] * draws.between(2, 9)
    return stretched


def recase(text: str, draws: Draws) -> str:
    """Write text in lower case, capitals, title case, or with some words in capitals."""
    style = draws.below(5)
    if style == 0:
        return text.upper()
    if style == 1:
        return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))
    if style == 2:
        return " ".join(w.upper() if draws.chance(0.25) else w for w in text.split(" "))
    return text.lower()


def unmark(text: str, draws: Draws) -> str:
    """Leave out apostrophes, commas or all marks."""
    return re.sub(draws.pick((r"'", r",", r"[.,;:!?'\"]", r"[.,;:!?\"]")), "", text)


def crowd(text: str, draws: Draws) -> str:
    """Leave out the spaces behind marks, or put some before them."""
    return re.sub(r"([.,;:!?])\s+", draws.pick((r"\1", r"\1", r" \1 ", r" \1", r"\1   ")), text)


def exclaim(text: str, draws: Draws) -> str:
    """Replace the marks at the ends of sentences by others."""
    return re.sub(
        r"[.!](?=\s|$)", lambda _: draws.pick(("!", "!!", "!!!", "...", "..", "?!")), text
    )


def add_breaks(text: str, draws: Draws) -> str:
    """Put HTML breaks or other markup where sentences end, or around words."""
    marked = re.sub(r"(?<=[.!?]) ", draws.pick(("<br /><br />", " <br> ", "<br/>", "\n\n")), text)
    if marked != text:
        return marked
    tag = draws.pick(("b", "i", "em", "p"))
    return draws.pick(
        (f"<{tag}>{text}</{tag}>", f"{text}<br /><br />", f"{text}&nbsp;", f'"{text}"')
    )


def add_marks(text: str, draws: Draws, material: Material) -> str:
    """Add an emoji, an emoticon, a hashtag or slang; it agrees with the words in 80%."""
    words = words_of(text)
    happy = len(words & word_set("good")) >= len(words & word_set("bad"))
    happy = happy if draws.chance(0.8) else not happy
    categories = (
        ("happy_mark", "happy_mark", "hashtag_good", "rating_good", "intensifier_slang")
        if happy
        else ("unhappy_mark", "unhappy_mark", "hashtag_bad", "rating_bad", "intensifier_slang")
    )
    category = draws.pick(categories)
    mark = material.grammar.expand(category, draws)
    mark = f"#{mark}" if category.startswith("hashtag") else mark
    return f"{text} {mark}" if draws.chance(0.8) else f"{mark} {text}"


def texting(text: str, draws: Draws) -> str:
    """Write words as in text messages, or as they are often misspelled."""
    spellings = load_pairs("texting")
    return _texted().sub(lambda m: spellings[m[0]] if draws.chance(0.7) else m[0], text)


_CHANGES: tuple[Callable[[str, Draws], str], ...] = (
    typos,
    typos,
    elongate,
    recase,
    recase,
    unmark,
    crowd,
    exclaim,
    add_breaks,
    texting,
)


def retyped_own(draws: Draws, material: Material) -> str | None:
    """Return a sentence of the grammar with one to three changes of its surface."""
    categories = ("clear", "clear", "negation", "contrast", "tricky", "idiom", "slang", "neutral")
    return _retype(material.own(draws, draws.pick(categories)), draws, material)


def retyped_real(draws: Draws, material: Material) -> str | None:
    """Return a real sentence with one to three changes of its surface."""
    if not material.sentences:
        return None
    return _retype(draws.pick(material.sentences), draws, material)


@cache
def _texted() -> re.Pattern[str]:
    words = sorted(load_pairs("texting"), key=lambda word: (-len(word), word))
    return re.compile(rf"\b(?:{'|'.join(words)})\b")


def _retype(base: str, draws: Draws, material: Material) -> str | None:
    text = base
    if draws.chance(0.35):
        text = add_marks(text, draws, material)
        if draws.chance(0.5):
            return text
    for change in draws.shuffled(_CHANGES)[: draws.weighted((1, 2, 3), (0.6, 0.3, 0.1))]:
        text = change(text, draws)
    return text if text != base else None


def _mistype(word: str, draws: Draws) -> str:
    at = draws.between(1, len(word) - 2)
    change = draws.below(4)
    if change == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if change == 1:
        return word[:at] + word[at + 1 :]
    if change == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + _near_key(word[at], draws) + word[at + 1 :]


def _near_key(letter: str, draws: Draws) -> str:
    for row in _KEYS:
        if letter in row:
            at = row.index(letter)
            return draws.pick(row[max(0, at - 1) : at] + row[at + 1 : at + 2])
    return letter


@cache
def _stretchable() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(load_categories()['stretchable'])})\b", re.IGNORECASE)


def _stretch(word: str, draws: Draws) -> str:
    return _VOWEL.sub(lambda found: found[0] * draws.between(3, 7), word, count=1)

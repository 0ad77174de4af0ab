"""Emoji, stars and scores as words, for a teacher whose vocabulary lacks them."""

from __future__ import annotations

import re
import unicodedata

from cinesent.augmentation.word_lists import load_pairs

_FULL, _EMPTY = "★⭐✭✮🌟✪", "☆✩⚝✰"
_STARS = re.compile(rf"[{_FULL}](?:\ufe0f? ?[{_FULL}{_EMPTY}½\ufe0f])*½?|½?[{_EMPTY}]+½?")
_ASTERISKS = re.compile(
    r"(?<![\w*])(\*{3,5}|\*{1,5}(?= ?(?:1/2|½)|/\*{4}))( ?1/2|½)?(?:/\*{4,5})?(?![\w*])"
)
_SPOILER = re.compile("spoiler", re.IGNORECASE)
_SCORE = re.compile(r"(?<![\d/.])(-?\d{1,3}(?:[.,]\d)?) ?/ ?(5|10|100)(?![\d/])")
_EMOTICONS = {
    "happy": re.compile(
        r"[:;=][-o']?[)\]D]+(?!\w)|(?<!\S)(?:\(-?[:;=]|x+D+|\^_?\^|\\o/|:-?[pP])(?!\w)"
    ),
    "sad": re.compile(
        r"[:=]['-]?[(\[]+(?!\w)|(?<!\S)(?:>:?[(\[]+|\)-?[:=]|D:|:-?[/|\\]|=/|-_-|>\.<)(?![\w/])"
    ),
    "love": re.compile(r"<3(?!\d)"),
}
# Before it are letters and signs that a vocabulary holds, such as "°" and "™".
_FIRST_SYMBOL = "\u2190"
_LONG = re.compile(r"([A-Za-z])\1{2,}")
_SPOKEN = re.compile(r"\b(?:[iI]+|[xX]+|[zZ]+|[wW]+)\b")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HASHTAG = re.compile(r"#(\w*[A-Za-z]\w*)")


def teacher_text(text: str) -> str:
    """Return text with emoji, emoticons, stars and scores written as words.

    The teacher labels this; the student learns from the original. Letters repeated three times or
    more are cut to two and hashtags lose their mark. Other text is unchanged.

    Example:
        >>> teacher_text("Loved it 😍😍 ★★★★☆")
        'Loved it (smiling, in love with it) 4 stars out of 5'
        >>> teacher_text("11/10, soooo good :)")
        '11 out of 10, soo good (happy)'
    """
    text = _STARS.sub(_stars, text)
    if not _SPOILER.search(text):
        text = _ASTERISKS.sub(_asterisks, text)
    text = _SCORE.sub(r"\1 out of \2", text)
    for mood, pattern in _EMOTICONS.items():
        text = pattern.sub(f" ({mood}) ", text)
    text = _HASHTAG.sub(lambda found: _CAMEL.sub(" ", found[1]), text)
    text = _LONG.sub(_shorten, text)
    if not text.isascii():
        text = _name_symbols(text)
    return re.sub(r" ([.,;!?])", r"\1", " ".join(text.split()))


def _stars(found: re.Match[str]) -> str:
    full = sum(found[0].count(star) for star in _FULL)
    empty = sum(found[0].count(star) for star in _EMPTY)
    if found[0][0] in "⭐🌟" and full == 1 and not empty:
        return " (star) "
    half = "½" in found[0]
    return f" {_count_stars(full, half, full + empty + half if empty else 0)} "


def _asterisks(found: re.Match[str]) -> str:
    return _count_stars(len(found[1]), bool(found[2]), 0)


def _count_stars(full: int, half: bool, total: int) -> str:
    count = f"{full} and a half stars" if half else f"{full} star{'' if full == 1 else 's'}"
    if half and not full:
        count = "half a star"
    return f"{count} out of {total}" if total else count


def _shorten(found: re.Match[str]) -> str:
    if _SPOKEN.fullmatch(found[0]):
        return found[0]
    return found[1] * 2


def _name_symbols(text: str) -> str:
    pieces: list[str] = []
    for char in text:
        if char in "\ufe0f\u200d" or "\U0001f3fb" <= char <= "\U0001f3ff":
            continue
        name = _name(char)
        if name is None:
            pieces.append(char)
        elif not pieces or pieces[-1] != name:
            pieces.append(name)
    return "".join(pieces)


def _name(char: str) -> str | None:
    if meaning := load_pairs("emoji_meaning").get(char):
        return f" ({meaning}) "
    if char < _FIRST_SYMBOL or unicodedata.category(char) != "So":
        return None
    if "\U0001f1e6" <= char <= "\U0001f1ff":
        return " (flag) "
    name = unicodedata.name(char, "symbol").lower()
    return f" ({name.removesuffix(' sign').removesuffix(' symbol')}) "

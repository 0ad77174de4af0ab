"""Forms of a token outside the vocabulary: what is looked up before it counts as unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from string import ascii_lowercase

_REPEATS = re.compile(r"(.)\1{2,}")
_SUFFIXES = ("'s", "s", "es", "ed", "d", "ing", "ly", "er", "est", "ness", "ish", "y", "like")
_SCORE = re.compile(r"(\d{1,3}(?:\.\d)?)/(5|10|100)")

# A misspelled word has at least so many letters, more where a letter is another one, and the word
# that it stands for is among so many of the most frequent ones: short and rare words are one letter
# apart by chance.
_SHORTEST, _SHORTEST_CHANGED, _FREQUENT = 7, 8, 8_000
# No frequent word is longer, and time and memory grow with the square of the length.
_LONGEST = 24

# Emoji that mean the same in a review, and the emoticons that stand for them.
_EMOJI = (
    ("<3", "😍🥰😻💖❤🧡💛💚💙💜🖤🤍💕💞💓💗💘💝💟❣😘😗😙😚🫶"),
    (":)", "😊😀😃😄😁😆😅😂🤣🙂😇😎🤩🥳😋😺😸😹🤗😌👍👏🙌👌💯🔥🎉🏆✨💪🙏⭐🌟🤌🥇💥🎊💎👑🆒🤯"),
    (":(", "😞😔😟😕🙁☹😣😖😫😩😢😭😥😓😿💔😰😨😧😦🤦👎😒🙄😑😬😐🥱😴💤🤡🫠🫤"),
    (">:(", "😠😡🤬😤👿😾🤢🤮💩🚮🗑❌🚫🤥🖕☠💀👎🤧😵"),
)


def forms(token: str) -> Iterator[str]:
    """Yield forms of a word, nearest first: without repeated letters, then without a suffix.

    Example:
        >>> list(forms("soooo"))
        ['soo', 'so']
        >>> list(forms("overacts"))
        ['overact']
    """
    squeezed = _REPEATS.sub(r"\1\1", token)
    if squeezed != token:
        yield squeezed
        yield _REPEATS.sub(r"\1", token)
    for suffix in _SUFFIXES:
        # A stem of three letters or fewer is no evidence: "bring" is not a form of "br".
        if token.endswith(suffix) and len(token) - len(suffix) > 3:
            stem = token[: -len(suffix)]
            yield stem
            if suffix in ("ed", "er", "est", "ing"):
                yield stem + "e"


def signs(token: str) -> Iterator[str]:
    """Yield what a score or an emoji may be read as: a score out of ten, or an emoticon.

    Example:
        >>> list(signs("11/10")), list(signs("4.5/5")), list(signs("😄"))[-1]
        (['10/10'], ['9/10'], ':)')
    """
    score = _SCORE.fullmatch(token)
    if score:
        out_of_ten = 10 * float(score[1]) / int(score[2])
        yield f"{min(10, int(out_of_ten + 0.5))}/10"
    elif token in _emoji():
        emoticon, alike = _emoji()[token]
        yield from alike
        yield emoticon


def corrected(token: str, ids: Mapping[str, int]) -> int | None:
    """Return the id of the most frequent word that is one letter away; None if there is none.

    A letter is missing, added, another one, or two have changed places; never the first one.

    Args:
        token: a lower-case token that is not in the vocabulary.
        ids: of the words, by decreasing frequency.

    Example:
        >>> corrected("terible", {"terrible": 2, "tenable": 3})
        2
    """
    if not _SHORTEST <= len(token) <= _LONGEST or not (token.isascii() and token.isalpha()):
        return None
    best = min(ids.get(candidate, _FREQUENT) for candidate in _one_away(token))
    return best if best < _FREQUENT else None


def _one_away(token: str) -> Iterator[str]:
    parts = [(token[:place], token[place:]) for place in range(1, len(token) + 1)]
    for head, tail in parts:
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
    kinds = 1 if len(token) < _SHORTEST_CHANGED else 2
    for head, tail in parts:
        for rest in (tail, tail[1:])[:kinds]:
            yield from [head + letter + rest for letter in ascii_lowercase]


@cache
def _emoji() -> dict[str, tuple[str, str]]:
    """Return for each emoji the emoticon that stands for it, and the emoji that mean the same."""
    return {emoji: (emoticon, alike) for emoticon, alike in reversed(_EMOJI) for emoji in alike}

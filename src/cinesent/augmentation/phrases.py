"""Small changes of case and punctuation that let sentences be joined."""

from __future__ import annotations

import re

from cinesent.augmentation.word_lists import load_categories

_FIRST = re.compile(r"[A-Za-z]+")


def capitalize(text: str) -> str:
    """Return text with its first letter in upper case, and nothing else changed.

    Example:
        >>> capitalize("not by Jane Doe.")
        'Not by Jane Doe.'
    """
    return text[:1].upper() + text[1:]


def lower_start(sentence: str) -> str:
    """Return a sentence as it is written inside another one.

    Example:
        >>> lower_start("The end."), lower_start("I slept."), lower_start("Jane slept.")
        ('the end.', 'I slept.', 'Jane slept.')
    """
    first = _FIRST.match(sentence)
    common = load_categories()["common_start"] + load_categories()["joining_start"]
    if first and first[0].lower() in common and not first[0][1:].isupper():
        return sentence[:1].lower() + sentence[1:]
    return sentence


def starts_plainly(sentence: str) -> bool:
    """Return whether a sentence begins with a common word that does not join it to another.

    Example:
        >>> starts_plainly("It works."), starts_plainly("But why?")
        (True, False)
    """
    first = _FIRST.match(sentence)
    if first is None:
        return False
    return first[0] == "I" or first[0].lower() in load_categories()["common_start"]


def without_mark(sentence: str) -> str:
    """Return a sentence without the marks at its end.

    Example:
        >>> without_mark("What a film!")
        'What a film'
    """
    return sentence.rstrip(" .!?;:,-")

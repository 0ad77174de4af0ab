"""Whether a text is in English: a check of its script and of its function words.

A review in another language gets a probability like any other, and it means nothing. What short
texts of a language have in common are its function words ("the", "ist", "una") and its script.
benchmarks/language_check.py compares this check with language detectors on short English sentences,
which it must not reject, and on sentences in other languages.
"""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Mapping
from importlib import resources
from typing import NamedTuple

# Characters that are read: the first ones tell nearly always.
_BEGINNINGS = (300, 1000)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]{0,300}>|&#?\w{1,10};|(?:https?://|www\.|@)\S+")
# Letters that English words lack; é, è, ï and the like occur in loan words such as "cliché".
_FOREIGN_LETTER = re.compile("[äåæøßñõãơưìòù\u0100-\u017f\u0218-\u021b\u1ea0-\u1ef9]")
# Characters of markup and addresses, which are no words of any language.
_PLAIN = frozenset("<&/@")
_LATIN = re.compile(r"[a-zà-öø-ɏḀ-ỿ'’]+")


class _Words(NamedTuple):
    """Function words.

    Attributes:
        english: those of English that no other language has.
        foreign: each other one, with the languages that it belongs to.
        particles: those of `foreign` that are parts of names.
    """

    english: frozenset[str]
    foreign: Mapping[str, tuple[str, ...]]
    particles: frozenset[str]


def is_english(text: str) -> bool:
    """Return whether a text may be in English; False only where there is evidence against it.

    Text without a word, or with names alone, is not called foreign.

    Example:
        >>> is_english("Not bad at all."), is_english("Der Film war nicht schlecht.")
        (True, False)
        >>> is_english("Amélie"), is_english("De Niro!"), is_english("Фильм хороший")
        (True, True, False)
    """
    known = _function_words()
    for size in _BEGINNINGS:
        words = _words(text[:size])
        num_english = sum(word in known.english for word in words)
        if num_english * 4 >= len(words):
            return True
        if len(text) <= size:
            break
    return not _is_foreign(words, num_english, known)


def _words(text: str) -> list[str]:
    if not _PLAIN.isdisjoint(text):
        text = _MARKUP.sub(" ", text)
    return _WORD.findall(text.lower())


def _is_foreign(words: list[str], num_english: int, known: _Words) -> bool:
    if sum(_LATIN.match(word) is None for word in words) * 2 > len(words):
        return True  # another script
    counts: Counter[str] = Counter()
    num_marked = num_strong = 0
    for word in words:
        languages = known.foreign.get(word, ())
        counts.update(languages)
        num_marked += not languages and _FOREIGN_LETTER.search(word) is not None
        num_strong += bool(languages) and word not in known.particles
    evidence = max(counts.values(), default=0) + num_marked
    if not num_strong + num_marked:
        return False
    if num_english:
        return evidence >= 2 and evidence > 2 * num_english
    return evidence * 4 >= len(words)


@functools.cache
def _function_words() -> _Words:
    """Return the lists of function_words.json.

    Those of English have words in them that are frequent in its reviews. A word that English has as
    well, such as the Dutch "is" or the Italian "come", counts for neither. Particles of names ("De
    Niro", "Das Boot") say nothing alone.
    """
    # In JSON, because predicting imports it already, and no reader of TOML.
    source = resources.files("cinesent.uncertainty").joinpath("function_words.json")
    lists = json.loads(source.read_text(encoding="utf-8"))
    languages = {name: frozenset(" ".join(lines).split()) for name, lines in lists.items()}
    english, particles = languages.pop("english"), languages.pop("particles")
    foreign: dict[str, tuple[str, ...]] = {}
    for name, words in languages.items():
        for word in words - english:
            # A letter alone is an initial or a grade, unless English does not have it.
            if len(word) > 1 or not word.isascii():
                foreign[word] = (*foreign.get(word, ()), name)
    return _Words(english.difference(*languages.values()), foreign, particles)

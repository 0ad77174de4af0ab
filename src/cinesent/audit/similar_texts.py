"""Finds texts that are nearly the same among many.

Each text is reduced to the smallest hashes of its word 5-grams (bottom-k sketch; Broder, "On the
resemblance and containment of documents", 1997). Two texts that share one of them are compared in
full, so that the time is nearly linear in the number of texts.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

#: Texts with at least this share of 5-grams in common are near duplicates.
THRESHOLD = 0.8
_WORDS = 5
_SKETCH = 16
# A 5-gram in the sketches of more texts than this is a phrase of the language.
_COMMON = 50
_WORD = re.compile(r"\w+")


def similar_pairs(
    texts: Sequence[str], threshold: float = THRESHOLD
) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of texts that are the same but for a few words.

    Letter case and marks do not count. Of texts that are equal then, all are paired with the first,
    and only the first is compared with others.

    Args:
        texts: n texts.
        threshold: the least similarity, above 0, up to 1.

    Yields:
        The earlier row, the later row and their similarity, 0 to 1.

    Example:
        >>> list(similar_pairs(["A fine film!", "a fine film", "Not a film."]))
        [(0, 1, 1.0)]
    """
    first: dict[str, int] = {}
    distinct: list[int] = []
    for row, text in enumerate(texts):
        words = " ".join(_words(text))
        earlier = first.setdefault(words or text, row)
        if earlier != row:
            yield earlier, row, 1.0
        elif words:
            distinct.append(row)
    for one, other in _candidates(texts, distinct):
        similarity = _jaccard(_shingles(texts[one]), _shingles(texts[other]))
        if similarity >= threshold:
            yield one, other, similarity


def _candidates(texts: Sequence[str], rows: Sequence[int]) -> list[tuple[int, int]]:
    holders: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        for value in sorted(_shingles(texts[row]))[:_SKETCH]:
            holders[value].append(row)
    return sorted(
        {
            (one, other)
            for found in holders.values()
            if 1 < len(found) <= _COMMON
            for place, one in enumerate(found)
            for other in found[place + 1 :]
        }
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _shingles(text: str) -> frozenset[int]:
    """Return the hashes of the word 5-grams; a shorter text is one shingle."""
    words = _words(text)
    return frozenset(
        zlib.crc32(" ".join(words[start : start + _WORDS]).encode("utf-8", "surrogatepass"))
        for start in range(max(1, len(words) - _WORDS + 1))
    )


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)

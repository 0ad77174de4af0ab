"""Cuts of real reviews: sentences, windows of sentences, beginnings and ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cinesent.augmentation.draws import Draws
from cinesent.augmentation.material import Material
from cinesent.text.splitting import split_sentences

# Sentences of a window, at least and at most.
_FEWEST, _MOST = 2, 6


def cut_reviews(reviews: Sequence[str], seed: int, per_review: int) -> Iterator[str]:
    """Yield cuts of each review, in the order of the reviews.

    Args:
        reviews: raw texts.
        seed: of which cuts; those of one review do not depend on the other reviews.
        per_review: cuts of each review; of a short review there may be fewer, as each is
            yielded once.

    Yields:
        Clean text: single sentences, windows of 2 to 6 sentences, the first or the last sentences.

    Example:
        >>> list(cut_reviews(["One film. One more. The end."], seed=0, per_review=1))
        ['The end.']
    """
    for review in reviews:
        sentences = split_sentences(review)
        draws = Draws(f"{seed}/cuts/{review[:200]}")
        found = dict.fromkeys(_cut(sentences, draws) for _ in range(per_review) if sentences)
        yield from found


def cut(draws: Draws, material: Material) -> str | None:
    """Return one cut of a random review."""
    if not material.reviews:
        return None
    sentences = split_sentences(draws.pick(material.reviews))
    return _cut(sentences, draws) if sentences else None


def _cut(sentences: Sequence[str], draws: Draws) -> str:
    count = 1 if draws.chance(0.45) else draws.between(_FEWEST, _MOST)
    last = max(0, len(sentences) - count)
    start = draws.weighted((0, last, draws.below(last + 1)), (0.15, 0.2, 0.65))
    return " ".join(sentences[start : start + count])

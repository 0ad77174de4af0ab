"""Augmented texts by kind, distinct and in an order that depends on the seed alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b

from cinesent.augmentation.draws import Draws
from cinesent.augmentation.kinds import KINDS, Kind
from cinesent.augmentation.material import Material, Neighbors
from cinesent.augmentation.neutral import surround
from cinesent.augmentation.word_lists import load_categories
from cinesent.errors import ConfigError, nearest

# After so many draws in a row without a new text, a kind is exhausted.
_PATIENCE = 2_000
_NOT_WORDS = re.compile(r"[\W_]+")


def counts_by_share(total: int, kinds: Iterable[str] = tuple(KINDS)) -> dict[str, int]:
    """Return how many texts of each kind make up a total, by the shares of :data:`KINDS`.

    Args:
        total: of all kinds together.
        kinds: those that take part; without reviews, leave out "cuts".

    Raises:
        ConfigError: a kind is not known.

    Example:
        >>> counts_by_share(100)["negation"], sum(counts_by_share(999).values())
        (18, 999)
    """
    chosen = [_kind(name) for name in kinds]
    whole = sum(kind.share for kind in chosen)
    counts, taken, ahead = {}, 0, 0.0
    for kind in chosen:
        ahead += kind.share
        counts[kind.name] = round(total * ahead / whole) - taken
        taken += counts[kind.name]
    return counts


def augment(
    counts: Mapping[str, int],
    *,
    seed: int,
    reviews: Sequence[str] = (),
    neighbors: Neighbors | None = None,
    exclude: Iterable[str] = (),
) -> Iterator[tuple[str, str]]:
    """Yield distinct augmented texts, kind after kind, without labels.

    The texts of a kind depend on the seed, the reviews and the neighbors alone, so that another
    count gives a longer or a shorter part of the same sequence; only a text that another kind has
    yielded before is left out.

    Args:
        counts: texts of each kind; see :data:`KINDS` and :func:`counts_by_share`.
        seed: determines every random choice.
        reviews: raw texts of real reviews; their sentences are held in memory. Without any, all
            kinds but "cuts" are made from the packaged frames and word lists alone.
        neighbors: for a lower-case word, words that are used like it, nearest first.
        exclude: texts that are not yielded, such as those of an evaluation; letter case and marks
            do not count. A few sentences of the package are always excluded.

    Yields:
        The kind and the text. A kind that runs out of new texts gives fewer than asked for.

    Raises:
        ConfigError: a kind is not known, or a count is negative.

    Example:
        >>> [kind for kind, text in augment({"negation": 2, "sarcasm": 1}, seed=7)]
        ['negation', 'negation', 'sarcasm']
    """
    wanted = [(_kind(name), count) for name, count in counts.items()]
    for kind, count in wanted:
        if count < 0:
            raise ConfigError(f"the count of '{kind.name}' is {count}; expected 0 or more.")
    material = Material(reviews, neighbors)
    seen = {_digest(text) for text in (*load_categories()["held_out"], *exclude)}
    return _augment(wanted, seed, material, seen)


def pad_texts(texts: Iterable[str], seed: int) -> Iterator[str]:
    """Yield each text among 1 to 25 neutral sentences, mostly at the beginning.

    Args:
        texts: whatever they say, neutral sentences do not change it.
        seed: determines every random choice.

    Example:
        >>> padded = next(pad_texts(["Loved it."], seed=1))
        >>> "Loved it." in padded, len(padded) > 20
        (True, True)
    """
    material, draws = Material(), Draws(f"{seed}/padding")
    for text in texts:
        yield surround(text, draws, material)


def _augment(
    wanted: Sequence[tuple[Kind, int]], seed: int, material: Material, held_out: set[bytes]
) -> Iterator[tuple[str, str]]:
    seen: set[bytes] = set()
    for kind, count in wanted:
        draws = Draws(f"{seed}/{kind.name}")
        left, misses = count, 0
        makers, weights = zip(*kind.makers, strict=True)
        while left and misses < _PATIENCE:
            misses += 1
            text = draws.weighted(makers, weights)(draws, material)
            if not text or not text.strip() or _digest(text) in held_out:
                continue
            exact = _hash(text)
            if exact not in seen:
                seen.add(exact)
                left, misses = left - 1, 0
                yield kind.name, text


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise ConfigError(f"there is no kind of text '{name}'. {nearest(name, KINDS)}")
    return KINDS[name]


def _digest(text: str) -> bytes:
    """Return a hash of the words of a text."""
    return _hash(_NOT_WORDS.sub(" ", text.casefold()).strip() or text)


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()

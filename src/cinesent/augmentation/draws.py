"""Random draws that are the same on every machine and in every Python version."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """A seeded source of random choices.

    Built on `random.Random.random` alone: it is the one method whose sequence Python promises to
    keep for a seed.

    Args:
        seed: anything printable; equal seeds give equal draws.

    Example:
        >>> draws = Draws("example")
        >>> draws.pick("abc") in "abc", sorted(draws.shuffled([3, 1, 2]))
        (True, [1, 2, 3])
    """

    def __init__(self, seed: object) -> None:
        self._random = random.Random(str(seed).encode("utf-8", "surrogatepass")).random

    def below(self, stop: int) -> int:
        """Return an integer from 0 to `stop` - 1."""
        return int(self._random() * stop)

    def between(self, first: int, last: int) -> int:
        """Return an integer from `first` to `last`, both included."""
        return first + self.below(last - first + 1)

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self._random() < probability

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items, all equally likely."""
        return items[int(self._random() * len(items))]

    def weighted(self, items: Sequence[T], weights: Sequence[float]) -> T:
        """Return one of the items, with a probability in proportion to its weight."""
        left = self._random() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        return items[-1]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in random order."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result

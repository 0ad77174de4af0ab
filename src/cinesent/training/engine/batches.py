"""Which reviews make a batch, and how a batch is laid out in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinesent.recipes import PretrainingConfig, Recipe, TrainingConfig
from cinesent.text.batching import fit_length, pad_ids

# Few widths, because JAX compiles each new shape, and close ones, because padding costs time.
_WIDTHS = np.array([*range(32, 256, 32), *range(256, 512, 64), *range(512, 1025, 128)])
# Where many texts are short: most of them would be padding.
_SHORT_WIDTHS = np.array([8, 16, 24, *_WIDTHS])


@dataclass(frozen=True)
class Examples:
    """Encoded reviews and their targets.

    Attributes:
        rows: token ids of each review, int32 (its length,).
        targets: float32 (n,), the probability of positive to learn: the label, 0 or 1, or a
            pseudo-label between them.
        passes: how often each is learned per epoch, float32 (n,); None: once.
    """

    rows: Sequence[NDArray[np.int32]]
    targets: NDArray[np.float32]
    passes: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def joined(self, other: Examples) -> Examples:
        """Return the examples of both."""
        parts = [
            np.ones(len(part), dtype=np.float32) if part.passes is None else part.passes
            for part in (self, other)
        ]
        return Examples(
            rows=[*self.rows, *other.rows],
            targets=np.concatenate([self.targets, other.targets]),
            passes=np.concatenate(parts),
        )

    def draw(self, seed: Sequence[int]) -> NDArray[np.intp]:
        """Return the indices of the examples of one epoch, each as often as `passes` says.

        Args:
            seed: decides which take part where a number is not whole.
        """
        if self.passes is None:
            return np.arange(len(self))
        rng = np.random.default_rng(seed)
        counts = np.floor(self.passes + rng.random(len(self))).astype(np.intp)
        return np.repeat(np.arange(len(self)), counts)


@dataclass(frozen=True)
class Batch:
    """The input of one step.

    Attributes:
        ids: int32 (rows, width), right-padded with 0.
        targets: float32 (rows, 1).
        weights: float32 (rows,): 0 for the empty rows that fill the batch up to its shape; the
            others share the weight of all, so that the mean loss is that of the real reviews.
        num_reviews: real reviews, empty rows not counted.
        num_tokens: real tokens, padding not counted.
    """

    ids: NDArray[np.int32]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    num_reviews: int
    num_tokens: int


def cut_middle(ids: Sequence[int], max_length: int) -> list[int]:
    """Shorten to `max_length` by removing the middle: reviews state their verdict at the ends.

    Example:
        >>> cut_middle([1, 2, 3, 4, 5, 6], 4)
        [1, 2, 5, 6]
    """
    if not max_length or len(ids) <= max_length:
        return list(ids)
    head = max_length // 2
    return [*ids[:head], *ids[len(ids) - (max_length - head) :]]


def training_row(ids: Sequence[int], recipe: Recipe) -> NDArray[np.int32]:
    """Return the ids of a training review, cut as the recipe says, int32 (time,)."""
    if recipe.model.sequence_length:
        return np.asarray(fit_length(ids, recipe.model), dtype=np.int32)
    return np.asarray(cut_middle(ids, recipe.training.max_length), dtype=np.int32)


def plan_batches(
    lengths: NDArray[np.intp],
    settings: TrainingConfig | PretrainingConfig,
    seed: Sequence[int],
    *,
    short: bool = False,
) -> list[tuple[NDArray[np.intp], int, int]]:
    """Distribute reviews over batches, in an order that `seed` decides.

    Args:
        lengths: tokens of each review, (n,).
        settings: its `batch_size` or `batch_tokens` decides how many rows a batch has.
        seed: of the order, such as seed and epoch.
        short: whether many texts are much shorter than a review.

    Returns:
        For each batch the indices of its reviews, its number of rows and its width in tokens.
        Batches of one width have the same number of rows; the last one may have empty rows.
    """
    rng = np.random.default_rng(seed)
    longest = int(lengths.max(initial=1))
    widths = np.minimum(bucket_widths(lengths, _SHORT_WIDTHS if short else _WIDTHS), longest)
    if settings.batch_size:
        widths = np.full(len(lengths), longest)
    plan = []
    for width in np.unique(widths):
        members = rng.permutation(np.flatnonzero(widths == width))
        rows = settings.batch_size or max(1, settings.batch_tokens // int(width))
        plan += [
            (members[start : start + rows], rows, int(width))
            for start in range(0, len(members), rows)
        ]
    return [plan[index] for index in rng.permutation(len(plan))]


def bucket_widths(lengths: NDArray[np.intp], known: NDArray[np.intp] = _WIDTHS) -> NDArray[np.intp]:
    """Round lengths up to the widths that batches come in."""
    steps = np.minimum(np.searchsorted(known, lengths), len(known) - 1)
    beyond = -(-lengths // 512) * 512
    return np.where(lengths <= known[-1], known[steps], beyond)


def make_batch(examples: Examples, indices: NDArray[np.intp], num_rows: int, width: int) -> Batch:
    """Return the examples at `indices` as one batch of shape (num_rows, width)."""
    rows = [examples.rows[i] for i in indices]
    ids = np.zeros((num_rows, width), dtype=np.int32)
    ids[: len(rows)] = pad_ids(rows, width, dtype=np.int32)
    # An empty row still needs a token: cuDNN refuses rows of padding alone.
    ids[len(rows) :, 0] = 1
    targets = np.zeros((num_rows, 1), dtype=np.float32)
    targets[: len(rows), 0] = examples.targets[indices]
    weights = np.zeros(num_rows, dtype=np.float32)
    weights[: len(rows)] = num_rows / len(rows)
    return Batch(ids, targets, weights, len(rows), int(np.count_nonzero(ids[: len(rows)])))


def prediction_batches(
    rows: Sequence[NDArray[np.int32]], batch_tokens: int = 32_000
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int32]]]:
    """Yield batches for prediction, of few different shapes.

    Args:
        rows: token ids of each review, int32 (its length,).
        batch_tokens: tokens per batch at most, padding included.

    Yields:
        Indices of the reviews, (k,), and their ids, int32 (k or more, width); rows past the k-th
        are empty.
    """
    lengths = np.array([len(row) for row in rows])
    widths = bucket_widths(lengths)
    if len(lengths) and lengths.min() == lengths.max():
        widths = lengths
    for width in np.unique(widths):
        members = np.flatnonzero(widths == width)
        num_rows = max(1, batch_tokens // int(width))
        for start in range(0, len(members), num_rows):
            indices = members[start : start + num_rows]
            ids = np.zeros((num_rows, int(width)), dtype=np.int32)
            ids[: len(indices)] = pad_ids([rows[i] for i in indices], int(width), dtype=np.int32)
            ids[len(indices) :, 0] = 1
            yield indices, ids

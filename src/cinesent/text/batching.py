"""How reviews of different lengths become arrays: shared by training and predicting.

Id 0 is padding; no token of a review has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from cinesent.errors import ConfigError
from cinesent.recipes import ModelConfig
from cinesent.text.tokenizer import PADDING_ID, UNKNOWN_ID

Ids = Sequence[int] | NDArray[np.integer[Any]]


def pad_ids(
    rows: Sequence[Ids],
    length: int | None = None,
    padding: str = "right",
    truncation: str = "right",
    dtype: DTypeLike = np.int64,
) -> NDArray[Any]:
    """Make one array of rows of ids, padded with 0 or cut to one length.

    Args:
        rows: ids of each review.
        length: tokens per row; None: as many as the longest row has.
        padding: the side on which zeros are added, "left" or "right".
        truncation: the side on which tokens are cut off.
        dtype: an integer type.

    Returns:
        Ids of shape (len(rows), length).

    Raises:
        ConfigError: a side is neither "left" nor "right", or the length is negative.

    Example:
        >>> pad_ids([[5, 6], [7, 8, 9, 4]], 3).tolist()
        [[5, 6, 0], [7, 8, 9]]
        >>> pad_ids([[5, 6], [7, 8, 9, 4]], 3, padding="left", truncation="left").tolist()
        [[0, 5, 6], [8, 9, 4]]
    """
    for name, side in (("padding", padding), ("truncation", truncation)):
        if side not in ("left", "right"):
            raise ConfigError(f"{name} is {side!r}; expected 'left' or 'right'.")
    if length is None:
        length = max((len(row) for row in rows), default=0)
    if length < 0:
        raise ConfigError(f"length is {length}; expected 0 or more.")
    padded = np.full((len(rows), length), PADDING_ID, dtype=dtype)
    if length:
        for target, row in zip(padded, rows, strict=True):
            kept = row[:length] if truncation == "right" else row[-length:]
            start = 0 if padding == "right" else length - len(kept)
            target[start : start + len(kept)] = kept
    return padded


def fit_length(ids: Ids, config: ModelConfig) -> list[int]:
    """Return one review as the network reads it.

    Where the config fixes a sequence length, the review is cut or padded to it, on the sides that
    the config names; otherwise it is unchanged. A review without tokens becomes one unknown token.

    Example:
        >>> config = ModelConfig(sequence_length=4, bidirectional=False, padding="left")
        >>> fit_length([7, 8], config)
        [0, 0, 7, 8]
    """
    row = [int(index) for index in ids] or [UNKNOWN_ID]
    length = config.sequence_length
    if not length:
        return row
    fitted: list[int] = pad_ids([row], length, config.padding, config.truncation)[0].tolist()
    return fitted


def reading_lengths(ids: NDArray[np.integer[Any]], config: ModelConfig) -> NDArray[np.int32]:
    """Return how many tokens of each row the LSTMs read, counted from the left.

    Padding on the right is not read. Padding on the left, where the config asks for it, is read
    like any other token, so that every row is read to its end.

    Args:
        ids: (n, length), rows of :func:`fit_length`, padded on the right to one length.
        config: of the network that reads them.

    Returns:
        int32 (n,).
    """
    if config.sequence_length and config.padding == "left":
        return np.full(len(ids), ids.shape[1], dtype=np.int32)
    return np.asarray(np.count_nonzero(ids != PADDING_ID, axis=1), dtype=np.int32)


def length_batches(
    lengths: ArrayLike, batch_tokens: int, rows_limit: int | None = None
) -> list[NDArray[np.intp]]:
    """Group reviews of similar length, so that there is little padding.

    Args:
        lengths: tokens of each review, (n,).
        batch_tokens: the most tokens per batch, padding included; a longer review is alone.
        rows_limit: the most reviews per batch; None: any number.

    Returns:
        The indices of each batch, short reviews first; each index is in exactly one batch.

    Raises:
        ConfigError: a limit is below 1.

    Example:
        >>> [batch.tolist() for batch in length_batches([9, 2, 3, 2], batch_tokens=6)]
        [[1, 3], [2], [0]]
    """
    if batch_tokens < 1 or (rows_limit is not None and rows_limit < 1):
        raise ConfigError(
            f"batch_tokens is {batch_tokens} and rows_limit {rows_limit}; expected at least 1."
        )
    sizes = np.asarray(lengths, dtype=np.int64)
    order = np.argsort(sizes, kind="stable")
    batches, start = [], 0
    for end, size in enumerate(sizes[order].tolist()):
        rows = end - start
        full = rows > 0 and (size * (rows + 1) > batch_tokens or rows == rows_limit)
        if full:
            batches.append(order[start:end])
            start = end
    if start < len(order):
        batches.append(order[start:])
    return batches


def fair_batches(
    lengths: ArrayLike, batch_tokens: int, least_tokens: int, threads: int
) -> list[NDArray[np.intp]]:
    """Divide reviews into batches that take about the same time, long reviews first in each.

    Args:
        lengths: tokens of each review, (n,).
        batch_tokens: tokens of a batch, about; a longer review is alone.
        least_tokens: tokens that are worth a batch of their own.
        threads: that run the batches: where it is worth it, each gets as many.

    Returns:
        The indices of each batch; each index is in exactly one, and none is empty.

    Example:
        >>> [batch.tolist() for batch in fair_batches([9, 2, 3, 2], 100, 4, threads=2)]
        [[0, 1], [2, 3]]
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    order = np.argsort(-sizes, kind="stable")
    num_long = int(np.count_nonzero(sizes > batch_tokens))
    batches = [order[index : index + 1] for index in range(num_long)]
    rest = order[num_long:]
    total = int(sizes[rest].sum())
    count = -(-total // batch_tokens)
    if count % threads:
        count += threads - count % threads
    count = max(1, min(count, total // least_tokens, len(rest)))
    # Dealt out like cards.
    return batches + [rest[index::count] for index in range(count) if index < len(rest)]

"""Reviews on their way to the network: tokenized, encoded, and grouped into chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cinesent.probability import Reason
from cinesent.recipes import ModelConfig
from cinesent.text.batching import Ids, fit_length
from cinesent.text.native_encoder import NativeEncoder
from cinesent.text.tokenizer import UNKNOWN_ID, Tokenizer, token_blocks

# Reviews of a chunk, and tokens of one that has fewer because they are long. A chunk is sorted by
# length, and tokenized before any of its reviews is predicted.
_CHUNK_ROWS = 1024
_CHUNK_TOKENS = 2**20


@dataclass(frozen=True)
class EncodedReview:
    """A review as token ids.

    Attributes:
        ids: as the network reads them, cut or padded where the config fixes a length.
        num_tokens: tokens of the whole review.
        num_unknown: those that are not in the vocabulary.
        tokens: of the whole review; () unless they were to be kept.
        reason: why a prediction for it means little; None where it does or was not asked for.
    """

    ids: Ids
    num_tokens: int
    num_unknown: int
    tokens: Sequence[str] = ()
    reason: Reason | None = None


def encode_review(
    text: str,
    tokenizer: Tokenizer,
    config: ModelConfig,
    keep_tokens: bool = False,
    native: NativeEncoder | None = None,
) -> EncodedReview:
    """Tokenize and encode a raw text.

    Args:
        text: of the review.
        tokenizer: of the model.
        config: of the model.
        keep_tokens: whether the tokens are wanted too.
        native: encodes the texts that it can, if the tokens are not wanted.
    """
    found = None if native is None or keep_tokens else native.encode(text)
    if found is not None:
        num_unknown = int(np.count_nonzero(found == UNKNOWN_ID))
        fitted = found if len(found) and not config.sequence_length else fit_length(found, config)
        return EncodedReview(fitted, len(found), num_unknown)
    ids: list[int] = []
    tokens: list[str] = []
    for block in token_blocks(text, tokenizer.rules):
        if block:
            ids += tokenizer.encode_tokens(block)
        if keep_tokens:
            tokens += block
    return EncodedReview(fit_length(ids, config), len(ids), ids.count(UNKNOWN_ID), tokens)


def chunks(reviews: Iterable[EncodedReview]) -> Iterator[list[EncodedReview]]:
    """Group reviews, in order, into chunks of bounded size; a very long review ends a chunk."""
    chunk: list[EncodedReview] = []
    num_tokens = 0
    for review in reviews:
        chunk.append(review)
        num_tokens += len(review.ids)
        if len(chunk) >= _CHUNK_ROWS or num_tokens >= _CHUNK_TOKENS:
            yield chunk
            chunk, num_tokens = [], 0
    if chunk:
        yield chunk

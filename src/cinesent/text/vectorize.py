"""The classic ways to turn reviews into arrays, for the notebook and the dense baseline.

An LSTM reads ids padded to one length (:func:`pad_sequences`); baselines read a bag of words
(:func:`bag_of_words`) or a vector of zeros and ones (:func:`multi_hot`), on the same tokens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import ConfigError, DataError, nearest, require
from cinesent.text.batching import Ids, pad_ids
from cinesent.text.tokenizer import PADDING_ID, tokenize

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Weighting = Literal["count", "binary", "tfidf"]

#: Dense vectors larger than this are refused before they take all the memory there is.
MAX_BYTES = 2_000_000_000


@dataclass(frozen=True, eq=False)
class PaddedSequences:
    """Reviews of different lengths as one array, and how much was cut.

    Attributes:
        ids: int32 (n, length), token ids; 0 is padding.
        lengths: int32 (n,), the tokens of each review that are in `ids`, 0 to `length`.
        num_truncated: reviews that lost tokens.
        num_tokens_cut: tokens that were cut in total.
    """

    ids: NDArray[np.int32]
    lengths: NDArray[np.int32]
    num_truncated: int
    num_tokens_cut: int

    def __len__(self) -> int:
        return len(self.ids)

    def __str__(self) -> str:
        count, length = self.ids.shape
        if not self.num_truncated:
            return f"{count:,} reviews padded to {length:,} tokens, none cut"
        share = self.num_tokens_cut / (self.num_truncated * length + self.num_tokens_cut)
        return (
            f"{self.num_truncated:,} of {count:,} reviews were cut to {length:,} tokens "
            f"({share:.0%} of their tokens)"
        )


def pad_sequences(
    sequences: Sequence[Ids],
    length: int | None = None,
    padding: str = "right",
    truncation: str = "right",
) -> PaddedSequences:
    """Pad reviews with zeros, or cut them, until all have one length.

    Args:
        sequences: n reviews as token ids, such as :meth:`Tokenizer.encode` returns.
        length: tokens per row; None: as many as the longest review has, so that nothing is cut.
            The median review of IMDB has about 200 tokens, one in ten more than 500.
        padding: the side that gets the zeros, "left" or "right". The default differs from that of
            Keras's `pad_sequences`: the fast LSTM kernels need padding on the right.
        truncation: the side that loses tokens, "left" or "right".

    Returns:
        The array of ids (n, length), the real lengths, and how much was cut.

    Raises:
        ConfigError: `length` is below 1, or a side is neither "left" nor "right".

    Example:
        >>> padded = pad_sequences([[5, 3], [7, 8, 9, 4]], length=3)
        >>> padded.ids.tolist(), padded.lengths.tolist()
        ([[5, 3, 0], [7, 8, 9]], [2, 3])
        >>> print(padded)
        1 of 2 reviews were cut to 3 tokens (25% of their tokens)
    """
    if length is not None and length < 1:
        raise ConfigError(f"length is {length}; expected at least 1, or None for the longest.")
    ids = pad_ids(sequences, length, padding, truncation, dtype=np.int32)
    given = np.array([len(row) for row in sequences], dtype=np.int64)
    kept = np.minimum(given, ids.shape[1])
    return PaddedSequences(
        ids=ids,
        lengths=kept.astype(np.int32),
        num_truncated=int(np.sum(given > kept)),
        num_tokens_cut=int(np.sum(given - kept)),
    )


@dataclass(frozen=True, eq=False)
class BagOfWords:
    """A fitted bag of words: which n-grams are columns, and how they are weighted.

    Attributes:
        feature_names: the n-grams by column, in alphabetical order; their words are separated by
            spaces.
        matrix: the fitted texts, a SciPy CSR matrix (n, features).
        weighting: "count", "binary" or "tfidf".
    """

    feature_names: tuple[str, ...]
    matrix: csr_matrix
    weighting: Weighting
    _vectorizer: Any

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        weighting: Weighting = "count",
        ngram_range: tuple[int, int] = (1, 1),
        min_count: int = 1,
        max_features: int | None = None,
    ) -> BagOfWords:
        """As :func:`bag_of_words`."""
        _refuse_str(texts)
        vectorizer = _make_vectorizer(weighting, ngram_range, min_count, max_features)
        try:
            matrix = vectorizer.fit_transform(texts)
        except ValueError as error:
            raise DataError(
                f"no feature is in {min_count} or more of the {len(texts)} texts: "
                "give more texts or lower min_count."
            ) from error
        names = tuple(str(name) for name in vectorizer.get_feature_names_out())
        return cls(names, matrix, weighting, vectorizer)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Return raw texts as a SciPy CSR matrix (n, features); unseen features are ignored.

        Raises:
            DataError: `texts` is a single string.
        """
        _refuse_str(texts)
        return self._vectorizer.transform(texts) if len(texts) else self.matrix[:0]


def bag_of_words(
    texts: Sequence[str],
    weighting: Weighting = "count",
    ngram_range: tuple[int, int] = (1, 1),
    min_count: int = 1,
    max_features: int | None = None,
) -> BagOfWords:
    """Count the words of each review, regardless of order, with scikit-learn on our tokens.

    Args:
        texts: n raw texts, training texts only.
        weighting: "count" (int32, how often), "binary" (int32, whether at all) or "tfidf" (float32,
            the count times ``ln((1 + n) / (1 + texts with it)) + 1``, rows scaled to length 1).
        ngram_range: the fewest and the most words of a feature; (1, 2) means words and pairs.
        min_count: features in fewer texts are left out.
        max_features: only the most frequent are kept; None keeps all.

    Returns:
        The fitted bag of words; its `matrix` holds `texts`, its `transform` takes others.

    Raises:
        MissingExtraError: scikit-learn is not installed.
        ConfigError: an argument is out of its range.
        DataError: `texts` is a single string, or no feature is left.

    Example:
        >>> bag = bag_of_words(["good, good film", "bad film"])
        >>> bag.feature_names
        (',', 'bad', 'film', 'good')
        >>> bag.matrix.toarray().tolist()
        [[1, 0, 1, 2], [0, 1, 1, 0]]
        >>> bag.transform(["a bad, bad remake"]).toarray().tolist()
        [[1, 2, 0, 0]]
    """
    return BagOfWords.fit(texts, weighting, ngram_range, min_count, max_features)


def one_hot(ids: NDArray[np.integer[Any]], vocabulary_size: int) -> NDArray[np.uint8]:
    """Turn each token into a vector of zeros with a one at its id.

    An Embedding layer computes the product of such vectors and its weights without building them:
    100 reviews of 200 tokens over 10,000 words take 200 MB here and 80 kB as int32 ids.

    Args:
        ids: integers (n, length), 0 to `vocabulary_size` - 1; 0 is padding.
        vocabulary_size: number of ids, padding and unknown included.

    Returns:
        uint8 (n, length, vocabulary_size) of 0 and 1; rows of padding are all zero.

    Raises:
        ConfigError: the array would take more than 2 GB, or `vocabulary_size` is below 1.
        DataError: an id is out of range, or `ids` does not have two axes.

    Example:
        >>> one_hot(np.array([[2, 1, 0]]), vocabulary_size=3).tolist()
        [[[0, 0, 1], [0, 1, 0], [0, 0, 0]]]
    """
    ids = np.asarray(ids)
    if ids.ndim != 2 or not np.issubdtype(ids.dtype, np.integer):
        raise DataError(
            f"ids have shape {ids.shape} and type {ids.dtype}; expected integers (n, length). "
            "Make one array of them with pad_sequences."
        )
    _check_size((*ids.shape, vocabulary_size), 1)
    _check_ids(ids.ravel(), vocabulary_size)
    vectors = np.zeros((*ids.shape, vocabulary_size), dtype=np.uint8)
    rows, places = np.nonzero(ids != PADDING_ID)
    vectors[rows, places, ids[rows, places]] = 1
    return vectors


def multi_hot(sequences: Sequence[Ids], vocabulary_size: int) -> NDArray[np.float32]:
    """Turn each review into one vector of the words in it, regardless of order and number.

    Args:
        sequences: n reviews as token ids 0 to `vocabulary_size` - 1, padded or not.
        vocabulary_size: number of ids, padding and unknown included.

    Returns:
        float32 (n, vocabulary_size) of 0 and 1; the column of padding, 0, is all zero.

    Raises:
        ConfigError: the array would take more than 2 GB, or `vocabulary_size` is below 1.
        DataError: an id is out of range.

    Example:
        >>> multi_hot([[2, 3, 2], [1, 0, 0]], vocabulary_size=4).tolist()
        [[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0]]
    """
    _check_size((len(sequences), vocabulary_size), 4)
    vectors = np.zeros((len(sequences), vocabulary_size), dtype=np.float32)
    for vector, row in zip(vectors, sequences, strict=True):
        ids = np.asarray(row, dtype=np.int64)
        _check_ids(ids, vocabulary_size)
        vector[ids] = 1
    vectors[:, PADDING_ID] = 0
    return vectors


def _make_vectorizer(
    weighting: str, ngram_range: tuple[int, int], min_count: int, max_features: int | None
) -> Any:
    if weighting not in get_args(Weighting):
        known = nearest(str(weighting), get_args(Weighting))
        raise ConfigError(f"there is no weighting {weighting!r}. {known}")
    fewest, most = ngram_range
    if not 1 <= fewest <= most or min_count < 1 or (max_features is not None and max_features < 1):
        raise ConfigError(
            f"ngram_range is {ngram_range}, min_count {min_count} and max_features {max_features}; "
            "expected 1 or more words, the fewest first, and counts of at least 1."
        )
    require("sklearn", "train", "The bag of words")
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

    settings: dict[str, Any] = {
        "tokenizer": tokenize,
        "token_pattern": None,
        "lowercase": False,  # tokenize does that
        "ngram_range": ngram_range,
        "min_df": min_count,
        "max_features": max_features,
    }
    if weighting == "tfidf":
        return TfidfVectorizer(**settings, dtype=np.float32)
    return CountVectorizer(**settings, binary=weighting == "binary", dtype=np.int32)


def _refuse_str(texts: Sequence[str]) -> None:
    if isinstance(texts, str):
        raise DataError("texts is a single string; expected a list of texts, such as [text].")


def _check_size(shape: tuple[int, ...], item_bytes: int) -> None:
    if shape[-1] < 1:
        raise ConfigError(f"vocabulary_size is {shape[-1]}; expected at least 1.")
    size = math.prod(shape) * item_bytes
    if size > MAX_BYTES:
        raise ConfigError(
            f"an array of shape {shape} would take {size / 1e9:,.1f} GB, above the limit of "
            f"{MAX_BYTES / 1e9:.0f} GB. Take fewer reviews at a time, shorter ones, or a smaller "
            "vocabulary; an Embedding layer does not need such an array."
        )


def _check_ids(ids: NDArray[np.integer[Any]], vocabulary_size: int) -> None:
    strange = (ids < 0) | (ids >= vocabulary_size)
    if strange.any():
        found = ids[np.argmax(strange)]
        raise DataError(f"an id is {found}; expected 0 to {vocabulary_size - 1}.")

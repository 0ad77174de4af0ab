"""From raw text to a probability: the one path that everything which predicts walks.

NumPy and ONNX Runtime, no framework. Batching hardly makes an LSTM faster on a CPU core, large
batches make it slower (benchmarks/results/lstm_limits.json: 553 reviews a second alone, 587 in
eights, 456 in batches of 128), and threads within a batch do not help either. So batches are small,
each runs on one thread, and `threads` of them run at a time. Reviews are read in chunks: while the
threads run one, the next is tokenized.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle.layout import MODEL
from cinesent.bundle.loading import Verify, open_bundle
from cinesent.environment import usable_cores
from cinesent.errors import BundleError, CinesentError, ConfigError
from cinesent.explanation import Explanation
from cinesent.network.runtime import open_session, run_session
from cinesent.probability import sigmoid
from cinesent.text.batching import fit_length, length_batches, pad_ids, reading_lengths
from cinesent.text.tokenizer import UNKNOWN_ID, tokenize

# The model that comes with the package, where one does.
_PACKAGED = Path(__file__).with_name("default_model")

# Tokens a batch, padding included, and reviews: small, see above. The middle of three rounds over
# 4,167 reviews was 1,129, 1,030, 1,012 and 1,059 reviews a second with 8, 16, 32 and 64 a batch.
_BATCH_TOKENS = 4096
_BATCH_ROWS = 8
# Reviews that are sorted by length together, and tokenized before any of them is predicted.
_CHUNK_ROWS = 1024


@dataclass(frozen=True)
class Prediction:
    """What the model says of one review.

    Attributes:
        label: "negative", "positive", or "uncertain" between the model's thresholds.
        probability: that the review is positive, 0 to 1.
        num_tokens: tokens of the review.
        num_unknown: those among them that the model has no word for; if most are, it guesses.
        truncated: whether the model read only a part, because its recipe fixes a length.
    """

    label: str
    probability: float
    num_tokens: int
    num_unknown: int
    truncated: bool

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)


@dataclass(frozen=True)
class _Encoded:
    """A review on its way to the network: `ids` as it reads them, the rest as they were."""

    ids: list[int]
    num_tokens: int
    num_unknown: int


#: Waits for the logits of some reviews, float32 (n,).
_Pending = Callable[[], NDArray[np.float32]]


class Classifier:
    """Says how positive reviews are, with a model folder.

    Threads may share one; it can be pickled, and is opened again from the folder where it arrives.
    It starts threads only for several batches, and none with `threads=1`.

    Args:
        path: the folder that `cinesent train` wrote.
        threads: batches that are predicted at a time; None: one for each usable CPU. The results
            are the same. A single review always takes one thread.
        verify: what is compared with the checksums, see :func:`cinesent.bundle.load_bundle`.

    Raises:
        BundleError: the folder is missing, damaged or of another format.
        ConfigError: `threads` is below 1.

    Example:
        >>> classifier = cinesent.load("model")  # doctest: +SKIP
        >>> classifier.predict(["A quiet triumph."])[0].label  # doctest: +SKIP
        'positive'
    """

    def __init__(
        self, path: str | Path, *, threads: int | None = None, verify: Verify = True
    ) -> None:
        if threads is not None and threads < 1:
            raise ConfigError(f"threads is {threads}; expected 1 or more, or None.")
        self.bundle, graph = open_bundle(path, verify)
        self.threads = threads
        self._verify = verify
        self._session = open_session(graph, self.bundle.path / MODEL)
        # The highest id and the lowest: a graph that does not fit the config fails here.
        ids = [self.bundle.config.vocabulary_size - 1, UNKNOWN_ID]
        self._run(pad_ids([fit_length(ids, self.bundle.config)]), explain=True)

    @property
    def labels(self) -> tuple[str, str]:
        """What the columns of :meth:`predict_proba` stand for."""
        return self.bundle.labels

    def __repr__(self) -> str:
        return f"Classifier({self.bundle.name!r}, path={str(self.bundle.path)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return load, (str(self.bundle.path), self.threads, self._verify)

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        """Label reviews.

        Args:
            texts: raw text of each, markup and all; any length, an empty one too.

        Returns:
            One prediction a review, in order. It does not depend on the other reviews.

        Raises:
            CinesentError: `texts` is a string, or holds something else than strings.
        """
        length = self.bundle.config.sequence_length
        return [
            Prediction(
                label=self.label_of(probability),
                probability=probability,
                num_tokens=row.num_tokens,
                num_unknown=row.num_unknown,
                truncated=0 < length < row.num_tokens,
            )
            for rows, logits in self._answers(texts)
            for row, probability in zip(rows, self._probabilities(logits).tolist(), strict=True)
        ]

    def predict_proba(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """Return probabilities, float32 (n, 2): columns negative and positive, rows sum to 1.

        Raises:
            CinesentError: `texts` is a string, or holds something else than strings.
        """
        positive = self._probabilities(self.predict_logits(texts))
        return np.stack([1.0 - positive, positive], axis=1).astype(np.float32)

    def predict_logits(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """Return what the network says, before temperature and thresholds, float32 (n,).

        Raises:
            CinesentError: `texts` is a string, or holds something else than strings.
        """
        chunks = [logits for _, logits in self._answers(texts)]
        return np.concatenate(chunks) if chunks else np.empty(0, dtype=np.float32)

    def explain(self, text: str) -> Explanation:
        """Say what each token of one review added to its logit.

        Raises:
            CinesentError: `text` is no string.
        """
        if not isinstance(text, str):
            raise CinesentError(
                f"explain takes one review as a str; found {type(text).__name__}. "
                "For several: [classifier.explain(text) for text in texts]."
            )
        tokens = tokenize(text)
        config, temperature = self.bundle.config, self.bundle.temperature
        ids = pad_ids([fit_length(self.bundle.tokenizer.encode_tokens(tokens), config)])
        logits, rows = self._run(ids, explain=True)
        shares = rows[0] / np.float32(temperature)
        logit = float(logits[0]) / temperature
        # What the padding or the stand-in for an empty review adds belongs to no token.
        kept, place = self._read_part(len(tokens))
        contributions = shares[place]
        probability = float(self._probabilities(logits)[0])
        return Explanation(
            tokens=tuple(tokens[kept]),
            contributions=contributions,
            bias=logit - float(contributions.sum(dtype=np.float64)),
            logit=logit,
            probability=probability,
            label=self.label_of(probability),
            truncated=0 < config.sequence_length < len(tokens),
        )

    def label_of(self, probability: float) -> str:
        """Return the label that goes with a probability of positive.

        Below the first threshold a review is negative, from the second on positive.
        """
        low, high = self.bundle.thresholds
        if probability >= high:
            return self.labels[1]
        return self.labels[0] if probability < low else "uncertain"

    def _read_part(self, num_tokens: int) -> tuple[slice, slice]:
        """Say which of a review's tokens are read, and where they lie in what the network reads."""
        config = self.bundle.config
        length = config.sequence_length
        if not length:
            return slice(None), slice(0, num_tokens)
        count = min(length, num_tokens)
        kept = slice(0, count) if config.truncation == "right" else slice(num_tokens - count, None)
        start = 0 if config.padding == "right" else length - count
        return kept, slice(start, start + count)

    def _encode(self, texts: Iterable[str]) -> Iterator[_Encoded]:
        if isinstance(texts, (str, bytes)):
            raise CinesentError(
                f"expected several texts, such as a list of str; found one {type(texts).__name__}. "
                "For a single review: predict([text])."
            )
        if not isinstance(texts, Iterable):
            raise CinesentError(
                f"expected texts, such as a list of str; found {type(texts).__name__}."
            )
        if isinstance(texts, Collection):
            # Before the first is predicted, and not when a million were.
            for index, text in enumerate(texts):
                _check_text(index, text)
        return (self._encode_one(index, text) for index, text in enumerate(texts))

    def _encode_one(self, index: int, text: str) -> _Encoded:
        _check_text(index, text)
        tokens = tokenize(text)
        ids = self.bundle.tokenizer.encode_tokens(tokens)
        unknown = ids.count(UNKNOWN_ID) if tokens else 0
        return _Encoded(fit_length(ids, self.bundle.config), len(tokens), unknown)

    def _answers(
        self, texts: Iterable[str]
    ) -> Iterator[tuple[list[_Encoded], NDArray[np.float32]]]:
        """Yield reviews and their logits, a chunk at a time, in order.

        Tokenizing holds Python's lock and running the network does not, so this thread tokenizes a
        chunk while those of the pool run the one before.
        """
        encoded = self._encode(texts)
        chunks = iter(lambda: list(islice(encoded, _CHUNK_ROWS)), [])
        threads = self.threads or usable_cores()
        pool = ThreadPoolExecutor(threads) if threads > 1 else None
        before: tuple[list[_Encoded], _Pending] | None = None
        try:
            for rows in chunks:
                pending = self._start(rows, pool)
                if before:
                    yield before[0], before[1]()
                before = rows, pending
            if before:
                yield before[0], before[1]()
        finally:
            if pool:
                pool.shutdown(cancel_futures=True)

    def _start(self, rows: list[_Encoded], pool: ThreadPoolExecutor | None) -> _Pending:
        """Start to run the network over reviews, batch by batch."""
        batches = length_batches([len(row.ids) for row in rows], _BATCH_TOKENS, _BATCH_ROWS)
        logits = np.empty(len(rows), dtype=np.float32)

        def run(batch: NDArray[np.intp]) -> None:
            logits[batch], _ = self._run(pad_ids([rows[index].ids for index in batch]))

        # The long ones first, so that no thread ends late. A thread for one batch is not worth it.
        several = len(batches) > 1
        done = pool.map(run, reversed(batches)) if pool and several else map(run, batches)

        def wait() -> NDArray[np.float32]:
            deque(done, maxlen=0)
            return logits

        return wait

    def _run(
        self, ids: NDArray[np.int64], explain: bool = False
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        lengths = reading_lengths(ids, self.bundle.config)
        try:
            return run_session(self._session, ids, lengths, explain)
        except BundleError as error:
            raise BundleError(f"{self.bundle.path / MODEL}: {error}") from error

    def _probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the calibrated probabilities of positive."""
        scaled = logits.astype(np.float64) / self.bundle.temperature
        return sigmoid(scaled)


def _check_text(index: int, text: object) -> None:
    if not isinstance(text, str):
        missing = " (a missing value?)" if text is None or isinstance(text, float) else ""
        raise CinesentError(
            f"text {index} is of type {type(text).__name__}; expected str{missing}."
        )


def load(
    path: str | Path | None = None, threads: int | None = None, verify: Verify = True
) -> Classifier:
    """Open a model for predicting.

    Args:
        path: the folder that `cinesent train` wrote; None: the one that the environment variable
            ``CINESENT_MODEL`` names, else the model that comes with the package.
        threads: batches that are predicted at a time; None: one for each usable CPU.
        verify: what is compared with the checksums, see :func:`cinesent.bundle.load_bundle`.

    Raises:
        BundleError: there is no such folder, or it is damaged or of another format.

    Example:
        >>> cinesent.load("model").predict(["A quiet triumph."])  # doctest: +SKIP
    """
    path = path or os.environ.get("CINESENT_MODEL") or _PACKAGED
    if path == _PACKAGED and not _PACKAGED.is_dir():
        raise BundleError(
            "no model comes with this version of cinesent. Train one with `cinesent train`, then "
            "name its folder or set CINESENT_MODEL to it."
        )
    return Classifier(path, threads=threads, verify=verify)

"""From raw text to a probability: everything that predicts does it through this class.

NumPy and the native library or ONNX Runtime, no framework. Each batch runs on one thread, and
`threads` of them run at a time; threads within a batch do not help
(benchmarks/results/lstm_limits.json). Reviews are read in chunks: while the threads run one, the
next is tokenized.
"""

from __future__ import annotations

import numbers
import operator
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle.graph_check import check_graph
from cinesent.bundle.layout import MODEL
from cinesent.bundle.loading import Bundle, Verify, open_bundle
from cinesent.environment import Runtime, model_path, usable_cores
from cinesent.errors import BundleError, ConfigError, check_type
from cinesent.explanation import Explanation, heaviest
from cinesent.network.inference import Network
from cinesent.prediction import Prediction
from cinesent.probability import Label, sigmoid
from cinesent.text.batching import fit_length
from cinesent.text.encoded_reviews import EncodedReview, chunks, encode_review
from cinesent.text.inputs import check_one_text, iterate_texts
from cinesent.text.native_encoder import NativeEncoder
from cinesent.text.tokenizer import UNKNOWN_ID
from cinesent.uncertainty.band import check_band
from cinesent.uncertainty.reasons import reason_to_doubt
from cinesent.workers import Workers

# The model that comes with the package, where one does.
_PACKAGED = Path(__file__).with_name("default_model")


@dataclass(frozen=True, eq=False)
class _Answers:
    """The logits of some reviews, float32 (n,), and the evidence of each."""

    logits: NDArray[np.float32]
    evidence: list[tuple[tuple[str, float], ...]]


#: Waits for the answers for some reviews.
_Pending = Callable[[], _Answers]


class Classifier:
    """Predicts how positive reviews are. :func:`load` opens one from a folder.

    Threads may share a classifier. It can be pickled: one that was opened from a folder is opened
    from there again, one in memory takes its model along. It may be used after a fork. It starts
    threads only for several batches, and none with `threads=1`.

    Args:
        bundle: the model, as :func:`cinesent.bundle.open_bundle` returns it.
        graph: its prediction graph, the content of model.onnx.
        threads: batches that are predicted at a time; None: one for each usable CPU. The results
            are the same. A single review always takes one thread.
        thresholds: below the first a review is negative, from the second on positive, between
            them uncertain; None: those of the bundle. (0.5, 0.5) decides every review.
        runtime: what runs the network, "native" or "onnxruntime"; None: what the environment
            variable ``CINESENT_RUNTIME`` names, else the native library where it can. Their
            probabilities differ by less than 1e-5.

    Raises:
        BundleError: the graph is not the one that the bundle's config asks for.
        ConfigError: `threads` is not a whole number of at least 1, `thresholds` are not two
            probabilities, `bundle` is something else, or the runtime is unknown or cannot be used.

    Example:
        >>> classifier = cinesent.load("model")  # doctest: +SKIP
        >>> classifier.predict(["A quiet triumph."])[0].label  # doctest: +SKIP
        'positive'
    """

    def __init__(
        self,
        bundle: Bundle,
        graph: bytes,
        *,
        threads: int | None = None,
        thresholds: tuple[float, float] | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        if not isinstance(bundle, Bundle) or not isinstance(graph, bytes):
            raise ConfigError(
                "a Classifier is made from a Bundle and the bytes of its graph; found "
                f"{type(bundle).__name__} and {type(graph).__name__}. To open a folder: "
                "cinesent.load(folder)."
            )
        self.bundle = bundle
        self.threads = _checked_threads(threads)
        self.thresholds = bundle.thresholds if thresholds is None else check_band(thresholds)
        self._graph = graph
        self._verify: Verify = True
        where = bundle.place / MODEL

        def constants() -> Any:
            return check_graph(graph, bundle.config, bundle.precision, where)

        self._stated_runtime = runtime
        self._network = Network(bundle.config, graph, constants, where, runtime)
        self._native = NativeEncoder(bundle.tokenizer) if self.runtime == "native" else None
        # The highest id and the lowest: a graph that does not fit the config fails here.
        ids = [bundle.config.vocabulary_size - 1, UNKNOWN_ID]
        self._network.run([fit_length(ids, bundle.config)], explain=True)

    @property
    def labels(self) -> tuple[Label, Label]:
        """What the columns of :meth:`predict_proba` stand for."""
        return self.bundle.labels

    @property
    def has_band(self) -> bool:
        """Whether there are probabilities between the thresholds, which are uncertain."""
        return self.thresholds[0] < self.thresholds[1]

    @property
    def runtime(self) -> Runtime:
        """What runs the network: "native" or "onnxruntime"."""
        return self._network.runtime

    @property
    def runtime_details(self) -> tuple[str | None, str | None]:
        """The instruction set that the native library uses, and why it is not used; one is None."""
        return self._network.instruction_set, self._network.why_not_native

    def __repr__(self) -> str:
        folder = self.bundle.folder
        return f"Classifier({self.bundle.name!r}, {str(folder) if folder else 'in memory'!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        options: dict[str, Any] = {
            "threads": self.threads,
            "thresholds": self.thresholds,
            "runtime": self._stated_runtime,
        }
        if self.bundle.folder is None:
            return _in_memory, (self.bundle, self._graph, options)
        return _from_folder, (str(self.bundle.folder), {**options, "verify": self._verify})

    def predict(self, texts: Iterable[str], evidence: int = 0) -> list[Prediction]:
        """Label reviews.

        Args:
            texts: raw text of each, markup and all; any length, an empty one too.
            evidence: how many tokens to return per review: those with the largest shares of the
                logit, which cost nothing extra; see method "states" of :meth:`explain`.

        Returns:
            One prediction per review, in order. It does not depend on the other reviews.

        Raises:
            CinesentError: `texts` are not texts, such as a single str or a DataFrame.
            ConfigError: `evidence` is not a whole number of at least 0.
        """
        count = _whole("evidence", evidence, 0)
        length = self.bundle.config.sequence_length
        return [
            Prediction(
                label=self._label(probability, row),
                probability=probability,
                num_tokens=row.num_tokens,
                num_unknown=row.num_unknown,
                truncated=0 < length < row.num_tokens,
                evidence=heaviest_tokens,
                reason=row.reason,
            )
            for rows, answers in self._answers(texts, count, doubt=True)
            for row, probability, heaviest_tokens in zip(
                rows, self._probabilities(answers.logits).tolist(), answers.evidence, strict=True
            )
        ]

    def predict_proba(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """Return probabilities, float32 (n, 2): columns negative and positive, rows sum to 1.

        Raises:
            CinesentError: `texts` are not texts, such as a single str or a DataFrame.
        """
        positive = self._probabilities(self.predict_logits(texts))
        return np.stack([1.0 - positive, positive], axis=1).astype(np.float32)

    def predict_logits(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """Return the network's output, before temperature and thresholds, float32 (n,).

        Raises:
            CinesentError: `texts` are not texts, such as a single str or a DataFrame.
        """
        chunks = [answers.logits for _, answers in self._answers(texts)]
        return np.concatenate(chunks) if chunks else np.empty(0, dtype=np.float32)

    def explain(self, text: str) -> Explanation:
        """Return what each token of one review added to its logit.

        Raises:
            CinesentError: `text` is not a str.
        """
        review = self._encode(check_one_text(text, "explain"), keep_tokens=True, doubt=True)
        config, tokens = self.bundle.config, review.tokens
        logits, shares = self._network.run([review.ids], explain=True)
        logit = float(logits[0]) / self.bundle.temperature
        # What the padding or the stand-in for an empty review adds belongs to no token.
        read, contributions = self._contributions(tokens, shares[0])
        probability = float(self._probabilities(logits)[0])
        return Explanation(
            tokens=tuple(read),
            contributions=contributions,
            bias=logit - float(contributions.sum(dtype=np.float64)),
            logit=logit,
            probability=probability,
            label=self._label(probability, review),
            truncated=0 < config.sequence_length < len(tokens),
        )

    def label_of(self, probability: float) -> Label:
        """Return the label that goes with a probability of positive.

        Below the first threshold a review is negative, from the second on positive.

        Raises:
            ConfigError: `probability` is not a number.
        """
        check_type("probability", probability, numbers.Real, "a number from 0 to 1")
        low, high = self.thresholds
        if probability >= high:
            return self.labels[1]
        return self.labels[0] if probability < low else "uncertain"

    def _label(self, probability: float, review: EncodedReview) -> Label:
        if not review.num_tokens or (review.reason is not None and self.has_band):
            return "uncertain"
        return self.label_of(probability)

    def _contributions(
        self, tokens: Sequence[str], shares: NDArray[np.float32]
    ) -> tuple[Sequence[str], NDArray[np.float32]]:
        """Return the tokens that were read, and what each contributed to the calibrated logit."""
        kept, place = self._read_part(len(tokens))
        return tokens[kept], shares[place] / np.float32(self.bundle.temperature)

    def _read_part(self, num_tokens: int) -> tuple[slice, slice]:
        """Return which of a review's tokens are read, and where they are in what is read."""
        config = self.bundle.config
        length = config.sequence_length
        if not length:
            return slice(None), slice(0, num_tokens)
        count = min(length, num_tokens)
        kept = slice(0, count) if config.truncation == "right" else slice(num_tokens - count, None)
        start = 0 if config.padding == "right" else length - count
        return kept, slice(start, start + count)

    def _answers(
        self, texts: Iterable[str], evidence: int = 0, doubt: bool = False
    ) -> Iterator[tuple[list[EncodedReview], _Answers]]:
        """Yield reviews and their answers, a chunk at a time, in order.

        Tokenizing holds Python's lock and running the network does not, so this thread tokenizes a
        chunk while those of the pool run the one before.
        """
        encoded = (self._encode(text, evidence > 0, doubt) for text in iterate_texts(texts))
        threads = self.threads or usable_cores()
        before: tuple[list[EncodedReview], _Pending] | None = None
        with Workers(threads) as workers:
            for rows in chunks(encoded):
                pending = self._start(rows, workers, evidence)
                if before:
                    yield before[0], before[1]()
                before = rows, pending
            if before:
                yield before[0], before[1]()

    def _encode(self, text: str, keep_tokens: bool, doubt: bool) -> EncodedReview:
        """Encode a raw text; with `doubt`, look for a reason to doubt its prediction."""
        review = encode_review(
            text, self.bundle.tokenizer, self.bundle.config, keep_tokens, self._native
        )
        reason = reason_to_doubt(text, review.num_tokens, review.num_unknown) if doubt else None
        return review if reason is None else replace(review, reason=reason)

    def _start(self, rows: list[EncodedReview], workers: Workers, evidence: int) -> _Pending:
        """Start to run the network over reviews, batch by batch."""
        lengths = [len(row.ids) for row in rows]
        batches = self._network.batches(lengths, workers.threads)
        answers = _Answers(np.empty(len(rows), dtype=np.float32), [()] * len(rows))

        def run(batch: NDArray[np.intp]) -> None:
            chosen = [rows[index] for index in batch]
            ids = [row.ids for row in chosen]
            answers.logits[batch], shares = self._network.run(ids, explain=evidence > 0)
            if evidence:
                for index, row, share in zip(batch, chosen, shares, strict=True):
                    found = self._contributions(row.tokens, share)
                    answers.evidence[index] = tuple(heaviest(*found, evidence))

        done = workers.map(run, batches)

        def wait() -> _Answers:
            deque(done, maxlen=0)
            return answers

        return wait

    def _probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the calibrated probabilities of positive."""
        scaled = logits.astype(np.float64) / self.bundle.temperature
        return sigmoid(scaled)


def _whole(name: str, value: object, least: int) -> int:
    """Return a whole number of at least `least`; NumPy's integers count."""
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ConfigError(
            f"{name} is {value!r}; expected a whole number of at least {least}."
        ) from None
    if number < least:
        raise ConfigError(f"{name} is {number}; expected at least {least}.")
    return number


def _checked_threads(threads: object) -> int | None:
    return None if threads is None else _whole("threads", threads, 1)


def _in_memory(bundle: Bundle, graph: bytes, options: dict[str, Any]) -> Classifier:
    return Classifier(bundle, graph, **options)


def _from_folder(folder: str, options: dict[str, Any]) -> Classifier:
    return load(folder, **options)


def load(
    path: str | Path | None = None,
    *,
    threads: int | None = None,
    thresholds: tuple[float, float] | None = None,
    verify: Verify = True,
    runtime: Runtime | None = None,
) -> Classifier:
    """Open a model for predicting.

    Args:
        path: the folder that `cinesent train` wrote, or "packaged" for the model that comes with
            the package. None: the folder that the environment variable ``CINESENT_MODEL`` names,
            else the packaged model.
        threads: batches that are predicted at a time; None: one for each usable CPU.
        thresholds: below the first probability a review is negative, from the second on positive,
            between them uncertain; None: those of the model. (0.5, 0.5) decides every review.
        verify: what is compared with the checksums, see :func:`cinesent.bundle.load_bundle`.
        runtime: what runs the network, see :class:`Classifier`.

    Raises:
        BundleError: there is no such folder, or it is damaged or of another format.
        ConfigError: an argument is of the wrong type or out of its bounds.

    Example:
        >>> cinesent.load("model").predict(["A quiet triumph."])  # doctest: +SKIP
    """
    _checked_threads(threads)
    band = None if thresholds is None else check_band(thresholds)
    bundle, graph = open_bundle(find_model(path), verify)
    classifier = Classifier(bundle, graph, threads=threads, thresholds=band, runtime=runtime)
    classifier._verify = verify
    return classifier


def find_model(path: str | Path | None = None) -> str | Path:
    """Return the folder that :func:`load` opens for the same `path`.

    Raises:
        BundleError: it is the packaged model, and none comes with this version.
    """
    stated = model_path() if path is None else path
    if stated is not None and not (isinstance(stated, str) and stated == "packaged"):
        return stated
    if not _PACKAGED.is_dir():
        raise BundleError(
            "no model comes with this version of cinesent. Train one with `cinesent train`, then "
            "name its folder or set CINESENT_MODEL to it."
        )
    return _PACKAGED

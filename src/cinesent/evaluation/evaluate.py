"""How good a model is on reviews whose labels are known: the whole of `cinesent evaluate`.

It predicts as everybody does, with a :class:`~cinesent.classifier.Classifier`: no framework.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle import Bundle, record_metrics
from cinesent.classifier import Classifier, load
from cinesent.data import load_dataset
from cinesent.data.duplicates import without_duplicates
from cinesent.data.progress import Say, silent
from cinesent.data.reviews import Dataset, Reviews
from cinesent.evaluation.metrics import Metrics, binary_metrics, wilson_interval
from cinesent.evaluation.selection import check_split, choose_reviews

# Reviews between two lines of progress.
_CHUNK = 5000


@dataclass(frozen=True)
class Slice:
    """The score on some of the reviews.

    Attributes:
        name: what they have in common, such as "1–123 tokens".
        num_reviews: how many they are, at least 1.
        accuracy: share labelled rightly, 0 to 1.
    """

    name: str
    num_reviews: int
    accuracy: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model is worth on some reviews.

    Attributes:
        model: the model's name.
        data: the dataset's name.
        split: which part of it: "test", "validation" or "train".
        fingerprint: SHA-256 of the reviews scored, see :meth:`Reviews.fingerprint`.
        metrics: of all reviews scored, at the threshold 0.5.
        interval: within which the accuracy lies with 95 % confidence (Wilson 1927).
        without_duplicates: of the test reviews whose text is not among the training reviews; None
            where there are no such pairs, or none are left.
        by_rating: one slice a star rating; empty where ratings are not known.
        by_length: one slice a quarter of the reviews, from the shortest to the longest.
        seconds: that predicting took.
        ids: of the reviews scored.
        labels: int8 (n,), 0 negative, 1 positive.
        probabilities: float32 (n,), of positive.
    """

    model: str
    data: str
    split: str
    fingerprint: str
    metrics: Metrics
    interval: tuple[float, float]
    without_duplicates: Metrics | None
    by_rating: tuple[Slice, ...]
    by_length: tuple[Slice, ...]
    seconds: float
    ids: Sequence[str] = field(repr=False)
    labels: NDArray[np.int8] = field(repr=False)
    probabilities: NDArray[np.float32] = field(repr=False)

    @property
    def reviews_per_second(self) -> float:
        """How many reviews were predicted in a second."""
        return len(self.labels) / self.seconds

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: everything but the single reviews."""
        without = self.without_duplicates
        return {
            "model": self.model,
            "data": self.data,
            "split": self.split,
            "fingerprint": self.fingerprint,
            "metrics": self.metrics.to_dict(),
            "accuracy_interval": list(self.interval),
            "without_duplicates": None if without is None else without.to_dict(),
            "by_rating": [asdict(part) for part in self.by_rating],
            "by_length": [asdict(part) for part in self.by_length],
            "seconds": round(self.seconds, 3),
            "reviews_per_second": round(self.reviews_per_second, 1),
        }


def evaluate(
    model: str | Path | Classifier,
    data: Dataset | Reviews | str | Path | None = None,
    *,
    split: str | None = None,
    report: str | Path | None = None,
    say: Say | None = None,
) -> Evaluation:
    """Score a model on labelled reviews.

    Args:
        model: the folder that training wrote, or a loaded classifier.
        data: loaded reviews, or what :func:`cinesent.data.load_dataset` takes.
        split: "test"; "train": all training reviews; "validation": those among them that the
            training of this very model held out. None: the test reviews where there are any, else
            the validation ones if the model was trained on this data, else all.
        report: a folder for `index.html`, `metrics.json`, `predictions.csv` and plots.
        say: hears what is scored and how it goes; None for silence.

    Raises:
        BundleError: the model is missing or damaged.
        ConfigError: there is no such split.
        DataError: the data cannot be had, has no such split or no labels, or "validation" was asked
            for and this is not the data the model was trained on.
        MissingExtraError: `report` was asked for and matplotlib is not installed.

    Example:
        >>> evaluation = cinesent.evaluate("model", "imdb")  # doctest: +SKIP
        >>> evaluation.metrics.accuracy  # doctest: +SKIP
        0.9284
    """
    tell = say or silent
    check_split(split)
    if report is not None:
        from cinesent.evaluation.report import check_report_folder

        check_report_folder(Path(report))
    classifier = model if isinstance(model, Classifier) else load(model)
    dataset = _as_dataset(data, tell)
    chosen, reviews = choose_reviews(dataset, classifier.bundle, split, tell)
    tell(f"scoring {len(reviews):,} reviews: {dataset.name}, {chosen}")
    evaluation = _score(classifier, dataset, chosen, reviews, tell)
    if report is not None:
        from cinesent.evaluation.report import write_report

        tell(f"wrote {write_report(evaluation, Path(report), classifier.bundle.manifest)}")
    return evaluation


def record_evaluation(evaluation: Evaluation, bundle: Bundle, command: str) -> str:
    """Write an evaluation into the model's metrics and card.

    Args:
        evaluation: of this model.
        bundle: the model.
        command: what made the evaluation, for the card.

    Returns:
        The name it is recorded under: that of the split, for data that the model was trained on;
        else that of the data as well.

    Raises:
        BundleError: the folder is damaged or cannot be written.
    """
    own = bundle.manifest.get("data")
    is_own = isinstance(own, dict) and own.get("name") == evaluation.data
    name = evaluation.split if is_own else f"{evaluation.data} {evaluation.split}"
    metrics = evaluation.metrics.to_dict()
    if evaluation.without_duplicates is not None:
        metrics["accuracy_without_duplicates"] = evaluation.without_duplicates.accuracy
    record_metrics(bundle.path, name, {**metrics, "command": command})
    return name


def _as_dataset(data: Dataset | Reviews | str | Path | None, say: Say) -> Dataset:
    if isinstance(data, Dataset):
        return data
    if isinstance(data, Reviews):
        return Dataset(data.name, data)
    return load_dataset(data, say=say)


def _score(
    classifier: Classifier, dataset: Dataset, split: str, reviews: Reviews, say: Say
) -> Evaluation:
    """Predict and measure."""
    started = time.perf_counter()
    probabilities, lengths = _predict(classifier, reviews.texts, say)
    seconds = time.perf_counter() - started
    metrics = binary_metrics(reviews.labels, probabilities)
    right = (probabilities >= metrics.threshold) == (reviews.labels == 1)
    distinct = None
    if split == "test":
        kept = without_duplicates(reviews, of=dataset.train)
        if 0 < len(kept) < len(reviews):
            distinct = binary_metrics(reviews.labels[kept], probabilities[kept])
    return Evaluation(
        model=classifier.bundle.name,
        data=dataset.name,
        split=split,
        fingerprint=reviews.fingerprint(),
        metrics=metrics,
        interval=wilson_interval(int(right.sum()), len(right)),
        without_duplicates=distinct,
        by_rating=_rating_slices(reviews.ratings, right),
        by_length=length_slices(lengths, right),
        seconds=seconds,
        ids=reviews.ids,
        labels=reviews.labels,
        probabilities=probabilities,
    )


def _predict(
    classifier: Classifier, texts: Sequence[str], say: Say
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return probabilities of positive and numbers of tokens, (n,) each."""
    probabilities = np.empty(len(texts), dtype=np.float32)
    lengths = np.empty(len(texts), dtype=np.int64)
    for start in range(0, len(texts), _CHUNK):
        if start:
            say(f"{start:,} of {len(texts):,} reviews scored")
        for row, prediction in enumerate(classifier.predict(texts[start : start + _CHUNK]), start):
            probabilities[row] = prediction.probability
            lengths[row] = prediction.num_tokens
    return probabilities, lengths


def _rating_slices(ratings: NDArray[np.int8] | None, right: NDArray[np.bool_]) -> tuple[Slice, ...]:
    if ratings is None:
        return ()
    stars = [int(star) for star in np.unique(ratings) if star > 0]
    names = [f"{star} star{'s' if star > 1 else ''}" for star in stars]
    return tuple(
        _slice(name, right[ratings == star]) for name, star in zip(names, stars, strict=True)
    )


def length_slices(lengths: NDArray[np.int64], right: NDArray[np.bool_]) -> tuple[Slice, ...]:
    """Return the accuracy of each quarter by length; fewer slices where lengths coincide.

    Args:
        lengths: (n,), tokens of each review.
        right: (n,), whether it was labelled rightly.

    Example:
        >>> length_slices(np.array([1, 2, 9, 9]), np.array([True, True, True, False]))[-1]
        Slice(name='9 tokens', num_reviews=2, accuracy=0.5)
    """
    uppers = np.unique(np.quantile(lengths, [0.25, 0.5, 0.75, 1.0], method="inverted_cdf"))
    places = np.searchsorted(uppers, lengths)
    slices = []
    for place in np.unique(places):
        inside = places == place
        low, high = int(lengths[inside].min()), int(lengths[inside].max())
        name = f"{low:,} tokens" if low == high else f"{low:,}–{high:,} tokens"
        slices.append(_slice(name, right[inside]))
    return tuple(slices)


def _slice(name: str, right: NDArray[np.bool_]) -> Slice:
    return Slice(name, len(right), float(right.mean()))

"""Measures how good a model is on labelled reviews: the library side of `cinesent evaluate`.

It predicts with a :class:`~cinesent.classifier.Classifier`, so it needs no framework.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle import Bundle, record_metrics
from cinesent.classifier import Classifier, load
from cinesent.data.reviews import Dataset, Reviews
from cinesent.environment import expand_user
from cinesent.errors import check_type
from cinesent.evaluation.metrics import binary_metrics, wilson_interval
from cinesent.evaluation.overlap import unseen_rows
from cinesent.evaluation.results import Decided, Evaluation, Slice
from cinesent.evaluation.selection import as_dataset, check_split, choose_reviews
from cinesent.progress import SILENT, Reporter
from cinesent.tables import LabelKeywords

# Reviews between two reports of progress.
_CHUNK = 1000


def evaluate(
    model: str | Path | Classifier | None = None,
    data: Dataset | Reviews | str | Path | None = None,
    *,
    split: str | None = None,
    report: str | Path | None = None,
    reporter: Reporter = SILENT,
    **table: Unpack[LabelKeywords],
) -> Evaluation:
    """Measure how good a model is on labelled reviews.

    Args:
        model: the folder that training wrote, or a loaded classifier; None: the model that
            :func:`cinesent.load` opens by default.
        data: loaded reviews, or what :func:`cinesent.load_dataset` takes.
        split: "test"; "train": all training reviews; "validation": the validation reviews of the
            dataset, if it has its own, as "sst" has, else the training reviews that the training of
            this very model held out. None: the test reviews if there are any, else the validation
            reviews if the dataset has its own or the model was trained on this data, else all.
        report: a folder for a web page, its figures as PNG and SVG, and its data as JSON and CSV.
            The page also has the behavior suite, baselines and the most confident mistakes.
        reporter: receives what is scored, and progress.
        table: how to read a file, see :func:`cinesent.load_dataset`.

    Raises:
        BundleError: the model is missing or damaged.
        ConfigError: `split`, `report` or a keyword of `table` is not valid.
        DataError: the data cannot be loaded, has no such split or no labels, or "validation" was
            asked for and this is not the data the model was trained on.
        MissingExtraError: `report` was asked for and the report extra is not installed.

    Example:
        >>> evaluation = cinesent.evaluate("model", "imdb")  # doctest: +SKIP
        >>> evaluation.metrics.accuracy  # doctest: +SKIP
        0.9284
    """
    check_type("reporter", reporter, Reporter, "a cinesent.Reporter")
    check_split(split)
    folder = None if report is None else expand_user(report)
    if folder is not None:
        from cinesent.evaluation.report import check_report_folder

        check_report_folder(folder)
    classifier = model if isinstance(model, Classifier) else load(model)
    dataset = as_dataset(data, reporter, **table)
    chosen, reviews = choose_reviews(dataset, classifier.bundle, split, reporter)
    reporter.message(f"scoring {len(reviews):,} reviews: {dataset.name}, {chosen}")
    evaluation = _score(classifier, dataset, chosen, reviews, reporter)
    if folder is not None:
        from cinesent.evaluation.report import write_report
        from cinesent.reports.details import gather_details

        details = gather_details(classifier, dataset, reviews, evaluation, reporter)
        page = write_report(evaluation, folder, classifier.bundle.provenance, details)
        reporter.message(f"wrote {page}")
    return evaluation


def record_evaluation(evaluation: Evaluation, bundle: Bundle, command: str) -> str:
    """Write an evaluation into the model's metrics and card.

    Args:
        evaluation: of this model.
        bundle: the model.
        command: that the evaluation can be repeated with, for the card.

    Returns:
        The name it is recorded under: the split, for data that the model was trained on; else data
        and split.

    Raises:
        BundleError: the folder is damaged or cannot be written.
    """
    trained_on = bundle.provenance.data
    is_own = trained_on is not None and trained_on.name == evaluation.data
    name = evaluation.split if is_own else f"{evaluation.data} {evaluation.split}"
    metrics = evaluation.metrics.to_dict()
    if evaluation.without_duplicates is not None:
        metrics["accuracy_without_duplicates"] = evaluation.without_duplicates.accuracy
    if evaluation.decided is not None and evaluation.decided.thresholds == bundle.thresholds:
        metrics["decided_share"] = evaluation.decided.share
        metrics["decided_accuracy"] = evaluation.decided.accuracy
    record_metrics(bundle.path, name, {**metrics, "command": command})
    return name


def _score(
    classifier: Classifier, dataset: Dataset, split: str, reviews: Reviews, reporter: Reporter
) -> Evaluation:
    """Predict and compute the metrics."""
    kept = unseen_rows(dataset, split, reviews, classifier.bundle, reporter)
    started = time.perf_counter()
    probabilities, lengths, uncertain = _predict(classifier, reviews.texts, reporter)
    seconds = time.perf_counter() - started
    metrics = binary_metrics(reviews.labels, probabilities)
    correct = (probabilities >= metrics.threshold) == (reviews.labels == 1)
    distinct = None
    if 0 < len(kept) < len(reviews):
        distinct = binary_metrics(reviews.labels[kept], probabilities[kept])
    return Evaluation(
        model=classifier.bundle.name,
        data=dataset.name,
        split=split,
        fingerprint=reviews.fingerprint(),
        metrics=metrics,
        interval=wilson_interval(int(correct.sum()), len(correct)),
        without_duplicates=distinct,
        by_rating=_rating_slices(reviews.ratings, correct),
        by_length=length_slices(lengths, correct),
        seconds=seconds,
        decided=_decided(classifier, correct, uncertain),
        ids=reviews.ids,
        labels=reviews.labels,
        probabilities=probabilities,
    )


def _predict(
    classifier: Classifier, texts: Sequence[str], reporter: Reporter
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
    """Return probabilities of positive, numbers of tokens and whether uncertain, (n,) each."""
    probabilities = np.empty(len(texts), dtype=np.float32)
    lengths = np.empty(len(texts), dtype=np.int64)
    uncertain = np.zeros(len(texts), dtype=np.bool_)
    with reporter.task("scoring", total=len(texts), unit="reviews") as task:
        for start in range(0, len(texts), _CHUNK):
            chunk = classifier.predict(texts[start : start + _CHUNK])
            for row, prediction in enumerate(chunk, start):
                probabilities[row] = prediction.probability
                lengths[row] = prediction.num_tokens
                uncertain[row] = prediction.label == "uncertain"
            task.update(start + len(chunk))
    return probabilities, lengths, uncertain


def _decided(
    classifier: Classifier, correct: NDArray[np.bool_], uncertain: NDArray[np.bool_]
) -> Decided | None:
    """Return what the band does to the reviews, texts with a reason to doubt included."""
    if not classifier.has_band:
        return None
    share = float(1 - uncertain.mean())
    accuracy = float(correct[~uncertain].mean()) if share else None
    return Decided(classifier.thresholds, share, accuracy)


def _rating_slices(
    ratings: NDArray[np.int8] | None, correct: NDArray[np.bool_]
) -> tuple[Slice, ...]:
    if ratings is None:
        return ()
    stars = [int(star) for star in np.unique(ratings) if star > 0]
    names = [f"{star} star{'s' if star > 1 else ''}" for star in stars]
    return tuple(
        _slice(name, correct[ratings == star]) for name, star in zip(names, stars, strict=True)
    )


def length_slices(lengths: NDArray[np.int64], correct: NDArray[np.bool_]) -> tuple[Slice, ...]:
    """Return the accuracy of each quarter by length; fewer slices where lengths coincide.

    Args:
        lengths: (n,), tokens of each review.
        correct: (n,), whether the prediction is correct.

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
        slices.append(_slice(name, correct[inside]))
    return tuple(slices)


def _slice(name: str, correct: NDArray[np.bool_]) -> Slice:
    return Slice(name, len(correct), float(correct.mean()))

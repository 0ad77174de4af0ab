"""Audits labels and texts: the library side of `cinesent data check --audit`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from cinesent.audit.cross_validation import cross_validated_logits
from cinesent.audit.findings import PROBLEMS, AuditFinding, LabelAudit, Problem
from cinesent.audit.similar_texts import similar_pairs
from cinesent.bundle import Bundle
from cinesent.classifier import Classifier, load
from cinesent.data.reviews import UNLABELLED, Dataset, Reviews
from cinesent.errors import ConfigError, DataError, check_type, option, require
from cinesent.evaluation.overlap import RELATED
from cinesent.evaluation.selection import as_dataset
from cinesent.probability import LABELS, sigmoid
from cinesent.progress import SILENT, Reporter
from cinesent.tables import LabelKeywords

# Reviews between two reports of progress.
_CHUNK = 1000
# Probabilities are clipped to this distance from 0 and 1 before they become logits.
_EPSILON = 1e-4


def audit_labels(
    data: Dataset | Reviews | str | Path | None = None,
    *,
    model: str | Path | Classifier | None = None,
    folds: int = 5,
    seed: int = 0,
    reporter: Reporter = SILENT,
    **table: Unpack[LabelKeywords],
) -> LabelAudit:
    """Find labels that are likely wrong, contradictions, near duplicates and leaks.

    Each training review is predicted by an n-gram model that was trained on the others
    (cross-validation), and by a trained model that has not seen the reviews; the mean of both
    logits counts. Labels that they contradict are ranked and selected by confident learning
    (Northcutt et al., "Confident Learning", 2021), with the library cleanlab. Texts are compared
    over all splits but the unlabelled one.

    Args:
        data: loaded reviews, or what :func:`cinesent.load_dataset` takes.
        model: a folder or a loaded classifier; None: the model that :func:`cinesent.load` opens by
            default. It is not used if it was trained on these reviews or on a dataset that is
            known to share reviews with them.
        folds: of the cross-validation, at least 2.
        seed: of the folds.
        reporter: receives messages and progress.
        table: how to read a file, see :func:`cinesent.load_dataset`.

    Raises:
        BundleError: the model is missing or damaged.
        ConfigError: an argument is not valid.
        DataError: the data cannot be loaded, or has too few reviews of a label.
        MissingExtraError: the audit extra is not installed.

    Example:
        >>> audit = audit_labels("reviews.csv")  # doctest: +SKIP
        >>> audit.count("likely wrong")  # doctest: +SKIP
        12
    """
    check_type("reporter", reporter, Reporter, "a cinesent.Reporter")
    check_type("seed", seed, int, "a whole number")
    check_type("folds", folds, int, "a whole number")
    if folds < 2:
        raise ConfigError(f"{option('folds')} is {folds}; expected at least 2.")
    require("cleanlab", "audit", "A label audit")
    dataset = as_dataset(data, reporter, **table)
    reviews = dataset.train.labelled()
    _check_labels(reviews)
    classifier = model if isinstance(model, Classifier) else load(model)
    reporter.message(f"auditing {len(reviews):,} training reviews of {dataset.name}")
    logits = cross_validated_logits(reviews, folds, seed, reporter)
    used = not _may_have_seen(dataset, classifier.bundle)
    if used:
        logits = (logits + _logits(classifier, reviews, reporter)) / 2
    else:
        reporter.message(
            f"{classifier.bundle.name} was trained on these reviews, so the n-grams decide alone"
        )
    probabilities = sigmoid(logits)
    quality, likely_wrong = _label_quality(reviews.labels, probabilities)
    findings = (
        *_wrong_labels(reviews, probabilities, quality, likely_wrong),
        *sorted(_similar(dataset), key=lambda finding: PROBLEMS.index(finding.problem)),
    )
    return LabelAudit(
        source=dataset.name,
        num_reviews=len(reviews),
        folds=folds,
        model=classifier.bundle.name if used else None,
        probabilities=probabilities,
        quality=quality,
        findings=findings,
    )


def _check_labels(reviews: Reviews) -> None:
    found = set(reviews.labels.tolist())
    if found != {0, 1}:
        names = " and ".join(LABELS[label] for label in sorted(found)) or "no"
        raise DataError(
            f"{reviews.name} has {names} reviews; an audit needs both negative and positive ones."
        )


def _may_have_seen(dataset: Dataset, bundle: Bundle) -> bool:
    """Return whether a model was trained on a dataset or on one that shares reviews with it."""
    source = bundle.provenance.data
    if source is None:
        return False
    names = {source.name, dataset.name}
    same = len(names) == 1 or any(names <= family for family in RELATED)
    return same or bundle.provenance.trained_on(dataset.train.fingerprint())


def _logits(classifier: Classifier, reviews: Reviews, reporter: Reporter) -> NDArray[np.float64]:
    probabilities = np.empty(len(reviews))
    with reporter.task("predicting", total=len(reviews), unit="reviews") as task:
        for start in range(0, len(reviews), _CHUNK):
            chunk = list(reviews.texts[start : start + _CHUNK])
            probabilities[start : start + len(chunk)] = classifier.predict_proba(chunk)[:, 1]
            task.update(start + len(chunk))
    clipped = np.clip(probabilities, _EPSILON, 1 - _EPSILON)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _label_quality(
    labels: NDArray[np.int8], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the quality of each label, and whether it is likely wrong, (n,) each."""
    given = labels.astype(np.int64)
    both = np.stack([1 - probabilities, probabilities], axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cleanlab warns of small data
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores

        quality = get_label_quality_scores(given, both, method="self_confidence")
        found = find_label_issues(given, both, n_jobs=1)
    return np.asarray(quality, dtype=np.float64), np.asarray(found, dtype=np.bool_)


def _wrong_labels(
    reviews: Reviews,
    probabilities: NDArray[np.float64],
    quality: NDArray[np.float64],
    likely_wrong: NDArray[np.bool_],
) -> Iterator[AuditFinding]:
    for row in np.argsort(quality, kind="stable").tolist():
        if likely_wrong[row]:
            yield AuditFinding(
                problem="likely wrong",
                split="train",
                id=reviews.ids[row],
                label=LABELS[reviews.labels[row]],
                probability=float(probabilities[row]),
                quality=float(quality[row]),
                other_split="",
                other_id="",
                similarity=None,
                text=reviews.texts[row],
            )


def _similar(dataset: Dataset) -> Iterator[AuditFinding]:
    """Yield the pairs of similar texts: the later of the two, and the earlier as the other."""
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    rows = [
        (name, reviews, row)
        for name, reviews in splits.items()
        if reviews is not None
        for row in range(len(reviews))
    ]
    texts = [reviews.texts[row] for _, reviews, row in rows]
    for earlier, later, similarity in similar_pairs(texts):
        other_split, other, other_row = rows[earlier]
        split, reviews, row = rows[later]
        one, two = int(reviews.labels[row]), int(other.labels[other_row])
        yield AuditFinding(
            problem=_problem(split, other_split, one, two),
            split=split,
            id=reviews.ids[row],
            label="" if one == UNLABELLED else LABELS[one],
            probability=None,
            quality=None,
            other_split=other_split,
            other_id=other.ids[other_row],
            similarity=similarity,
            text=reviews.texts[row],
        )


def _problem(split: str, other_split: str, label: int, other_label: int) -> Problem:
    if split != other_split:
        return "leak"
    contradict = label != other_label and UNLABELLED not in (label, other_label)
    return "contradiction" if contradict else "near duplicate"

"""Fits the temperature and the band of a model to a user's own labels: `cinesent calibrate`."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cinesent.bundle.saving import check_new_bundle, save_calibrated
from cinesent.classifier import Classifier, load
from cinesent.data.reviews import Dataset, Reviews
from cinesent.environment import expand_user
from cinesent.errors import ConfigError, DataError, check_type, option, require
from cinesent.evaluation.metrics import Metrics, binary_metrics
from cinesent.evaluation.selection import as_dataset, check_split, choose_reviews
from cinesent.probability import LABELS, sigmoid
from cinesent.progress import SILENT, Reporter
from cinesent.tables import LabelKeywords
from cinesent.uncertainty.band import TARGET_ACCURACY, Band, choose_band

#: Labelled reviews that are needed, and of each of the two labels.
MIN_REVIEWS, MIN_PER_LABEL = 50, 10

_FOLDS = 5
# Bounds of the temperature, inside those that a bundle may have.
_COLDEST, _HOTTEST = 0.02, 50.0
_STEPS = 60  # of bisection


@dataclass(frozen=True)
class Calibration:
    """What :func:`calibrate` did.

    Attributes:
        bundle: the folder of the new model.
        data: the name of the reviews.
        num_reviews: labelled reviews that it was fitted to.
        temperature: that the logits of the new model are divided by.
        previous_temperature: that of the model before.
        band: of uncertain probabilities, chosen on all reviews.
        before: metrics of the model before.
        after: metrics of five temperatures, each on the fifth of the reviews that it was not fitted
            to.
    """

    bundle: Path
    data: str
    num_reviews: int
    temperature: float
    previous_temperature: float
    band: Band
    before: Metrics
    after: Metrics

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers for JSON."""
        payload = asdict(self)
        return {**payload, "before": self.before.to_dict(), "after": self.after.to_dict()}


def calibrate(
    model: Classifier | str | Path | None = None,
    data: Dataset | Reviews | str | Path | None = None,
    out: str | os.PathLike[str] = "calibrated",
    *,
    target: float = TARGET_ACCURACY,
    keep_temperature: bool = False,
    split: str | None = None,
    overwrite: bool = False,
    reporter: Reporter = SILENT,
    **table: Unpack[LabelKeywords],
) -> Calibration:
    """Fit a model's temperature and band to labelled reviews, and write a new model.

    The temperature divides the logits (Guo et al. 2017), so it changes how sure the model is and
    not which of the two labels is likelier. The band is the smallest outside of which reviews are
    labelled as accurately as `target` asks. Both are fitted to all reviews; `after` is measured by
    cross-validation.

    Args:
        model: a classifier or a model folder; None: as for :func:`cinesent.load`.
        data: loaded reviews, or what :func:`cinesent.load_dataset` takes. At least 50, 10 of each
            label, that the model was not trained on.
        out: the folder of the new model; its `plots` have the reliability diagram, PNG and SVG.
        target: the accuracy of decided reviews, above 0.5 and up to 1.
        keep_temperature: whether the band alone is chosen.
        split: as in :func:`cinesent.evaluate`. None: the validation reviews of the dataset or of
            the training of this model, else all training reviews; never the test reviews.
        overwrite: whether a model in `out` may be replaced.
        reporter: receives messages and progress.
        **table: how to read a file, see :func:`cinesent.load_dataset`.

    Raises:
        BundleError: the model is missing or damaged, or `out` cannot be written.
        ConfigError: an argument is wrong.
        DataError: the reviews cannot be loaded, are too few, have one label only, or the model
            gets more than half of them wrong.
        MissingExtraError: matplotlib is not installed.

    Example:
        >>> found = cinesent.calibrate("model", "labelled.csv", "calibrated")  # doctest: +SKIP
        >>> found.band.thresholds  # doctest: +SKIP
        (0.24, 0.76)
    """
    check_type("reporter", reporter, Reporter, "a cinesent.Reporter")
    check_split(split)
    _check_target(target)
    require("matplotlib", "train", "Drawing the reliability diagram")
    folder = check_new_bundle(expand_user(out), overwrite)
    classifier = model if isinstance(model, Classifier) else load(model)
    dataset = as_dataset(data, reporter, **table)
    _, reviews = choose_reviews(dataset, classifier.bundle, split or _held_out(dataset, classifier))
    _check_reviews(reviews)
    reporter.message(f"scoring {len(reviews):,} reviews of {dataset.name}")
    logits = classifier.predict_logits(reviews.texts).astype(np.float64)
    return _fit(classifier, reviews, logits, folder, dataset.name, target, keep_temperature)


def fit_temperature(labels: ArrayLike, logits: ArrayLike) -> float:
    """Return the temperature with the lowest log loss, 0.02 to 50.

    The labels are smoothed as Platt (1999) does, so that a model that is always right is not made
    infinitely sure.

    Args:
        labels: (n,) of 0 and 1, both occurring.
        logits: (n,), not yet divided by any temperature.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> logits = rng.normal(size=50_000)
        >>> labels = rng.random(50_000) < sigmoid(logits)
        >>> round(fit_temperature(labels, 3 * logits), 1)
        3.0
    """
    truth, scores = np.asarray(labels) == 1, np.asarray(logits, dtype=np.float64)
    positives = int(truth.sum())
    high, low = (positives + 1) / (positives + 2), 1 / (len(truth) - positives + 2)
    targets = np.where(truth, high, low)
    # The loss is convex in the inverse of the temperature, so its derivative has one root.
    cold, hot = 1 / _HOTTEST, 1 / _COLDEST
    for _ in range(_STEPS):
        inverse = float(np.sqrt(cold * hot))
        if np.mean((sigmoid(inverse * scores) - targets) * scores) < 0:
            cold = inverse
        else:
            hot = inverse
    return float(1 / np.sqrt(cold * hot))


def _fit(
    classifier: Classifier,
    reviews: Reviews,
    logits: NDArray[np.float64],
    folder: Path,
    data: str,
    target: float,
    keep_temperature: bool,
) -> Calibration:
    """Fit, measure and write the new model."""
    bundle, labels = classifier.bundle, reviews.labels
    previous = bundle.temperature
    before = sigmoid(logits / previous)
    _check_agreement(labels, before)
    temperature, after = previous, before
    if not keep_temperature:
        temperature = round(fit_temperature(labels, logits), 4)
        after = _cross_fitted(labels, logits)
    band = choose_band(labels, sigmoid(logits / temperature), target)
    found = Calibration(
        bundle=folder,
        data=data,
        num_reviews=len(labels),
        temperature=temperature,
        previous_temperature=previous,
        band=band,
        before=binary_metrics(labels, before),
        after=binary_metrics(labels, after),
    )
    save_calibrated(
        bundle,
        folder,
        temperature=temperature,
        thresholds=band.thresholds,
        metrics={"band": band.to_dict(), "calibration": _recorded(found)},
        plots=_diagram(labels, before, after),
    )
    return found


def _cross_fitted(labels: NDArray[np.int8], logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities, each with a temperature that was not fitted to that review."""
    folds = np.empty(len(labels), dtype=np.int64)
    for label in (0, 1):
        rows = np.random.default_rng(label).permutation(np.flatnonzero(labels == label))
        folds[rows] = np.arange(len(rows)) % _FOLDS
    probabilities = np.empty(len(labels))
    for fold in range(_FOLDS):
        inside = folds == fold
        temperature = fit_temperature(labels[~inside], logits[~inside])
        probabilities[inside] = sigmoid(logits[inside] / temperature)
    return probabilities


def _recorded(found: Calibration) -> dict[str, Any]:
    """Return what the metrics and the card of the new model hold."""
    return {
        "data": found.data,
        "num_reviews": found.num_reviews,
        "temperature": found.temperature,
        "loss": found.after.loss,
        "loss_before": found.before.loss,
        "ece": found.after.ece,
        "ece_before": found.before.ece,
    }


def _diagram(
    labels: NDArray[np.int8], before: NDArray[np.float64], after: NDArray[np.float64]
) -> dict[str, bytes]:
    from cinesent.evaluation.plots import plot_calibration, save_figure_bytes

    figure = plot_calibration(labels, before, after)
    return {f"calibration.{kind}": save_figure_bytes(figure, kind) for kind in ("png", "svg")}


def _held_out(dataset: Dataset, classifier: Classifier) -> str:
    """Return the split to calibrate on: reviews that the model was not trained on, if possible."""
    origin = classifier.bundle.provenance
    own = origin.trained_on(dataset.train.fingerprint()) and origin.split is not None
    return "validation" if own or dataset.validation is not None else "train"


def _check_target(target: object) -> None:
    check_type("target", target, (int, float), "a number")
    if not 0.5 < float(target) <= 1:  # type: ignore[arg-type]
        raise ConfigError(f"{option('target')} is {target}; expected above 0.5 and up to 1.")


def _check_reviews(reviews: Reviews) -> None:
    """Raise DataError unless there are enough reviews of both labels."""
    counts = [int((reviews.labels == label).sum()) for label in (0, 1)]
    if len(reviews) >= MIN_REVIEWS and min(counts) >= MIN_PER_LABEL:
        return
    found = " and ".join(f"{n:,} {label}" for n, label in zip(counts, LABELS, strict=True))
    raise DataError(
        f"{reviews.name} has {found} reviews; calibration needs at least {MIN_REVIEWS} labelled "
        f"reviews, {MIN_PER_LABEL} of each label. Label more of them."
    )


def _check_agreement(labels: NDArray[np.int8], probabilities: NDArray[np.float64]) -> None:
    """Raise DataError if the model is wrong more often than right."""
    accuracy = float(np.mean((probabilities >= 0.5) == (labels == 1)))
    if accuracy <= 0.5:
        raise DataError(
            f"the model labels {accuracy:.1%} of the reviews as they are labelled; no temperature "
            "can calibrate that. Are the two labels exchanged, or is it another kind of text?"
        )

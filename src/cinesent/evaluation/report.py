"""Writes an evaluation to a folder: a web page, numbers, predictions and figures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle import Provenance
from cinesent.errors import DataError
from cinesent.evaluation import plots
from cinesent.evaluation.metrics import Metrics
from cinesent.evaluation.plots import save_figure_bytes
from cinesent.evaluation.results import Evaluation
from cinesent.evaluation.style import INK, interval, percent
from cinesent.files import write_atomic
from cinesent.probability import sigmoid
from cinesent.reports.details import ReportDetails
from cinesent.reports.figures import coverage_accuracy, plot_coverage, plot_precision_recall
from cinesent.reports.page import inline_svg, render, require_report, save_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: The names and meanings of metrics, in the order in which they are shown.
METRIC_NAMES = {
    "accuracy": ("accuracy", "share of correct predictions"),
    "loss": ("log loss", "in nats; lower is better"),
    "precision": ("precision", "correct among the positive predictions"),
    "recall": ("recall", "predicted positive among the positive reviews"),
    "f1": ("F1", "harmonic mean of precision and recall"),
    "roc_auc": ("ROC AUC", "how reliably positive ranks above negative"),
    "brier": ("Brier score", "mean squared error; lower is better"),
    "ece": ("calibration error", "mean distance of probability and share of positives"),
}

_LABELS = {
    "roc": "ROC curve",
    "precision-recall": "Precision against recall",
    "reliability": "Share of positives against predicted probability",
    "reliability-before": "Share of positives against predicted probability, before calibration",
    "coverage": "Accuracy against the share of reviews decided",
    "history": "Loss and accuracy over the epochs of training",
}


def check_report_folder(folder: Path) -> None:
    """Check, before anything slow is done, that a report can be written to `folder`.

    Raises:
        DataError: it is a file.
        MissingExtraError: the report extra is not installed.
    """
    require_report()
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file; a report needs a folder. Name another one.")


def write_report(
    evaluation: Evaluation,
    folder: Path,
    provenance: Provenance | None = None,
    details: ReportDetails | None = None,
) -> Path:
    """Write `index.html`, `metrics.json`, `report.json`, `predictions.csv` and figures to a folder.

    The page needs no other file. Figures are written as PNG and SVG as well. Files of these names
    are replaced, others are left alone. The texts of published datasets are not written.

    Args:
        evaluation: what to report.
        folder: created if it does not exist.
        provenance: where the model comes from.
        details: see :func:`cinesent.reports.details.gather_details`; None leaves them out.

    Returns:
        The path of `index.html`.

    Raises:
        DataError: a file cannot be written.
        MissingExtraError: the report extra is not installed.
    """
    check_report_folder(folder)
    figures = _draw(evaluation, details)
    origin = {
        key: value
        for key, value in (provenance or Provenance()).to_manifest().items()
        if key in ("created", "data", "seed", "backend", "command", "versions")
    }
    extra = {} if details is None else details.to_dict()
    contents = {
        "metrics.json": _json({**evaluation.to_dict(), "model_origin": origin}),
        "report.json": _json({**_curves(evaluation), **extra}),
        "predictions.csv": _predictions(evaluation),
        "index.html": _page(evaluation, details, figures, origin).encode("utf-8", "surrogatepass"),
    }
    for name, figure in figures.items():
        contents |= {f"{name}.png": save_figure_bytes(figure), f"{name}.svg": save_svg(figure)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            write_atomic(folder / name, content)
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror or error}.") from error
    return folder / "index.html"


def metric_rows(metrics: Metrics) -> list[tuple[str, str, str]]:
    """Return name, formatted value and meaning of each metric."""
    return [
        (name, _shown(key, getattr(metrics, key)), meaning)
        for key, (name, meaning) in METRIC_NAMES.items()
    ]


def _shown(key: str, value: float | None) -> str:
    if value is None:
        return "–"
    shares = ("accuracy", "precision", "recall", "f1", "ece")
    return percent(value, 2) if key in shares else f"{value:.4f}"


def _draw(evaluation: Evaluation, details: ReportDetails | None) -> dict[str, Figure]:
    """Return the figures by name; the curves only where both classes occur."""
    labels, probabilities = evaluation.labels, evaluation.probabilities
    found = {"confusion-matrix": plots.plot_confusion_matrix(evaluation.metrics)}
    if evaluation.metrics.roc_auc is not None:
        found["roc"] = plots.plot_roc(labels, probabilities)
        found["precision-recall"] = plot_precision_recall(labels, probabilities)
    found["reliability"] = plots.plot_reliability(labels, probabilities)
    if details is not None and details.temperature != 1:
        before = _uncalibrated(probabilities, details.temperature)
        found["reliability-before"] = plots.plot_reliability(labels, before)
        found["reliability-before"].axes[0].set_xlabel("before calibration", color=INK)
    found["coverage"] = plot_coverage(labels, probabilities)
    if details is not None and details.history:
        found["history"] = plots.plot_history(details.history)
    return found


def _uncalibrated(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Return the probabilities at a temperature of 1."""
    clipped = np.clip(probabilities.astype(np.float64), 1e-12, 1 - 1e-12)
    return np.asarray(sigmoid(temperature * np.log(clipped / (1 - clipped))))


def _curves(evaluation: Evaluation) -> dict[str, Any]:
    """Return the points of the coverage curve, at most 200 of them."""
    coverage, accuracy = coverage_accuracy(evaluation.labels, evaluation.probabilities)
    step = max(1, len(coverage) // 200)
    pairs = zip(coverage.tolist(), accuracy.tolist(), strict=True)
    return {"coverage": [list(pair) for pair in pairs][::-step][::-1]}


def _json(payload: Mapping[str, Any]) -> bytes:
    text = json.dumps(payload, indent=2, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _predictions(evaluation: Evaluation) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "label", "probability"))
    columns = (evaluation.ids, evaluation.labels.tolist(), evaluation.probabilities.tolist())
    writer.writerows(
        (name, label, f"{probability:.9g}")  # nine digits give the same float32 back
        for name, label, probability in zip(*columns, strict=True)
    )
    return text.getvalue().encode("utf-8", "surrogatepass")


def _page(
    evaluation: Evaluation,
    details: ReportDetails | None,
    figures: Mapping[str, Figure],
    origin: Mapping[str, Any],
) -> str:
    """Return the web page; the confusion matrix is a table in it."""
    drawn = {
        name: inline_svg(save_svg(figure), name, _LABELS[name])
        for name, figure in figures.items()
        if name != "confusion-matrix"
    }
    return render(
        "evaluation.html",
        title=f"{evaluation.model} on {evaluation.data}, {evaluation.split}",
        evaluation=evaluation,
        interval=interval(*evaluation.interval),
        metric_rows=metric_rows(evaluation.metrics),
        distinct=evaluation.without_duplicates,
        details=details,
        history=drawn.pop("history", None),
        figures=list(drawn.values()),
        origin=json.dumps(origin, indent=2, ensure_ascii=False) if origin else "",
    )

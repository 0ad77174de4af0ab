"""Writes an evaluation to a folder: numbers, predictions without texts, plots, and a web page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from cinesent.bundle import Provenance
from cinesent.errors import DataError, require
from cinesent.evaluation.metrics import Metrics
from cinesent.evaluation.results import Evaluation, Slice
from cinesent.evaluation.style import interval, percent
from cinesent.files import write_atomic

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

_PLOTS = {
    "confusion-matrix.png": "Confusion matrix",
    "roc.png": "ROC curve",
    "reliability.png": "Reliability",
}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #333; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.1rem; margin-top: 2rem; }}
table {{ border-collapse: collapse; }}
td, th {{ padding: .2rem .9rem .2rem 0; text-align: left; border-bottom: 1px solid #e3e3e3; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
.plots {{ display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }}
img {{ width: 19rem; max-width: 100%; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def check_report_folder(folder: Path) -> None:
    """Check, before anything slow is done, that a report can be written to `folder`.

    Raises:
        DataError: it is a file.
        MissingExtraError: matplotlib is not installed.
    """
    require("matplotlib", "train", "A report with plots")
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file; a report needs a folder. Name another one.")


def write_report(
    evaluation: Evaluation, folder: Path, provenance: Provenance | None = None
) -> Path:
    """Write `metrics.json`, `predictions.csv`, plots and `index.html` into a folder.

    Files of these names are replaced, others are left alone. The texts of reviews are not written.

    Args:
        evaluation: what to report.
        folder: created if it does not exist.
        provenance: where the model comes from.

    Returns:
        The path of `index.html`.

    Raises:
        DataError: a file cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    check_report_folder(folder)
    plots = _draw(evaluation)
    origin = {
        key: value
        for key, value in (provenance or Provenance()).to_manifest().items()
        if key in ("created", "data", "seed", "backend", "command", "versions")
    }
    payload = {**evaluation.to_dict(), "model_origin": origin}
    contents = {
        "metrics.json": json.dumps(payload, indent=2, ensure_ascii=False).encode() + b"\n",
        "predictions.csv": _predictions(evaluation),
        **plots,
        "index.html": _page(evaluation, origin, list(plots)).encode(),
    }
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


def _draw(evaluation: Evaluation) -> dict[str, bytes]:
    """Return the plots by file name; the ROC curve only where both classes occur."""
    from cinesent.evaluation import plots

    labels, probabilities = evaluation.labels, evaluation.probabilities
    figures = {"confusion-matrix.png": plots.plot_confusion_matrix(evaluation.metrics)}
    if evaluation.metrics.roc_auc is not None:
        figures["roc.png"] = plots.plot_roc(labels, probabilities)
    figures["reliability.png"] = plots.plot_reliability(labels, probabilities)
    return {name: plots.save_figure_bytes(figure) for name, figure in figures.items()}


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


def _page(evaluation: Evaluation, origin: Mapping[str, Any], plots: Sequence[str]) -> str:
    """Return the web page: numbers, plots, slices, and where the model comes from."""
    metrics = evaluation.metrics
    parts = [
        f"<p>{metrics.num_reviews:,} reviews; accuracy {percent(metrics.accuracy, 2)} "
        f"({interval(*evaluation.interval)}). "
        f"{evaluation.reviews_per_second:,.0f} reviews per second.</p>",
        _table(metric_rows(metrics)),
        f'<div class="plots">{"".join(map(_image, plots))}</div>',
    ]
    distinct = evaluation.without_duplicates
    if distinct is not None:
        parts.append("<h2>Without reviews that occur in the training reviews</h2>")
        left_out = metrics.num_reviews - distinct.num_reviews
        parts.append(f"<p>{left_out:,} left out, {distinct.num_reviews:,} scored.</p>")
        parts.append(_table(metric_rows(distinct)[:2]))
    for title, slices in (("rating", evaluation.by_rating), ("length", evaluation.by_length)):
        if slices:
            parts += [f"<h2>By {title}</h2>", _table(_slice_rows(slices))]
    if origin:
        text = escape(json.dumps(origin, indent=2, ensure_ascii=False))
        parts += ["<h2>The model</h2>", f"<pre>{text}</pre>"]
    title = escape(f"{evaluation.model} on {evaluation.data}, {evaluation.split}")
    return _PAGE.format(title=title, body="\n".join(parts))


def _image(name: str) -> str:
    return f'<img src="{name}" alt="{_PLOTS[name]}">'


def _slice_rows(slices: Iterable[Slice]) -> list[tuple[str, str, str]]:
    return [
        (part.name, percent(part.accuracy, 2), f"of {part.num_reviews:,} reviews")
        for part in slices
    ]


def _table(rows: Iterable[tuple[str, str, str]]) -> str:
    cells = (
        f'<tr><th>{escape(name)}</th><td class="number">{value}</td><td>{escape(note)}</td></tr>'
        for name, value, note in rows
    )
    return f"<table>{''.join(cells)}</table>"

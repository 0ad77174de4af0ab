"""Figures of a report that :mod:`cinesent.evaluation.plots` does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.evaluation import style
from cinesent.evaluation.curves import check_scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def precision_recall(
    labels: NDArray[np.int8], probabilities: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return recall and precision by falling threshold, and the average precision.

    Example:
        >>> probabilities = np.float32([0.1, 0.2, 0.9])
        >>> recall, precision, average = precision_recall(np.int8([0, 1, 1]), probabilities)
        >>> recall.tolist(), precision.tolist(), average
        ([0.5, 1.0, 1.0], [1.0, 1.0, 0.6666666666666666], 1.0)
    """
    truth, scores = check_scores(labels, probabilities)
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    found = np.cumsum(truth[order])[ends]
    recall, precision = found / truth.sum(), found / (ends + 1)
    average = float(np.sum(np.diff(np.append(0.0, recall)) * precision))
    return recall, precision, average


def coverage_accuracy(
    labels: NDArray[np.int8], probabilities: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return which share is decided, and its accuracy, if the least confident are left undecided.

    Example:
        >>> coverage, accuracy = coverage_accuracy(np.int8([1, 0]), np.float32([0.9, 0.6]))
        >>> coverage.tolist(), accuracy.tolist()
        ([0.5, 1.0], [1.0, 0.5])
    """
    truth, scores = check_scores(labels, probabilities)
    confidence = np.abs(scores - 0.5)
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum((scores >= 0.5)[order] == truth[order])
    ends = np.append(np.flatnonzero(np.diff(confidence[order])), len(scores) - 1)
    return (ends + 1) / len(scores), right[ends] / (ends + 1)


def plot_precision_recall(labels: NDArray[np.int8], probabilities: NDArray[np.float32]) -> Figure:
    """Plot precision against recall, both classes occurring."""
    recall, precision, average = precision_recall(labels, probabilities)
    figure = style.new_figure(4.6, 4.4)
    axes = figure.subplots()
    share = float(np.mean(labels == 1))
    axes.axhline(share, color=style.AXIS, linewidth=1, linestyle=(0, (4, 3)))
    note: dict[str, Any] = {"fontsize": style.NOTE_SIZE, "color": style.MUTED}
    axes.text(0.02, share - 0.02, "by chance", va="top", **note)
    axes.plot(recall, precision, color=style.POSITIVE, linewidth=2)
    title = f"Precision and recall: average {average:.4f}"
    style.dress(axes, title, "recall", "precision")
    axes.set(xlim=(-0.01, 1.01), ylim=(min(0.45, share - 0.08), 1.01))
    style.as_percent(axes.xaxis)
    style.as_percent(axes.yaxis)
    return figure


def plot_coverage(labels: NDArray[np.int8], probabilities: NDArray[np.float32]) -> Figure:
    """Plot the accuracy on the reviews that are decided against their share."""
    coverage, accuracy = coverage_accuracy(labels, probabilities)
    figure = style.new_figure(4.6, 4.4)
    axes = figure.subplots()
    # The accuracy on the first few reviews is noise.
    shown = coverage >= min(0.05, float(coverage[-1]))
    axes.plot(coverage[shown], accuracy[shown], color=style.POSITIVE, linewidth=2)
    style.dress(
        axes,
        f"All decided: {style.percent(float(accuracy[-1]))} correct",
        "share of reviews decided, the most confident first",
        "accuracy on them",
    )
    axes.set_xlim(0, 1.01)
    axes.margins(y=0.12)
    style.as_percent(axes.xaxis)
    style.as_percent(axes.yaxis)
    return figure

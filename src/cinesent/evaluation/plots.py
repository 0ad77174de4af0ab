"""Plots of a training run and of an evaluation.

Each function returns a matplotlib `Figure`, which a notebook displays; :func:`save_figure` writes
it to a file. matplotlib comes with the `train` extra.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cinesent.environment import expand_user
from cinesent.errors import ConfigError, DataError, nearest, require
from cinesent.evaluation import style
from cinesent.evaluation.curves import ReliabilityBins, check_scores, reliability_bins, roc_curve
from cinesent.evaluation.metrics import Metrics, binary_metrics, wilson_interval
from cinesent.files import write_atomic
from cinesent.probability import LABELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Dots per inch of saved figures.
DPI = 200

FORMATS = ("pdf", "png", "svg")


def plot_history(history: Sequence[Mapping[str, Any]]) -> Figure:
    """Plot training and validation loss and accuracy over the epochs, and mark the best epoch.

    The best epoch is the one with the lowest validation loss, whose weights training keeps; without
    validation none is marked.

    Args:
        history: one mapping per epoch with `epoch`, `loss`, `accuracy`, `val_loss` and
            `val_accuracy`, as numbers or as strings from a CSV file; all but `epoch` may be
            missing, other keys are ignored.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: there is no epoch, or a value is not a number.
    """
    require("matplotlib", "train", "Drawing plots")
    if not history:
        raise DataError("the history has no epochs to plot.")
    epochs = _column(history, "epoch")
    figure = style.new_figure(9, 3.6)
    panels = {"loss": "cross-entropy", "accuracy": "share of correct predictions"}
    for axes, (name, unit) in zip(figure.subplots(1, 2), panels.items(), strict=True):
        validation = _column(history, f"val_{name}")
        _draw_line(axes, epochs, _column(history, name), "training", style.TRAINING, "s")
        _draw_line(axes, epochs, validation, "validation", style.VALIDATION, "o")
        style.dress(axes, name.capitalize(), "epoch", unit)
        axes.margins(x=0.06, y=0.12)
        _whole_ticks(axes)
        _mark_best(axes, epochs, validation, _column(history, "val_loss"), name)
        if axes.get_legend_handles_labels()[0]:
            style.add_legend(axes, loc="best")
    style.as_percent(figure.axes[1].yaxis)
    return figure


def plot_confusion_matrix(metrics: Metrics) -> Figure:
    """Plot the confusion matrix: counts, and shares of the true class.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    require("matplotlib", "train", "Drawing plots")
    from matplotlib.colors import LinearSegmentedColormap

    counts = np.array(metrics.confusion_matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = style.new_figure(4.6, 4.2)
    axes = figure.subplots()
    shades = LinearSegmentedColormap.from_list("shares", ["#F4F7FA", style.POSITIVE])
    axes.imshow(shares, cmap=shades, vmin=0, vmax=1)
    for row, column in np.ndindex(2, 2):
        colour = "white" if shares[row, column] > 0.5 else style.INK
        cell: dict[str, Any] = {"ha": "center", "color": colour}
        axes.text(column, row - 0.02, f"{counts[row, column]:,}", va="bottom", fontsize=17, **cell)
        share = f"{style.percent(shares[row, column])} of {LABELS[row]}"
        axes.text(column, row + 0.06, share, va="top", fontsize=style.NOTE_SIZE, **cell)
    title = f"{style.percent(metrics.accuracy)} of {metrics.num_reviews:,} reviews correct"
    style.dress(axes, title, "predicted", "true", grid=None)
    axes.set_xticks([0, 1], LABELS)
    axes.set_yticks([0, 1], LABELS, rotation=90, va="center")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=style.LABEL_SIZE)
    axes.axhline(0.5, color="white", linewidth=4)
    axes.axvline(0.5, color="white", linewidth=4)
    return figure


def plot_roc(labels: ArrayLike, probabilities: ArrayLike) -> Figure:
    """Plot the receiver operating characteristic, with its area and the threshold of 0.5.

    Args:
        labels: (n,) of 0 and 1, both occurring.
        probabilities: (n,) of the probability of positive, 0 to 1.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the shapes differ, a value is NaN or out of range, or only one class occurs.
    """
    require("matplotlib", "train", "Drawing plots")
    false_positives, true_positives = roc_curve(labels, probabilities)
    metrics = binary_metrics(labels, probabilities)
    (tn, fp), (fn, tp) = metrics.confusion_matrix
    figure = style.new_figure(4.6, 4.4)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=style.AXIS, linewidth=1, linestyle=(0, (4, 3)))
    note: dict[str, Any] = {"fontsize": style.NOTE_SIZE, "color": style.MUTED}
    axes.text(0.63, 0.66, "by chance", rotation=45, rotation_mode="anchor", ha="center", **note)
    axes.fill_between(false_positives, true_positives, color=style.POSITIVE, alpha=0.08, lw=0)
    axes.plot(false_positives, true_positives, color=style.POSITIVE, linewidth=2)
    point = (fp / (fp + tn), tp / (tp + fn))
    axes.plot(*point, "o", color=style.NEGATIVE, markersize=7, markeredgecolor="white")
    axes.annotate(
        f"threshold 0.5\n{style.percent(point[1])} true positives\n"
        f"{style.percent(point[0])} false positives",
        point,
        xytext=(12, -6),
        textcoords="offset points",
        va="top",
        **note,
    )
    style.dress(
        axes,
        f"ROC curve: area {metrics.roc_auc:.4f}",
        "false positive rate",
        "true positive rate",
    )
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    style.as_percent(axes.xaxis)
    style.as_percent(axes.yaxis)
    return figure


def plot_reliability(labels: ArrayLike, probabilities: ArrayLike) -> Figure:
    """Plot how well the probabilities are calibrated, and their distribution.

    Above, for each of 15 bins, the share of positives against the mean probability, with its 95%
    Wilson interval; a perfectly calibrated model is on the diagonal. Below, the reviews of each
    class by probability.

    Args:
        labels: (n,) of 0 and 1.
        probabilities: (n,) of the probability of positive, 0 to 1.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the shapes differ, or a value is NaN or out of range.
    """
    require("matplotlib", "train", "Drawing plots")
    truth, scores = check_scores(labels, probabilities)
    bins = reliability_bins(truth, scores)
    figure = style.new_figure(4.6, 5.4)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _draw_reliability(upper, bins)
    error = bins.expected_calibration_error
    title = f"Reliability: calibration error {style.percent(error)}"
    style.dress(upper, title, "", "share of positives")
    _draw_histogram(lower, truth, scores)
    style.dress(lower, "", "predicted probability of positive", "reviews", grid="y")
    lower.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    upper.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    style.as_percent(upper.yaxis)
    style.as_percent(lower.xaxis)
    return figure


def plot_calibration(labels: ArrayLike, before: ArrayLike, after: ArrayLike) -> Figure:
    """Plot the reliability of probabilities before and after calibration, side by side.

    Args:
        labels: (n,) of 0 and 1.
        before: (n,) of the probability of positive, 0 to 1.
        after: the same, calibrated.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the shapes differ, or a value is NaN or out of range.
    """
    require("matplotlib", "train", "Drawing plots")
    figure = style.new_figure(8.6, 4.4)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, name, values in zip(panels, ("Before", "After"), (before, after), strict=True):
        bins = reliability_bins(*check_scores(labels, values))
        _draw_reliability(axes, bins)
        error = style.percent(bins.expected_calibration_error)
        title, y_label = f"{name}: calibration error {error}", "share of positives"
        style.dress(axes, title, "predicted probability", y_label if name == "Before" else "")
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        style.as_percent(axes.xaxis)
        style.as_percent(axes.yaxis)
    return figure


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure to a PNG, SVG or PDF file, by its extension; missing folders are created.

    Raises:
        ConfigError: the extension is none of these.
        DataError: the file cannot be written.
    """
    path = expand_user(path)
    content = save_figure_bytes(figure, path.suffix.lower().lstrip("."))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


def save_figure_bytes(figure: Figure, file_format: str = "png") -> bytes:
    """Return a figure as the content of a "png", "svg" or "pdf" file.

    Raises:
        ConfigError: the format is none of these.
    """
    if file_format not in FORMATS:
        raise ConfigError(
            f"figures cannot be written as '{file_format}'. {nearest(file_format, FORMATS)}"
        )
    # Without version and date, equal figures give equal bytes.
    nothing = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    buffer = io.BytesIO()
    figure.savefig(buffer, format=file_format, dpi=DPI, metadata=nothing[file_format])
    return buffer.getvalue()


def _column(history: Sequence[Mapping[str, Any]], name: str) -> NDArray[np.float64]:
    """Return the values of all epochs, NaN where one is missing."""
    values = [row.get(name) for row in history]
    try:
        return np.array([math.nan if value in (None, "") else float(value) for value in values])
    except (TypeError, ValueError) as error:
        raise DataError(f"the history's {name} is not a number: {error}.") from error


def _draw_line(
    axes: Axes,
    epochs: NDArray[np.float64],
    values: NDArray[np.float64],
    name: str,
    colour: str,
    marker: str,
) -> None:
    if np.isfinite(values).any():
        shape: dict[str, Any] = {"marker": marker, "markersize": 5, "markeredgecolor": "white"}
        axes.plot(epochs, values, color=colour, linewidth=2, label=name, **shape)


def _mark_best(
    axes: Axes,
    epochs: NDArray[np.float64],
    values: NDArray[np.float64],
    losses: NDArray[np.float64],
    name: str,
) -> None:
    if not np.isfinite(losses).any():
        return
    best = int(np.nanargmin(losses))
    axes.axvline(epochs[best], color=style.MARK, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
    if np.isfinite(values[best]):
        accuracy = name == "accuracy"
        value = style.percent(values[best], 2) if accuracy else f"{values[best]:.4f}"
        axes.plot(
            epochs[best],
            values[best],
            "o",
            markersize=10,
            markerfacecolor="none",
            markeredgecolor=style.MARK,
            markeredgewidth=1.8,
            label=f"best epoch {epochs[best]:.0f}: {value}",
        )


def _whole_ticks(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))


def _draw_reliability(axes: Axes, bins: ReliabilityBins) -> None:
    pairs = zip(bins.positives.tolist(), bins.counts.tolist(), strict=True)
    low, high = np.array([wilson_interval(part, whole) for part, whole in pairs]).T
    shares = bins.positives / bins.counts
    ideal: dict[str, Any] = {"color": style.AXIS, "linewidth": 1.2, "linestyle": (0, (4, 3))}
    axes.plot([0, 1], [0, 1], **ideal, label="perfectly calibrated")
    axes.errorbar(
        bins.mean_probability,
        shares,
        yerr=(shares - low, high - shares),
        color=style.POSITIVE,
        marker="o",
        markersize=6,
        markeredgecolor="white",
        linewidth=1.8,
        elinewidth=1.2,
        label="measured, with 95% CI",
    )
    style.add_legend(axes, loc="upper left")


def _draw_histogram(axes: Axes, truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> None:
    edges: list[float] = np.linspace(0, 1, 31).tolist()
    groups, colours = [scores[~truth], scores[truth]], [style.NEGATIVE, style.POSITIVE]
    axes.hist(groups, bins=edges, stacked=True, color=colours, label=LABELS, alpha=0.85)
    style.add_legend(axes, loc="upper center", ncols=2)

"""Plots a dataset: the lengths of its reviews, their ratings, the balance of the labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from cinesent.data.describe import present_splits, word_counts
from cinesent.data.reviews import Dataset, Reviews
from cinesent.errors import DataError, require
from cinesent.files import atomic_file
from cinesent.probability import LABELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Orange for negative and blue for positive: colour-blind readers tell them apart (Okabe and Ito).
_COLOURS = {0: "#D55E00", 1: "#0072B2", -1: "#7A7A7A"}
_NAMES = {0: LABELS[0], 1: LABELS[1], -1: "unlabelled"}
_INK, _FAINT = "#333333", "#D9D9D9"
_ON_BAR: dict[str, Any] = {"color": "white", "fontsize": 8.5}
_DPI = 150


def save_plots(dataset: Dataset, folder: str | Path) -> list[Path]:
    """Draw `dataset` into PNG files in `folder`, which is made if it is not there.

    ``lengths.png`` (words per review, by part and label), ``balance.png`` (reviews by part and
    label) and, where ratings are known, ``ratings.png`` (reviews by stars).

    Args:
        dataset: what to draw.
        folder: where to.

    Returns:
        The files, in that order.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: the folder cannot be written.
    """
    require("matplotlib", "train", "Drawing plots")
    folder = Path(folder)
    splits = present_splits(dataset)
    figures = {
        "lengths.png": _lengths(dataset.name, splits),
        "balance.png": _balance(dataset.name, splits),
    }
    rated = {
        name: reviews
        for name, reviews in splits.items()
        if reviews.ratings is not None and reviews.ratings.any()
    }
    if rated:
        figures["ratings.png"] = _ratings(dataset.name, rated)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            with atomic_file(folder / name) as file:
                figure.savefig(file, format="png", dpi=_DPI)
    except OSError as error:
        raise DataError(f"cannot write plots to {folder}: {error.strerror or error}.") from error
    return [folder / name for name in figures]


def _lengths(name: str, splits: dict[str, Reviews]) -> Figure:
    figure, axes = _panels(len(splits), f"{name}: length of the reviews")
    counts = {split: word_counts(reviews.texts) for split, reviews in splits.items()}
    everything = np.concatenate(list(counts.values()))
    # The longest hundredth would squeeze all others into a corner.
    end = max(10, int(np.percentile(everything, 99)))
    bins: list[float] = np.linspace(0, end, min(60, end) + 1).tolist()
    for ax, (split, reviews) in zip(axes, splits.items(), strict=True):
        words = counts[split]
        for label in _present(reviews):
            _outline(ax, words[reviews.labels == label], bins, label)
        median = int(np.median(words))
        ax.axvline(median, color=_INK, linewidth=1, linestyle=(0, (4, 3)))
        ax.annotate(
            f"median {median:,}",
            (median, 0.94),
            xycoords=("data", "axes fraction"),
            xytext=(5, 0),
            textcoords="offset points",
            fontsize=8.5,
        )
        beyond = np.mean(words > end)
        _dress(ax, f"{split} · {len(reviews):,} reviews", "words", grid="y")
        ax.set_xlim(0, end)
        ax.set_ylim(0, ax.get_ylim()[1] * 1.15)  # room for the median's name
        if beyond:
            note = f"{beyond:.1%} longer, up to {words.max():,}"
            ax.text(0.99, 0.78, note, transform=ax.transAxes, ha="right", fontsize=8, color="#666")
    axes[0].set_ylabel("reviews", fontsize=9, color=_INK)
    for ax, reviews in zip(axes, splits.values(), strict=True):
        if len(_present(reviews)) > 1:
            ax.legend(frameon=False, fontsize=9, loc="center right")
    return figure


def _outline(ax: Axes, words: NDArray[np.int64], bins: list[float], label: int) -> None:
    ax.hist(words, bins=bins, color=_COLOURS[label], alpha=0.22)
    ax.hist(
        words, bins=bins, histtype="step", color=_COLOURS[label], linewidth=1.4, label=_NAMES[label]
    )


def _balance(name: str, splits: dict[str, Reviews]) -> Figure:
    figure, (ax,) = _panels(1, f"{name}: reviews by label", height=1.3 + 0.55 * len(splits))
    widest = max(len(reviews) for reviews in splits.values())
    for row, reviews in enumerate(splits.values()):
        begin = 0
        for label in _present(reviews):
            count = int(np.sum(reviews.labels == label))
            ax.barh(row, count, left=begin, height=0.62, color=_COLOURS[label], edgecolor="white")
            if count > widest * 0.09:  # else the name has no room
                text = f"{_NAMES[label]}\n{count:,}"
                ax.text(begin + count / 2, row, text, ha="center", va="center", **_ON_BAR)
            begin += count
    _dress(ax, "", "reviews", grid="x")
    ax.set_yticks(range(len(splits)), list(splits), fontsize=10)
    ax.invert_yaxis()
    return figure


def _ratings(name: str, splits: dict[str, Reviews]) -> Figure:
    figure, axes = _panels(len(splits), f"{name}: stars given")
    for ax, (split, reviews) in zip(axes, splits.items(), strict=True):
        rated = reviews.ratings if reviews.ratings is not None else np.zeros(0, dtype=np.int8)
        for label in _present(reviews):
            counts = np.bincount(rated[reviews.labels == label], minlength=11)[1:11]
            stars = np.flatnonzero(counts) + 1
            shown = counts[counts > 0]
            bars = ax.bar(stars, shown, width=0.8, color=_COLOURS[label], label=_NAMES[label])
            ax.bar_label(bars, [f"{n:,}" for n in shown], fontsize=7.5, padding=2, color=_INK)
        _dress(ax, f"{split} · {len(reviews):,} reviews", "stars", grid="y")
        ax.set_xticks(range(1, 11))
        ax.set_xlim(0.4, 10.6)
        ax.margins(y=0.1)
    axes[0].set_ylabel("reviews", fontsize=9, color=_INK)
    axes[0].legend(frameon=False, fontsize=9, loc="upper center")
    return figure


def _panels(count: int, title: str, height: float = 3.4) -> tuple[Figure, list[Axes]]:
    """Return a figure with `count` panels side by side; no global state of pyplot is touched."""
    from matplotlib.figure import Figure

    width = 6.4 if count == 1 else 4.2 * count
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    figure.suptitle(title, fontsize=12, fontweight="bold", x=0.01, ha="left", color=_INK)
    axes: Any = figure.subplots(1, count, squeeze=False)
    return figure, list(axes[0])


def _dress(ax: Axes, title: str, x_label: str, *, grid: Literal["x", "y"]) -> None:
    if title:
        ax.set_title(title, fontsize=10, loc="left", color=_INK)
    ax.set_xlabel(x_label, fontsize=9, color=_INK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#999999")
    ax.tick_params(colors=_INK, labelsize=8.5, length=3)
    ax.grid(axis=grid, color=_FAINT, linewidth=0.7)
    ax.set_axisbelow(True)
    counted = ax.yaxis if grid == "y" else ax.xaxis
    counted.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _present(reviews: Reviews) -> list[int]:
    return [label for label in (0, 1, -1) if np.any(reviews.labels == label)]

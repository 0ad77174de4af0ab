"""The style of plots and numbers: colours that everybody can tell apart, one way to write shares.

Figures are created without pyplot, so no window, global state or display is involved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The palette of Okabe and Ito (2008), which people with any common colour blindness can tell apart,
# also in grey. Negative is orange and positive blue, as in the plots of the data.
NEGATIVE = "#D55E00"
POSITIVE = "#0072B2"
TRAINING = "#E69F00"
VALIDATION = "#0072B2"
MARK = "#009E73"

INK = "#333333"
MUTED = "#6B6B6B"
AXIS = "#999999"
GRID = "#E3E3E3"

TITLE_SIZE, LABEL_SIZE, TICK_SIZE, NOTE_SIZE = 11.5, 10, 9, 9


def new_figure(width: float, height: float) -> Figure:
    """Return an empty white figure of `width` by `height` inches with a constrained layout."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def dress(
    axes: Axes,
    title: str,
    x_label: str,
    y_label: str,
    grid: Literal["both", "x", "y"] | None = "both",
) -> None:
    """Set title and labels of a panel, remove its top and right spines, and draw the grid."""
    axes.set_title(title, fontsize=TITLE_SIZE, fontweight="bold", loc="left", color=INK, pad=8)
    axes.set_xlabel(x_label, fontsize=LABEL_SIZE, color=INK)
    axes.set_ylabel(y_label, fontsize=LABEL_SIZE, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(AXIS)
    axes.tick_params(labelsize=TICK_SIZE, labelcolor=INK, color=AXIS, length=3)
    if grid:
        axes.grid(axis=grid, color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)


def add_legend(axes: Axes, **placement: Any) -> None:
    """Add a legend without a frame to a panel."""
    axes.legend(frameon=False, fontsize=NOTE_SIZE, labelcolor=INK, handlelength=1.6, **placement)


def percent(share: float, digits: int = 1) -> str:
    """Return a share from 0 to 1 as a percentage.

    Example:
        >>> percent(0.9012)
        '90.1%'
    """
    return f"{share:.{digits}%}"


def interval(low: float, high: float) -> str:
    """Return a 95% confidence interval of a share.

    Example:
        >>> interval(0.84331, 0.948)
        '95% CI: 84.33%–94.80%'
    """
    return f"95% CI: {percent(low, 2)}–{percent(high, 2)}"


def as_percent(axis: Any) -> None:
    """Format the ticks of an axis of shares as percentages, with no more digits than necessary."""
    axis.set_major_formatter(lambda share, _: f"{100 * share:.4g}%")

"""How the pictures of an evaluation look: colours that all eyes tell apart, a light grid.

Figures are made without pyplot, so that no window, global state or display is involved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The palette of Okabe and Ito (2008): told apart with any of the common colour blindnesses, and
# in grey. Negative is orange and positive blue, as in the pictures of the data.
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
    """Return an empty white figure, `width` by `height` inches, that lays itself out."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def dress(
    axes: Axes,
    title: str,
    x_label: str,
    y_label: str,
    grid: Literal["both", "x", "y"] | None = "both",
) -> None:
    """Give a panel its title and labels, take the upper and right frame away and draw the grid."""
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
    """Name the lines of a panel, without a box around the names."""
    axes.legend(frameon=False, fontsize=NOTE_SIZE, labelcolor=INK, handlelength=1.6, **placement)


def percent(share: float, digits: int = 1) -> str:
    """Return a share as a percentage.

    Example:
        >>> percent(0.9012)
        '90.1 %'
    """
    return f"{100 * share:,.{digits}f} %"


def as_percent(axis: Any) -> None:
    """Write the ticks of an axis of shares as percentages, with no more digits than they need."""
    axis.set_major_formatter(lambda share, _: f"{100 * share:.4g} %")

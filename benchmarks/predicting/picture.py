"""The figure: a dot plot of latency and throughput on logarithmic axes, grouped by kind of model.

A bar on a logarithmic axis has no meaningful length, so values are dots (Cleveland & McGill, 1984).
Both panels share their rows; a row that one section did not measure is marked in that panel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from cinesent.evaluation import style

Row = dict[str, Any]

#: Inches. At 800 pixels across, as a README is shown, text of 9 points is about 12 pixels high.
WIDTH, ROW_HEIGHT, MARGIN = 8.2, 0.235, 1.42
GUIDE = "#D0D0D0"

#: Heading, colour and marker of each group of rows, in the order they are drawn.
GROUPS = (
    ("", style.POSITIVE, "o"),
    ("Same weights in Keras", style.NEGATIVE, "s"),
    ("Other models", style.MUTED, "D"),
)


@dataclass(frozen=True)
class Line:
    """A line of the shared row labels: a group's heading, or a model and its measurements.

    Attributes:
        group: index into `GROUPS`.
        text: the heading, or the model's title.
        latency: its row in that section of the results; None if it was not measured.
        throughput: likewise.
        heading: whether the line only names its group.
    """

    group: int
    text: str
    latency: Row | None = None
    throughput: Row | None = None
    heading: bool = False


def draw(results: Row, path: Path) -> None:
    """Write the figure of `plot`; write nothing if there is none."""
    figure = plot(results)
    if figure is not None:
        figure.savefig(path, dpi=200)


def plot(results: Row) -> Any:
    """Plot the latency and throughput that were measured, side by side.

    Args:
        results: what `python -m benchmarks.predicting --out` writes.

    Returns:
        A matplotlib figure, or None if neither was measured.
    """
    sections = results["sections"]
    panels = [name for name in ("latency", "throughput") if sections.get(name)]
    if not panels:
        return None
    latency = _longest_or_230(sections.get("latency", []))
    lines = _lines(latency, sections.get("throughput", []))
    figure: Any = style.new_figure(WIDTH, ROW_HEIGHT * len(lines) + MARGIN)
    figure.get_layout_engine().set(wspace=0.03, w_pad=0.08, h_pad=0.08)
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, name in zip(grid, panels, strict=True):
        {"latency": _draw_latency, "throughput": _draw_throughput}[name](axes, lines)
    _label_rows(grid[0], lines)
    _add_note(figure, results, lines)
    return figure


def _longest_or_230(rows: Sequence[Row]) -> list[Row]:
    """Return the rows for reviews of 230 tokens, or else of the largest number of tokens."""
    lengths = {row["tokens"] for row in rows}
    tokens = 230 if 230 in lengths else max(lengths, default=0)
    return [row for row in rows if row["tokens"] == tokens]


def _lines(latency: Sequence[Row], throughput: Sequence[Row]) -> list[Line]:
    """Return the lines from top to bottom: by group, the fastest first in each."""
    one = {row["title"]: row for row in latency}
    many = {row["title"]: row for row in throughput}
    rows = sorted((one | many).values(), key=_group)
    lines = []
    for group, members in groupby(rows, key=_group):
        if heading := GROUPS[group][0]:
            lines.append(Line(group, heading, heading=True))
        titles = [row["title"] for row in members]
        found = [Line(group, title, one.get(title), many.get(title)) for title in titles]
        lines += sorted(found, key=_time)
    return lines


def _group(row: Row) -> int:
    if row["contestant"] == "cinesent":
        return 0
    return 1 if row["same_weights"] else 2


def _time(line: Line) -> float:
    """Return milliseconds per review, of one review or else of many."""
    if line.latency:
        return float(line.latency["p50_ms"])
    return 1e3 / line.throughput["reviews_per_s"] if line.throughput else 0.0


def _label_rows(axes: Any, lines: Sequence[Line]) -> None:
    """Name the rows at the left of the first panel, each heading in the colour of its dots."""
    axes.set_yticks(range(len(lines)), [_row_label(line) for line in lines])
    axes.set_ylim(len(lines) - 0.4, -0.6)
    for line, label in zip(lines, axes.get_yticklabels(), strict=True):
        if line.heading or line.group == 0:
            label.set(fontweight="bold", color=GROUPS[line.group][1])


def _row_label(line: Line) -> str:
    # Below its heading a row need not say "Keras" again.
    return line.text.removeprefix("Keras ").removeprefix("in ") if line.group == 1 else line.text


def _draw_latency(axes: Any, lines: Sequence[Line]) -> None:
    rows = {place: line.latency for place, line in enumerate(lines) if line.latency}
    _draw_dots(axes, lines, {place: row["p50_ms"] for place, row in rows.items()})
    for place, row in rows.items():
        line = lines[place]
        span = [row["p50_ms"], row["p99_ms"]]
        axes.plot(span, [place, place], color=GROUPS[line.group][1], linewidth=1.4, zorder=3)
        _write_value(axes, place, row["p99_ms"], f"{_number(row['p50_ms'])} ms", line)
    tokens = next(iter(rows.values()))["tokens"]
    _dress(axes, f"Latency, {tokens:,}-token review", "ms, log scale (\u2190 faster)")


def _draw_throughput(axes: Any, lines: Sequence[Line]) -> None:
    rows = {place: line.throughput for place, line in enumerate(lines) if line.throughput}
    _draw_dots(axes, lines, {place: row["reviews_per_s"] for place, row in rows.items()})
    for place, row in rows.items():
        rate = row["reviews_per_s"]
        _write_value(axes, place, rate, _number(rate), lines[place])
    _write_accuracies(axes, rows)
    _dress(axes, "Throughput, all cores", "reviews/s, log scale (faster \u2192)")


def _dress(axes: Any, title: str, label: str) -> None:
    style.dress(axes, title, label, "", None)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _draw_dots(axes: Any, lines: Sequence[Line], values: dict[int, float]) -> None:
    """Draw a dot for each value, a guide to it from its label, and a line through our own."""
    _scale(axes, list(values.values()))
    left = axes.get_xlim()[0]
    for place, value in values.items():
        _, colour, marker = GROUPS[lines[place].group]
        size = 8 if lines[place].group == 0 else 6
        axes.plot([left, value], [place, place], color=GUIDE, linewidth=0.8, zorder=1)
        axes.plot([value], [place], marker, color=colour, markersize=size, zorder=4)
        if lines[place].group == 0:
            axes.axvline(value, color=colour, linewidth=0.9, linestyle=(0, (4, 3)), zorder=2)
    for place, line in enumerate(lines):
        if not line.heading and place not in values:
            _write(axes, (0.0, place), "not measured", axes.get_yaxis_transform(), style.MUTED)


def _scale(axes: Any, values: Sequence[float]) -> None:
    """Make the axis logarithmic, with room for text on the right and a tick per power of ten."""
    first, last = (math.floor(math.log10(value)) for value in (min(values), max(values)))
    axes.set_xscale("log")
    axes.set_xticks([10.0**power for power in range(first, max(last, first + 1) + 1)])
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(lambda value, _: _number(value))
    axes.set_xlim(min(values) / 2.5, max(values) * 14)


def _write_value(axes: Any, place: int, end: float, text: str, line: Line) -> None:
    """Write a value to the right of its dot, on white, so that no line runs through it."""
    colour = style.POSITIVE if line.group == 0 else style.INK
    weight = "bold" if line.group == 0 else "normal"
    _write(axes, (end, place), text, "data", colour, fontweight=weight)


def _write_accuracies(axes: Any, rows: dict[int, Row]) -> None:
    """Write a column of accuracies beside the panel, unless the model has seen the reviews."""
    if all(row["accuracy"] is None for row in rows.values()):
        return
    where = axes.get_yaxis_transform()
    for place, row in rows.items():
        weight = "bold" if row["contestant"] == "cinesent" else "normal"
        text = _accuracy(row, rows.values())
        _write(axes, (1.0, place), text, where, style.INK, fontweight=weight)
    axes.annotate(
        "Accuracy",
        (1.0, 1.0),
        xycoords="axes fraction",
        xytext=(7, 8),  # on the line of the panels' titles, above the column
        textcoords="offset points",
        fontsize=style.TITLE_SIZE,
        fontweight="bold",
        color=style.INK,
    )


def _accuracy(row: Row, rows: Iterable[Row]) -> str:
    """Return an accuracy, with a star if it was measured on fewer reviews than others were."""
    if row["accuracy"] is None:
        return "\u2013"
    star = "*" if row["reviews"] < max(other["reviews"] for other in rows) else ""
    return f"{100 * row['accuracy']:.1f}%{star}"


def _write(
    axes: Any, at: tuple[float, float], text: str, where: Any, colour: str, **font: Any
) -> None:
    axes.annotate(
        text,
        at,
        xycoords=where,
        xytext=(7, 0),
        textcoords="offset points",
        va="center_baseline",
        fontsize=style.NOTE_SIZE,
        color=colour,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        zorder=3,
        annotation_clip=False,
        **font,
    )


def _number(value: float) -> str:
    """Return a number with two or three significant digits or in full, without an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 1 else f"{value:.3g}"


def _add_note(figure: Any, results: Row, lines: Sequence[Line]) -> None:
    """Write below the panels what the marks mean, and where and when they were measured."""
    machine, total = results["machine"], results["data"]["reviews"]
    parts = []
    if any(line.latency for line in lines):
        parts.append("Latency: median, with a line to the 99th percentile.")
    many = [line.throughput for line in lines if line.throughput]
    if any(row["reviews"] < total and row["accuracy"] is not None for row in many):
        parts.append(f"*On a sample of the {total:,} reviews.")
    if results["quick"]:
        parts.append("A quick run: too short to compare.")
    parts.append(f"{machine['cpu']}, {machine['cores']} cores, {results['date']}.")
    note = " ".join(parts)
    figure.supxlabel(note, fontsize=style.NOTE_SIZE - 1, color=style.MUTED, x=0.01, ha="left")

"""The picture: how long one review takes, and how many a second, on logarithmic scales."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cinesent.evaluation import style

Row = dict[str, Any]

_KINDS = (
    ("cinesent", style.POSITIVE),
    ("the same weights in Keras", style.TRAINING),
    ("other models", style.AXIS),
)


def draw(results: Row, path: Path) -> None:
    """Draw what of latency and throughput was measured; nothing if neither was."""
    sections = results["sections"]
    panels = [name for name in ("latency", "throughput") if sections.get(name)]
    if not panels:
        return
    rows = {name: _choose(name, sections[name]) for name in panels}
    heights = [len(rows[name]) + 2.2 for name in panels]
    figure: Any = style.new_figure(9.0, 0.34 * sum(heights) + 0.9)
    figure.get_layout_engine().set(hspace=0.06)
    grid = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, name in zip(grid, panels, strict=True):
        {"latency": _draw_latency, "throughput": _draw_throughput}[name](axes, rows[name])
    _add_legend(figure, [row for found in rows.values() for row in found])
    machine = results["machine"]
    quick = " A quick run: too little is measured to compare." if results["quick"] else ""
    figure.supxlabel(
        f"{machine['cpu']}, {machine['cores']} cores, {results['date']}.{quick}",
        fontsize=style.NOTE_SIZE,
        color=style.MUTED,
        x=0.01,
        ha="left",
    )
    figure.savefig(path, dpi=160)


def _choose(section: str, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of a panel, the best last, where matplotlib puts the top."""
    if section == "throughput":
        return sorted(rows, key=lambda row: row["reviews_per_s"])
    lengths = {row["tokens"] for row in rows}
    tokens = 230 if 230 in lengths else max(lengths)
    chosen = [row for row in rows if row["tokens"] == tokens]
    return sorted(chosen, key=lambda row: -row["p50_ms"])


def _kind(row: Row) -> int:
    if row["contestant"] == "cinesent":
        return 0
    return 1 if row["same_weights"] else 2


def _bars(axes: Any, rows: Sequence[Row], values: Sequence[float]) -> None:
    axes.barh(range(len(rows)), values, height=0.62, color=[_KINDS[_kind(row)][1] for row in rows])
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 3, max(values) * 20)
    axes.set_yticks(range(len(rows)), [row["title"] for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.xaxis.set_major_formatter(lambda value, _: _number(value))
    for place, row in enumerate(rows):
        if _kind(row) == 0:
            axes.get_yticklabels()[place].set_fontweight("bold")


def _number(value: float) -> str:
    """Return a number of two or three digits that matter, without an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 1 else f"{value:.3g}"


def _label(axes: Any, place: int, end: float, text: str) -> None:
    axes.annotate(
        text,
        (end, place),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.NOTE_SIZE,
        color=style.INK,
    )


def _draw_latency(axes: Any, rows: Sequence[Row]) -> None:
    medians = [row["p50_ms"] for row in rows]
    _bars(axes, rows, medians)
    for place, row in enumerate(rows):
        axes.plot([row["p50_ms"], row["p99_ms"]], [place, place], color=style.INK, linewidth=1)
        _label(axes, place, row["p99_ms"], f"{_number(row['p50_ms'])} ms")
    title = f"One review of {rows[0]['tokens']} tokens, from text to answer: shorter is better"
    style.dress(axes, title, "milliseconds: the median, and a line to the 99th percentile", "", "x")
    axes.tick_params(axis="y", length=0)


def _draw_throughput(axes: Any, rows: Sequence[Row]) -> None:
    rates = [row["reviews_per_s"] for row in rows]
    _bars(axes, rows, rates)
    for place, row in enumerate(rows):
        accuracy = "" if row["accuracy"] is None else f"  ({100 * row['accuracy']:.0f} % correct)"
        rate = row["reviews_per_s"]
        _label(axes, place, rate, _number(rate) + accuracy)
    title = "Many reviews, from text to labels, on all cores: longer is better"
    style.dress(axes, title, "reviews a second", "", "x")
    axes.tick_params(axis="y", length=0)


def _add_legend(figure: Any, rows: Sequence[Row]) -> None:
    from matplotlib.patches import Patch

    present = sorted({_kind(row) for row in rows})
    figure.legend(
        handles=[Patch(color=_KINDS[kind][1], label=_KINDS[kind][0]) for kind in present],
        loc="outside upper left",
        ncols=len(present),
        frameon=False,
        fontsize=style.NOTE_SIZE,
        labelcolor=style.INK,
        handlelength=1.2,
    )

"""Tables in Markdown, and which targets were met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Row = dict[str, Any]

#: What the numbers are held against: seconds, shares and ratios.
COLD_START_S = 0.5
COLD_START_SHARE = 0.1
LATENCY_MS = 4.0
LATENCY_RATIO = 30.0
THROUGHPUT_RATIO = 2.0
LIMIT_SHARE = 0.5


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, first column to the left, the others to the right."""
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join(
        "-" * (width + 1) + ("-" if i == 0 else ":") for i, width in enumerate(widths)
    )
    return "\n".join([line(head), rule + "|", *map(line, rows)])


def describe(results: Row) -> str:
    """Return everything that was measured, as Markdown."""
    machine, sample = results["machine"], results["data"]
    parts = [
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, "
        f"Python {machine['python']}; {results['date']}; seed {results['seed']}; "
        f"model {results['model']['name']} ({results['model']['units']} units); "
        f"{sample['reviews']:,} reviews of {sample['name']}"
    ]
    if results["quick"]:
        parts.append("A quick run, to see that it works: too little is measured to compare.")
    writers: dict[str, tuple[str, Callable[[Any], str]]] = {
        "cold_start": ("Cold start", _cold_start),
        "latency": ("One review, text to answer", _latency),
        "throughput": ("Many reviews, text to labels", _throughput),
        "limit": ("What the machine allows", _limit),
        "memory": ("Peak memory of the process", _memory),
    }
    for key, (title, write) in writers.items():
        if key in results["sections"]:
            parts += [f"## {title}", write(results["sections"][key])]
    if results["absent"]:
        absent = [[name, why] for name, why in results["absent"].items()]
        parts += ["## Not measured", table(["contestant", "why"], absent)]
    wanted = [[t["what"], t["wanted"], t["found"], t["met"]] for t in results["targets"]]
    if wanted:
        parts += ["## Targets", table(["what", "wanted", "found", "met"], wanted)]
    return "\n\n".join(parts)


def _cold_start(rows: Sequence[Row]) -> str:
    head = ["command", "median, s", "fastest", "slowest", "runs"]
    cells = [
        [
            row["title"],
            *(f"{row[key]:.3f}" for key in ("median_s", "min_s", "max_s")),
            str(row["runs"]),
        ]
        for row in rows
    ]
    return table(head, cells)


def _latency(rows: Sequence[Row]) -> str:
    lengths = sorted({row["tokens"] for row in rows})
    head = ["ms: median (99th percentile)", *(f"{length:,} tokens" for length in lengths)]
    titles = list(dict.fromkeys(row["title"] for row in rows))
    cells = []
    for title in titles:
        own = {row["tokens"]: row for row in rows if row["title"] == title}
        times = [
            f"{_ms(own[n]['p50_ms'])} ({_ms(own[n]['p99_ms'])})" if n in own else "-"
            for n in lengths
        ]
        first = next(iter(own.values()))
        calls = "/".join(str(own[n]["calls"]) for n in lengths if n in own)
        cells.append([title, *times, calls, f"up to {first['threads']}"])
    return table([*head, "calls", "threads"], cells) + _notes(rows)


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _throughput(rows: Sequence[Row]) -> str:
    head = ["", "reviews/s", "measured", "accuracy", "difference", "threads"]
    cells = [
        [
            row["title"],
            f"{row['reviews_per_s']:,.{0 if row['reviews_per_s'] >= 100 else 1}f}",
            f"{row['reviews']:,}",
            "-" if row["accuracy"] is None else f"{100 * row['accuracy']:.1f} %",
            "-" if row["difference"] is None else f"{row['difference']:.0e}",
            row["threads"],
        ]
        for row in rows
    ]
    return table(head, cells) + _notes(rows)


def _notes(rows: Sequence[Row]) -> str:
    """Return what a reader must know of some rows, a line each."""
    notes = {row["title"]: row["note"] for row in rows if row["note"]}
    return "".join(f"\n\n{title}: {note}." for title, note in notes.items())


def _limit(row: Row) -> str:
    lines = [
        ["operations a token", f"{row['operations_per_token']:,}"],
        ["tokens", f"{row['tokens']:,}"],
        ["operations", f"{row['operations'] / 1e12:.3f} x 10^12"],
    ]
    for shape, rates in row["rates_gflops"].items():
        found = ", ".join(f"{rate:.0f} on {threads}" for threads, rate in rates.items())
        lines.append([f"GFLOP/s, {shape} matrices (threads)", found])
    lines += [
        ["seconds that large matrices would take", f"{row['limit_large_s']:.2f}"],
        ["seconds that the LSTM's own shapes would take", f"{row['limit_own_shapes_s']:.2f}"],
        ["seconds that cinesent takes, text work included", f"{row['seconds']:.2f}"],
        ["share of the large matrices' rate", f"{100 * row['share_of_large']:.0f} %"],
        ["share of the own shapes' rate", f"{100 * row['share_of_own_shapes']:.0f} %"],
        ["... of the network alone", f"{100 * row['network_share_of_own_shapes']:.0f} %"],
        ["text work's share of processor time", f"{100 * row['text_share_of_cpu']:.0f} %"],
        *(
            [f"... {name}, processor seconds", f"{seconds:.2f}"]
            for name, seconds in row["text_parts_s"].items()
        ),
    ]
    return table(["", row["formula"]], lines)


def _memory(rows: Sequence[Row]) -> str:
    return table(["", "MB"], [[row["title"], f"{row['peak_mb']:,.0f}"] for row in rows])


def find_targets(sections: Row) -> list[Row]:
    """Hold what was measured against the targets; what was not measured has no line."""
    return [
        *_cold_targets(sections.get("cold_start", [])),
        *_latency_targets(sections.get("latency", [])),
        *_throughput_targets(sections.get("throughput", [])),
        *_limit_targets(sections.get("limit")),
    ]


def _target(what: str, wanted: str, found: str, met: bool) -> Row:
    return {"what": what, "wanted": wanted, "found": found, "met": "yes" if met else "no"}


def _cold_targets(rows: Sequence[Row]) -> list[Row]:
    if not rows:
        return []
    own, keras = rows[0]["median_s"], rows[1]["median_s"]
    share = own / keras
    return [
        _target("cold start", f"<= {COLD_START_S} s", f"{own:.2f} s", own <= COLD_START_S),
        _target(
            "cold start, of importing Keras",
            f"<= {100 * COLD_START_SHARE:.0f} %",
            f"{100 * share:.1f} %",
            share <= COLD_START_SHARE,
        ),
    ]


def _latency_targets(rows: Sequence[Row]) -> list[Row]:
    times = {row["title"]: row["p50_ms"] for row in rows if row["tokens"] == 230}
    own = times.get("cinesent")
    if own is None:
        return []
    found = [
        _target("230 tokens", f"<= {LATENCY_MS:g} ms", f"{own:.2f} ms", own <= LATENCY_MS),
    ]
    for backend in ("TensorFlow", "JAX"):
        keras = times.get(f"Keras predict, {backend}")
        if keras:
            ratio = keras / own
            what = f"230 tokens, beside Keras predict on {backend}"
            wanted = f">= {LATENCY_RATIO:g} times"
            found.append(_target(what, wanted, f"{ratio:.1f} times", ratio >= LATENCY_RATIO))
    return found


def _throughput_targets(rows: Sequence[Row]) -> list[Row]:
    own = next((row["reviews_per_s"] for row in rows if row["contestant"] == "cinesent"), None)
    if own is None:
        return []
    found = []
    for row in rows:
        if row["same_weights"] and row["contestant"] != "cinesent":
            ratio = own / row["reviews_per_s"]
            found.append(
                _target(
                    f"many reviews, beside {row['title']}",
                    f">= {THROUGHPUT_RATIO:g} times",
                    f"{ratio:.2f} times",
                    ratio >= THROUGHPUT_RATIO,
                )
            )
    return found


def _limit_targets(row: Row | None) -> list[Row]:
    if not row:
        return []
    wanted = f">= {100 * LIMIT_SHARE:.0f} %"
    return [
        _target(what, wanted, f"{100 * row[key]:.0f} %", row[key] >= LIMIT_SHARE)
        for what, key in (
            ("of the rate of large matrix products", "share_of_large"),
            ("of the rate of the LSTM's own products", "share_of_own_shapes"),
        )
    ]

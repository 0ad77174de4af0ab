"""The command: measure, print the tables, write JSON and the picture."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.predicting.contest import Contest, open_contest
from benchmarks.predicting.contestants import Settings, fasttext_line
from benchmarks.predicting.field import FIELD
from benchmarks.predicting.limit import limit
from benchmarks.predicting.machine import describe_machine
from benchmarks.predicting.picture import draw
from benchmarks.predicting.report import describe, find_targets
from benchmarks.predicting.samples import Sample, load_sample
from benchmarks.predicting.sections import (
    FULL,
    QUICK,
    Effort,
    cold_start,
    latency,
    memory,
    throughput,
)
from benchmarks.predicting.worker import WorkerError
from cinesent.bundle import load_bundle
from cinesent.errors import CinesentError

SECTIONS = ("cold-start", "memory", "latency", "throughput", "limit")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.predicting", description="How fast and how small prediction is."
    )
    parser.add_argument("--model", type=Path, help="the folder that `cinesent train` wrote")
    parser.add_argument("--data", default="imdb", help="what is predicted (default: imdb)")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this section")
    parser.add_argument(
        "--contestants",
        nargs="+",
        choices=[spec.name for spec in FIELD],
        default=[spec.name for spec in FIELD],
        help="who takes part; cinesent always does",
    )
    parser.add_argument("--quick", action="store_true", help="a small run, to see that it works")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="write the results as JSON")
    parser.add_argument("--plot", type=Path, help="write the picture as PNG or SVG")
    parser.add_argument("--load", type=Path, help="measure nothing: take the results of --out")
    found = parser.parse_args(arguments)
    if (found.model is None) == (found.load is None):
        parser.error("name either --model or --load")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parse(arguments)
    try:
        if options.load:
            results = json.loads(options.load.read_text(encoding="utf-8"))
        else:
            results = measure(options)
    except (CinesentError, WorkerError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(describe(results))
    if options.out:
        options.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if options.plot:
        draw(results, options.plot)
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the sections that are asked for.

    Raises:
        CinesentError: the model or the data cannot be read.
        WorkerError: our own classifier failed.
    """
    started = time.monotonic()

    def say(message: str) -> None:
        print(f"[{time.monotonic() - started:5.0f} s] {message}", file=sys.stderr, flush=True)

    effort = QUICK if options.quick else FULL
    bundle = load_bundle(options.model)
    say(f"reading {options.data}")
    sample = load_sample(options.data, effort.reviews, effort.characters, options.seed)
    sections: dict[str, Any] = {}
    wanted = options.only or SECTIONS
    if "cold-start" in wanted:
        sections["cold_start"] = cold_start(str(bundle.path), effort, say)
    absent: dict[str, str] = {}
    if set(wanted) - {"cold-start"}:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            train = folder / "train.txt"
            write_fasttext(sample, train)
            settings = Settings(str(bundle.path), str(train), options.seed)
            names = {"cinesent", *options.contestants}
            contest = open_contest(names, settings, sample.measured.texts, folder, say)
            try:
                sections |= ask_contest(contest, wanted, sample, settings.model, effort, say)
            finally:
                contest.close()
            absent = contest.absent
    say("done")
    return {
        "command": shlex.join(["python", "-m", "benchmarks.predicting", *sys.argv[1:]]),
        "date": datetime.now(UTC).date().isoformat(),
        "seed": options.seed,
        "quick": options.quick,
        "seconds": round(time.monotonic() - started),
        "machine": describe_machine(),
        "versions": versions(),
        "model": {
            "name": bundle.name,
            "units": bundle.config.units,
            "embedding_dim": bundle.config.embedding_dim,
            "directions": len(bundle.config.directions),
            "sha256": bundle.manifest["files"]["model.onnx"]["sha256"],
        },
        "data": {
            "name": sample.measured.name,
            "reviews": len(sample.measured),
            "unseen": sample.unseen,
        },
        "sections": sections,
        "absent": absent,
        "targets": find_targets(sections),
    }


def ask_contest(
    contest: Contest, wanted: Sequence[str], sample: Sample, model: str, effort: Effort, say: Any
) -> dict[str, Any]:
    """Measure the sections for which contestants are open; memory first, while it is small."""
    texts = sample.measured.texts
    sections: dict[str, Any] = {}
    if "memory" in wanted:
        sections["memory"] = memory(contest, effort, say)
    if "latency" in wanted:
        cores = int(describe_machine()["cores"])
        sections["latency"] = latency(contest, texts, effort, say, cores)
    if "throughput" in wanted:
        labels = sample.measured.labels.tolist() if sample.unseen else None
        sections["throughput"] = throughput(contest, labels, len(texts), effort, say)
    if "limit" in wanted:
        rows = sections.get("throughput", [])
        sections["limit"] = limit(contest, model, texts, rows, effort, say)
    return sections


def write_fasttext(sample: Sample, path: Path) -> None:
    """Write the training reviews as fastText reads them."""
    with path.open("w", encoding="utf-8") as file:
        for text, label in zip(sample.train.texts, sample.train.labels, strict=True):
            file.write(f"__label__{label} {fasttext_line(text)}\n")


def versions() -> dict[str, str]:
    """Return the versions of everything that took part, Python's included."""
    found = {"python": platform.python_version()}
    for name in ("numpy", "onnxruntime"):
        found[name] = importlib.metadata.version(name)
    for spec in FIELD:
        if not spec.missing():
            found |= spec.versions()
    return found


if __name__ == "__main__":
    sys.exit(main())

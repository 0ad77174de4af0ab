"""What is measured: one function a section, each returning rows that JSON can hold."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.predicting.contest import Contest, Row, Say
from benchmarks.predicting.field import Spec
from benchmarks.predicting.samples import texts_of_length


@dataclass(frozen=True)
class Effort:
    """How long a run takes.

    Attributes:
        reviews: that are labelled; None: all of the test split.
        characters: of the longest of them; None: any number.
        parts: the reviews are split into, so that contestants take turns.
        cold_rounds: starts of each process.
        rounds: of latency.
        seconds: of each contestant in a round of latency.
        lengths: tokens of a single review.
        memory_reviews: that are labelled before memory is read.
        blas_seconds: for each matrix shape.
        sample_share: of the samples of slow contestants.
    """

    reviews: int | None = None
    characters: int | None = None
    parts: int = 5
    cold_rounds: int = 10
    rounds: int = 5
    seconds: float = 0.8
    lengths: tuple[int, ...] = (20, 230, 2000)
    memory_reviews: int = 256
    blas_seconds: float = 1.0
    sample_share: float = 1.0


FULL = Effort()
QUICK = Effort(
    reviews=80,
    characters=1200,
    parts=2,
    cold_rounds=1,
    rounds=2,
    seconds=0.1,
    lengths=(20, 230),
    memory_reviews=32,
    blas_seconds=0.1,
    sample_share=0.02,
)


def cold_start(model: str, effort: Effort, say: Say) -> list[Row]:
    """Time whole processes in turn, from nothing to their end."""
    script = shutil.which("cinesent", path=str(Path(sys.executable).parent))
    cinesent = [script] if script else [sys.executable, "-m", "cinesent"]
    commands = {
        "cinesent predict": [*cinesent, "predict", "--model", model, "A quiet triumph."],
        "python -c 'import keras' (TensorFlow)": [sys.executable, "-c", "import keras"],
        "python -c 'pass'": [sys.executable, "-c", "pass"],
    }
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    seconds: dict[str, list[float]] = {title: [] for title in commands}
    for round_ in range(effort.cold_rounds + 1):
        say(f"cold start, round {round_} of {effort.cold_rounds}")
        for title, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, env=environment, check=True, capture_output=True)
            if round_:  # the first one warms the disk's cache
                seconds[title].append(time.perf_counter() - started)
    return [
        {
            "title": title,
            "median_s": statistics.median(found),
            "min_s": min(found),
            "max_s": max(found),
            "runs": len(found),
        }
        for title, found in seconds.items()
    ]


def memory(contest: Contest, effort: Effort, say: Say) -> list[Row]:
    """Read what each process has held at most, after its first batch of reviews."""
    rows = []
    for name, worker in list(contest.workers.items()):
        say(f"memory: {name}")
        way = next(iter(worker.spec.many))
        found = contest.ask(name, "memory", way=way, start=0, stop=effort.memory_reviews)
        if found is not None:
            rows.append({"title": worker.spec.title, "contestant": name, "peak_mb": found})
    return rows


def latency(
    contest: Contest, texts: Sequence[str], effort: Effort, say: Say, cores: int
) -> list[Row]:
    """Time single reviews of a given number of tokens, from text to answer, in turn."""
    rows = []
    for tokens in effort.lengths:
        some = texts_of_length(texts, tokens, 8)
        for spec, way, title in contest.entries("one"):
            say(f"latency, {tokens} tokens: warming up {title}")
            for _ in range(2):
                contest.ask(spec.name, "one", texts=some, way=way, seconds=0.0)
        found: dict[tuple[str, str], list[float]] = {}
        for round_ in range(effort.rounds):
            say(f"latency, {tokens} tokens: round {round_ + 1} of {effort.rounds}")
            for spec, way, _ in contest.entries("one"):
                seconds = contest.ask(spec.name, "one", texts=some, way=way, seconds=effort.seconds)
                found.setdefault((spec.name, way), []).extend(seconds or [])
        rows += [
            _latency_row(spec, title, tokens, found[spec.name, way], spec.one_threads or cores)
            for spec, way, title in contest.entries("one")
        ]
    return rows


def _latency_row(
    spec: Spec, title: str, tokens: int, seconds: Sequence[float], threads: int
) -> Row:
    return {
        "title": title,
        "contestant": spec.name,
        "same_weights": spec.same_weights,
        "tokens": tokens,
        "p50_ms": 1e3 * float(np.percentile(seconds, 50)),
        "p99_ms": 1e3 * float(np.percentile(seconds, 99)),
        "calls": len(seconds),
        "threads": threads,
        "note": spec.note,
    }


def _parts(total: int, count: int) -> list[tuple[int, int]]:
    edges = np.linspace(0, total, count + 1).astype(int).tolist()
    return list(zip(edges, edges[1:], strict=False))


def throughput(
    contest: Contest, labels: Sequence[int] | None, num_reviews: int, effort: Effort, say: Say
) -> list[Row]:
    """Time reviews in bulk, from text to answers, part by part in turn.

    Args:
        contest: who takes part; each has the texts.
        labels: of the reviews; None where an accuracy would mean nothing.
        num_reviews: how many there are.
        effort: parts, and the share of the samples of slow contestants.
        say: told how far it is.
    """
    for spec, way, _ in contest.entries("many"):
        say(f"throughput: warming up {spec.name} {way}")
        contest.ask(spec.name, "warm", way=way, start=0, stop=num_reviews)
    parts = _parts(num_reviews, effort.parts)
    found: dict[tuple[str, str], list[Row]] = {}
    for number, (start, end) in enumerate(parts):
        for spec, way, _ in contest.entries("many"):
            say(f"throughput, part {number + 1} of {len(parts)}: {spec.name} {way}")
            stop = min(end, start + _sample(spec, way, effort, len(parts)))
            answer = contest.ask(spec.name, "many", way=way, start=start, stop=stop)
            if answer:
                found.setdefault((spec.name, way), []).append({"start": start, **answer})
    ours = _answers(found.get(("cinesent", "predict"), []))
    return [
        _throughput_row(spec, way, found[spec.name, way], labels, ours)
        for spec, way, _ in contest.entries("many")
        if (spec.name, way) in found
    ]


def _sample(spec: Spec, way: str, effort: Effort, parts: int) -> int:
    """Return how many reviews of a part are measured at most."""
    sample = spec.sample.get(way)
    return sys.maxsize if sample is None else max(2, round(effort.sample_share * sample / parts))


def _answers(parts: Iterable[Row]) -> dict[int, float]:
    return {
        part["start"] + offset: answer
        for part in parts
        for offset, answer in enumerate(part["answers"])
    }


def _throughput_row(
    spec: Spec,
    way: str,
    parts: Sequence[Row],
    labels: Sequence[int] | None,
    ours: dict[int, float],
) -> Row:
    answers = _answers(parts)
    seconds = sum(part["seconds"] for part in parts)
    accuracy = difference = None
    if labels is not None and spec.accurate:
        accuracy = float(np.mean([(p > 0.5) == bool(labels[i]) for i, p in answers.items()]))
    if spec.same_weights and ours and spec.name != "cinesent":
        difference = max(abs(p - ours[i]) for i, p in answers.items())
    return {
        "title": spec.many[way],
        "contestant": spec.name,
        "same_weights": spec.same_weights,
        "reviews": len(answers),
        "seconds": seconds,
        "cpu_seconds": sum(part["cpu_seconds"] for part in parts),
        "reviews_per_s": len(answers) / seconds,
        "part_rates": [len(part["answers"]) / part["seconds"] for part in parts],
        "threads": spec.many_threads[way],
        "accuracy": accuracy,
        "difference": difference,
        "note": spec.note,
    }

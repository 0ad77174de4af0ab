"""The command: time each way, print the table, write the JSON."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lstm_limits.ways import (
    Floats,
    Prepare,
    Rows,
    lengths_of,
    lstm_operator,
    numpy_pool,
    openvino,
    projected,
    quantized,
    rearrange,
    scan_pool,
)
from cinesent.bundle import Bundle, load_bundle
from cinesent.data import load_dataset
from cinesent.environment import usable_cores
from cinesent.probability import sigmoid
from cinesent.text.batching import length_batches

#: Reviews that are sorted by length together.
CHUNK = 1024


@dataclass(frozen=True)
class Way:
    """A way to run the network: how a chunk is prepared, and how large its batches are."""

    name: str
    prepare: Prepare
    rows: int
    threads: int | None = None  # callers at a time; None: one a core


def all_ways(bundle: Bundle, cores: int) -> Iterator[Way]:
    """Yield every way; one that needs a package which is not installed is left out, with a word."""
    graph = (bundle.path / "model.onnx").read_bytes()
    own = lstm_operator(graph)
    for rows in (1, 8, 16, 32, 64, 128):
        yield Way("ONNX Runtime, LSTM operator", own, rows)
    yield Way(f"ONNX Runtime, LSTM operator on {cores} threads", lstm_operator(graph, cores), 64, 1)
    int8 = quantized(graph)
    for rows in (16, 64):
        yield Way("ONNX Runtime, LSTM in int8", int8, rows)
    weights = bundle.weights()
    directions = [rearrange(bundle.config, weights, name) for name in bundle.config.directions]
    for name, make in (("ONNX Runtime, Scan", scan_pool), ("NumPy", numpy_pool)):
        pools = [(direction, make(direction)) for direction in directions]
        way = projected(bundle.config, weights, pools)
        for rows in (16, 32, 64, 128, 256):
            yield Way(f"{name}, words multiplied once", way, rows)
    if importlib.util.find_spec("openvino") is None:
        print("OpenVINO is not installed: left out", file=sys.stderr)
        return
    network = openvino(graph, 1)
    for rows in (16, 64):
        yield Way("OpenVINO, LSTM operator", network, rows, 1)


def run_all(way: Way, rows: Rows, threads: int) -> Floats:
    """Run the network over all reviews, chunk by chunk, in batches of like length."""
    logits = np.empty(len(rows), np.float32)
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            prepared, run = way.prepare(chunk)
            batches = length_batches(lengths_of(chunk), 2**40, way.rows)
            batches.reverse()
            found = pool.map(run, [[prepared[index] for index in batch] for batch in batches])
            for batch, answers in zip(batches, found, strict=True):
                logits[start + batch] = answers
    return logits


def measure(way: Way, rows: Rows, cores: int, rounds: int) -> tuple[dict[str, Any], Floats]:
    """Time a way on one thread and on all cores; the best of some rounds."""
    run_all(way, rows[:64], 1)
    one, every = [], []
    for _ in range(rounds):
        before = time.process_time()
        logits = run_all(way, rows, 1)
        one.append(time.process_time() - before)
        before = time.perf_counter()
        run_all(way, rows, way.threads or cores)
        every.append(time.perf_counter() - before)
    found = {"way": way.name, "rows": way.rows, "callers": way.threads or cores}
    rates = {
        "per_processor_second": len(rows) / min(one),
        "per_second_all_cores": len(rows) / min(every),
    }
    return {**found, **rates}, logits


def read_ids(bundle: Bundle, data: str, count: int, seed: int) -> Rows:
    """Tokenize some reviews of a data set, test reviews where it has them."""
    dataset = load_dataset(data)
    reviews = dataset.test if dataset.test is not None else dataset.train
    chosen = np.random.default_rng(seed).permutation(len(reviews))[:count]
    return [np.array(bundle.tokenizer.encode(reviews.texts[index])) for index in chosen]


def main() -> None:
    """Measure each way, print the table, write the JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lstm_limits",
        description="Ways to run the same LSTM when predicting.",
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", default="imdb")
    parser.add_argument("--reviews", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    bundle = load_bundle(options.model)
    if bundle.config.sequence_length or "last" in bundle.config.poolings:
        parser.error("the model must pool over time and read reviews of any length")
    cores = usable_cores()
    rows = read_ids(bundle, options.data, options.reviews, options.seed)
    results: list[dict[str, Any]] = []
    expected: Floats | None = None
    print(f"{'way':46}{'rows':>6}{'/s a core':>11}{'/s, all':>9}{'ratio':>7}{'difference':>12}")
    for way in all_ways(bundle, cores):
        row, logits = measure(way, rows, cores, options.rounds)
        expected = logits if expected is None else expected
        row["difference"] = float(np.max(np.abs(sigmoid(logits) - sigmoid(expected))))
        results.append(row)
        best = max(r["per_processor_second"] for r in results if r["way"] == results[0]["way"])
        rate, every = row["per_processor_second"], row["per_second_all_cores"]
        numbers = f"{rate:11,.0f}{every:9,.0f}{rate / best:7.2f}{row['difference']:12.1e}"
        print(f"{way.name:46}{way.rows:6}{numbers}", flush=True)
    if options.out:
        payload = {
            "command": f"python -m benchmarks.lstm_limits --reviews {options.reviews}",
            "date": datetime.now(UTC).date().isoformat(),
            "cores": cores,
            "reviews": len(rows),
            "tokens": int(lengths_of(rows).sum()),
            "onnxruntime": importlib.metadata.version("onnxruntime"),
            "rows": results,
        }
        options.out.write_text(json.dumps(payload, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

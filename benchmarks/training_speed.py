"""How many real tokens a second the `default` recipe trains, beside the Keras site's example.

    python benchmarks/training_speed.py [--data imdb-train] [--seconds 30] [--rounds 3]

The peer is keras.io's "Bidirectional LSTM on IMDB" built to the size of `default` (one
bidirectional layer, same vocabulary, vectors and units): Embedding, Bidirectional(LSTM), Dense,
Adam, `pad_sequences` to one length, `model.fit` with batches of 32. Both read the same reviews cut
to the same length, on the same backend, in turn, in processes of their own; padding is not counted.
The medians over the rounds and their ratio are printed and written as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

BACKENDS = ("tensorflow", "jax")


def prepare_rows(data: str, max_length: int) -> tuple[list[list[int]], np.ndarray[Any, Any], int]:
    """Encode 8,000 reviews, cut as `default` cuts them."""
    from cinesent.data import load_reviews
    from cinesent.text.tokenizer import Tokenizer, tokenize
    from cinesent.training.engine.batches import cut_middle

    reviews = load_reviews(data)
    chosen = np.random.default_rng(0).permutation(len(reviews))[:8000]
    tokens = [tokenize(reviews.texts[i]) for i in chosen]
    tokenizer = Tokenizer.fit_tokens(tokens, 30_000)
    rows = [cut_middle(tokenizer.encode_tokens(row), max_length) for row in tokens]
    return rows, reviews.labels[chosen].astype("float32"), len(tokenizer)


def measure_default(data: str, seconds: float) -> float:
    """Return real tokens a second of the default recipe's own training step."""
    from cinesent.models.lstm import build_model
    from cinesent.recipes import Recipe
    from cinesent.training.engine.batches import Examples, make_batch, plan_batches
    from cinesent.training.engine.review_objective import compile_model

    recipe = Recipe.from_preset("default")
    rows, targets, _ = prepare_rows(data, recipe.training.max_length)
    examples = Examples([np.array(row, dtype=np.int32) for row in rows], targets)
    plan = plan_batches(np.array([len(row) for row in rows]), recipe.training, (0, 0))
    model = build_model(recipe.model)
    compile_model(model, recipe, 10_000)

    def step(index: int) -> int:
        batch = make_batch(examples, *plan[index % len(plan)])
        model.train_on_batch(batch.ids, batch.targets, batch.weights)
        return batch.num_tokens

    return tokens_per_second(step, seconds, warm_up=len(plan))


def measure_peer(data: str, seconds: float, length: int) -> float:
    """Return real tokens a second of the Keras site's example in `fit`, 20 batches at a time."""
    import keras

    from cinesent.recipes import Recipe

    config = Recipe.from_preset("default").model
    rows, targets, _ = prepare_rows(data, length)
    ids = keras.utils.pad_sequences(rows, maxlen=length)
    inputs = keras.Input(shape=(None,), dtype="int32")
    x = keras.layers.Embedding(config.vocabulary_size, config.embedding_dim)(inputs)
    x = keras.layers.Bidirectional(keras.layers.LSTM(config.units))(x)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    chunk = 32 * 20

    def step(index: int) -> int:
        start = index * chunk % (len(ids) - chunk)
        part = slice(start, start + chunk)
        model.fit(ids[part], targets[part], batch_size=32, epochs=1, verbose=0)
        return int(np.count_nonzero(ids[part]))

    return tokens_per_second(step, seconds, warm_up=1)


def tokens_per_second(step: Callable[[int], int], seconds: float, warm_up: int) -> float:
    """Take steps for some seconds, after a warm-up in which graphs are built."""
    for index in range(warm_up):
        step(index)
    started, tokens, index = time.perf_counter(), 0, 0
    while time.perf_counter() - started < seconds:
        tokens += step(index)
        index += 1
    return tokens / (time.perf_counter() - started)


def run_one(backend: str, what: str, arguments: argparse.Namespace) -> float:
    """Measure one of them in a process of its own."""
    command = [sys.executable, __file__, "--one", what, "--data", arguments.data]
    finished = subprocess.run(
        [*command, "--seconds", str(arguments.seconds)],
        env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(finished.stdout.strip().splitlines()[-1])


def main() -> None:
    """Measure in turn, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", default="imdb-train")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/training_speed.json"))
    parser.add_argument("--one", choices=["default", "peer-400", "peer-200"])
    arguments = parser.parse_args()
    if arguments.one == "default":
        print(measure_default(arguments.data, arguments.seconds))
        return
    if arguments.one:
        length = int(arguments.one.rpartition("-")[2])
        print(measure_peer(arguments.data, arguments.seconds, length))
        return

    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(arguments.rounds):
        for backend in BACKENDS:
            for what in ("default", "peer-400", "peer-200"):
                rate = run_one(backend, what, arguments)
                found.setdefault(backend, {}).setdefault(what, []).append(rate)
                print(f"{backend:12} {what:10} {rate:10,.0f} real tokens/s", file=sys.stderr)
    medians = {
        backend: {what: statistics.median(rates) for what, rates in rows.items()}
        for backend, rows in found.items()
    }
    print(
        f"{'backend':12}{'default':>12}{'peer, 400':>12}{'ratio':>8}{'peer, 200':>12}{'ratio':>8}"
    )
    for backend, row in medians.items():
        own, long, short = row["default"], row["peer-400"], row["peer-200"]
        ratios = f"{long:12,.0f}{own / long:8.2f}{short:12,.0f}{own / short:8.2f}"
        print(f"{backend:12}{own:12,.0f}{ratios}")
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    payload = {
        "command": "python benchmarks/training_speed.py",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "tokens_per_second": found,
        "medians": medians,
    }
    arguments.out.write_text(json.dumps(payload, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""How fast each stage of a recipe trains here, beside what arithmetic and memory allow.

    python -m benchmarks.training_limits --preset large --backend jax --mixed-precision

A few steps of each stage, on batches of the recipe's own size: real tokens a second, and two
ceilings that this device sets, measured in the same run:

- arithmetic: the matrix products of a token, over the rate of large matrix products;
- memory: the bytes that a token moves at least, over the rate at which memory is read and written.

And, at the rate measured, how long the whole recipe takes on the official archive. Words are drawn
by chance, which no rate depends on; the lengths are those of real reviews.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.predicting.machine import describe_machine, products_per_token
from cinesent.errors import CinesentError
from cinesent.recipes import Recipe
from cinesent.recipes.recipe import parse_assignments
from cinesent.text.tokenizer import tokenize

if TYPE_CHECKING:
    from cinesent.training.engine.loop import Objective

#: Reviews that a pass reads with a tenth of the labelled ones held out: labelled, unlabelled.
REVIEWS = (22_500, 49_699)

# Of a forward and a backward pass over a token, per unit and direction: the forward pass writes
# four gates, cell and state, the backward pass reads them; it writes the gates' gradients, which
# the products for kernel, recurrent kernel and input read.
_NUMBERS_PER_UNIT = 6 + 6 + 4 * 4
# The recurrent kernel is read at each step, forward once and backward once, for a whole batch.
_KERNEL_READS = 2


@dataclass(frozen=True)
class Stage:
    """A stage of a recipe.

    Attributes:
        name: what it does.
        objective: its steps.
        model: that learns.
        operations: floating-point operations of a real token's matrix products, all passes.
        bytes_moved: bytes that it moves at least.
        tokens: that the whole stage reads on the official archive, all epochs.
    """

    name: str
    objective: Objective
    model: Any
    operations: float
    bytes_moved: float
    tokens: float


@dataclass(frozen=True)
class Measured:
    """What was found of a stage; rates in real tokens a second."""

    stage: str
    cudnn: bool
    rows: int
    width: int
    seconds_a_step: float
    tokens_per_second: float
    arithmetic_limit: float
    memory_limit: float
    hours: float


def review_lengths(count: int) -> NDArray[np.intp]:
    """Return the tokens of real reviews, (count,)."""
    from cinesent.data import load_reviews

    reviews = load_reviews("imdb-train")
    chosen = np.random.default_rng(0).permutation(len(reviews))[:count]
    return np.array([len(tokenize(reviews.texts[index])) for index in chosen])


def stages(recipe: Recipe, lengths: NDArray[np.intp]) -> Iterator[Stage]:
    """Yield the stages of a recipe that take long, ready to take steps."""
    from cinesent.models.language_model import build_language_model
    from cinesent.models.lstm import build_model
    from cinesent.training.engine.batches import Examples, training_row
    from cinesent.training.engine.language_objective import LanguageObjective
    from cinesent.training.engine.review_objective import ReviewObjective
    from cinesent.training.language import text_pieces

    model, training, pretraining = recipe.model, recipe.training, recipe.pretraining
    rng = np.random.default_rng(0)
    texts = [rng.integers(2, model.vocabulary_size, length).astype(np.int32) for length in lengths]
    labelled, unlabelled = REVIEWS
    if pretraining.epochs:
        pieces = text_pieces(texts, pretraining.max_length)
        counts = np.ones(model.vocabulary_size, dtype=np.int64)
        sampled = (
            len(model.directions) * model.embedding_dim * (model.units + pretraining.negatives)
        )
        yield Stage(
            "language model",
            LanguageObjective(pretraining, pieces, pieces[:2]),
            build_language_model(model, pretraining, counts),
            3 * (sum(products_per_token(model).values()) + 2 * sampled),
            _bytes_per_token(recipe, pretraining.batch_tokens, pretraining.max_length),
            float(lengths.mean()) * (labelled + unlabelled) * pretraining.epochs,
        )
    rows = [training_row(text.tolist(), recipe) for text in texts]
    examples = Examples(rows, rng.random(len(rows)).astype(np.float32))
    # An adversary has each batch read twice.
    passes = 2 if training.adversarial else 1
    mean = float(np.mean([len(row) for row in rows]))
    teaching = training.teacher_networks * training.teacher_rounds
    first = labelled * training.teacher_epochs * teaching
    reviews = (labelled + unlabelled) * training.epochs
    yield Stage(
        "training" + (", adversarial" if training.adversarial else ""),
        ReviewObjective(recipe, examples, examples),
        build_model(model),
        passes * 3 * sum(products_per_token(model).values()),
        passes * _bytes_per_token(recipe, training.batch_tokens, training.max_length),
        mean * (reviews + (first if training.teacher == "ngrams+lstm" else 0)),
    )


def _bytes_per_token(recipe: Recipe, batch_tokens: int, width: int) -> float:
    """Return the bytes that one forward and backward pass over a token moves at least, float32."""
    model = recipe.model
    rows = max(1, batch_tokens // max(width, 1))
    states = _NUMBERS_PER_UNIT * model.units
    kernel = _KERNEL_READS * 4 * model.units * model.units / rows
    return 4.0 * len(model.directions) * (states + kernel + 4 * model.embedding_dim)


def device_rates(seconds: float) -> dict[str, float]:
    """Return operations a second of large matrix products and bytes a second of a long addition.

    The product is taken in the type that the policy computes in.
    """
    import keras
    from keras import ops

    dtype = keras.config.dtype_policy().compute_dtype
    size = 2048
    matrix = ops.cast(ops.ones((size, size)) / size, dtype)
    long = ops.ones((32 * 2**20,), dtype="float32")
    return {
        "operations": 2.0 * size**3 * _rate(lambda: ops.matmul(matrix, matrix), seconds),
        "bytes": 8.0 * 32 * 2**20 * _rate(lambda: ops.add(long, 1.0), seconds),
    }


def _rate(call: Callable[[], Any], seconds: float) -> float:
    """Return calls a second, the best of some batches of calls that are waited for."""
    from keras import ops

    best, deadline = 0.0, time.perf_counter() + seconds
    ops.convert_to_numpy(ops.sum(call()))
    while time.perf_counter() < deadline or not best:
        started = time.perf_counter()
        for _ in range(10):
            result = call()
        ops.convert_to_numpy(result[:1])
        best = max(best, 10 / (time.perf_counter() - started))
    return best


def measure(stage: Stage, steps: int, rates: dict[str, float]) -> Measured:
    """Take some steps on the largest batches and hold them against the limits."""
    from cinesent.models.cudnn import uses_cudnn

    stage.objective.compile(stage.model, 0)
    plan = stage.objective.plan(0, 0)
    full = [planned for planned in plan if len(planned[0]) == planned[1]] or list(plan)
    width = max(planned[2] for planned in full)
    batches = [planned for planned in full if planned[2] == width]
    for _ in range(2):  # traced and compiled
        stage.objective.step(stage.model, batches[0])
    started, tokens = time.perf_counter(), 0
    for index in range(steps):
        tokens += stage.objective.step(stage.model, batches[index % len(batches)]).num_tokens
    seconds = time.perf_counter() - started
    return Measured(
        stage=stage.name,
        cudnn=uses_cudnn(stage.model),
        rows=batches[0][1],
        width=width,
        seconds_a_step=seconds / steps,
        tokens_per_second=tokens / seconds,
        arithmetic_limit=rates["operations"] / stage.operations,
        memory_limit=rates["bytes"] / stage.bytes_moved,
        hours=stage.tokens / (tokens / seconds) / 3600,
    )


def describe(rates: dict[str, float], rows: list[Measured]) -> str:
    """Return the findings as a table for people."""
    lines = [
        f"matrix products {rates['operations'] / 1e9:,.0f} GFLOP/s, "
        f"memory {rates['bytes'] / 1e9:,.0f} GB/s",
        f"{'stage':24}{'cuDNN':>7}{'batch':>12}{'s a step':>10}{'tokens/s':>11}"
        f"{'arithmetic':>12}{'memory':>8}{'hours':>8}",
    ]
    for row in rows:
        shares = (
            row.tokens_per_second / row.arithmetic_limit,
            row.tokens_per_second / row.memory_limit,
        )
        lines.append(
            f"{row.stage:24}{'yes' if row.cudnn else 'no':>7}{f'{row.rows} x {row.width}':>12}"
            f"{row.seconds_a_step:10.3f}{row.tokens_per_second:11,.0f}{shares[0]:12.0%}"
            f"{shares[1]:8.0%}{row.hours:8.1f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training_limits", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--preset", default="large")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    parser.add_argument("--backend", default=None)
    parser.add_argument("--mixed-precision", action="store_true")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--reviews", type=int, default=4000, help="whose lengths are taken")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    try:
        overlays = parse_assignments(options.settings)
        recipe = Recipe.from_preset(options.preset).overlay(overlays)
    except CinesentError as error:
        parser.error(str(error))

    from cinesent.models.backend import computes_on_gpu, import_keras, mixed_precision

    backend = import_keras(options.backend).backend.backend()
    lengths = review_lengths(options.reviews)
    with mixed_precision(options.mixed_precision):
        rates = device_rates(2.0)
        rows = []
        for stage in stages(recipe, lengths):
            print(f"{stage.name}: {options.steps} steps", file=sys.stderr)
            rows.append(measure(stage, options.steps, rates))
    print(describe(rates, rows))
    if options.out:
        payload = {
            "command": "python -m benchmarks.training_limits " + " ".join(sys.argv[1:]),
            "date": datetime.now(UTC).date().isoformat(),
            "machine": {**describe_machine(), "gpu": computes_on_gpu()},
            "backend": backend,
            "mixed_precision": options.mixed_precision,
            "rates": rates,
            "stages": [asdict(row) for row in rows],
        }
        options.out.write_text(json.dumps(payload, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""From the best weights to those that are stored, and what their graph is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.models.backend import computes_on_gpu
from cinesent.network.quantization import round_weights
from cinesent.network.reference import GPU_TOLERANCE, TOLERANCE, Check
from cinesent.recipes import Precision, TrainingConfig
from cinesent.text.batching import pad_ids
from cinesent.training.objective import predict_rows

if TYPE_CHECKING:
    from keras import Model

    from cinesent.models.lstm import Weights

# int8 is kept while fewer than one review in so many gets another label by it.
_REVIEWS_A_CHANGE = 1000

# Reviews in each of the batches that graph and model are compared on.
_BATCH_SIZES = (1, 4, 9, 20)


@dataclass(frozen=True)
class Stored:
    """The model as its bundle will hold it.

    Attributes:
        precision: of the word vectors.
        weights: float32, what remains of the trained ones in that precision.
        probabilities: what the network says of the validation reviews with them, float64 (n,).
        comparison: what int8 did to the validation reviews; empty where it was not asked.
    """

    precision: Precision
    weights: Weights
    probabilities: NDArray[np.float64]
    comparison: dict[str, Any]


def choose_precision(
    model: Model,
    rows: Sequence[NDArray[np.int32]],
    settings: TrainingConfig,
    say: Callable[[str], None],
) -> Stored:
    """Decide how the model is stored, and leave the weights of that in `model`.

    With the setting "auto" it is int8, if fewer than 1 in 1,000 validation reviews get another
    label by it; of fewer than 1,001 reviews, none may.

    Args:
        model: the trained network, holding its best weights.
        rows: the encoded validation reviews.
        settings: asks for a precision.
        say: hears what int8 did.
    """
    from cinesent.models.lstm import get_weights, set_weights

    weights = get_weights(model)
    exact = predict_rows(model, rows)
    if settings.precision == "float32":
        return Stored("float32", weights, exact, {})
    rounded = round_weights(weights, "int8")
    set_weights(model, rounded)
    probabilities = predict_rows(model, rows)
    changed = int(np.count_nonzero((probabilities >= 0.5) != (exact >= 0.5)))
    kept = settings.precision == "int8" or is_harmless(changed, len(rows))
    comparison = {
        "labels_changed": changed,
        "reviews": len(rows),
        "max_probability_change": float(np.abs(probabilities - exact).max()),
        "kept": kept,
    }
    say(
        f"word vectors in int8 change the labels of {changed} of {len(rows):,} validation reviews: "
        f"stored in {'int8' if kept else 'float32'}"
    )
    if kept:
        return Stored("int8", rounded, probabilities, comparison)
    set_weights(model, weights)
    return Stored("float32", weights, exact, comparison)


def is_harmless(num_changed: int, num_reviews: int) -> bool:
    """Say whether fewer than 1 in 1,000 labels changed; of few reviews, whether none did.

    Example:
        >>> is_harmless(2, 2500), is_harmless(3, 2500), is_harmless(0, 40), is_harmless(1, 1000)
        (True, False, True, False)
    """
    return num_changed == 0 or num_changed * _REVIEWS_A_CHANGE < num_reviews


def parity_check(model: Model, rows: Sequence[NDArray[np.int32]]) -> Check:
    """Return what the prediction graph is compared with: the model, and real reviews.

    Args:
        model: holds the weights as they are stored.
        rows: encoded reviews; up to 34 of them, from the shortest to the longest, are taken.
    """
    return Check(
        predict=lambda ids: np.asarray(model.predict_on_batch(ids.astype(np.int32)))[:, 0],
        batches=real_batches(rows),
        tolerance=GPU_TOLERANCE if computes_on_gpu() else TOLERANCE,
    )


def real_batches(rows: Sequence[NDArray[np.int32]]) -> list[NDArray[np.int64]]:
    """Lay reviews of all lengths out in batches of several sizes, int64 (size, time)."""
    count = min(len(rows), sum(_BATCH_SIZES))
    by_length = np.argsort([len(row) for row in rows], kind="stable")
    spread = by_length[np.linspace(0, len(rows) - 1, count).round().astype(int)]
    mixed = np.random.default_rng(0).permutation(spread)
    parts = np.split(mixed, np.cumsum(_BATCH_SIZES)[:-1])
    return [pad_ids([rows[index] for index in part]) for part in parts if len(part)]

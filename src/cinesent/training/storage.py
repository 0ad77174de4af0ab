"""Stage: storage: the precision of the weights, the parity check, and the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle import save_bundle
from cinesent.bundle.provenance import Provenance
from cinesent.evaluation.metrics import Metrics, binary_metrics, both_right
from cinesent.models.backend import computes_on_gpu
from cinesent.network.quantization import round_weights
from cinesent.network.reference import GPU_TOLERANCE, TOLERANCE, Check, Weights
from cinesent.progress import SILENT, Reporter
from cinesent.recipes import Precision, TrainingConfig
from cinesent.text.batching import pad_ids
from cinesent.training.corpus import Corpus
from cinesent.training.engine.records import FitState
from cinesent.training.engine.review_objective import predict_rows
from cinesent.uncertainty.band import choose_band

if TYPE_CHECKING:
    from keras import Model

# int8 is kept if it changes the label of fewer than one review in so many.
_REVIEWS_PER_CHANGE = 1000

# Number of reviews in each of the batches on which graph and model are compared.
_BATCH_SIZES = (1, 4, 9, 20)


@dataclass(frozen=True)
class Stored:
    """The weights as the bundle stores them.

    Attributes:
        precision: of the word vectors and the n-grams.
        weights: float32, the trained ones after rounding to that precision.
        probabilities: of the validation reviews with these weights, float64 (n,).
        comparison: how int8 changes the validation reviews; empty where float32 was asked for.
    """

    precision: Precision
    weights: Weights
    probabilities: NDArray[np.float64]
    comparison: dict[str, Any]


def store(
    model: Model,
    corpus: Corpus,
    state: FitState,
    out: Path,
    *,
    name: str,
    provenance: Provenance,
    reporter: Reporter = SILENT,
) -> Metrics:
    """Measure the model, as it is stored, on the validation reviews, and write the bundle.

    Args:
        model: the final network; afterwards it holds the stored weights.
        corpus: the validation reviews, the tokenizer and the recipe.
        state: has the history.
        out: the folder of the bundle.
        name: of the model.
        provenance: where it comes from.
        reporter: receives messages.

    Returns:
        The metrics on the validation reviews.

    Raises:
        BundleError: graph and network disagree, or the folder cannot be written.
    """
    rows, labels = corpus.validation_examples.rows, corpus.validation.reviews.labels
    stored = choose_precision(model, rows, corpus.recipe.training, reporter)
    metrics = binary_metrics(labels, stored.probabilities)
    band = choose_band(labels, stored.probabilities)
    reporter.message(band.describe())
    history = [asdict(record) for record in state.history]
    save_bundle(
        out,
        name=name,
        config=corpus.recipe.model,
        tokenizer=corpus.tokenizer,
        weights=stored.weights,
        precision=stored.precision,
        metrics={
            "validation": metrics.to_dict(),
            **_outside_metrics(model, corpus, reporter),
            "band": band.to_dict(),
            **({"int8": stored.comparison} if stored.comparison else {}),
            "best_epoch": state.best_epoch,
        },
        history=history,
        thresholds=band.thresholds,
        manifest=provenance.to_manifest(),
        plots=_plots(metrics, labels, stored.probabilities, history),
        check=parity_check(model, rows),
    )
    return metrics


def _outside_metrics(model: Model, corpus: Corpus, reporter: Reporter) -> dict[str, Any]:
    """Return the metrics on the held-out reviews of outside data, by their name."""
    found: dict[str, Any] = {}
    for encoded in corpus.outside_validation:
        examples = encoded.examples(corpus.recipe.overlay({"max_length": 0}))
        labels, probabilities = encoded.reviews.labels, predict_rows(model, examples.rows)
        metrics = binary_metrics(labels, probabilities).to_dict()
        if encoded.reviews.name.startswith("cad"):
            metrics["both_right"] = both_right(labels, probabilities)
        found[encoded.reviews.name] = metrics
        reporter.message(f"accuracy {metrics['accuracy']:.4f} on {encoded.reviews.name}")
    return found


def _plots(
    metrics: Metrics,
    labels: NDArray[np.int8],
    probabilities: NDArray[np.float64],
    history: Sequence[dict[str, Any]],
) -> dict[str, bytes]:
    """Return the figures of the bundle as PNG, by file name."""
    from cinesent.evaluation.plots import plot_confusion_matrix, plot_history, plot_reliability
    from cinesent.evaluation.plots import save_figure_bytes as png

    plots = {
        "confusion-matrix.png": png(plot_confusion_matrix(metrics)),
        "reliability.png": png(plot_reliability(labels, probabilities)),
    }
    if history:
        plots["history.png"] = png(plot_history(history))
    return plots


def choose_precision(
    model: Model,
    rows: Sequence[NDArray[np.int32]],
    settings: TrainingConfig,
    reporter: Reporter = SILENT,
) -> Stored:
    """Choose the precision of the stored weights, and leave those weights in `model`.

    The setting "auto" means int8 if it changes the label of fewer than 1 in 1,000 validation
    reviews; of fewer than 1,001 reviews, it may change none.

    Args:
        model: the final network.
        rows: token ids of the validation reviews.
        settings: has the setting.
        reporter: receives how many labels int8 changes.
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
    reporter.message(
        f"int8 changes the labels of {changed} of {len(rows):,} validation reviews: "
        f"stored in {'int8' if kept else 'float32'}"
    )
    if kept:
        return Stored("int8", rounded, probabilities, comparison)
    set_weights(model, weights)
    return Stored("float32", weights, exact, comparison)


def is_harmless(num_changed: int, num_reviews: int) -> bool:
    """Return whether fewer than 1 in 1,000 labels changed; of few reviews, whether none did.

    Example:
        >>> is_harmless(2, 2500), is_harmless(3, 2500), is_harmless(0, 40), is_harmless(1, 1000)
        (True, False, True, False)
    """
    return num_changed == 0 or num_changed * _REVIEWS_PER_CHANGE < num_reviews


def parity_check(model: Model, rows: Sequence[NDArray[np.int32]]) -> Check:
    """Return what the prediction graph has to agree with: the network, on real reviews.

    Args:
        model: holds the stored weights.
        rows: token ids of reviews; up to 34 of them, from the shortest to the longest, are used.
    """
    return Check(
        predict=lambda ids: np.asarray(model.predict_on_batch(ids.astype(np.int32)))[:, 0],
        batches=real_batches(rows),
        tolerance=GPU_TOLERANCE if computes_on_gpu() else TOLERANCE,
    )


def real_batches(rows: Sequence[NDArray[np.int32]]) -> list[NDArray[np.int64]]:
    """Return reviews of all lengths in batches of several sizes, int64 (size, time)."""
    count = min(len(rows), sum(_BATCH_SIZES))
    by_length = np.argsort([len(row) for row in rows], kind="stable")
    spread = by_length[np.linspace(0, len(rows) - 1, count).round().astype(int)]
    mixed = np.random.default_rng(0).permutation(spread)
    parts = np.split(mixed, np.cumsum(_BATCH_SIZES)[:-1])
    return [pad_ids([rows[index] for index in part]) for part in parts if len(part)]

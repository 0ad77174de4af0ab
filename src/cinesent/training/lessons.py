"""What the network is taught: the labels, and what teachers think of unlabelled reviews."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.reference import sigmoid
from cinesent.training.batches import Examples
from cinesent.training.checkpoint import Checkpoint
from cinesent.training.loop import Interrupt, Reporter, fit
from cinesent.training.ngrams import combine
from cinesent.training.objective import ReviewObjective, predict_rows
from cinesent.training.prepare import Prepared
from cinesent.training.teacher import Opinion, soft_labels
from cinesent.training.weighing import log_odds, weigh

if TYPE_CHECKING:
    from keras import Model


def training_examples(
    prepared: Prepared,
    seed: int,
    checkpoint: Checkpoint,
    reporter: Reporter,
    interrupt: Interrupt,
) -> Examples:
    """Return the labelled reviews and, behind them, the unlabelled ones with soft labels.

    With the teacher "ngrams+lstm" first networks are trained here, on the labels alone, to judge
    the unlabelled reviews together with the n-gram model: their mistakes differ.

    Args:
        prepared: the reviews, and what the n-gram teacher thinks.
        seed: of the first networks and of their order of reviews.
        checkpoint: the first networks' states, and then their opinions, are kept there.
        reporter: hears of the first networks' epochs.
        interrupt: stops a first network; then the labelled reviews are returned alone.
    """
    if prepared.teacher_logits is not None:
        return _with_soft_labels(prepared, sigmoid(prepared.teacher_logits))
    if prepared.ngram_opinion is None:
        return prepared.train
    opinions, names = [prepared.ngram_opinion], ["the n-grams'"]
    if prepared.recipe.training.teacher == "ngrams+lstm":
        networks = Opinion.remembered(
            checkpoint,
            "network",
            len(prepared.validation),
            lambda: _network_opinion(prepared, seed, checkpoint, reporter, interrupt),
        )
        if networks is None:
            return prepared.train
        opinions, names = [*opinions, networks], [*names, "first networks'"]
    targets, factors = soft_labels(opinions, prepared.validation.targets)
    shares = (f"{factor:.2f} x {name}" for factor, name in zip(factors, names, strict=True))
    reporter.say(
        f"the network that is kept is taught by labels, and log-odds: {' + '.join(shares)}"
    )
    return _with_soft_labels(prepared, targets)


def _with_soft_labels(prepared: Prepared, probabilities: NDArray[Any]) -> Examples:
    """Return the labelled reviews, and the unlabelled ones with what a teacher thinks of them."""
    return Examples(
        [*prepared.train.rows, *prepared.unlabelled],
        np.concatenate([prepared.train.targets, probabilities.astype(np.float32)]),
    )


def _network_opinion(
    prepared: Prepared,
    seed: int,
    checkpoint: Checkpoint,
    reporter: Reporter,
    interrupt: Interrupt,
) -> Opinion | None:
    """Train networks on the labels; return their mean opinion, None if they were interrupted."""
    settings = prepared.recipe.training
    recipe = prepared.recipe.overlay(
        {"epochs": settings.teacher_epochs, "patience": settings.teacher_epochs}
    )
    held_out, unlabelled = np.zeros(len(prepared.validation)), np.zeros(len(prepared.unlabelled))
    for number in range(1, settings.teacher_networks + 1):
        count = (
            f" ({number} of {settings.teacher_networks})" if settings.teacher_networks > 1 else ""
        )
        reporter.say(
            f"a first network{count} learns from the labels alone, to teach with the n-grams"
        )
        # A seed of its own: the same start would make the same mistakes as the network it teaches.
        model = initial_model(prepared, seed + number)
        fit(
            model,
            ReviewObjective(recipe, prepared.train, prepared.validation),
            seed=seed + number,
            checkpoint=checkpoint.part(f"first-network-{number}"),
            reporter=reporter,
            interrupt=interrupt,
        )
        if interrupt.requested:
            return None
        held_out += log_odds(predict_rows(model, prepared.validation.rows))
        unlabelled += log_odds(predict_rows(model, prepared.unlabelled))
    return Opinion(held_out / number, unlabelled / number)


def initial_model(prepared: Prepared, seed: int) -> Model:
    """Build the network that learns, with the weights it starts from where there are any.

    It has no n-grams beside it, unless it starts from a model that has: see :func:`finished_model`.
    """
    from cinesent.models.lstm import build_model, set_weights

    config = prepared.recipe.model
    model = build_model(config if prepared.ngrams is None else replace(config, ngrams=0), seed)
    set_weights(model, prepared.initial_weights)
    return model


def finished_model(prepared: Prepared, model: Model, say: Callable[[str], None]) -> Model:
    """Return the network that is kept: the trained one, in float32, and the n-grams beside it.

    Args:
        prepared: has the n-grams, if there are any, and the reviews to weigh the two on.
        model: the trained network.
        say: hears how much each counts.
    """
    from cinesent.models.lstm import build_model, get_weights, set_weights

    ngrams, weights = prepared.ngrams, get_weights(model)
    if ngrams is not None:
        rows, labels = prepared.validation.rows, prepared.validation.targets
        network = log_odds(predict_rows(model, rows))
        beside = ngrams.decision_function(rows, prepared.recipe.model)
        factors = weigh(np.stack([network, beside]), labels)
        say(f"log-odds: {factors[0]:.2f} x the network's + {factors[1]:.2f} x the n-grams'")
        weights = combine(weights, ngrams, factors)
    finished = build_model(prepared.recipe.model)
    set_weights(finished, weights)
    return finished

"""What the network is taught: the labels, and what teachers think of unlabelled reviews."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.probability import log_odds, sigmoid
from cinesent.training.batches import Examples
from cinesent.training.checkpoint import Checkpoint
from cinesent.training.loop import Interrupt, Reporter, fit
from cinesent.training.ngram_weights import combine, ngram_scores
from cinesent.training.objective import ReviewObjective, predict_rows
from cinesent.training.prepare import Prepared
from cinesent.training.teacher import Opinion, soft_labels
from cinesent.training.weighing import weigh

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

    With the teacher "ngrams+lstm" networks are trained here to judge the unlabelled reviews
    together with the n-gram model: their mistakes differ. Those of the first round learn from the
    labels alone, those of each further round from the labels and the round before.

    Args:
        prepared: the reviews, and what the n-gram teacher thinks.
        seed: of the networks and of their order of reviews.
        checkpoint: the networks' states, and then their opinions, are kept there.
        reporter: hears of the networks' epochs.
        interrupt: stops a network; then the labelled reviews are returned alone.
    """
    if prepared.teacher_logits is not None:
        return _with_soft_labels(prepared, sigmoid(prepared.teacher_logits))
    if prepared.ngram_opinion is None:
        return prepared.train
    settings = prepared.recipe.training
    if settings.teacher == "ngrams":
        return _taught(prepared, [prepared.ngram_opinion], ["the n-grams'"], reporter)
    examples = prepared.train
    for round_number in range(1, settings.teacher_rounds + 1):
        judge = partial(
            _networks_opinion,
            *(prepared, examples, round_number, seed, checkpoint, reporter, interrupt),
        )
        networks = Opinion.remembered(
            checkpoint, f"network-{round_number}", len(prepared.validation), judge
        )
        if networks is None:
            return prepared.train
        opinions, names = [prepared.ngram_opinion, networks], ["the n-grams'", "the networks'"]
        examples = _taught(prepared, opinions, names, reporter)
    return examples


def _taught(
    prepared: Prepared, opinions: Sequence[Opinion], names: Sequence[str], reporter: Reporter
) -> Examples:
    """Return the labelled reviews, and the unlabelled ones with what teachers think of them."""
    targets, factors = soft_labels(opinions, prepared.validation.targets)
    shares = (f"{factor:.2f} x {name}" for factor, name in zip(factors, names, strict=True))
    reporter.say(f"the unlabelled reviews are taught by log-odds of {' + '.join(shares)}")
    return _with_soft_labels(prepared, targets)


def _with_soft_labels(prepared: Prepared, probabilities: NDArray[Any]) -> Examples:
    """Return the labelled reviews, and the unlabelled ones with what a teacher thinks of them."""
    return Examples(
        [*prepared.train.rows, *prepared.unlabelled],
        np.concatenate([prepared.train.targets, probabilities.astype(np.float32)]),
    )


def _networks_opinion(
    prepared: Prepared,
    examples: Examples,
    round_number: int,
    seed: int,
    checkpoint: Checkpoint,
    reporter: Reporter,
    interrupt: Interrupt,
) -> Opinion | None:
    """Train the networks of a round; return their mean opinion, None if they were interrupted."""
    settings = prepared.recipe.training
    # As many steps in every round: those after the first see the unlabelled reviews as well.
    epochs = max(1, round(settings.teacher_epochs * len(prepared.train) / len(examples)))
    recipe = prepared.recipe.overlay({"epochs": epochs, "patience": epochs})
    learns = "the labels alone" if round_number == 1 else "labels and the teachers before it"
    held_out, unlabelled = np.zeros(len(prepared.validation)), np.zeros(len(prepared.unlabelled))
    for number in range(1, settings.teacher_networks + 1):
        count = f" {number} of {settings.teacher_networks}" if settings.teacher_networks > 1 else ""
        reporter.say(f"a network{count} learns from {learns}, to teach with the n-grams")
        # A seed of its own: the same start would make the same mistakes as the network it teaches.
        own_seed = seed + (round_number - 1) * settings.teacher_networks + number
        model = initial_model(prepared, own_seed)
        fit(
            model,
            ReviewObjective(recipe, examples, prepared.validation),
            seed=own_seed,
            checkpoint=checkpoint.part(f"network-{round_number}-{number}"),
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
        beside = ngram_scores(ngrams, rows, prepared.recipe.model)
        factors = weigh(np.stack([network, beside]), labels)
        say(f"log-odds: {factors[0]:.2f} x the network's + {factors[1]:.2f} x the n-grams'")
        weights = combine(weights, ngrams, factors)
    finished = build_model(prepared.recipe.model)
    set_weights(finished, weights)
    return finished

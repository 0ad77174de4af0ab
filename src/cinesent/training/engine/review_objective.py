"""The objective of the network that reads reviews: labels and pseudo-labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.recipes import Recipe
from cinesent.training.engine.adversarial.dispatch import adversarial_step
from cinesent.training.engine.batches import (
    Examples,
    make_batch,
    plan_batches,
    prediction_batches,
)
from cinesent.training.engine.optimizer import make_optimizer
from cinesent.training.engine.records import EpochRecord, StepRecord
from cinesent.training.engine.tracing import trace_once

if TYPE_CHECKING:
    from keras import Model


@dataclass
class ReviewObjective:
    """Binary cross-entropy between a review's probability and its target.

    With the setting `adversarial`, the cross-entropy of the review with perturbed word vectors is
    added.

    Attributes:
        recipe: its training settings decide how to learn.
        train: examples to learn from.
        validation: examples to choose the epoch on.
        record_type: class of the epochs' records.
    """

    recipe: Recipe
    train: Examples
    validation: Examples
    record_type: type[EpochRecord] = EpochRecord

    def __post_init__(self) -> None:
        """Take the settings of the loop and the lengths of the examples."""
        self.epochs = self.recipe.training.epochs
        self.patience = self.recipe.training.patience
        self._lengths = np.array([len(row) for row in self.train.rows])

    def compile(self, model: Model, seed: int) -> None:
        """Give the model its loss and an optimizer for all epochs."""
        compile_model(model, self.recipe, len(self.plan(seed, 0)) * self.epochs)
        trace_once(model, ((None, None), "int32"), ((None, 1), "float32"), ((None,), "float32"))
        length = self.recipe.training.adversarial
        self._learn = adversarial_step(model, length) if length else model.train_on_batch

    def plan(self, seed: int, epoch: int) -> Sequence[Any]:
        """Return the batches of an epoch: indices, number of rows and width of each."""
        mixed = self.train.passes is not None
        drawn = self.train.draw((seed, epoch, 1))
        batches = plan_batches(
            self._lengths[drawn], self.recipe.training, (seed, epoch), short=mixed
        )
        return [(drawn[members], rows, width) for members, rows, width in batches]

    def step(self, model: Model, planned: Any) -> StepRecord:
        """Learn from one batch."""
        batch = make_batch(self.train, *planned)
        loss, agreement = map(float, self._learn(batch.ids, batch.targets, batch.weights))
        return StepRecord(loss, agreement, batch.num_reviews, batch.num_tokens)

    def validate(self, model: Model) -> tuple[float, float]:
        """Return cross-entropy and accuracy on the validation reviews."""
        probabilities = predict_rows(model, self.validation.rows)
        agreement = (probabilities > 0.5) == (self.validation.targets > 0.5)
        return cross_entropy(self.validation.targets, probabilities), float(np.mean(agreement))


def compile_model(model: Model, recipe: Recipe, num_steps: int) -> None:
    """Give the model its loss and its optimizer, whose schedule ends after `num_steps` steps."""
    import keras

    model.compile(
        optimizer=make_optimizer(recipe.training, num_steps),
        loss="binary_crossentropy",
        weighted_metrics=[_agreement],
        # On TensorFlow, XLA would compile each batch shape; JAX compiles in any case.
        jit_compile=keras.backend.backend() == "jax",
    )


def _agreement(targets: Any, probabilities: Any) -> Any:
    """Accuracy that soft targets have too: target and prediction on the same side of 0.5."""
    from keras import ops

    return ops.cast(ops.equal(targets > 0.5, probabilities > 0.5), "float32")


def predict_rows(model: Model, rows: Sequence[NDArray[np.int32]]) -> NDArray[np.float64]:
    """Return P(positive) of each encoded review, float64 (n,), in order."""
    probabilities = np.zeros(len(rows))
    for indices, ids in prediction_batches(rows):
        predicted = np.asarray(model.predict_on_batch(ids))
        probabilities[indices] = predicted[: len(indices), 0]
    return probabilities


def cross_entropy(targets: NDArray[Any], probabilities: NDArray[Any]) -> float:
    """Return the mean negative log-likelihood in nats, probabilities clipped at 1e-7."""
    p = np.clip(probabilities, 1e-7, 1 - 1e-7)
    return float(-np.mean(targets * np.log(p) + (1 - targets) * np.log1p(-p)))

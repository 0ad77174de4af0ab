"""What the network that reads reviews learns: their labels, or what a teacher thinks of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.recipes import Recipe
from cinesent.training.adversarial import adversarial_step
from cinesent.training.batches import Examples, make_batch, plan_batches, prediction_batches
from cinesent.training.loop import EpochRecord, StepRecord
from cinesent.training.optimizer import make_optimizer
from cinesent.training.tracing import trace_once

if TYPE_CHECKING:
    from keras import Model


@dataclass
class ReviewObjective:
    """Binary cross-entropy between a review's probability and its target.

    With the setting `adversarial`, that of the review with its word vectors moved against the
    network as well.

    Attributes:
        recipe: says how to learn.
        train: what to learn.
        validation: what to choose the epoch on.
    """

    recipe: Recipe
    train: Examples
    validation: Examples
    record_type: type[EpochRecord] = EpochRecord

    def __post_init__(self) -> None:
        """Look at the lengths once."""
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
        """Return the batches of an epoch: indices, rows and width of each."""
        return plan_batches(self._lengths, self.recipe.training, (seed, epoch))

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
        # XLA would compile each batch shape anew on TensorFlow; JAX compiles in any case.
        jit_compile=keras.backend.backend() == "jax",
    )


def _agreement(targets: Any, probabilities: Any) -> Any:
    """Whether target and prediction lie on the same side of 0.5: accuracy for soft targets too."""
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

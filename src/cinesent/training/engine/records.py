"""What steps and epochs measure, and how far a fit has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cinesent.network.reference import Weights


@dataclass(frozen=True)
class StepRecord:
    """The measurements of one step.

    Attributes:
        loss: mean over the batch.
        accuracy: share of correct answers, 0 to 1.
        weight: number of answers in the batch, by which the two count in the epoch's means.
        num_tokens: real tokens that were read, padding not counted.
    """

    loss: float
    accuracy: float
    weight: float
    num_tokens: int


@dataclass(frozen=True)
class EpochRecord:
    """The measurements of one epoch; a row of `history.csv`.

    Attributes:
        epoch: counted from 1.
        loss: mean cross-entropy of the training examples against their targets, dropout on.
        accuracy: share of training examples on the same side of 0.5 as their target, dropout on.
        val_loss: mean cross-entropy of the validation reviews, dropout off.
        val_accuracy: share of validation reviews that are labelled correctly.
        seconds: of training, validation not counted.
        tokens_per_second: real tokens, padding not counted.
    """

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float
    tokens_per_second: float

    def summary(self) -> str:
        """Return the numbers as one line."""
        return (
            f"loss {self.loss:.4f}  accuracy {self.accuracy:.4f}  "
            f"val_loss {self.val_loss:.4f}  val_accuracy {self.val_accuracy:.4f}  "
            f"{self.seconds:.0f} s  {self.tokens_per_second:,.0f} tokens/s"
        )


@dataclass
class EpochTotals:
    """Running sums over the steps of the epoch under way.

    Attributes:
        loss: sum of the losses of all answers.
        correct: number of correct answers.
        answers: number of answers.
        tokens: real tokens that were read.
        seconds: time that the steps took.
    """

    loss: float = 0.0
    correct: float = 0.0
    answers: float = 0.0
    tokens: float = 0.0
    seconds: float = 0.0

    def add(self, step: StepRecord, seconds: float) -> None:
        """Count one step that took `seconds`."""
        self.loss += step.loss * step.weight
        self.correct += step.accuracy * step.weight
        self.answers += step.weight
        self.tokens += step.num_tokens
        self.seconds += seconds

    @property
    def mean_loss(self) -> float:
        """Mean loss of an answer."""
        return self.loss / self.answers

    @property
    def accuracy(self) -> float:
        """Share of correct answers, 0 to 1."""
        return self.correct / self.answers

    @property
    def tokens_per_second(self) -> float:
        """Real tokens per second."""
        return self.tokens / self.seconds

    def summary(self) -> str:
        """Return the running means as a few words."""
        return (
            f"loss {self.mean_loss:.4f}  accuracy {self.accuracy:.4f}  "
            f"{self.tokens_per_second:,.0f} tokens/s"
        )


@dataclass
class FitState:
    """How far a fit has come, and its best weights so far.

    Attributes:
        epoch: finished epochs.
        step: finished steps of the epoch under way.
        totals: running sums of that epoch.
        history: one record per finished epoch.
        best_epoch: the epoch with the lowest validation loss, 0 before the first.
        best_weights: the weights after it.
    """

    epoch: int = 0
    step: int = 0
    totals: EpochTotals = field(default_factory=EpochTotals)
    history: list[EpochRecord] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: Weights = field(default_factory=dict)

    @property
    def best(self) -> EpochRecord | None:
        """The record of the best epoch, None before the first."""
        return self.history[self.best_epoch - 1] if self.best_epoch else None

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the weights, for JSON."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "totals": asdict(self.totals),
            "history": [asdict(record) for record in self.history],
            "best_epoch": self.best_epoch,
        }

    def restore(
        self, payload: Mapping[str, Any], weights: Weights, record_type: type[EpochRecord]
    ) -> None:
        """Take over what :meth:`to_dict` returned, and the best weights.

        Args:
            payload: from :meth:`to_dict`.
            weights: the best weights.
            record_type: class of the records in the history.
        """
        self.epoch, self.step = payload["epoch"], payload["step"]
        self.totals, self.best_epoch = EpochTotals(**payload["totals"]), payload["best_epoch"]
        self.history = [record_type(**record) for record in payload["history"]]
        self.best_weights = weights

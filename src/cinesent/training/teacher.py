"""What is thought of the reviews that nobody has labelled, by models of the same labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinesent.classifier import Classifier
from cinesent.models.linear import NBLogisticRegression
from cinesent.probability import log_odds, sigmoid
from cinesent.training.checkpoint import Checkpoint
from cinesent.training.weighing import weigh


@dataclass(frozen=True)
class Opinion:
    """What a teacher thinks of reviews that it has not learnt from, in log-odds of positive.

    Attributes:
        validation: of the n reviews held out: how much the teacher is to be believed, float64 (n,).
        unlabelled: of the m reviews that it is to label, float64 (m,).
    """

    validation: NDArray[np.float64]
    unlabelled: NDArray[np.float64]

    @classmethod
    def remembered(
        cls,
        checkpoint: Checkpoint,
        name: str,
        num_validation: int,
        judge: Callable[[], Opinion | None],
    ) -> Opinion | None:
        """Return the opinion that a checkpoint holds; else ask `judge`, and keep what it says.

        Args:
            checkpoint: of the run.
            name: of the teacher.
            num_validation: how many reviews are held out.
            judge: returns the opinion, or None if it was interrupted, which is not kept.
        """
        stored = checkpoint.recall(f"{name}-opinion")
        if stored is not None:
            return cls(stored[:num_validation], stored[num_validation:])
        opinion = judge()
        if opinion is not None:
            both = np.concatenate([opinion.validation, opinion.unlabelled])
            checkpoint.store(f"{name}-opinion", both)
        return opinion


def ngram_opinion(
    tokens: Sequence[Sequence[str]],
    labels: NDArray[np.int8],
    validation: Sequence[Sequence[str]],
    unlabelled: Sequence[Sequence[str]],
) -> Opinion:
    """Fit the n-gram baseline to the labels and let it judge.

    Args:
        tokens: of the labelled training reviews, validation left out.
        labels: int8, 0 or 1, of those.
        validation: tokens of the n reviews held out.
        unlabelled: tokens of the m reviews to label.

    Source:
        Wang & Manning (2012), "Baselines and Bigrams".
    """
    teacher = NBLogisticRegression().fit(tokens, labels)
    return Opinion(teacher.decision_function(validation), teacher.decision_function(unlabelled))


def model_logits(
    teachers: Sequence[Classifier], texts: Sequence[str], say: Callable[[str], None]
) -> NDArray[np.float64]:
    """Let trained models judge the unlabelled reviews.

    Args:
        teachers: one or more; several seeds of a recipe know more than one.
        texts: of the m reviews to judge.
        say: hears a line a teacher.

    Returns:
        float64 (m,), the mean of their log-odds of positive.

    Source:
        Hinton, Vinyals & Dean (2015), "Distilling the Knowledge in a Neural Network".
    """
    total = np.zeros(len(texts))
    for teacher in teachers:
        say(f"{teacher.bundle.path} judges the unlabelled reviews")
        positive = teacher.predict_proba(texts)[:, 1].astype(np.float64)
        total += log_odds(positive)
    return total / len(teachers)


def soft_labels(
    opinions: Sequence[Opinion], labels: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Turn teachers' opinions into targets for the network that is kept.

    The network that learns from them sees three times the reviews, and phrases that the labelled
    ones hold too rarely. The teachers are weighed on the reviews held out, which takes back their
    overconfidence on reviews they were not fitted to. docs/experiments.md says what this is worth.

    Args:
        opinions: one a teacher.
        labels: of the reviews held out, 0 or 1, (n,).

    Returns:
        The probability of positive of the unlabelled reviews, float32 (m,), and how much each
        teacher's log-odds count in it.

    Source:
        Hinton, Vinyals & Dean (2015), "Distilling the Knowledge in a Neural Network".
    """
    factors = weigh(np.stack([opinion.validation for opinion in opinions]), labels)
    logits = factors @ np.stack([opinion.unlabelled for opinion in opinions])
    return sigmoid(logits).astype(np.float32), factors

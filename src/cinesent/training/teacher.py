"""What is thought of the reviews that nobody has labelled, by models of the same labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from cinesent.classifier import Classifier
from cinesent.config import TrainingConfig
from cinesent.models.linear import NBLogisticRegression
from cinesent.reference import sigmoid


def ngram_logits(
    tokens: Sequence[Sequence[str]],
    labels: NDArray[np.int8],
    unlabelled_tokens: Sequence[Sequence[str]],
) -> NDArray[np.float32]:
    """Fit the n-gram baseline to the labels and let it judge the unlabelled reviews.

    Args:
        tokens: of the labelled training reviews, validation left out.
        labels: int8 (n,), 0 or 1.
        unlabelled_tokens: of the m reviews to judge.

    Returns:
        float32 (m,), log-odds of positive.

    Source:
        Wang & Manning (2012), "Baselines and Bigrams".
    """
    teacher = NBLogisticRegression().fit(tokens, labels)
    return teacher.decision_function(unlabelled_tokens).astype(np.float32)


def model_logits(
    teachers: Sequence[Classifier], texts: Sequence[str], say: Callable[[str], None]
) -> NDArray[np.float32]:
    """Let trained models judge the unlabelled reviews.

    Args:
        teachers: one or more; several seeds of a recipe know more than one.
        texts: of the m reviews to judge.
        say: hears a line a teacher.

    Returns:
        float32 (m,), the mean of their log-odds of positive.

    Source:
        Hinton, Vinyals & Dean (2015), "Distilling the Knowledge in a Neural Network".
    """
    total = np.zeros(len(texts))
    for teacher in teachers:
        say(f"{teacher.bundle.path} judges the unlabelled reviews")
        positive = teacher.predict_proba(texts)[:, 1].astype(np.float64)
        total += log_odds(positive)
    return (total / len(teachers)).astype(np.float32)


def log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)), of probabilities clipped at 1e-6."""
    clipped = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def soft_labels(
    settings: TrainingConfig,
    ngrams: NDArray[np.float32],
    networks: NDArray[np.float64] | None = None,
) -> NDArray[np.float32]:
    """Turn the teachers' opinions into targets for the network that is kept.

    The network that learns from them sees three times the reviews, and phrases that the labelled
    ones hold too rarely. Scales below 1 take back the teachers' overconfidence on reviews they were
    not fitted to. docs/experiments.md says what this is worth.

    Args:
        settings: has the scales.
        ngrams: (m,), log-odds by :func:`ngram_logits`.
        networks: (m,), mean log-odds by first networks; None if there are none.

    Returns:
        float32 (m,), the probability of positive.

    Source:
        Hinton, Vinyals & Dean (2015), "Distilling the Knowledge in a Neural Network".
    """
    logits = settings.teacher_scale * ngrams.astype(np.float64)
    if networks is not None:
        logits += settings.teacher_lstm_scale * networks
    return sigmoid(logits).astype(np.float32)

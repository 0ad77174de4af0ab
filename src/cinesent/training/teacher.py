"""An n-gram model that says what it thinks of the reviews nobody has labelled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cinesent.models.linear import NBLogisticRegression


def ngram_opinions(
    tokens: Sequence[Sequence[str]],
    labels: NDArray[np.int8],
    unlabelled_tokens: Sequence[Sequence[str]],
    scale: float,
) -> NDArray[np.float32]:
    """Fit the n-gram baseline to the labels and let it judge the unlabelled reviews.

    The network that learns from these soft labels sees three times the reviews, and phrases that
    the labelled ones hold too rarely. It ends up better than its teacher: docs/experiments.md.

    Args:
        tokens: of the labelled training reviews, validation left out.
        labels: int8 (n,), 0 or 1.
        unlabelled_tokens: of the m reviews to judge.
        scale: multiplies the log-odds before the sigmoid; below 1 it takes back the model's
            overconfidence on reviews it was not fitted to.

    Returns:
        float32 (m,), the probability of positive.

    Source:
        Wang & Manning (2012) for the teacher; Hinton, Vinyals & Dean (2015) for its soft labels.
    """
    teacher = NBLogisticRegression().fit(tokens, labels)
    logits = scale * teacher.decision_function(unlabelled_tokens)
    return (1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))).astype(np.float32)

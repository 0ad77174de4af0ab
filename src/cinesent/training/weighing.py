"""How much to believe each of several models that judge the same reviews."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.probability import sigmoid

# As if so many more reviews had said that each model counts the same: it decides where few are held
# out, and is not felt among thousands.
_PRIOR_REVIEWS = 10.0


def weigh(opinions: NDArray[np.float64], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Return by how much to multiply the log-odds of models, so that their sum fits best.

    Args:
        opinions: log-odds of n reviews that none of k models has learnt from, (k, n).
        labels: of the reviews, (n,), 0 or 1.

    Returns:
        The factor of each model, none below 0, float64 (k,): least cross-entropy of the sum.
    """
    from scipy.optimize import minimize

    wanted = np.asarray(labels, dtype=np.float64)
    models, count = opinions.shape
    equal, pull = np.full(models, 1.0 / models), _PRIOR_REVIEWS / count

    def loss(factors: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = factors @ opinions
        probabilities = sigmoid(logits)
        slope = opinions @ (probabilities - wanted) / count + pull * (factors - equal)
        misfit = np.mean(np.logaddexp(0.0, logits) - wanted * logits)
        return float(misfit + 0.5 * pull * np.sum((factors - equal) ** 2)), slope

    found = minimize(loss, equal, jac=True, bounds=[(0.0, 10.0)] * models)
    return np.asarray(found.x)

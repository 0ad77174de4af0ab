"""Stacking weights: how much each of several models counts in their sum.

Source:
    Wolpert (1992), "Stacked Generalization"; Breiman (1996), "Stacked Regressions", for weights
    that are not negative.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.probability import sigmoid

# The prior for equal weights counts as much as this number of reviews: it decides where few reviews
# are held out, and makes no difference among thousands.
_PRIOR_REVIEWS = 10.0


def stacking_weights(logits: NDArray[np.float64], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Return the factors of several models' log-odds whose sum fits the labels best.

    Args:
        logits: log-odds of n reviews that none of the k models was trained on, (k, n).
        labels: of the reviews, (n,), 0 or 1.

    Returns:
        The factor of each model, 0 to 10, float64 (k,), with the least cross-entropy of the sum.
    """
    from scipy.optimize import minimize

    wanted = np.asarray(labels, dtype=np.float64)
    models, count = logits.shape
    equal, penalty = np.full(models, 1.0 / models), _PRIOR_REVIEWS / count

    def loss(factors: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total = factors @ logits  # (n,)
        gradient = logits @ (sigmoid(total) - wanted) / count + penalty * (factors - equal)
        misfit = np.mean(np.logaddexp(0.0, total) - wanted * total)
        return float(misfit + 0.5 * penalty * np.sum((factors - equal) ** 2)), gradient

    found = minimize(loss, equal, jac=True, bounds=[(0.0, 10.0)] * models)
    return np.asarray(found.x)

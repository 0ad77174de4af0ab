"""What a network may answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import BundleError

# Divided by the smallest temperature, such a number is still finite in float32.
_LARGEST_ANSWER = 1e30


def check_answers(values: NDArray[np.float32]) -> None:
    """Raise BundleError unless all numbers are finite, and far from where float32 ends."""
    if not (np.abs(values) < _LARGEST_ANSWER).all():
        raise BundleError(
            f"the network gives numbers that are not finite, or beyond {_LARGEST_ANSWER:g}: its "
            "weights are not those of a trained model."
        )

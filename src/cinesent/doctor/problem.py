"""Something that is wrong with an installation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Something that is wrong, and what to do about it.

    Attributes:
        what: a sentence or two.
        mend: what to type, install or look at.
        stops_predicting: whether reviews cannot be predicted because of it.
    """

    what: str
    mend: str
    stops_predicting: bool = False

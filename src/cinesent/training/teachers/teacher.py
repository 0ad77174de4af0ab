"""The interface of all teachers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinesent.training.corpus import Corpus
from cinesent.training.engine.batches import Examples
from cinesent.training.engine.run import Run


@dataclass(frozen=True)
class TeacherLogits:
    """The predictions of a teacher: log-odds of positive.

    Attributes:
        validation: of the n validation reviews, float64 (n,).
        unlabelled: of the m unlabelled reviews, float64 (m,).
    """

    validation: NDArray[np.float64]
    unlabelled: NDArray[np.float64]


class Teacher(ABC):
    """A model that labels reviews.

    Attributes:
        name: distinguishes it from the other teachers of a run, in messages and in the checkpoint,
            where it is part of a file name: letters, digits and hyphens.
        validation_held_out: whether it is known not to have been trained on the validation
            reviews, so that its weight among the teachers can be fitted on them.
    """

    name: str
    validation_held_out: bool

    @abstractmethod
    def predict(self, corpus: Corpus, examples: Examples, run: Run) -> TeacherLogits:
        """Predict the validation and the unlabelled reviews.

        The caller keeps the result in the checkpoint and does not ask again after resuming.

        Args:
            corpus: the reviews as text, tokens and ids.
            examples: what the teachers of the round before have taught: the labelled reviews and,
                from the second round on, the unlabelled ones with pseudo-labels.
            run: gives seed, reporter and interrupt, and parts of the checkpoint.

        Raises:
            KeyboardInterrupt: after Ctrl-C.
        """

"""Saved models as teachers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cinesent.classifier import Classifier
from cinesent.probability import log_odds
from cinesent.training.corpus import Corpus
from cinesent.training.engine.batches import Examples
from cinesent.training.engine.run import Run
from cinesent.training.teachers.teacher import Teacher, TeacherLogits


class SavedTeacher(Teacher):
    """A model that was trained before.

    Args:
        number: among the saved models of the run, counted from 1.
        classifier: the model.
    """

    # Another seed, another validation share or other data: its own training may have read them.
    validation_held_out = False

    def __init__(self, number: int, classifier: Classifier) -> None:
        self.name = f"model-{number}"
        self._classifier = classifier

    def predict(self, corpus: Corpus, examples: Examples, run: Run) -> TeacherLogits:
        """Predict with the model as it is; see :meth:`Teacher.predict`."""
        run.reporter.message(
            f"teacher {self.name}: {self._classifier.bundle.path} labels the unlabelled reviews"
        )
        return TeacherLogits(
            self._log_odds(corpus.validation.reviews.texts),
            self._log_odds(corpus.unlabelled.reviews.texts),
        )

    def _log_odds(self, texts: Sequence[str]) -> NDArray[np.float64]:
        positive = self._classifier.predict_proba(texts)[:, 1].astype(np.float64)
        return log_odds(positive)

"""The n-gram model as a teacher."""

from __future__ import annotations

from cinesent.models.linear import NBLogisticRegression
from cinesent.training.corpus import Corpus
from cinesent.training.engine.batches import Examples
from cinesent.training.engine.run import Run
from cinesent.training.teachers.teacher import Teacher, TeacherLogits


class NgramTeacher(Teacher):
    """Logistic regression on n-grams of the labelled training reviews.

    Source:
        Wang & Manning (2012), "Baselines and Bigrams".
    """

    name = "n-grams"
    validation_held_out = True

    def predict(self, corpus: Corpus, examples: Examples, run: Run) -> TeacherLogits:
        """Fit the model to the labels, and predict; see :meth:`Teacher.predict`."""
        run.reporter.message("teacher n-grams: fitting an n-gram model to the labelled reviews")
        model = NBLogisticRegression().fit(corpus.train.tokens, corpus.train.reviews.labels)
        return TeacherLogits(
            model.decision_function(corpus.validation.tokens),
            model.decision_function(corpus.unlabelled.tokens),
        )

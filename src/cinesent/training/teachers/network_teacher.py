"""Networks that are trained to teach."""

from __future__ import annotations

import numpy as np

from cinesent.probability import log_odds
from cinesent.training.corpus import Corpus
from cinesent.training.engine.batches import Examples
from cinesent.training.engine.loop import fit
from cinesent.training.engine.review_objective import ReviewObjective, predict_rows
from cinesent.training.engine.run import Run
from cinesent.training.initialization import InitialNetwork
from cinesent.training.teachers.teacher import Teacher, TeacherLogits


class NetworkTeacher(Teacher):
    """One or several networks of the recipe; their log-odds are averaged.

    Those of the first round learn from the labels, those of each further round from the labels and
    the pseudo-labels of the round before. They make other mistakes than the n-gram model, so the
    two teach better together.

    Args:
        round_number: counted from 1.
        network: how the networks begin.
    """

    validation_held_out = True

    def __init__(self, round_number: int, network: InitialNetwork) -> None:
        self.name = f"networks-{round_number}"
        self._round = round_number
        self._network = network

    def predict(self, corpus: Corpus, examples: Examples, run: Run) -> TeacherLogits:
        """Train the networks, and predict; see :meth:`Teacher.predict`."""
        settings = corpus.recipe.training
        # About as many steps in every round: later ones see the unlabelled reviews as well.
        share = len(corpus.train) / len(examples)
        epochs = max(1, round(settings.teacher_epochs * share))
        recipe = corpus.recipe.overlay({"training.epochs": epochs, "training.patience": epochs})
        objective = ReviewObjective(recipe, examples, corpus.validation_examples)
        validation = np.zeros(len(corpus.validation))
        unlabelled = np.zeros(len(corpus.unlabelled))
        count = settings.teacher_networks
        learns = "labels" if self._round == 1 else "labels and pseudo-labels"
        for number in range(1, count + 1):
            of = f" {number} of {count}" if count > 1 else ""
            run.reporter.message(f"teacher {self.name}: training a network{of} on {learns}")
            # A seed of its own: the seed of the final network would give the same mistakes.
            seed = run.seed + (self._round - 1) * count + number
            model = self._network.build(seed)
            fit(model, objective, run.part(f"network-{self._round}-{number}", seed))
            run.stop_if_interrupted()
            validation += log_odds(predict_rows(model, corpus.validation_examples.rows))
            unlabelled += log_odds(predict_rows(model, corpus.unlabelled_rows))
        return TeacherLogits(validation / count, unlabelled / count)

"""Which teachers a run has, round by round."""

from __future__ import annotations

from collections.abc import Sequence

from cinesent.classifier import Classifier
from cinesent.training.corpus import Corpus
from cinesent.training.initialization import InitialNetwork
from cinesent.training.teachers.network_teacher import NetworkTeacher
from cinesent.training.teachers.ngram_teacher import NgramTeacher
from cinesent.training.teachers.saved_teacher import SavedTeacher
from cinesent.training.teachers.teacher import Teacher


def choose_teachers(
    corpus: Corpus, network: InitialNetwork, saved: Sequence[Classifier]
) -> list[list[Teacher]]:
    """Return the teachers of each round; no round where there is nothing to label.

    Args:
        corpus: the reviews, and the recipe, which names its teachers.
        network: how networks that are trained to teach begin.
        saved: saved models, which replace the recipe's teachers.
    """
    settings = corpus.recipe.training
    if saved:
        return [[SavedTeacher(number, each) for number, each in enumerate(saved, 1)]]
    if settings.teacher == "none" or not len(corpus.unlabelled):
        return []
    if settings.teacher == "ngrams":
        return [[NgramTeacher()]]
    return [
        [NgramTeacher(), NetworkTeacher(number, network)]
        for number in range(1, settings.teacher_rounds + 1)
    ]

"""Stage: teaching, that is pseudo-labels for the unlabelled reviews.

Each round, every teacher predicts the validation and the unlabelled reviews; the next round, and in
the end the final network, learns from the labels and from the teachers' combined predictions. A
network that learns from them sees three times the reviews, and phrases that are too rare in the
labelled ones. docs/experiments.md shows what this is worth.

Source:
    Hinton, Vinyals & Dean (2015), "Distilling the Knowledge in a Neural Network".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cinesent.probability import sigmoid
from cinesent.training.corpus import Corpus
from cinesent.training.engine.batches import Examples
from cinesent.training.engine.run import Run
from cinesent.training.stacking import stacking_weights
from cinesent.training.teachers.teacher import Teacher, TeacherLogits


def teach(corpus: Corpus, rounds: Sequence[Sequence[Teacher]], run: Run) -> Examples:
    """Return the training reviews and, after them, the unlabelled ones with pseudo-labels.

    Args:
        corpus: the reviews.
        rounds: the teachers of each round; no round: only the labels are learned.
        run: its checkpoint keeps the predictions of each teacher.

    Raises:
        KeyboardInterrupt: after Ctrl-C.
    """
    examples = corpus.labelled_examples
    run.reporter.message(_cut_message(corpus, with_unlabelled=bool(rounds)))
    for teachers in rounds:
        predictions = [_predict(teacher, corpus, examples, run) for teacher in teachers]
        logits = combine_teachers(teachers, predictions, corpus, run)
        examples = Examples(
            [*corpus.labelled_examples.rows, *corpus.unlabelled_rows],
            np.concatenate([corpus.labelled_examples.targets, sigmoid(logits).astype(np.float32)]),
        )
    return examples


def _predict(teacher: Teacher, corpus: Corpus, examples: Examples, run: Run) -> TeacherLogits:
    """Return the predictions of a teacher, from the checkpoint if it has them."""
    split = len(corpus.validation)

    def predict() -> NDArray[np.float64]:
        logits = teacher.predict(corpus, examples, run)
        labels = corpus.validation_examples.targets > 0.5
        accuracy = np.mean((logits.validation > 0) == labels)
        run.reporter.message(
            f"teacher {teacher.name}: accuracy {accuracy:.4f} on the validation reviews"
        )
        return np.concatenate([logits.validation, logits.unlabelled])

    both = run.checkpoint.cached(f"teacher-{teacher.name}", predict)
    return TeacherLogits(both[:split], both[split:])


def combine_teachers(
    teachers: Sequence[Teacher], predictions: Sequence[TeacherLogits], corpus: Corpus, run: Run
) -> NDArray[np.float64]:
    """Return the combined log-odds of the unlabelled reviews, float64 (m,).

    Stacking weights are fitted on the validation reviews, which also corrects the overconfidence
    of the teachers. Where a teacher may have been trained on those reviews, all count the same.
    """
    names = [teacher.name for teacher in teachers]
    unlabelled = np.stack([prediction.unlabelled for prediction in predictions])
    if not all(teacher.validation_held_out for teacher in teachers):
        run.reporter.message(f"pseudo-labels: mean log-odds of {', '.join(names)}")
        return np.asarray(unlabelled.mean(axis=0))
    validation = np.stack([prediction.validation for prediction in predictions])
    factors = stacking_weights(validation, corpus.validation_examples.targets)
    terms = [f"{factor:.2f} x {name}" for factor, name in zip(factors, names, strict=True)]
    run.reporter.message(f"pseudo-labels: log-odds {' + '.join(terms)}")
    return np.asarray(factors @ unlabelled)


def _cut_message(corpus: Corpus, *, with_unlabelled: bool) -> str:
    """Say how many of the reviews to learn from are cut, and how much is lost."""
    settings = corpus.recipe
    limit = settings.model.sequence_length or settings.training.max_length
    ids = corpus.train.ids + (corpus.unlabelled.ids if with_unlabelled else [])
    lengths = np.array([len(row) for row in ids])
    if not limit or lengths.max() <= limit:
        return "no training review is cut"
    reviews = np.mean(lengths > limit)
    tokens = np.maximum(lengths - limit, 0).sum() / lengths.sum()
    return (
        f"cut to {limit} tokens: {reviews:.1%} of the training reviews, {tokens:.1%} of the tokens"
    )

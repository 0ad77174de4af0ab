"""What a teacher is trained on, and what is held out to measure it.

IMDB training reviews with their labels, phrases and sentences of the Sentiment Treebank with their
five levels as targets (the neutral ones too: they are where 0.5 is learned), and edited reviews.
The validation reviews of IMDB are held out by movie, as for every other model, and with them the
pairs of edited reviews whose original is one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.split import split_reviews
from cinesent.distillation.outside import OutsideData, choose_phrases


@dataclass(frozen=True)
class TeacherExamples:
    """Texts with targets, and the reviews that are held out.

    Attributes:
        texts: n texts.
        targets: probability of positive of each, float32 (n,), from 0 to 1.
        validation: held-out reviews by name: "imdb", "sst", "cad" (rows 2k and 2k + 1 are a pair).
    """

    texts: Sequence[str]
    targets: NDArray[np.float32]
    validation: dict[str, Reviews]


def gather_examples(
    imdb: Dataset,
    outside: OutsideData,
    *,
    num_phrases: int = 40_000,
    num_reviews: int | None = None,
    validation: float = 0.1,
    seed: int = 0,
) -> TeacherExamples:
    """Gather the examples of all sources.

    Args:
        imdb: its labelled training reviews are split by movie.
        outside: all sentences of the treebank are learned, a random choice of their phrases, and
            the pairs.
        num_phrases: phrases of two words or more that are learned.
        num_reviews: IMDB reviews that are learned, a random choice; None: all that are not held
            out.
        validation: share of the IMDB reviews to hold out.
        seed: of the split and the choice of phrases.
    """
    labelled = imdb.train.labelled()
    train_rows, held_rows = split_reviews(labelled, validation, seed)
    train, held = labelled.take(train_rows), labelled.take(held_rows)
    edits = outside.learned_edits(train, held)
    chosen = [*outside.sentences, *choose_phrases(outside.phrases, num_phrases, seed)]
    if num_reviews is not None:
        order = np.random.default_rng(seed).permutation(len(train))
        train = train.take(np.sort(order[:num_reviews]))
    texts = [*train.texts, *edits.texts, *(phrase.text for phrase in chosen)]
    targets = [*train.labels.tolist(), *edits.labels.tolist()]
    targets += [phrase.level for phrase in chosen]
    return TeacherExamples(
        texts=texts,
        targets=np.array(targets, dtype=np.float32),
        validation={
            "imdb": held,
            **({"sst": outside.sst.validation} if outside.sst.validation is not None else {}),
            "cad": outside.split_pairs(held)[1],
        },
    )

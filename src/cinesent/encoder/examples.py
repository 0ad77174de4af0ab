"""What a teacher is trained on, and what is held out to measure it.

IMDB training reviews with their labels, phrases and sentences of the Sentiment Treebank with their
five levels as targets (the neutral ones too: they are where 0.5 is learned), and edited reviews.
The validation reviews of IMDB are held out by movie, as for every other model, and with them the
pairs of edited reviews whose original is one of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.split import split_reviews
from cinesent.data.sst import Phrase
from cinesent.text.clean import clean_text

_MARKS = re.compile(r"\W+")


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
    sst: Dataset,
    sentences: Sequence[Phrase],
    phrases: Sequence[Phrase],
    cad: Dataset,
    *,
    num_phrases: int = 40_000,
    validation: float = 0.1,
    seed: int = 0,
) -> TeacherExamples:
    """Gather the examples of all sources.

    Args:
        imdb: its labelled training reviews are split by movie.
        sst: its validation part is held out.
        sentences: the training sentences of the treebank, all of which are learned.
        phrases: their phrases; a random choice is learned as well.
        cad: the pairs, originals in even rows.
        num_phrases: phrases of two words or more that are learned.
        validation: share of the IMDB reviews to hold out.
        seed: of the split and the choice of phrases.
    """
    labelled = imdb.train.labelled()
    train_rows, held_rows = split_reviews(labelled, validation, seed)
    train, held = labelled.take(train_rows), labelled.take(held_rows)
    pairs_train, pairs_held = _split_pairs(cad.train, held)
    known = {_key(text) for text in train.texts}
    # The originals of the pairs are IMDB training reviews: each is learned once.
    edits = [row for row in pairs_train if _key(cad.train.texts[row]) not in known]
    chosen = [*sentences, *_choose_phrases(phrases, num_phrases, seed)]
    texts = [*train.texts, *(cad.train.texts[row] for row in edits)]
    targets = [*train.labels.tolist(), *cad.train.labels[edits].tolist()]
    texts += [phrase.text for phrase in chosen]
    targets += [phrase.level for phrase in chosen]
    return TeacherExamples(
        texts=texts,
        targets=np.array(targets, dtype=np.float32),
        validation={
            "imdb": held,
            **({"sst": sst.validation} if sst.validation is not None else {}),
            "cad": cad.train.take(pairs_held, name="cad/held out"),
        },
    )


def _split_pairs(pairs: Reviews, held: Reviews) -> tuple[list[int], list[int]]:
    """Return the rows of the pairs to learn and of those whose original is held out."""
    keys = {_key(text) for text in held.texts}
    train: list[int] = []
    held_out: list[int] = []
    for row in range(0, len(pairs), 2):
        both = (row, row + 1)
        (held_out if _key(pairs.texts[row]) in keys else train).extend(both)
    return train, held_out


def _choose_phrases(phrases: Sequence[Phrase], count: int, seed: int) -> list[Phrase]:
    """Return `count` phrases of at least two words, in their order."""
    several = [phrase for phrase in phrases if " " in phrase.text]
    order = np.random.default_rng(seed).permutation(len(several))[:count]
    return [several[row] for row in sorted(order.tolist())]


def _key(text: str) -> str:
    """Return a text without case, marks and markup: copies differ in those."""
    return _MARKS.sub(" ", clean_text(text)).strip().casefold()

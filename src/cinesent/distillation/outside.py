"""Outside data: the Sentiment Treebank and edited reviews, and what of them is held out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cinesent.data import load_dataset
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.sst import Phrase, load_graded
from cinesent.progress import SILENT, Reporter
from cinesent.text.clean import clean_text

_MARKS = re.compile(r"\W+")


@dataclass(frozen=True)
class OutsideData:
    """Data beside the IMDB reviews.

    Attributes:
        sst: SST-2, with its validation and test parts.
        sentences: the training sentences of the treebank, neutral ones included.
        phrases: all distinct phrases of those sentences.
        cad: the pairs of edited reviews, originals in even rows.
    """

    sst: Dataset
    sentences: Sequence[Phrase]
    phrases: Sequence[Phrase]
    cad: Dataset

    def split_pairs(self, held_out: Reviews) -> tuple[Reviews, Reviews]:
        """Return the pairs to learn, and those whose original is one of the reviews held out."""
        keys = {text_key(text) for text in held_out.texts}
        parts: tuple[list[int], list[int]] = ([], [])
        for row in range(0, len(self.cad.train), 2):
            parts[text_key(self.cad.train.texts[row]) in keys].extend((row, row + 1))
        learned, held = parts
        return (
            self.cad.train.take(learned),
            self.cad.train.take(held, name=f"{self.cad.name}/held out"),
        )

    def learned_edits(self, train: Reviews, held_out: Reviews) -> Reviews:
        """Return the reviews of the pairs to learn that are not among `train` already.

        The originals of the pairs are IMDB training reviews: each is learned once.
        """
        pairs, _ = self.split_pairs(held_out)
        known = {text_key(text) for text in train.texts}
        return pairs.take([n for n, text in enumerate(pairs.texts) if text_key(text) not in known])

    def held_out_texts(self, held_out: Reviews) -> Iterable[str]:
        """Yield every text that no model may learn: validation and test parts, held-out pairs."""
        for part in (self.sst.validation, self.sst.test, self.split_pairs(held_out)[1]):
            if part is not None:
                yield from part.texts


def load_outside(sst: str = "sst", cad: str = "cad", *, reporter: Reporter = SILENT) -> OutsideData:
    """Find or download the outside data.

    Args:
        sst: "sst", or the path of the treebank.
        cad: "cad", or the path of the pairs.
        reporter: told of downloads.

    Raises:
        DataError: one of them cannot be found or read.
    """
    sentences, phrases = load_graded(sst, reporter=reporter)
    return OutsideData(
        sst=load_dataset(sst, reporter=reporter),
        sentences=sentences,
        phrases=phrases,
        cad=load_dataset(cad, reporter=reporter),
    )


def choose_phrases(phrases: Sequence[Phrase], count: int, seed: int) -> list[Phrase]:
    """Return `count` random phrases of at least two words, in their order."""
    several = [phrase for phrase in phrases if " " in phrase.text]
    order = np.random.default_rng(seed).permutation(len(several))[:count]
    return [several[row] for row in sorted(order.tolist())]


def text_key(text: str) -> str:
    """Return a text without case, marks and markup: copies differ in those."""
    return _MARKS.sub(" ", clean_text(text)).strip().casefold()

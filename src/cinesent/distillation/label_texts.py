"""The texts that a teacher labels for its student."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from cinesent.augmentation import augment, counts_by_share, cut_reviews
from cinesent.behavior import suite_texts
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.split import split_reviews
from cinesent.distillation.outside import OutsideData
from cinesent.recipes import TrainingConfig

# Sentences and passages of each edited review: there are few of them, and each differs from its
# original where it matters.
_CUTS_OF_EDITS = 6


@dataclass(frozen=True)
class LabelPlan:
    """Which texts are labelled.

    Attributes:
        cuts: sentences and passages of each unlabelled review.
        augmented: texts made by the rules of :mod:`cinesent.augmentation`, half of them from
            sentences of the treebank, half from the reviews.
        seed: of the choices, and of the split into training and validation reviews.
    """

    cuts: int = 1
    augmented: int = 260_000
    seed: int = 0


@dataclass(frozen=True)
class LabelTexts:
    """Distinct texts, the same for the same data and plan on every machine.

    Attributes:
        short: sentences of the treebank, augmented texts and passages of edited reviews.
        reviews: the unlabelled reviews, and then passages of them.
    """

    short: Sequence[str]
    reviews: Sequence[str]

    def __iter__(self) -> Iterator[str]:
        """Yield all texts."""
        return chain(self.short, self.reviews)

    def __len__(self) -> int:
        return len(self.short) + len(self.reviews)


def texts_to_label(imdb: Dataset, outside: OutsideData, plan: LabelPlan) -> LabelTexts:
    """Return the texts of a plan; student and teacher call this alike, so labels need no texts.

    No text of a validation or test part is among them, and none of the behavior suite.

    Args:
        imdb: its unlabelled reviews are labelled; of the others it is known what is held out.
        outside: gives sentences and edited reviews.
        plan: how many.
    """
    labelled = imdb.train.labelled()
    train, held = (
        labelled.take(rows)
        for rows in split_reviews(labelled, TrainingConfig().validation, plan.seed)
    )
    known = set(outside.held_out_texts(held)).union(held.texts, suite_texts())
    if imdb.test is not None:
        known.update(imdb.test.texts)
    reviews = [] if imdb.unlabelled is None else list(imdb.unlabelled.texts)
    short = _short_texts(reviews, outside, outside.learned_edits(train, held), plan, list(known))
    passages = cut_reviews(reviews, plan.seed, plan.cuts)
    return LabelTexts(_distinct(short, known), _distinct(chain(reviews, passages), known))


def _short_texts(
    reviews: Sequence[str],
    outside: OutsideData,
    edits: Reviews,
    plan: LabelPlan,
    exclude: Collection[str],
) -> Iterator[str]:
    sentences = [sentence.text for sentence in outside.sentences]
    yield from sentences
    halves = (plan.augmented // 2, plan.augmented - plan.augmented // 2)
    # Two seeds: the sentences of the grammar would be the same ones in both halves.
    for number, (count, source) in enumerate(zip(halves, (sentences, reviews), strict=True)):
        made = augment(
            counts_by_share(count), seed=2 * plan.seed + number, reviews=source, exclude=exclude
        )
        yield from (text for _, text in made)
    yield from cut_reviews(list(edits.texts), plan.seed, _CUTS_OF_EDITS)


def _distinct(texts: Iterator[str], known: set[str]) -> list[str]:
    """Return the texts that are not known yet, which they are from then on."""
    found = []
    for text in texts:
        if text not in known:
            known.add(text)
            found.append(text)
    return found

"""The texts that a teacher labels for its student: reviews, parts of them, and augmented texts."""

from __future__ import annotations

from cinesent.augmentation import augment, counts_by_share, cut_reviews
from cinesent.behavior import suite_texts
from cinesent.data.reviews import Reviews


def texts_to_label(
    unlabelled: Reviews,
    *,
    cuts_per_review: int = 6,
    num_augmented: int = 250_000,
    seed: int = 0,
    exclude: Reviews | None = None,
) -> list[str]:
    """Return distinct texts, the same for the same reviews and seed on every machine.

    First the reviews, then sentences and windows of them, then augmented texts. Student and
    teacher call this function alike, so that a file of labels needs no texts.

    Args:
        unlabelled: reviews without labels.
        cuts_per_review: sentences and windows of each.
        num_augmented: texts made by the rules of :mod:`cinesent.augmentation`.
        seed: of the choices.
        exclude: reviews none of whose texts may appear, such as those of test sets. The texts of
            the behavior suite never appear.
    """
    reviews = list(unlabelled.texts)
    left_out = [*suite_texts(), *(() if exclude is None else exclude.texts)]
    cuts = cut_reviews(reviews, seed, cuts_per_review)
    made = (
        text
        for _, text in augment(
            counts_by_share(num_augmented), seed=seed, reviews=reviews, exclude=left_out
        )
    )
    known = set(left_out)
    texts: list[str] = []
    for source in (reviews, cuts, made):
        for text in source:
            if text not in known:
                known.add(text)
                texts.append(text)
    return texts

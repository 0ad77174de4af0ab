"""Varied text without labels, for a teacher to label and a student to learn from.

The kinds are negation, contrast, neutral text, names, comparisons, exchanged words, surface
variants, sarcasm, other subjects, short reviews with a turn, and cuts of real reviews. Only text is
generated: its label is left to the teacher.

    >>> texts = list(augment(counts_by_share(100), seed=1, reviews=["I liked it. It was long."]))
    >>> len(texts) == len(set(texts))
    True
"""

from cinesent.augmentation.cuts import cut_reviews
from cinesent.augmentation.generate import augment, counts_by_share, pad_texts
from cinesent.augmentation.kinds import KINDS, Kind
from cinesent.augmentation.teacher_text import teacher_text

__all__ = [
    "KINDS",
    "Kind",
    "augment",
    "counts_by_share",
    "cut_reviews",
    "pad_texts",
    "teacher_text",
]

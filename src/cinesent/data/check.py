"""Checks whether a dataset can be trained on: :func:`check_dataset`."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Unpack

from cinesent.data.describe import Description, SplitDescription, describe
from cinesent.data.imdb import find_imdb
from cinesent.data.reviews import UNLABELLED, Reviews
from cinesent.data.sources import load_dataset
from cinesent.probability import LABELS
from cinesent.progress import SILENT, Reporter
from cinesent.tables import LabelKeywords

#: Different texts of each label that training needs: one to train on, one to validate on.
LEAST_PER_LABEL = 2
_FEW = 1000
_BALANCED = 0.2


@dataclass(frozen=True)
class DatasetCheck:
    """What :func:`check_dataset` found.

    Attributes:
        source: the name or the path of the dataset.
        description: what is in it.
        conflicts: how many different texts of the training reviews carry both labels.
        problems: why it cannot be trained on; empty where it can.
        notes: what is no error, but worth knowing before training.
    """

    source: str
    description: Description
    conflicts: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the dataset can be trained on."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain dictionaries and lists, ready for JSON."""
        values = asdict(self) | {"description": self.description.to_dict()}
        return values | {"ok": self.ok}


def check_dataset(
    data: str | os.PathLike[str] | None = None,
    *,
    reporter: Reporter = SILENT,
    **table: Unpack[LabelKeywords],
) -> DatasetCheck:
    """Check whether a dataset can be trained on: its labels, its texts, its size.

    Nothing is downloaded: without `data`, it is the IMDB archive if there is one on this machine,
    else the packaged reviews.

    Args:
        data: the name or the path of the dataset; see :func:`cinesent.load_dataset`.
        reporter: told which columns were taken and which label became what.
        table: see :func:`cinesent.load_dataset`.

    Raises:
        DataError: the dataset cannot be read, or has bad rows.
        ConfigError: an option is wrong.
        MissingExtraError: an extra is needed that is not installed.

    Example:
        >>> check_dataset("rotten-tomatoes").ok
        True
    """
    source = data if data is not None else find_imdb() or "imdb-train"
    dataset = load_dataset(source, reporter=reporter, **table)
    description = describe(dataset)
    conflicts = conflicting_texts(dataset.train)
    return DatasetCheck(
        source=str(source),
        description=description,
        conflicts=len(conflicts),
        problems=tuple(_problems(dataset.train, conflicts)),
        notes=tuple(_notes(description.splits[0], len(conflicts))),
    )


def conflicting_texts(reviews: Reviews) -> frozenset[str]:
    """Return the texts that occur both as negative and as positive reviews.

    Example:
        >>> import numpy as np
        >>> reviews = Reviews(["Fine.", "Fine.", "Bad."], np.int8([0, 1, 0]))
        >>> sorted(conflicting_texts(reviews))
        ['Fine.']
    """
    negative, positive = _texts_by_label(reviews)
    return frozenset(negative & positive)


def _texts_by_label(reviews: Reviews) -> tuple[set[str], set[str]]:
    """Return the different texts of negative and of positive reviews."""
    sets: tuple[set[str], set[str]] = set(), set()
    for text, label in zip(reviews.texts, reviews.labels.tolist(), strict=True):
        if label != UNLABELLED:
            sets[label].add(text)
    return sets


def _problems(reviews: Reviews, conflicts: frozenset[str]) -> list[str]:
    """Return why reviews cannot be trained on."""
    counts = Counter(reviews.labels.tolist())
    missing = [name for label, name in enumerate(LABELS) if not counts[label]]
    if len(missing) == len(LABELS):
        return ["no review has a label."]
    if missing:
        return [f"no review is {missing[0]}: nothing can be learned from one label alone."]
    problems = []
    for name, texts in zip(LABELS, _texts_by_label(reviews), strict=True):
        left = len(texts - conflicts)
        if left < LEAST_PER_LABEL:
            without = " that are not labelled both ways" if conflicts else ""
            problems.append(
                f"only {left} distinct {name} {'text' if left == 1 else 'texts'}{without}; at "
                f"least {LEAST_PER_LABEL} are needed, one for training and one for validation."
            )
    return problems


def _notes(train: SplitDescription, conflicts: int) -> list[str]:
    """Return what is no error, but worth knowing."""
    notes = []
    share = train.positive_share
    if share is not None and 0 < share < 1 and not _BALANCED <= share <= 1 - _BALANCED:
        rarer = min(share, 1 - share)
        notes.append(f"only {rarer:.0%} have the rarer label: accuracy alone will mislead.")
    if train.reviews < _FEW:
        what = "1 review is" if train.reviews == 1 else f"{train.reviews:,} reviews are"
        notes.append(f"{what} very little to train on.")
    if conflicts:
        what = "1 text is" if conflicts == 1 else f"{conflicts:,} texts are"
        notes.append(f"{what} labelled negative in one row and positive in another.")
    if train.repeats:
        are = "1 text is a repeat" if train.repeats == 1 else f"{train.repeats:,} texts are repeats"
        notes.append(f"{are}; a split keeps copies on one side.")
    return notes

"""The table of reviews that every source yields and everything downstream reads."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import DataError

#: The label of a review without a label.
UNLABELLED = -1

#: The parts a dataset may have.
SPLITS = ("train", "validation", "test", "unlabelled")


@dataclass(frozen=True)
class Reviews:
    """A table of reviews, one row each, held as columns.

    Attributes:
        texts: the raw text of each review, as it was read: not cleaned.
        labels: int8 (n,), 0 negative, 1 positive, -1 unlabelled.
        name: where the reviews come from, for messages and manifests ("imdb/train").
        ids: one id per row, unique within the table ("train/pos/0_9"); numbered when not given.
        ratings: int8 (n,), stars from 1 to 10, 0 unknown; None where the source has none.
        movie_ids: the movie each review is about ("tt0453418"), or the pair it belongs to in cad: a
            split keeps reviews of the same id together. None where the source has none.

    Raises:
        DataError: a column is not a sequence of the right type, the columns differ in length, or a
            label is not -1, 0 or 1.
    """

    texts: Sequence[str]
    labels: NDArray[np.int8]
    name: str = "reviews"
    ids: Sequence[str] = field(default=())
    ratings: NDArray[np.int8] | None = None
    movie_ids: NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        """Check that the columns are of one length and the labels legal."""
        _check_strings("texts", self.texts)
        object.__setattr__(self, "labels", _as_integers("labels", self.labels))
        if self.ratings is not None:
            object.__setattr__(self, "ratings", _as_integers("ratings", self.ratings))
        if len(self.ids):
            _check_strings("ids", self.ids)
        else:
            object.__setattr__(self, "ids", tuple(str(i) for i in range(len(self.texts))))
        columns = {
            "texts": self.texts,
            "labels": self.labels,
            "ids": self.ids,
            "ratings": self.ratings,
            "movie_ids": self.movie_ids,
        }
        lengths = {key: len(column) for key, column in columns.items() if column is not None}
        if len(set(lengths.values())) > 1:
            raise DataError(f"the columns of {self.name} differ in length: {lengths}.")
        strange = set(np.unique(self.labels).tolist()) - {UNLABELLED, 0, 1}
        if strange:
            raise DataError(
                f"{self.name} has labels {sorted(strange)}; "
                "expected 0 (negative), 1 (positive) or -1 (unlabelled)."
            )

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices: NDArray[np.intp] | Sequence[int], name: str | None = None) -> Reviews:
        """Return the rows at `indices`, in that order, under a new `name` if one is given."""
        rows = np.asarray(indices, dtype=np.intp)
        return replace(
            self,
            texts=[self.texts[i] for i in rows],
            labels=self.labels[rows],
            name=name or self.name,
            ids=[self.ids[i] for i in rows],
            ratings=None if self.ratings is None else self.ratings[rows],
            movie_ids=None if self.movie_ids is None else self.movie_ids[rows],
        )

    def labelled(self) -> Reviews:
        """Return the rows that have a label."""
        return self.take(np.flatnonzero(self.labels != UNLABELLED))

    def fingerprint(self) -> str:
        """Return the SHA-256 of texts and labels in order: the same reviews, the same string."""
        digest = hashlib.sha256()
        for text, label in zip(self.texts, self.labels, strict=True):
            encoded = text.encode("utf-8", "surrogatepass")
            digest.update(b"%d %d\n" % (label, len(encoded)))
            digest.update(encoded)
        return digest.hexdigest()


def _check_strings(name: str, column: object) -> None:
    """Raise DataError unless a column is a sequence of str."""
    if isinstance(column, np.ndarray) and column.ndim == 1:
        column = column.tolist()
    if not isinstance(column, Sequence) or isinstance(column, (str, bytes)):
        raise DataError(f"{name} is of type {type(column).__name__}; expected a list of str.")
    for row, value in enumerate(column):
        if not isinstance(value, str):
            raise DataError(
                f"{name} holds an object of type {type(value).__name__} in row {row}; expected str."
            )


def _as_integers(name: str, column: object) -> NDArray[np.int8]:
    """Return a column of small whole numbers as int8 (n,)."""
    try:
        values = np.asarray(column)
    except ValueError as error:
        raise DataError(f"{name} is not a list of whole numbers: {error}.") from error
    if values.size == 0 and values.ndim == 1:
        return values.astype(np.int8)
    if values.ndim != 1 or values.dtype.kind not in "iub":
        raise DataError(
            f"{name} has shape {values.shape} and type {values.dtype}; expected (n,) whole numbers."
        )
    if values.min() < -128 or values.max() > 127:
        raise DataError(f"{name} holds {values.min()} to {values.max()}; expected small numbers.")
    return values.astype(np.int8, copy=False)


@dataclass(frozen=True)
class Dataset:
    """What a source holds: training reviews, and the other parts where it has them.

    Attributes:
        name: of the source.
        train: the training reviews.
        test: the official test reviews.
        unlabelled: reviews without labels.
        validation: the official validation reviews; None where they are split off `train`.
    """

    name: str
    train: Reviews
    test: Reviews | None = None
    unlabelled: Reviews | None = None
    validation: Reviews | None = None

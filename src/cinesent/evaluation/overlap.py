"""Finds the reviews to score that a model was trained on in another dataset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle import Bundle
from cinesent.data.duplicates import shared_rows, similar_rows
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.sources import DOWNLOADABLE, find_dataset
from cinesent.errors import CinesentError
from cinesent.progress import Reporter

#: Datasets that have reviews in common: the edited reviews were IMDB training reviews, and the
#: sentences of the Sentiment Treebank are those of Rotten Tomatoes.
RELATED = (frozenset({"imdb", "imdb-train", "cad"}), frozenset({"sst", "rotten-tomatoes"}))


def same_training_reviews(one: str, other: str) -> bool:
    """Return whether two datasets are known to have the same training reviews, in another order."""
    return {one, other} <= {"imdb", "imdb-train"}


def unseen_rows(
    dataset: Dataset, split: str, reviews: Reviews, bundle: Bundle, reporter: Reporter
) -> NDArray[np.intp]:
    """Return the rows of the reviews to score that are among no training reviews, (n,).

    Those of the same dataset are compared character for character, those of another dataset that
    the model was trained on without case, spaces and punctuation.

    Args:
        dataset: the reviews are from.
        split: the part of it that is scored.
        reviews: of that part.
        bundle: the model.
        reporter: told what the model was trained on, or that this cannot be found out.
    """
    seen = np.zeros(len(reviews), dtype=bool)
    if split == "test" or (split == "validation" and dataset.validation is not None):
        seen[shared_rows(reviews, dataset.train)] = True
    seen[_rows_of_related(dataset, split, reviews, bundle, reporter)] = True
    return np.flatnonzero(~seen)


def _rows_of_related(
    dataset: Dataset, split: str, reviews: Reviews, bundle: Bundle, reporter: Reporter
) -> NDArray[np.intp]:
    """Return the rows that the model was trained on in a dataset related to this one."""
    none = np.zeros(0, dtype=np.intp)
    name = bundle.provenance.data.name if bundle.provenance.data else ""
    related = any({name, dataset.name} <= family for family in RELATED)
    if not related or name == dataset.name:
        return none
    if same_training_reviews(name, dataset.name):
        return none  # train: warned of already; test: compared with the training reviews here
    trained_on, reason = _training_reviews(name, bundle)
    if trained_on is None:
        reporter.warning(
            f"{bundle.name} was trained on {name}, which shares reviews with {dataset.name}; they "
            f"cannot be left out, because {reason}"
        )
        return none
    rows = similar_rows(reviews, trained_on)
    if len(rows):
        reporter.warning(
            f"{len(rows):,} of the {len(reviews):,} reviews of {dataset.name}, {split}, are in "
            f"{name}, which {bundle.name} was trained on; the metrics without duplicates leave "
            "them out"
        )
    return rows


def _training_reviews(name: str, bundle: Bundle) -> tuple[Reviews | None, str]:
    """Return the reviews that a model was trained on, or None and why they are not known."""
    try:
        dataset = find_dataset(name)
        if dataset is None and same_training_reviews(name, "imdb-train"):
            packaged = find_dataset("imdb-train")
            return (None if packaged is None else packaged.train), ""
    except CinesentError as error:
        return None, str(error)
    if dataset is None:
        how = f" (cinesent data fetch {name})" if name in DOWNLOADABLE else ""
        return None, f"{name} is not on this machine{how}"
    if not bundle.provenance.trained_on(dataset.train.fingerprint()):
        return None, f"the {name} on this machine has other training reviews"
    return dataset.train, ""

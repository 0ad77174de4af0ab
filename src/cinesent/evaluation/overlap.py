"""Finds the reviews to score that a model was trained on, in this dataset or in another one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle import Bundle
from cinesent.bundle.provenance import DataSource
from cinesent.data.duplicates import shared_rows, similar_rows
from cinesent.data.reviews import UNLABELLED, Dataset, Reviews
from cinesent.data.sources import DOWNLOADABLE, find_dataset
from cinesent.data.sst import load_graded
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
    """Return the rows that the model was trained on in datasets related to this one."""
    origin = bundle.provenance
    rows = np.zeros(0, dtype=np.intp)
    if origin.data is not None and origin.data.name != dataset.name:
        rows = _rows_of(origin.data, dataset, split, reviews, bundle, reporter)
    for source in origin.sources:
        rows = np.union1d(rows, _rows_of(source, dataset, split, reviews, bundle, reporter))
    return rows


def _rows_of(
    source: DataSource,
    dataset: Dataset,
    split: str,
    reviews: Reviews,
    bundle: Bundle,
    reporter: Reporter,
) -> NDArray[np.intp]:
    """Return the rows that are in one of the datasets that the model was trained on."""
    none = np.zeros(0, dtype=np.intp)
    if not any({source.name, dataset.name} <= family for family in RELATED):
        return none
    if same_training_reviews(source.name, dataset.name):
        return none  # train: warned of already; test: compared with the training reviews here
    trained_on, reason = _training_reviews(source)
    if trained_on is None:
        reporter.warning(
            f"{bundle.name} was trained on {source.name}, which shares reviews with "
            f"{dataset.name}; they cannot be left out, because {reason}"
        )
        return none
    rows = similar_rows(reviews, trained_on)
    if len(rows):
        reporter.warning(
            f"{len(rows):,} of the {len(reviews):,} reviews of {dataset.name}, {split}, are in "
            f"{source.name}, which {bundle.name} was trained on; the metrics without duplicates "
            "leave them out"
        )
    return rows


def _training_reviews(source: DataSource) -> tuple[Reviews | None, str]:
    """Return the reviews that a model was trained on, or None and why they are not known."""
    name = source.name
    try:
        dataset = find_dataset(name)
        if dataset is None and same_training_reviews(name, "imdb-train"):
            packaged = find_dataset("imdb-train")
            return (None if packaged is None else packaged.train), ""
        if dataset is None:
            how = f" (cinesent data fetch {name})" if name in DOWNLOADABLE else ""
            return None, f"{name} is not on this machine{how}"
        if dataset.train.fingerprint() != source.sha256:
            return None, f"the {name} on this machine has other training reviews"
        return (_all_sentences() if name == "sst" else dataset.train), ""
    except CinesentError as error:
        return None, str(error)


def _all_sentences() -> Reviews:
    """Return the training sentences of the treebank, the neutral ones too: phrases hold them."""
    sentences, _ = load_graded("sst")
    texts = [sentence.text for sentence in sentences]
    return Reviews(texts, np.full(len(texts), UNLABELLED, dtype=np.int8), "sst/sentences")

"""Labelled reviews, wherever they come from: :func:`load_dataset` and :func:`load_reviews`."""

from __future__ import annotations

from cinesent.data.reviews import UNLABELLED, Dataset, Reviews
from cinesent.data.sources import DATASET_NAMES, SPLITS, load_dataset, load_reviews

__all__ = [
    "DATASET_NAMES",
    "SPLITS",
    "UNLABELLED",
    "Dataset",
    "Reviews",
    "load_dataset",
    "load_reviews",
]

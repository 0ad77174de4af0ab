"""Labelled reviews from every source: :func:`load_dataset` and :func:`load_reviews`."""

from __future__ import annotations

from cinesent.data.check import DatasetCheck, check_dataset
from cinesent.data.reviews import SPLITS, UNLABELLED, Dataset, Reviews
from cinesent.data.sources import DATASET_NAMES, load_dataset, load_reviews

__all__ = [
    "DATASET_NAMES",
    "SPLITS",
    "UNLABELLED",
    "Dataset",
    "DatasetCheck",
    "Reviews",
    "check_dataset",
    "load_dataset",
    "load_reviews",
]

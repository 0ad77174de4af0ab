"""Selects the reviews a model is scored on: if possible, reviews that it was not trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from cinesent.bundle import Bundle
from cinesent.data import load_dataset
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.split import split_reviews
from cinesent.errors import BundleError, ConfigError, DataError, check_type, nearest, option
from cinesent.evaluation.overlap import same_training_reviews
from cinesent.progress import SILENT, Reporter
from cinesent.tables import LabelKeywords

#: What may be scored. "validation" are the validation reviews of the dataset, or the training
#: reviews that the training of the model held out.
EVALUATION_SPLITS = ("test", "validation", "train")


def as_dataset(
    data: Dataset | Reviews | str | Path | None,
    reporter: Reporter,
    **table: Unpack[LabelKeywords],
) -> Dataset:
    """Return reviews that are loaded already as a dataset, and load others.

    Raises:
        ConfigError: `table` has options for reading a file, and `data` is not one.
        DataError: as :func:`cinesent.load_dataset`.
    """
    if not isinstance(data, (Dataset, Reviews)):
        return load_dataset(data, reporter=reporter, **table)
    if table:
        raise ConfigError(
            f"{', '.join(map(option, table))}: for files only; these reviews are loaded already."
        )
    return data if isinstance(data, Dataset) else Dataset(data.name, data)


def check_split(split: str | None) -> None:
    """Raise ConfigError unless `split` is one that can be scored, or None."""
    check_type("split", split, (str, type(None)), "the name of a split")
    if split is not None and split not in EVALUATION_SPLITS:
        raise ConfigError(f"there is no split {split!r}. {nearest(split, EVALUATION_SPLITS)}")


def choose_reviews(
    dataset: Dataset, bundle: Bundle, split: str | None, reporter: Reporter = SILENT
) -> tuple[str, Reviews]:
    """Return the name of the part of a dataset to score, and its labelled reviews.

    Raises:
        ConfigError: there is no such split.
        DataError: the dataset has no such part or no labels in it, or "validation" was asked for
            and this is not the data the model was trained on.
        BundleError: "validation" was asked for and the manifest does not state the split.
    """
    check_split(split)
    if split == "test" or (split is None and dataset.test is not None):
        if dataset.test is None:
            raise DataError(
                f"{dataset.name} has no test reviews. Leave {option('split')} out, or choose "
                "'validation' or 'train'."
            )
        return "test", _labelled(dataset.test)
    if dataset.validation is not None and split in (None, "validation"):
        return "validation", _labelled(dataset.validation)
    own = bundle.provenance.trained_on(dataset.train.fingerprint())
    if split is None and own and bundle.provenance.split is not None:
        split = "validation"
        reporter.warning(
            f"{bundle.name} was trained on {dataset.name}, which has no test reviews; scoring the "
            "part that training held out (validation)"
        )
    if split == "validation":
        return "validation", _held_out(dataset, bundle, own)
    if own or same_training_reviews(dataset.name, _trained_on(bundle)):
        reporter.warning(
            f"{bundle.name} was trained on these reviews; the scores do not tell how it does on "
            "new ones"
        )
    return "train", _labelled(dataset.train)


def _trained_on(bundle: Bundle) -> str:
    """Return the name of the dataset a model was trained on."""
    return bundle.provenance.data.name if bundle.provenance.data else "unknown"


def _labelled(reviews: Reviews) -> Reviews:
    labelled = reviews.labelled()
    if not len(labelled):
        raise DataError(f"none of the {len(reviews):,} reviews of {reviews.name} has a label.")
    return labelled


def _held_out(dataset: Dataset, bundle: Bundle, own: bool) -> Reviews:
    """Return the reviews that the training of a model held out, found again by share and seed."""
    provenance = bundle.provenance
    if not own:
        recorded = provenance.data.sha256 if provenance.data else None
        raise DataError(
            f"{dataset.name} is not the data that {bundle.name} was trained on "
            f"({_trained_on(bundle)}): the fingerprint of its training reviews is "
            f"{dataset.train.fingerprint()[:12]}…, and the model's manifest has "
            f"{recorded or 'none':.12}…. The reviews that training held out can only be found "
            f"again in the same data; for other data leave {option('split')} out."
        )
    if provenance.split is None:
        raise BundleError(
            f"{bundle.path / 'manifest.json'} does not state how the training reviews were split: "
            "expected a share in 'recipe.training.validation' and a 'seed', as training writes "
            "them. A model that was validated on separate reviews has neither."
        )
    share, seed = provenance.split
    labelled = _labelled(dataset.train)
    _, rows = split_reviews(labelled, validation=share, seed=seed)
    return labelled.take(rows)

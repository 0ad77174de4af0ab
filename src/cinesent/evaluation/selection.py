"""Which reviews of a dataset a model is scored on, so that it is not on those it learnt."""

from __future__ import annotations

from typing import Any

from cinesent.bundle import Bundle
from cinesent.data.progress import Say, silent
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.split import split_reviews
from cinesent.errors import BundleError, ConfigError, DataError, nearest

#: What may be scored. "validation" are the training reviews that the training held out.
EVALUATION_SPLITS = ("test", "validation", "train")


def check_split(split: str | None) -> None:
    """Raise ConfigError unless `split` is one that can be scored, or None."""
    if split is not None and split not in EVALUATION_SPLITS:
        raise ConfigError(f"there is no split '{split}'. {nearest(split, EVALUATION_SPLITS)}")


def choose_reviews(
    dataset: Dataset, bundle: Bundle, split: str | None, say: Say = silent
) -> tuple[str, Reviews]:
    """Return the name of the part of a dataset to score, and its labelled reviews.

    Raises:
        ConfigError, DataError: as :func:`evaluate`.
        BundleError: "validation" was asked for and the manifest does not say how it was split.
    """
    check_split(split)
    if split == "test" or (split is None and dataset.test is not None):
        if dataset.test is None:
            raise DataError(
                f"{dataset.name} has no test reviews. "
                "Leave the split out, or choose 'validation' or 'train'."
            )
        return "test", _labelled(dataset.test)
    own = _origin(bundle).get("sha256") == dataset.train.fingerprint()
    if split is None and own:
        split = "validation"
        say(
            f"note: {bundle.name} was trained on {dataset.name}, which has no test reviews; "
            "scoring the part that training held out (validation)"
        )
    if split == "validation":
        return "validation", _held_out(dataset, bundle, own)
    if own or _same_reviews(dataset.name, str(_origin(bundle).get("name"))):
        say(
            f"warning: {bundle.name} was trained on these reviews; "
            "the score says nothing about new ones"
        )
    return "train", _labelled(dataset.train)


def _same_reviews(one: str, other: str) -> bool:
    """Say whether two datasets' training reviews are known to be the same, in another order."""
    return {one, other} <= {"imdb", "imdb-train"}


def _origin(bundle: Bundle) -> dict[str, Any]:
    """Return what the manifest says of the training data."""
    data = bundle.manifest.get("data")
    return data if isinstance(data, dict) else {}


def _labelled(reviews: Reviews) -> Reviews:
    labelled = reviews.labelled()
    if not len(labelled):
        raise DataError(f"none of the {len(reviews):,} reviews of {reviews.name} has a label.")
    return labelled


def _held_out(dataset: Dataset, bundle: Bundle, own: bool) -> Reviews:
    """Return the reviews that the training of a model held out, found again by share and seed."""
    if not own:
        raise DataError(
            f"{dataset.name} is not the data that {bundle.name} was trained on "
            f"({_origin(bundle).get('name', 'unknown')}): the fingerprint of its training reviews "
            f"is {dataset.train.fingerprint()[:12]}…, the model's manifest says "
            f"{str(_origin(bundle).get('sha256'))[:12]}…. Which reviews were held out can only be "
            "found again in the same data; for other data leave the split out."
        )
    recipe, seed = bundle.manifest.get("recipe"), bundle.manifest.get("seed")
    training = recipe.get("training") if isinstance(recipe, dict) else None
    share = training.get("validation") if isinstance(training, dict) else None
    if not isinstance(share, float) or not isinstance(seed, int):
        raise BundleError(
            f"{bundle.path / 'manifest.json'} does not say how the training reviews were split: "
            f"'recipe.training.validation' is {share!r} and 'seed' is {seed!r}; expected a share "
            "and a whole number, as `cinesent train` writes them."
        )
    labelled = _labelled(dataset.train)
    _, rows = split_reviews(labelled, validation=share, seed=seed)
    return labelled.take(rows)

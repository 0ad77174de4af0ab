"""Counterfactually augmented reviews (Kaushik, Hovy & Lipton, 2020): edited so that labels flip.

1,707 IMDB training reviews, and the same reviews edited by people with as few words as possible. A
model that adds up words is wrong on one review of a pair.

Source: https://github.com/acmi-lab/counterfactually-augmented-data (Apache-2.0)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cinesent.data.download import fetch
from cinesent.data.labelled_files import load_file
from cinesent.data.named_paths import check_named
from cinesent.data.reviews import Dataset, Reviews
from cinesent.environment import cache_dir, cad_path
from cinesent.errors import DataError, DownloadError, option, require
from cinesent.progress import SILENT, Reporter

#: Where the authors publish it (3 MB), at one commit; `part` is "orig" or "new".
CAD_URL = (
    "https://raw.githubusercontent.com/acmi-lab/counterfactually-augmented-data/"
    "24d94ba4fccde76af36b051d5ca8acb9d5b8f084/sentiment/{part}/train.tsv"
)
#: The two files: our name, the folder in the repository, and the checksum.
CAD_FILES = {
    "train_original.tsv": (
        "orig",
        "adccf2763b67ddbfbd4571b7ee96c9bb689e98c4295e779151148c014b2b1050",
    ),
    "train_edited.tsv": (
        "new",
        "c9f65a2425e9aa358082040961d9d0e215fb8631b85242cbb410b82f9c62c0d4",
    ),
}

# Pairing takes memory quadratic in this, and cubic time.
_MAX_PAIRS = 5_000


def is_cad(path: Path) -> bool:
    """Return whether `path` is a folder with the two files, or a clone of the repository."""
    return _files(path) is not None


def find_cad() -> Path | None:
    """Return the folder of the reviews on this machine; None if they are not here.

    ``CINESENT_CAD`` comes first, then what `cinesent data fetch cad` put in the cache folder.

    Raises:
        DataError: ``CINESENT_CAD`` names something that does not exist or is another folder.
    """
    named = cad_path()
    if named is not None:
        expected = f"a folder with {' and '.join(CAD_FILES)}, or a clone of the repository"
        return check_named("CINESENT_CAD", named, is_cad, "folder of these reviews", expected)
    cached = cache_dir() / "cad"
    return cached if is_cad(cached) else None


def fetch_cad(*, retries: int = 4, reporter: Reporter = SILENT) -> Path:
    """Download the two files into the cache folder, unless they are there already.

    Args:
        retries: how often to try again after a broken connection.
        reporter: told how far it is.

    Returns:
        The folder of the files.

    Raises:
        DownloadError: they cannot be downloaded.
        MissingExtraError: the ``train`` extra is missing.
    """
    folder = cache_dir() / "cad"
    try:
        for name, (part, sha256) in CAD_FILES.items():
            url = CAD_URL.format(part=part)
            fetch(url, folder / name, sha256=sha256, retries=retries, reporter=reporter)
    except DownloadError as error:
        files = "; ".join(
            f"{CAD_URL.format(part=part)} as {name}" for name, (part, _) in CAD_FILES.items()
        )
        raise DownloadError(
            f"{error}\nOr download them elsewhere ({files}) and give the path of the folder as "
            f"{option('data')}, or in the environment variable CINESENT_CAD."
        ) from error
    return folder.expanduser().absolute()


def load_cad(path: str | Path) -> Dataset:
    """Read the pairs: rows 2k and 2k + 1 are an original review and its edited version.

    Both have the id of their pair in place of a movie id, so that a split keeps them together.

    Args:
        path: a folder with ``train_original.tsv`` and ``train_edited.tsv``, or a clone of the
            repository.

    Returns:
        3,414 training reviews, half of them positive.

    Raises:
        DataError: a file is missing or damaged, or the reviews do not form pairs.
        MissingExtraError: the ``train`` extra is missing, which pairing needs.

    Example:
        >>> load_cad("cad").train.ids[:2]  # doctest: +SKIP
        ['pair-0/original', 'pair-0/edited']
    """
    files = _files(Path(path))
    if files is None:
        raise DataError(f"{path} is not a folder with {' and '.join(CAD_FILES)}.")
    original, edited = (load_file(file).train for file in files)
    partners = match_pairs(original, edited)
    texts: list[str] = []
    labels: list[int] = []
    for row, partner in enumerate(partners.tolist()):
        texts += [original.texts[row], edited.texts[partner]]
        labels += [int(original.labels[row]), int(edited.labels[partner])]
    pairs = np.repeat([f"pair-{number}" for number in range(len(original))], 2)
    sides = ("original", "edited") * len(original)
    train = Reviews(
        texts=texts,
        labels=np.array(labels, dtype=np.int8),
        name="cad/train",
        ids=[f"{pair}/{side}" for pair, side in zip(pairs, sides, strict=True)],
        movie_ids=pairs,
    )
    return Dataset(name="cad", train=train)


def match_pairs(original: Reviews, edited: Reviews) -> NDArray[np.intp]:
    """Return for each original review the row of its edited version, intp (n,).

    The files list them in different orders and without a key. The best assignment by shared words,
    rare ones counting more, among reviews of opposite labels.

    Raises:
        DataError: the reviews do not form pairs of opposite labels, or there are too many.
        MissingExtraError: the ``train`` extra is missing.
    """
    require("sklearn", "train", "Pairing the reviews of cad")
    require("scipy", "train", "Pairing the reviews of cad")
    from scipy.optimize import linear_sum_assignment

    partners = np.full(len(original), -1, dtype=np.intp)
    for label in (0, 1):
        rows = np.flatnonzero(original.labels == label).tolist()
        others = np.flatnonzero(edited.labels == 1 - label).tolist()
        _check_counts(len(rows), len(others), label)
        if rows:
            similarity = _similarity(
                [original.texts[row] for row in rows], [edited.texts[row] for row in others]
            )
            _, chosen = linear_sum_assignment(similarity, maximize=True)
            partners[rows] = np.array(others)[chosen]
    return partners


def _check_counts(num_original: int, num_edited: int, label: int) -> None:
    kinds = ("negative", "positive")
    if num_original != num_edited:
        raise DataError(
            f"{num_original:,} original reviews of cad are {kinds[label]} and {num_edited:,} "
            f"edited ones {kinds[1 - label]}; expected pairs of opposite labels. A file is not "
            "complete: get both again with `cinesent data fetch cad`."
        )
    if num_original > _MAX_PAIRS:
        raise DataError(
            f"{num_original:,} original reviews of cad are {kinds[label]}; expected at most "
            f"{_MAX_PAIRS:,}. The dataset has 1,707 pairs."
        )


def _similarity(one: Sequence[str], other: Sequence[str]) -> NDArray[np.float64]:
    """Return the cosine of the TF-IDF vectors of two lists of texts, float64 (n, m)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    # A text may consist of punctuation only: every character that is no space is a word then.
    vectorizer = TfidfVectorizer(token_pattern=r"\w+|[^\w\s]", sublinear_tf=True)
    vectors = vectorizer.fit_transform([*one, *other])
    return np.asarray((vectors[: len(one)] @ vectors[len(one) :].T).toarray())


def _files(path: Path) -> tuple[Path, Path] | None:
    """Return the original and the edited reviews in a folder; None if it has not both."""
    layouts = [
        tuple(CAD_FILES),
        ("orig/train.tsv", "new/train.tsv"),
        ("sentiment/orig/train.tsv", "sentiment/new/train.tsv"),
    ]
    for original, edited in layouts:
        if (path / original).is_file() and (path / edited).is_file():
            return path / original, path / edited
    return None

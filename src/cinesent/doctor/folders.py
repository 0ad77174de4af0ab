"""The folder for downloads: whether it can be used, how full it is, and how full its disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cinesent.doctor.problem import Problem
from cinesent.environment import cache_dir, data_path

# The IMDB archive takes 84 MB, and what is parsed of it some 150.
_NEEDED_BYTES = 500 * 10**6
# Files that are counted at most: whoever names their home as the cache should not wait for it.
_MOST_FILES = 20_000


@dataclass(frozen=True)
class Cache:
    """The folder for downloads.

    Attributes:
        path: where it lies, whether it exists yet or not.
        exists: whether it does.
        writable: whether a file can be written there, or the folder be made.
        num_files: in it, subfolders included.
        size_bytes: of those.
        counted_all: False where there are so many files that the count was given up.
        free_bytes: of its disk; None where that cannot be asked.
    """

    path: str
    exists: bool
    writable: bool
    num_files: int
    size_bytes: int
    counted_all: bool
    free_bytes: int | None


def read_cache() -> Cache:
    """Describe the folder for downloads; it is not made."""
    path = cache_dir().absolute()
    exists = path.is_dir()
    sizes = _sizes(path) if exists else []
    there = next((parent for parent in (path, *path.parents) if parent.exists()), None)
    return Cache(
        path=str(path),
        exists=exists,
        writable=there is not None and _is_writable(there),
        num_files=len(sizes),
        size_bytes=sum(sizes),
        counted_all=len(sizes) < _MOST_FILES,
        free_bytes=_free_bytes(there),
    )


def _is_writable(folder: Path) -> bool:
    """Try it: permissions do not tell of read-only disks, quotas, or what the superuser may."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _sizes(folder: Path) -> list[int]:
    sizes: list[int] = []
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                sizes.append((Path(parent) / name).lstat().st_size)
            except OSError:
                continue
            if len(sizes) == _MOST_FILES:
                return sizes
    return sizes


def _free_bytes(folder: Path | None) -> int | None:
    try:
        return shutil.disk_usage(folder).free if folder is not None else None
    except OSError:
        return None


def folder_problems(cache: Cache) -> Iterator[Problem]:
    """Yield what is wrong with the folders that data comes from and goes to."""
    another = "set CINESENT_CACHE to a folder that can be written"
    if not cache.writable:
        yield Problem(
            f"the cache folder {cache.path} cannot be written, so that data is not kept there.",
            f"Mend its permissions, or {another}.",
        )
    if cache.free_bytes is not None and cache.free_bytes < _NEEDED_BYTES:
        yield Problem(
            f"the disk of {cache.path} has {cache.free_bytes / 10**6:,.0f} MB left; the IMDB data "
            f"takes {_NEEDED_BYTES / 10**6:,.0f} to download and parse.",
            f"Make room, or {another}.",
        )
    data = data_path()
    if data is not None and not data.exists():
        yield Problem(
            f"CINESENT_DATA is {data}, which does not exist.",
            "Set it to the IMDB archive or its folder, or unset it: the archive is downloaded "
            "then.",
        )

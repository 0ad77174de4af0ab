"""The hidden files beside a result: their names, and whose they are."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import IO, NamedTuple

from cinesent.errors import ScoringError

_NAME_BYTES = 255
_LONGEST_SUFFIX = len(".json")
_KEPT_BYTES = 100


class PartNames(NamedTuple):
    """The hidden files that lie beside a target while it is written."""

    part: Path
    journal: Path
    temporary: Path
    converted: Path


def part_names(target: Path) -> PartNames:
    """Return the names that writing `target` uses; they fit a file system if the target's does.

    Example:
        >>> part_names(Path("scored.csv")).journal.name
        '.scored.csv.part.json'
    """
    stem = f".{target.name}.part"
    if len(os.fsencode(stem)) > _longest_name(target.parent) - _LONGEST_SUFFIX:
        name = os.fsencode(target.name)
        digest = hashlib.sha256(name).hexdigest()[:16]
        stem = f".{name[:_KEPT_BYTES].decode('utf-8', 'ignore')}.{digest}.part"
    suffixes = ("", ".json", ".tmp", ".made")
    return PartNames(*(target.with_name(stem + suffix) for suffix in suffixes))


def is_regular(path: Path) -> bool:
    """Return whether `path` itself is a regular file: no symbolic link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def foreign_file(path: Path) -> ScoringError:
    """Return the error for a file that has a name cinesent needs, and that it did not write."""
    kind = "a file that cinesent did not write"
    if path.is_symlink():
        kind = "a symbolic link"
    elif is_regular(path) and path.lstat().st_nlink > 1:
        kind = "a hard link to another file"
    return ScoringError(
        f"{path} is {kind}, and the unfinished result would get this name. Move it away, or write "
        "the result to another file."
    )


def lock(file: IO[bytes]) -> bool:
    """Claim a file for this process until it ends; return False if another one has it."""
    try:
        import fcntl
    except ImportError:  # Windows: nothing is claimed
        return True
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def has_path(file: IO[bytes], path: Path) -> bool:
    """Return whether an open file is the one that `path` names."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False


def _longest_name(folder: Path) -> int:
    """Return how many bytes a file name in `folder` may have."""
    try:
        limit = os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):
        return _NAME_BYTES
    return limit if limit > 0 else _NAME_BYTES

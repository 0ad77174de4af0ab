"""Files that are written whole or not at all, and files that are opened without surprises."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write `content` to `path`: afterwards the file holds all of it, or what it held before.

    Text is written as UTF-8. The content is on the disk before the name points to it, so a power
    cut cannot leave an empty file. A symbolic link at `path` is replaced, not followed.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    with atomic_file(path) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a new binary file that takes the name `path` when the block ends without an error.

    Killed within the block, it leaves a hidden ``.tmp`` file beside `path`, which holds what it
    held before.

    Raises:
        OSError: it cannot be written, or is a device, pipe or folder; nothing is left behind.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        status = os.lstat(path)
        if not stat.S_ISLNK(status.st_mode):
            _check_regular(status, path)  # a superuser could replace even /dev/null
    temporary = temporary_sibling(path)
    try:
        with create_exclusive(temporary) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def temporary_sibling(path: Path) -> Path:
    """Return an unused hidden name beside `path`, of bounded length however long its name is."""
    # 40 characters take up to 160 bytes, and file systems allow 255.
    return path.parent / f".{path.name[:40]}.{secrets.token_hex(6)}.tmp"


def create_exclusive(path: Path) -> IO[bytes]:
    """Create a new file and open it for reading and writing.

    Raises:
        FileExistsError: the name exists, even as a symbolic link that points nowhere.
        OSError: it cannot be created.
    """
    return os.fdopen(_open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL), "w+b")


def open_existing(path: Path) -> IO[bytes]:
    """Open a regular file for reading and writing without following a symbolic link.

    Raises:
        OSError: it does not exist, is a symbolic link or not a regular file, or cannot be opened.
    """
    _check_regular(os.lstat(path), path)
    handle = _open(path, os.O_RDWR)
    try:
        # Another process may have put something else there in between.
        _check_regular(os.fstat(handle), path)
        return os.fdopen(handle, "r+b")
    except BaseException:
        os.close(handle)
        raise


def _open(path: Path, flags: int) -> int:
    """Open a file; its number is never that of a standard stream.

    Where a process was started with a closed stream, the system gives its number to the next file,
    and what a library prints would get into that file.
    """
    opened = [os.open(path, flags | _FLAGS, 0o666)]
    try:
        while opened[-1] <= _LAST_STANDARD_STREAM:
            opened.append(os.dup(opened[-1]))
        return opened.pop()
    finally:
        for handle in opened:
            os.close(handle)


def _check_regular(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def replace_folder(source: Path, target: Path, keep: Iterable[str] = ()) -> None:
    """Give the folder `source` the name `target`; a folder of that name is replaced.

    At every moment either the old or the new folder has the name, or, for the instant between two
    renames, none has it and the old one is beside it. A symbolic link at `target` is replaced, and
    the folder it points to is kept.

    Args:
        source: the new folder, on the same file system.
        target: the name it gets.
        keep: names in the old folder that are moved to the new one, unless it has them too.

    Raises:
        OSError: `target` is not a folder, or a rename failed; the old folder has its name again.
    """
    if not os.path.lexists(target):
        source.rename(target)
    elif not target.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(target))
    else:
        old = temporary_sibling(target)
        target.rename(old)
        try:
            source.rename(target)
        except BaseException:
            old.rename(target)
            raise
        for name in keep:
            if not os.path.lexists(target / name):
                (old / name).rename(target / name)
        if old.is_symlink():
            old.unlink()
        else:
            shutil.rmtree(old, ignore_errors=True)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make new names in `folder` survive a power cut, on systems that can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_LAST_STANDARD_STREAM = 2
# Not followed where the system can say so; never inherited by child processes.
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

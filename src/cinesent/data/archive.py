"""Reads the files of an IMDB archive, or of its folder, in one pass and without unpacking it.

Nothing is ever written to disk, so a hostile archive cannot place files; links, devices, names
that lead out of the archive and absurd sizes are refused anyway, because an archive that holds them
is not the one it claims to be.
"""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from cinesent.errors import DataError

#: What the official archive is called, and what is looked for in a folder.
ARCHIVE_NAME = "aclImdb_v1.tar.gz"
#: How the name of an archive may end.
ARCHIVE_ENDINGS = (".tar.gz", ".tgz", ".tar")

# Generous: the longest review has 14,282 bytes, the longest list of addresses 2,450,000, and the
# whole archive, bag-of-words files and all, unpacks to 0.25 GB.
MAX_REVIEW_BYTES = 1 << 20
MAX_LIST_BYTES = 16 << 20
MAX_TOTAL_BYTES = 1 << 30
MAX_MEMBERS = 500_000

_WANTED = re.compile(
    r"(?:^|/)(?P<part>(?:train|test)/(?:pos|neg|unsup))/(?P<id>\d{1,9})_(?P<rating>\d{1,2})\.txt$"
    r"|(?:^|/)(?P<split>train|test)/urls_(?P<kind>pos|neg|unsup)\.txt$"
)


class Review(NamedTuple):
    """A review file: ``train/pos``, 0, 9 and its bytes for ``train/pos/0_9.txt``."""

    part: str
    number: int
    rating: int
    content: bytes


class AddressList(NamedTuple):
    """A ``urls_*.txt`` file: line n is the address of the film that review n is about."""

    part: str
    content: bytes


def read_archive(path: Path) -> Iterator[Review | AddressList]:
    """Yield the reviews and address lists of the tar archive at `path`, in its own order.

    Raises:
        DataError: the archive is damaged, cut short, or holds what no review archive holds.
    """
    try:
        with tarfile.open(path, "r:*") as archive:
            yield from _members(archive, path)
    except FileNotFoundError:
        raise DataError(f"there is no archive at {path}.") from None
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        # tarfile lists in many lines why it is none of the formats it knows.
        reason = str(error).splitlines()[0].removesuffix(":") if str(error) else "no reason given"
        raise DataError(
            f"{path} cannot be read as a tar archive ({reason}): it is damaged, cut short, or "
            "something else. Delete it and get it again with `cinesent data fetch`, or compare "
            "its size with the one at its source."
        ) from error


def read_folder(root: Path) -> Iterator[Review | AddressList]:
    """Yield the reviews and address lists of an unpacked archive whose top folder is `root`."""
    for folder in sorted((root / "train", root / "test")):
        for path in folder.rglob("*.txt"):
            wanted = _WANTED.search(path.relative_to(root).as_posix())
            if wanted is None:
                continue
            _check_size(path.as_posix(), path.stat().st_size, wanted, root)
            yield _parsed(wanted, path.read_bytes())


def folder_root(path: Path) -> Path | None:
    """Return the top folder of the unpacked archive at or just below `path`; None if none is.

    A folder counts as one when it has ``train/pos`` and either carries the name ``aclImdb`` or
    holds the archive's own lists; other folders with ``train/pos`` are the user's own data.
    """
    for root in (path / "aclImdb", path):
        ours = (root / "train" / "urls_pos.txt").is_file() or (root / "imdb.vocab").is_file()
        if (root / "train" / "pos").is_dir() and (ours or root.resolve().name == "aclImdb"):
            return root
    return None


def _members(archive: tarfile.TarFile, path: Path) -> Iterator[Review | AddressList]:
    total = 0
    for count, member in enumerate(archive, start=1):
        _check_member(member, path)
        total += member.size
        if total > MAX_TOTAL_BYTES or count > MAX_MEMBERS:
            raise DataError(
                f"{path} unpacks to more than {MAX_TOTAL_BYTES:,} bytes or {MAX_MEMBERS:,} files; "
                "the IMDB archive has a quarter of that. It is refused."
            )
        if count % 1000 == 0:
            archive.members.clear()  # type: ignore[attr-defined]  # else it keeps every header
        wanted = _WANTED.search(member.name) if member.isfile() else None
        if wanted is None:
            continue
        _check_size(member.name, member.size, wanted, path)
        stream = archive.extractfile(member)
        if stream is not None:
            content = stream.read()
            if len(content) != member.size:
                raise tarfile.ReadError(f"{member.name} is cut short")
            yield _parsed(wanted, content)


def _check_member(member: tarfile.TarInfo, path: Path) -> None:
    name = PurePosixPath(member.name.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts:
        raise DataError(
            f"{path} holds {member.name!r}, a name that leads out of the archive. It is refused."
        )
    if not (member.isfile() or member.isdir()):
        raise DataError(
            f"{path} holds {member.name!r}, which is a link or a device; the IMDB archive has "
            "only files and folders. It is refused."
        )


def _check_size(name: str, size: int, wanted: re.Match[str], source: Path) -> None:
    limit = MAX_REVIEW_BYTES if wanted["part"] else MAX_LIST_BYTES
    if size > limit:
        raise DataError(
            f"{source}: {name} has {size:,} bytes, expected at most {limit:,}. It is refused."
        )


def _parsed(wanted: re.Match[str], content: bytes) -> Review | AddressList:
    if wanted["part"]:
        return Review(wanted["part"], int(wanted["id"]), int(wanted["rating"]), content)
    return AddressList(f"{wanted['split']}/{wanted['kind']}", content)

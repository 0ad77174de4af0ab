"""Brings one file over HTTP into a ``.part`` file, going on where an earlier try stopped.

A part is continued with a ``Range`` request. ``If-Range`` carries what the server said of the
content the part began with (kept in a ``.part.tag`` beside it), so that content which has changed
since is sent, and taken, from the start. Servers that know nothing of ranges send everything,
which starts the part afresh.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cinesent.data.progress import Advance, Say
from cinesent.errors import DownloadError

_CHUNK = 1 << 16
#: Answers that may be other next time; every other failure (a 404, say) stays what it is.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class _TryAgainError(Exception):
    """A failure that the next try may not meet."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server and how often to try.

    Attributes:
        connect: seconds to wait for a connection.
        read: seconds to wait for the next bytes.
        attempts: tries in a row that may bring nothing new before it is given up.
        pause: seconds before the second try; doubled for each one after it.
    """

    connect: float = 10.0
    read: float = 60.0
    attempts: int = 4
    pause: float = 1.0


def part_of(target: Path) -> Path:
    """Return where a transfer of `target` is collected."""
    return target.with_name(target.name + ".part")


def discard_part(part: Path) -> None:
    """Remove `part` and what is known of it."""
    part.unlink(missing_ok=True)
    _tag_of(part).unlink(missing_ok=True)


def transfer(url: str, part: Path, patience: Patience, advance: Advance, say: Say) -> None:
    """Bring the content of `url` into `part`, continuing what is there.

    Raises:
        DownloadError: the server cannot be reached, refuses, or stops sending time and again.
    """
    failures, best = 0, _size(part)
    while True:
        try:
            _attempt(url, part, patience, advance)
        except _TryAgainError as error:
            failures = 0 if _size(part) > best else failures + 1
            best = max(best, _size(part))
            if failures >= patience.attempts:
                raise DownloadError(str(error)) from error
            pause = patience.pause * 2 ** max(failures - 1, 0)
            say(f"{error}; trying again in {pause:.0f} s")
            time.sleep(pause)
        else:
            return


def _attempt(url: str, part: Path, patience: Patience, advance: Advance) -> None:
    import requests
    import urllib3

    have, tag = _size(part), _read_tag(part)
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if tag:
            headers["If-Range"] = tag
    try:
        with requests.get(
            url, headers=headers, stream=True, timeout=(patience.connect, patience.read)
        ) as response:
            if not _is_complete(response, part, have):
                _receive(response, part, have, advance)
    except ValueError as error:  # InvalidURL, InvalidSchema, MissingSchema and UnicodeError are
        raise DownloadError(f"that is not an http or https address ({error})") from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _TryAgainError(_reason(error)) from error


def _is_complete(response: Any, part: Path, have: int) -> bool:
    """Say whether the server answers that the part has everything; raise where it refuses."""
    status = response.status_code
    if status == 416 and have:
        whole = re.fullmatch(r"bytes \*/(\d+)", response.headers.get("Content-Range", ""))
        if whole and int(whole[1]) == have:
            return True
        discard_part(part)
        raise _TryAgainError("the part that was there is not the beginning of what is served now")
    if status in _PASSING:
        raise _TryAgainError(f"the server answered {status} {response.reason}")
    if status not in (200, 206):
        raise DownloadError(f"the server answered {status} {response.reason}")
    return False


def _receive(response: Any, part: Path, have: int, advance: Advance) -> None:
    begin = _continued_from(response, part, have)
    length = response.headers.get("Content-Length", "")
    total = begin + int(length) if length.isdigit() else None
    if not begin:
        _write_tag(part, response.headers)
    with part.open("ab" if begin else "wb") as stream:
        done = begin
        advance(done, total)
        # Raw, because some servers call the gzip of a .tar.gz a transport encoding, and then
        # requests would unpack it.
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            stream.write(chunk)
            done += len(chunk)
            advance(done, total)
    if total is not None and done != total:
        raise _TryAgainError(f"the connection closed after {done:,} of {total:,} bytes")


def _continued_from(response: Any, part: Path, have: int) -> int:
    """Return at which byte the answer begins: `have`, or 0 for the whole."""
    if response.status_code == 200:
        return 0
    begin = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if begin is None or int(begin[1]) != have:
        discard_part(part)
        raise _TryAgainError("the server sent another range than the one asked for")
    return have


def _reason(error: Exception) -> str:
    """Say in a few words why a connection failed; the libraries wrap the reason many times."""
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
    found = [say for sign, say in known.items() if sign in text or sign in repr(error)]
    return found[0] if found else f"{type(error).__name__}: {text}"


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _tag_of(part: Path) -> Path:
    return part.with_name(part.name + ".tag")


def _read_tag(part: Path) -> str:
    tag = _tag_of(part)
    return tag.read_text("latin-1").strip() if tag.is_file() else ""


def _write_tag(part: Path, headers: Any) -> None:
    etag = headers.get("ETag", "")
    # A weak ETag does not promise the same bytes: If-Range must not carry it (RFC 9110, 13.1.5).
    tag = etag if etag and not etag.startswith("W/") else headers.get("Last-Modified", "")
    _tag_of(part).write_text(tag, "latin-1")

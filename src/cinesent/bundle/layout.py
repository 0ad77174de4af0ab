"""The files of a bundle: their names, and how to read one without trusting it.

A bundle may come from anywhere. A file is opened only if it is a regular file inside the folder,
its size is checked before it is read, and JSON is read strictly. Whatever is wrong is a
BundleError.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import reprlib
import stat
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from cinesent.errors import BundleError

#: Raised when an older version of cinesent could no longer read a new bundle.
FORMAT_VERSION = 1


CONFIG, TOKENIZER, MANIFEST = "config.json", "tokenizer.json", "manifest.json"
MODEL, WEIGHTS = "model.onnx", "model.safetensors"
METRICS, HISTORY, CARD, PLOTS = "metrics.json", "history.csv", "README.md", "plots"

#: What is read when a bundle is opened, besides the manifest.
NEEDED = (CONFIG, TOKENIZER, METRICS, MODEL)
#: What every bundle holds, besides the manifest.
REQUIRED = (*NEEDED, WEIGHTS)

#: What to do about a damaged bundle.
ADVICE = "The bundle is damaged: copy it again or train it again."

# Bytes of a JSON file that are read at most, so that a hostile one cannot fill the memory: it takes
# some twenty times its size there. Two million tokens, the largest vocabulary, take 40 MB.
_LIMITS = {CONFIG: 2**16, MANIFEST: 2**22, METRICS: 2**22, TOKENIZER: 2**26}
# ... and of any other file: neither ONNX nor protocol buffers go beyond.
_LARGEST = 2**31
# Entries of a manifest: a bundle has ten.
_MOST_FILES = 1000

_SHA256 = re.compile("[0-9a-f]{64}")
# No number in a bundle is larger than this: sizes, counts and seeds fit 64 bits.
_LARGEST_NUMBER = 2**63
# Half of a surrogate pair, which no encoding can print.
_SURROGATE = re.compile("[\ud800-\udfff]")


def is_bundle(folder: Path) -> bool:
    """Return whether `folder` looks like a bundle: it has a manifest and a config.

    Nothing else is checked; :func:`~cinesent.bundle.load_bundle` does that.
    """
    try:
        return "format_version" in read_json(folder / CONFIG) and (folder / MANIFEST).is_file()
    except (BundleError, OSError):
        return False


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of a bundle, if it is not larger than its kind may be.

    Raises:
        BundleError: the file is missing, too large, or not a JSON object; the message names it.
    """
    return parse_json(read_limited(path), path)


def read_limited(path: Path) -> bytes:
    """Read a JSON file of a bundle, if it is not larger than its kind may be.

    Raises:
        BundleError: the file is missing, too large, or outside the folder; the message names it.
    """
    _check_inside(path.parent, path)
    return _read(path, _LIMITS[path.name])


def parse_json(content: bytes, path: Path) -> dict[str, Any]:
    """Parse a JSON file: UTF-8, an object, no duplicate key, numbers that 64 bits can hold.

    Raises:
        BundleError: it is something else; the message names `path`.
    """
    try:
        text = content.decode("utf-8")
        payload = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not JSON as cinesent writes it: {error}. {ADVICE}") from error
    if not isinstance(payload, dict):
        raise BundleError(
            f"{path} holds {type(payload).__name__}; expected a JSON object. {ADVICE}"
        )
    # Only an escape can have made one: the bytes were UTF-8.
    if "\\u" in text and _SURROGATE.search(json.dumps(payload, ensure_ascii=False)):
        raise BundleError(f"{path} holds half a surrogate pair; expected Unicode text. {ADVICE}")
    return payload


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    payload = dict(pairs)
    if len(payload) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {reprlib.repr(twice)} is duplicated")
    return payload


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number in JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{reprlib.repr(digits)} is beyond what a float can hold")
    return number


def _bounded(digits: str) -> int:
    # A longer one is refused unread: converting digits takes time quadratic in their number.
    number = int(digits) if len(digits) < 30 else _LARGEST_NUMBER
    if abs(number) >= _LARGEST_NUMBER:
        raise ValueError(f"{reprlib.repr(digits)} is beyond what 64 bits can hold")
    return number


def describe_file(content: bytes) -> dict[str, Any]:
    """Return a file's entry in the manifest."""
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return str(describe_file(path.read_bytes())["sha256"])


def listed_files(folder: Path, manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the manifest's entries by file name.

    Raises:
        BundleError: there is no such list, an entry is malformed or leads out of the folder, or
            a file that every bundle holds is not listed.
    """
    path, files = folder / MANIFEST, manifest.get("files")
    if not isinstance(files, dict):
        raise BundleError(f"{path}: 'files' must list the bundle's files. {ADVICE}")
    if len(files) > _MOST_FILES:
        raise BundleError(f"{path} lists {len(files):,} files; expected at most {_MOST_FILES:,}.")
    for name, entry in files.items():
        parts = PurePosixPath(name).parts
        if not parts or parts[0] == "/" or ".." in parts or set("\\:\0") & set(name):
            raise BundleError(f"{path} lists {reprlib.repr(name)}, which is not inside the bundle.")
        if not _is_entry(entry):
            raise BundleError(
                f"{path}: the entry of {name} must have a 'size' in bytes and a 'sha256' of 64 "
                f"hexadecimal digits. {ADVICE}"
            )
    missing = [name for name in REQUIRED if name not in files]
    if missing:
        raise BundleError(f"{path} does not list {', '.join(missing)}. {ADVICE}")
    return files


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    size, digest = entry.get("size"), entry.get("sha256")
    if type(size) is not int or size < 0:
        return False
    return isinstance(digest, str) and _SHA256.fullmatch(digest) is not None


def read_file(folder: Path, name: str, entry: dict[str, Any], verify: bool = True) -> bytes:
    """Read a file of a bundle and compare it with its entry in the manifest.

    Raises:
        BundleError: the file is missing, outside the folder, not a regular file or larger than its
            kind may be, or its size or checksum differs.
    """
    path = folder / name
    _check_inside(folder, path)
    content = _read(path, _LIMITS.get(name, _LARGEST), entry["size"] if verify else None)
    if verify and describe_file(content)["sha256"] != entry["sha256"]:
        raise BundleError(
            f"{path} is not the file that {MANIFEST} lists: SHA-256 differs. {ADVICE}"
        )
    return content


def _check_inside(folder: Path, path: Path) -> None:
    """Raise BundleError if a link leads from `path` out of the bundle."""
    target = os.path.realpath(path)
    if not Path(target).is_relative_to(os.path.realpath(folder)):
        raise BundleError(
            f"{path} leads out of the bundle, to {target}. Copy the file itself into the folder."
        )


def _read(path: Path, limit: int, expected: int | None = None) -> bytes:
    """Read a regular file whose size is at most `limit` and, unless None, `expected`."""
    # Without O_NONBLOCK the opening of a pipe waits for somebody to write to it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 (of a descriptor)
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BundleError(f"{path} is not a regular file. {ADVICE}")
            size = status.st_size
            if size > limit:
                raise BundleError(f"{path} has {size:,} bytes; expected at most {limit:,}.")
            if expected is not None and size != expected:
                raise BundleError(
                    f"{path} has {size:,} bytes; {MANIFEST} lists {expected:,}. {ADVICE}"
                )
            return file.read(size)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BundleError(f"{path} cannot be read: {reason}. {ADVICE}") from error

"""What lies in a bundle, how it is named, and how a file of it is read with care."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any

from cinesent.errors import BundleError

#: Raised when an older version of cinesent could no longer read a new bundle.
FORMAT_VERSION = 1

#: What the model tells apart; the index is the label.
LABELS = ("negative", "positive")

CONFIG, TOKENIZER, MANIFEST = "config.json", "tokenizer.json", "manifest.json"
MODEL, WEIGHTS = "model.onnx", "model.safetensors"
METRICS, HISTORY, CARD, PLOTS = "metrics.json", "history.csv", "README.md", "plots"

#: What predicting reads, besides the manifest.
NEEDED = (CONFIG, TOKENIZER, MODEL)
#: What every bundle holds, besides the manifest.
REQUIRED = (*NEEDED, WEIGHTS, METRICS)

# Bytes of a JSON file that are read at most, so that a hostile one cannot fill the memory. Two
# million tokens, the largest vocabulary, take some 40 MB.
_LIMITS = {CONFIG: 2**20, MANIFEST: 2**22, METRICS: 2**24, TOKENIZER: 2**27}

_OTHER_FORMATS = {
    ".h5": "a Keras HDF5 file",
    ".hdf5": "a Keras HDF5 file",
    ".keras": "a Keras archive",
    ".pkl": "a pickle",
    ".pickle": "a pickle",
    ".joblib": "a pickle",
    ".pt": "a PyTorch file",
    ".pth": "a PyTorch file",
    ".bin": "a weights file",
    ".onnx": "an ONNX file",
    ".safetensors": "a weights file",
}


def is_bundle(folder: Path) -> bool:
    """Say whether `folder` looks like a bundle, sound or not: it has a manifest and a config.

    Nothing is verified: that is for :func:`~cinesent.bundle.load_bundle`.
    """
    try:
        return "format_version" in read_json(folder / CONFIG) and (folder / MANIFEST).is_file()
    except BundleError:
        return False


def check_folder(folder: Path) -> None:
    """Raise BundleError, saying what is wanted, unless `folder` is one and has a config."""
    wanted = "A model is the folder that `cinesent train --out FOLDER` writes."
    if folder.is_file():
        kind = _OTHER_FORMATS.get(folder.suffix.lower(), "a file")
        inside = f" Did you mean the folder {folder.parent}?" if is_bundle(folder.parent) else ""
        raise BundleError(f"{folder} is {kind}, not a folder. {wanted}{inside}")
    if not folder.is_dir():
        left = sorted(str(path) for path in folder.parent.glob(f".{folder.name}.previous-*"))
        hint = f" An interrupted save left the model before it in {left[-1]}." if left else ""
        raise BundleError(f"there is no folder {folder}. {wanted}{hint}")
    if not (folder / CONFIG).is_file():
        raise BundleError(f"{folder} holds no {CONFIG}, so it is no model of cinesent. {wanted}")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of a bundle, if it is not larger than its kind may be.

    Raises:
        BundleError: the file is missing, too large, or not a JSON object; the message names it.
    """
    check_size(path)
    try:
        payload = json.loads(path.read_bytes())
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not JSON: {error}.") from error
    if not isinstance(payload, dict):
        raise BundleError(f"{path} holds {type(payload).__name__}; expected a JSON object.")
    return payload


def check_size(path: Path) -> None:
    """Raise BundleError if a JSON file is missing, or larger than its kind may be."""
    limit = _LIMITS[path.name]
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}.") from error
    if size > limit:
        raise BundleError(f"{path} has {size:,} bytes; expected at most {limit:,}.")


def describe_file(content: bytes) -> dict[str, Any]:
    """Return a file's entry in the manifest."""
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def listed_files(folder: Path, manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the manifest's entries by file name.

    Raises:
        BundleError: there is no such list, an entry is malformed or leads out of the folder, or
            a file that every bundle holds is not listed.
    """
    path, files = folder / MANIFEST, manifest.get("files")
    if not isinstance(files, dict):
        raise BundleError(f"{path}: 'files' must list the bundle's files.")
    for name, entry in files.items():
        parts = PurePosixPath(name).parts
        if not parts or parts[0] == "/" or ".." in parts or "\\" in name or ":" in name:
            raise BundleError(f"{path} lists {name!r}, which does not lie in the bundle.")
        if not isinstance(entry, dict) or not {"size", "sha256"} <= set(entry):
            raise BundleError(f"{path}: the entry of {name} must have a 'size' and a 'sha256'.")
    missing = [name for name in REQUIRED if name not in files]
    if missing:
        raise BundleError(f"{path} does not list {', '.join(missing)}.")
    return files


def read_file(folder: Path, name: str, entry: dict[str, Any], verify: bool = True) -> bytes:
    """Read a file of a bundle and compare it with its entry in the manifest.

    Raises:
        BundleError: the file is missing, or its size or checksum differs.
    """
    path = folder / name
    mend = "The bundle is damaged: copy it again or train it again."
    try:
        size = path.stat().st_size
        if verify and size != entry["size"]:
            raise BundleError(f"{path} has {size:,} bytes; {MANIFEST} says {entry['size']}. {mend}")
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}. {mend}") from error
    if verify and describe_file(content)["sha256"] != entry["sha256"]:
        raise BundleError(f"{path} is not the file that {MANIFEST} lists: SHA-256 differs. {mend}")
    return content

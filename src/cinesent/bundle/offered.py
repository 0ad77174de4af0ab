"""Finds the model folder, or says what was given instead of one."""

from __future__ import annotations

import glob
import os
import stat
from pathlib import Path

from cinesent.bundle.layout import CONFIG, is_bundle
from cinesent.environment import expand_user
from cinesent.errors import BundleError

_WANTED = "cinesent reads the folders that `cinesent train --out FOLDER` writes."

# The bytes that kinds of files have at a place.
_MAGIC = (
    (0, b"\x89HDF\r\n\x1a\n", "a Keras HDF5 file"),
    (0, b"\x1f\x8b", "a compressed file"),
    (0, b"GGUF", "a GGUF file"),
    (4, b"TFL3", "a TensorFlow Lite model"),
    (4, b"ORTM", "an ONNX Runtime model"),
    (257, b"ustar", "a tar archive"),
)
_ENDINGS = {
    ".h5": "a Keras HDF5 file",
    ".hdf5": "a Keras HDF5 file",
    ".keras": "a Keras archive",
    ".pkl": "a pickle",
    ".pickle": "a pickle",
    ".joblib": "a pickle",
    ".pt": "a PyTorch file",
    ".pth": "a PyTorch file",
    ".ckpt": "a checkpoint",
    ".bin": "a weights file",
    ".npz": "a NumPy archive",
    ".onnx": "an ONNX file",
    ".safetensors": "a weights file",
    ".tflite": "a TensorFlow Lite model",
    ".zip": "a zip archive",
    ".tar": "a tar archive",
    ".tgz": "a compressed file",
    ".gz": "a compressed file",
}
# The name of the first file of a zip archive.
_ZIPPED = {
    b"data.pkl": "a PyTorch file",
    b"metadata.json": "a Keras archive",
    b".npy": "a NumPy archive",
}
# A file that only a folder of that kind holds.
_FOLDERS = {
    "saved_model.pb": "a TensorFlow SavedModel",
    "keras_metadata.pb": "a TensorFlow SavedModel",
    "pytorch_model.bin": "a Hugging Face model",
    "adapter_config.json": "a Hugging Face model",
    "checkpoint": "a TensorFlow checkpoint",
}


def find_folder(path: str | Path) -> Path:
    """Return the absolute path of a folder that may be a bundle: it has a config.

    Raises:
        BundleError: it is something else; the message says what, and what is expected.
        ConfigError: `path` is not a path, or begins with the home folder of an unknown user.
    """
    folder = expand_user(path).absolute()
    try:
        mode = folder.stat().st_mode
    except FileNotFoundError:
        left = _interrupted(folder)
        hint = f" An interrupted save left the previous model in {left[-1]}." if left else ""
        raise BundleError(f"there is no folder {folder}. {_WANTED}{hint}") from None
    except OSError as error:  # such as a name that is too long
        raise BundleError(f"{folder} cannot be opened: {error.strerror}. {_WANTED}") from error
    if stat.S_ISREG(mode):
        inside = f" Did you mean the folder {folder.parent}?" if is_bundle(folder.parent) else ""
        raise BundleError(f"{folder} is {_kind_of_file(folder)}, not a folder. {_WANTED}{inside}")
    if not stat.S_ISDIR(mode):
        raise BundleError(f"{folder} is a pipe or a device, not a folder. {_WANTED}")
    if not os.path.isfile(folder / CONFIG):  # noqa: PTH113 (unlike Path.is_file, never raises)
        kind = next((kind for name, kind in _FOLDERS.items() if (folder / name).exists()), None)
        found = f"is {kind} and holds" if kind else "holds"
        raise BundleError(f"{folder} {found} no {CONFIG}, so it is no model of cinesent. {_WANTED}")
    return folder


def _interrupted(folder: Path) -> list[Path]:
    """Return the models that a save of this folder set aside and did not get to replace."""
    try:
        siblings = sorted(folder.parent.glob(f".{glob.escape(folder.name[:40])}.*.tmp"))
        return [sibling for sibling in siblings if is_bundle(sibling)]
    except OSError:
        return []


def _kind_of_file(path: Path) -> str:
    """Return the kind of a file by its first bytes, else by its ending."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError:
        head = b""
    for start, magic, kind in _MAGIC:
        if head[start : start + len(magic)] == magic:
            return kind
    if head[:1] == b"\x80" and head[1:2] <= b"\x05":
        return "a pickle"
    if head[:4] == b"PK\x03\x04":
        return next((kind for name, kind in _ZIPPED.items() if name in head), "a zip archive")
    return _ENDINGS.get(path.suffix.lower(), "a file")

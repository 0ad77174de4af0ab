"""A file of labels: what a teacher predicted for many texts, without the texts.

It holds a 32-bit hash and the logit as float16 of each text, some four bytes when compressed. So
the student of a teacher can be trained again without the teacher, and no text is published.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.distillation.label_texts import LabelPlan
from cinesent.errors import DataError
from cinesent.files import atomic_file


def text_hash(text: str) -> int:
    """Return 32 bits that tell a text from others."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "little")


def save_labels(
    path: Path, texts: Sequence[str], logits: NDArray[Any], teacher: str, plan: LabelPlan
) -> None:
    """Write the labels of `texts`.

    Args:
        path: the file.
        texts: n texts.
        logits: of each, float (n,).
        teacher: what tells the teacher from others, see :class:`Labels`.
        plan: which texts they are.

    Raises:
        DataError: the file cannot be written.
    """
    hashes = np.fromiter(map(text_hash, texts), dtype=np.uint32, count=len(texts))
    order = np.argsort(hashes, kind="stable")
    try:
        with atomic_file(path) as file:
            np.savez_compressed(
                file,
                # Of sorted hashes the differences are small, and small numbers compress well.
                hash_steps=np.diff(hashes[order], prepend=np.uint32(0)),
                logits=np.asarray(logits, np.float16)[order],
                teacher=np.array(teacher),
                plan=np.array(json.dumps(asdict(plan))),
            )
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}.") from error


class Labels:
    """The labels in a file.

    Attributes:
        teacher: the SHA-256 of the weights of the teacher that predicted them.
        plan: which texts are labelled.

    Raises:
        DataError: the file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            # Opened here: of a damaged file, NumPy would leave it open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                self._hashes = np.cumsum(stored["hash_steps"], dtype=np.uint32)
                self._logits = stored["logits"]
                self.teacher = str(stored["teacher"])
                self.plan = LabelPlan(**json.loads(str(stored["plan"])))
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{path} cannot be read as labels of a teacher: {error}.") from error

    def __len__(self) -> int:
        return len(self._hashes)

    def find(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the logit of each text, float32 (n,); NaN where the file has none."""
        if not len(self):
            return np.full(len(texts), np.nan, dtype=np.float32)
        wanted = np.fromiter(map(text_hash, texts), dtype=np.uint32, count=len(texts))
        places = np.searchsorted(self._hashes, wanted)
        places = np.minimum(places, len(self._hashes) - 1)
        found = self._hashes[places] == wanted
        return np.where(found, self._logits[places].astype(np.float32), np.float32("nan"))

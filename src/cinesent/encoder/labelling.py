"""What an encoder predicts for many texts, and the file that keeps it.

A file of labels holds, for each text, a 32-bit hash and the logit as float16: six bytes. So the
student of a teacher can be trained again without the teacher and without its texts being published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.encoder.tokens import EncoderTokenizer, pad_batch, token_batches
from cinesent.errors import DataError
from cinesent.files import atomic_file
from cinesent.progress import SILENT, Reporter

if TYPE_CHECKING:
    from torch import nn


def predict_logits(
    network: nn.Module,
    tokenizer: EncoderTokenizer,
    texts: Sequence[str],
    padding_id: int,
    *,
    batch_tokens: int = 2048,
    threads: int = 1,
    reporter: Reporter = SILENT,
) -> NDArray[np.float32]:
    """Return the logit of positive of each text, float32 (n,), in order.

    The weights are held in bfloat16 while predicting: converting them for each batch takes a third
    of the time. Batches are computed by `threads` at the same time, one core each.
    """
    import torch

    rows = tokenizer.encode(texts)
    lengths = [len(row) for row in rows]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    half = network.to(device, torch.bfloat16).eval()
    batches = list(token_batches(lengths, range(len(rows)), batch_tokens))
    logits = np.zeros(len(rows), dtype=np.float32)

    def run(batch: list[int]) -> int:
        if device.type == "cpu":
            torch.set_num_threads(1)
        ids, mask = pad_batch([rows[row] for row in batch], padding_id)
        with torch.inference_mode():
            logits[batch] = half(ids.to(device), mask.to(device)).float().cpu().numpy()
        return len(batch)

    done = 0
    with (
        ThreadPoolExecutor(threads) as pool,
        reporter.task("labelling", total=len(rows), unit="texts") as task,
    ):
        for count in pool.map(run, batches):
            done += count
            task.update(done)
    return logits


def text_hash(text: str) -> int:
    """Return 32 bits that tell a text from others."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "little")


def save_labels(path: Path, texts: Sequence[str], logits: NDArray[Any], teacher: str) -> None:
    """Write the labels of `texts`.

    Args:
        path: the file.
        texts: n texts.
        logits: of each, float (n,).
        teacher: what tells the teacher from others, see :class:`Labels`.

    Raises:
        DataError: the file cannot be written.
    """
    hashes = np.fromiter(map(text_hash, texts), dtype=np.uint32, count=len(texts))
    order = np.argsort(hashes, kind="stable")
    try:
        with atomic_file(path) as file:
            np.savez(
                file,
                hashes=hashes[order],
                logits=np.asarray(logits, np.float16)[order],
                teacher=np.array(teacher),
            )
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}.") from error


class Labels:
    """The labels in a file.

    Attributes:
        teacher: the SHA-256 of the weights of the teacher that predicted them.

    Raises:
        DataError: the file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            with np.load(path, allow_pickle=False) as stored:
                self._hashes, self._logits = stored["hashes"], stored["logits"]
                self.teacher = str(stored["teacher"])
        except (OSError, ValueError, KeyError) as error:
            raise DataError(f"{path} cannot be read as labels of a teacher: {error}.") from error

    def __len__(self) -> int:
        return len(self._hashes)

    def find(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the logit of each text, float32 (n,); NaN where the file has none."""
        wanted = np.fromiter(map(text_hash, texts), dtype=np.uint32, count=len(texts))
        places = np.searchsorted(self._hashes, wanted)
        places = np.minimum(places, len(self._hashes) - 1)
        found = self._hashes[places] == wanted
        return np.where(found, self._logits[places].astype(np.float32), np.float32("nan"))

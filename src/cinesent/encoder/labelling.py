"""What an encoder predicts for many texts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cinesent.encoder.tokens import EncoderTokenizer, pad_batch, token_batches
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

"""Fine-tunes an encoder on texts with targets: one pass, resumable, on CPU cores or a GPU.

On a CPU several replicas of the network, which share their weights and have gradients of their own,
take batches from one queue: two threads that compute a batch each are a third faster than one
batch computed by two, and no core waits for another one that is busy with other work.
"""

from __future__ import annotations

import copy
import hashlib
import json
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cinesent.encoder.network import freeze_layers
from cinesent.encoder.tokens import pad_batch, token_batches
from cinesent.errors import TrainingError, option
from cinesent.files import atomic_file
from cinesent.progress import SILENT, Reporter

if TYPE_CHECKING:
    from torch import nn

#: Seconds between two checkpoints.
CHECKPOINT_SECONDS = 240.0

#: The file of a checkpoint.
STATE = "state.safetensors"


@dataclass(frozen=True)
class FinetuneSettings:
    """How an encoder is fine-tuned.

    Attributes:
        max_length: word pieces of a text; longer ones lose their middle.
        step_tokens: word pieces per step of the optimizer, padding not counted.
        batch_tokens: word pieces computed at a time, padding included: bounds memory.
        learning_rate: its peak; a linear warm-up leads to it and a linear decay to zero.
        warmup_steps: steps until the peak.
        weight_decay: of AdamW, matrices only.
        epochs: passes over the texts.
        frozen_layers: the lowest layers that keep their pre-trained weights, and with them the
            embeddings; 0: everything learns. A third of the layers saves a quarter of the time.
        seed: of the order, the head's first weights and the dropout.
    """

    max_length: int = 256
    step_tokens: int = 5120
    batch_tokens: int = 1024
    learning_rate: float = 3e-5
    warmup_steps: int = 40
    weight_decay: float = 0.01
    epochs: int = 1
    frozen_layers: int = 0
    seed: int = 0


def finetune(
    network: nn.Module,
    rows: Sequence[NDArray[np.int32]],
    targets: NDArray[np.float32],
    padding_id: int,
    settings: FinetuneSettings,
    checkpoint: Path,
    *,
    threads: int = 1,
    reporter: Reporter = SILENT,
) -> None:
    """Train `network` in place; an unfinished run in the folder `checkpoint` is resumed.

    Args:
        network: from :func:`~cinesent.encoder.network.build_encoder`.
        rows: word pieces of n texts, int32 each.
        targets: probability of positive of each, float32 (n,), from 0 to 1.
        padding_id: fills short rows.
        settings: how to learn.
        checkpoint: a folder outside the model's; written every few minutes.
        threads: replicas that compute batches at the same time (CPU only).
        reporter: told the running loss.

    Raises:
        ConfigError: there are not that many layers to freeze.
        TrainingError: `checkpoint` holds another run, or the loss is not a number.

    Source:
        Devlin et al. (2019), BERT; Loshchilov & Hutter (2019), AdamW.
    """
    trainer = _Trainer(network, rows, targets, padding_id, settings, threads)
    done = trainer.load(checkpoint)
    saved = time.monotonic()
    total = len(trainer.steps)
    with reporter.task("fine-tuning", total=total, completed=done, unit="steps") as task:
        for number in range(done, total):
            loss = trainer.step(number)
            task.update(number + 1, f"loss {loss:.4f}  {trainer.tokens_per_second:,.0f} tokens/s")
            if time.monotonic() - saved > CHECKPOINT_SECONDS or number == total - 1:
                trainer.save(checkpoint, number + 1)
                saved = time.monotonic()


class _Trainer:
    """Network, optimizer and the plan of all steps."""

    def __init__(
        self,
        network: nn.Module,
        rows: Sequence[NDArray[np.int32]],
        targets: NDArray[np.float32],
        padding_id: int,
        settings: FinetuneSettings,
        threads: int,
    ) -> None:
        import torch

        self.settings = settings
        self._rows, self._targets, self._padding_id = rows, targets, padding_id
        self._lengths = [len(row) for row in rows]
        self.steps = _plan(self._lengths, settings)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network.to(self._device).train()
        self._network = network
        freeze_layers(network, settings.frozen_layers)
        learned = [(n, p) for n, p in network.named_parameters() if p.requires_grad]
        self._names = [name for name, _ in learned]
        self._parameters = [parameter for _, parameter in learned]
        self._replicas = [network]
        if self._device.type == "cpu":
            torch.set_num_threads(1)
            self._replicas += [self._replica() for _ in range(threads - 1)]
        self._run = self._description()
        matrices = [p for p in self._parameters if p.ndim > 1]
        others = [p for p in self._parameters if p.ndim <= 1]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": settings.weight_decay},
                {"params": others, "weight_decay": 0.0},
            ],
            lr=settings.learning_rate,
            betas=(0.9, 0.98),
            fused=True,
        )
        self._loss = float("nan")
        self._tokens, self._seconds = 0, 0.0

    @property
    def tokens_per_second(self) -> float:
        """Word pieces learnt per second by this process."""
        return self._tokens / self._seconds if self._seconds else 0.0

    def step(self, number: int) -> float:
        """Take one step; return the running mean of the loss."""
        import torch

        started = time.perf_counter()
        settings, rows = self.settings, self.steps[number]
        rate = min(1.0, (number + 1) / settings.warmup_steps) * (1 - number / len(self.steps))
        for group in self._optimizer.param_groups:
            group["lr"] = settings.learning_rate * rate
        # Dropout depends on the step alone, so that a resumed run continues as it would have.
        torch.manual_seed(settings.seed * 1_000_003 + number)
        loss = self._gradients(rows)
        if not np.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss} in step {number + 1}. Try a lower "
                f"{option('learning_rate')}."
            )
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self._loss = loss if np.isnan(self._loss) else 0.98 * self._loss + 0.02 * loss
        self._tokens += sum(self._lengths[row] for row in rows)
        self._seconds += time.perf_counter() - started
        return self._loss

    def save(self, folder: Path, done: int) -> None:
        """Write weights, moments and how many steps were taken."""
        from safetensors.torch import save

        folder.mkdir(parents=True, exist_ok=True)
        tensors = {
            f"weight/{n}": p.detach() for n, p in zip(self._names, self._parameters, strict=True)
        }
        for name, parameter in zip(self._names, self._parameters, strict=True):
            for key in ("exp_avg", "exp_avg_sq"):
                tensors[f"{key}/{name}"] = self._optimizer.state[parameter][key]
        with atomic_file(folder / STATE) as file:
            file.write(save({**tensors}, {"done": str(done), "run": self._run}))

    def load(self, folder: Path) -> int:
        """Restore what :meth:`save` wrote; return how many steps were taken, 0 for a new run."""
        import torch
        from safetensors import safe_open

        path = folder / STATE
        if not path.is_file():
            return 0
        with safe_open(path, "pt") as file:
            stored = file.metadata()
            if stored.get("run") != self._run:
                raise TrainingError(
                    f"{folder} holds an unfinished fine-tuning with other settings, texts or "
                    f"encoder: {stored.get('run')}; this one is {self._run}. Continue with the "
                    "settings it began with, or delete the folder."
                )
            done = int(stored["done"])
            with torch.no_grad():
                for name, parameter in zip(self._names, self._parameters, strict=True):
                    parameter.copy_(file.get_tensor(f"weight/{name}"))
                    self._optimizer.state[parameter] = {
                        "step": torch.tensor(float(done)),
                        **{k: file.get_tensor(f"{k}/{name}") for k in ("exp_avg", "exp_avg_sq")},
                    }
        return done

    def _description(self) -> str:
        """Return what tells this run from others: settings, texts, targets and first weights."""
        digest = hashlib.sha256(self._targets.tobytes())
        for row in self._rows:
            digest.update(row.tobytes())
        for parameter in self._network.parameters():
            digest.update(parameter.detach().cpu().numpy().tobytes())
        return json.dumps({**asdict(self.settings), "sha256": digest.hexdigest()})

    def _replica(self) -> nn.Module:
        """Return a network with the same weights, in the same memory, and its own gradients."""
        replica = copy.deepcopy(self._network)
        for own, shared in zip(replica.parameters(), self._network.parameters(), strict=True):
            own.data = shared.data
        return replica

    def _gradients(self, rows: list[int]) -> float:
        """Compute the gradient of the mean loss over `rows`; return that loss."""
        todo: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        for batch in token_batches(self._lengths, rows, self.settings.batch_tokens):
            todo.put(batch)
        losses: list[float] = []
        failures: list[BaseException] = []

        def work(network: nn.Module) -> None:
            try:
                while not failures:
                    try:
                        batch = todo.get_nowait()
                    except queue.Empty:
                        return
                    losses.append(self._backward(network, batch, len(rows)))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(other,)) for other in self._replicas[1:]]
        for thread in threads:
            thread.start()
        work(self._network)
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        self._gather()
        return sum(losses)

    def _gather(self) -> None:
        """Add the gradients of the replicas to those of the network."""
        for replica in self._replicas[1:]:
            learned = (other for other in replica.parameters() if other.requires_grad)
            for parameter, other in zip(self._parameters, learned, strict=True):
                if other.grad is not None:
                    if parameter.grad is None:
                        parameter.grad = other.grad
                    else:
                        parameter.grad.add_(other.grad)
                    other.grad = None

    def _backward(self, network: nn.Module, batch: list[int], count: int) -> float:
        import torch

        if self._device.type == "cpu":
            torch.set_num_threads(1)  # it is a setting of each thread
        ids, mask = pad_batch([self._rows[row] for row in batch], self._padding_id)
        targets = torch.from_numpy(self._targets[batch]).to(self._device)
        with torch.autocast(self._device.type, torch.bfloat16):
            logits = network(ids.to(self._device), mask.to(self._device))
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            logits.float(), targets, reduction="sum"
        )
        (loss / count).backward()
        return float(loss.detach()) / count


def _plan(lengths: Sequence[int], settings: FinetuneSettings) -> list[list[int]]:
    """Return the rows of each step, all epochs, shuffled; a step has about `step_tokens`."""
    steps: list[list[int]] = []
    for epoch in range(settings.epochs):
        order = np.random.default_rng(settings.seed + epoch).permutation(len(lengths))
        step: list[int] = []
        tokens = 0
        for row in order.tolist():
            step.append(row)
            tokens += lengths[row]
            if tokens >= settings.step_tokens:
                steps.append(step)
                step, tokens = [], 0
        if step:
            steps.append(step)
    return steps

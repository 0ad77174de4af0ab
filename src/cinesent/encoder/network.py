"""The encoder with a head: token ids to the logit of positive."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinesent.encoder.pretrained import read_config
from cinesent.errors import ConfigError, DataError, option
from cinesent.files import replace_folder, temporary_sibling, write_atomic

if TYPE_CHECKING:
    from torch import Tensor, nn

#: What a fine-tuned encoder was trained on and how good it is.
CARD = "teacher.json"

_HEAD = ("head.weight", "head.bias")

#: The number of a layer in the name of a weight: "encoder.encoder.layer.3.…", "…h.3.…".
_LAYER = re.compile(r"\.(?:layers?|h|blocks?)\.(\d+)\.")


def build_encoder(folder: Path, seed: int = 0) -> nn.Module:
    """Build the network and load its weights.

    A folder of a pre-trained encoder gets a new head, random from `seed`; one that
    :func:`save_encoder` wrote has its own.

    Call arguments of the result: `ids` int64 (batch, time) and `mask` int64 (batch, time), 1 at
    tokens and 0 at padding. Returns the logits of positive, float32 (batch,).

    Raises:
        DataError: the weights do not fit the configuration.

    Source:
        Devlin et al. (2019), BERT; mean pooling as in Reimers & Gurevych (2019), Sentence-BERT.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    torch.manual_seed(seed)
    network = _built(folder)
    try:
        weights = load_file(folder / "model.safetensors")
    except (OSError, SafetensorError) as error:
        raise DataError(f"{folder / 'model.safetensors'} cannot be read: {error}.") from error
    known = set(network.state_dict())
    if _HEAD[0] not in weights:
        weights = {_encoder_name(name, known): value for name, value in weights.items()}
        weights |= {name: network.state_dict()[name] for name in _HEAD}
    missing = sorted(known - set(weights))
    if missing:
        raise DataError(
            f"{folder / 'model.safetensors'} does not fit {folder / 'config.json'}: it lacks "
            f"{', '.join(missing[:3])}{' …' if len(missing) > 3 else ''}."
        )
    try:
        network.load_state_dict({name: weights[name] for name in known})
    except RuntimeError as error:
        raise DataError(f"{folder / 'model.safetensors'} cannot be loaded: {error}.") from error
    return network


def freeze_layers(network: nn.Module, count: int) -> None:
    """Keep the weights of the lowest `count` layers, and of the embeddings below them.

    Args:
        network: from :func:`build_encoder`.
        count: layers to freeze, from 0 (nothing, the embeddings neither) to all but one.

    Raises:
        ConfigError: there are not that many layers.

    Source:
        Lee et al. (2019), "What Would Elsa Do? Freezing Layers During Transformer Fine-Tuning":
        BERT with its lowest quarter frozen is as accurate.
    """
    if count == 0:
        return
    names = [name for name, _ in network.named_parameters()]
    numbers = {int(found[1]) for name in names if (found := _LAYER.search(name))}
    if count >= len(numbers):
        raise ConfigError(
            f"{option('frozen_layers')} is {count}; the encoder has {len(numbers)} layers. "
            f"Expected 0 to {max(len(numbers) - 1, 0)}."
        )
    for name, parameter in network.named_parameters():
        found = _LAYER.search(name)
        # What belongs to no layer lies below them all, but for the head: embeddings, and the
        # position biases that every layer of MPNet shares.
        layer = int(found[1]) if found else -1
        parameter.requires_grad_(name in _HEAD or layer >= count)


def save_encoder(network: nn.Module, source: Path, out: Path, card: dict[str, Any]) -> None:
    """Write a fine-tuned encoder: weights in bfloat16, configuration, tokenizer, and its card.

    Args:
        network: from :func:`build_encoder`, fine-tuned.
        source: the folder of the encoder that it was made from.
        out: a folder that does not exist yet.
        card: what it was trained on and how good it is, as JSON can hold it.

    Raises:
        DataError: the folder cannot be written.
    """
    import torch
    from safetensors.torch import save

    weights = {
        name: value.detach().to("cpu", torch.bfloat16).contiguous()
        for name, value in network.state_dict().items()
    }
    temporary = temporary_sibling(out)
    try:
        temporary.mkdir(parents=True)
        for name in ("config.json", "tokenizer.json"):
            write_atomic(temporary / name, (source / name).read_bytes())
        write_atomic(temporary / "model.safetensors", save(weights))
        write_atomic(temporary / CARD, json.dumps(card, indent=2) + "\n")
        replace_folder(temporary, out)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise DataError(f"cannot write {out}: {error.strerror or error}.") from error


def _built(folder: Path) -> nn.Module:
    """Return the network that the configuration in `folder` describes, with random weights."""
    config = read_config(folder)
    try:
        return _network(config)
    # What transformers raises for a configuration that it cannot build from.
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError, ImportError) as error:
        raise DataError(
            f"{folder / 'config.json'} describes no network that can be built: {error}."
        ) from error


def _network(config: dict[str, Any]) -> nn.Module:
    import torch
    from torch import nn
    from transformers import AutoConfig, AutoModel

    arguments = {key: value for key, value in config.items() if key != "model_type"}
    # Dropout of the attention costs a tenth of the time of a step on a CPU.
    arguments["attention_probs_dropout_prob"] = 0.0
    built = AutoConfig.for_model(config["model_type"], **arguments)

    class SentimentEncoder(nn.Module):
        """Transformer, mean over tokens, one linear unit."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder = AutoModel.from_config(built, add_pooling_layer=False)
            self.head = nn.Linear(built.hidden_size, 1)
            nn.init.normal_(self.head.weight, std=0.02)
            nn.init.zeros_(self.head.bias)

        def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
            states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask.unsqueeze(-1).float()  # (batch, time, 1)
            # In float32: the mean of hundreds of states loses digits in bfloat16.
            pooled = (states.float() * weights).sum(1) / weights.sum(1)  # (batch, features)
            with torch.autocast(pooled.device.type, enabled=False):
                logits: Tensor = nn.functional.linear(
                    pooled, self.head.weight.float(), self.head.bias.float()
                )
            return logits.squeeze(-1)

    return SentimentEncoder()


def _encoder_name(name: str, known: set[str]) -> str:
    """Return the name that a weight of a Hugging Face file has in the network."""
    bare = name.partition(".")[2]  # "bert.embeddings…" where the file holds a task's model
    return next((f"encoder.{n}" for n in (name, bare) if f"encoder.{n}" in known), name)

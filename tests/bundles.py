"""A small model with random weights, for tests that need a bundle but nothing that was learned."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from cinesent.bundle import save_bundle
from cinesent.recipes import ModelConfig
from cinesent.text.tokenizer import Tokenizer

SENTENCES = (
    "A quiet triumph: every scene earns its place, and the last one earns your tears.",
    "Two hours of my life that I'd like back. The plot isn't thin, it isn't there.",
    "The leads have charm, the score has none... 6/10 :-)",
    "I laughed, I cried, I checked my watch & went home!!",
    "Not good, not bad; simply long. What a waste of a great cast.",
)


def small_config(**settings: Any) -> ModelConfig:
    return ModelConfig(
        **{"vocabulary_size": 60, "embedding_dim": 6, "units": 5, "pooling": "max", **settings}
    )


def random_weights(config: ModelConfig, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        name: (0.5 * rng.normal(size=shape)).astype(np.float32)
        for name, shape in config.weight_shapes().items()
    }


def bundle_parts(seed: int = 0, **settings: Any) -> dict[str, Any]:
    """What `save_bundle` takes, besides the folder."""
    config = small_config(**settings)
    return {
        "name": "small",
        "config": config,
        "tokenizer": Tokenizer.fit(SENTENCES, config.vocabulary_size),
        "weights": random_weights(config, seed),
        "metrics": {"validation": {"accuracy": 0.75, "num_reviews": 4}, "best_epoch": 1},
        "history": [{"epoch": 1, "loss": 0.7}, {"epoch": 2, "loss": 0.6, "val_loss": 0.65}],
        "manifest": {"data": {"name": "own sentences", "sha256": "0" * 64}, "seed": seed},
    }


def write_bundle(folder: Path, seed: int = 0, **settings: Any) -> Path:
    """Write a small model; `settings` are those of its config."""
    return save_bundle(folder, **bundle_parts(seed, **settings))


def relist(folder: Path, name: str) -> None:
    """Let the manifest of a bundle list a file as it is now, as a forger would."""
    content = (folder / name).read_bytes()
    entry = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    path = folder / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["files"][name] = entry
    path.write_text(json.dumps(manifest), encoding="utf-8")

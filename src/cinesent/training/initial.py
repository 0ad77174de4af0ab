"""What another training begins with: a trained model, to train it further, or a language model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinesent.bundle import load_bundle
from cinesent.bundle.layout import MANIFEST, checksum
from cinesent.data.reviews import Dataset
from cinesent.errors import ConfigError, TrainingError
from cinesent.recipes import ModelConfig, Recipe
from cinesent.text.tokenizer import Tokenizer
from cinesent.training.pretrained import is_language_model, load_language_model

if TYPE_CHECKING:
    from cinesent.models.lstm import Weights

# They act in training alone; everything else is part of what a trained model's weights mean.
_DROPOUTS = frozenset({"embedding_dropout", "word_dropout", "head_dropout"})
# What a language model's weights depend on.
_ENCODER = frozenset({"vocabulary_size", "embedding_dim", "units", "bidirectional"})


@dataclass(frozen=True)
class Initial:
    """Weights and a vocabulary that a training starts from.

    Attributes:
        kind: "model", or "language model": words and LSTMs, without a head.
        path: its folder.
        name: of the recipe it was trained by.
        config: its network.
        tokenizer: its vocabulary, which stays as it is.
        weights: float32, by the names of :meth:`ModelConfig.weight_shapes`.
        manifest: where it comes from.
        sha256: of its manifest, which holds the checksums of all its files.
    """

    kind: str
    path: Path
    name: str
    config: ModelConfig
    tokenizer: Tokenizer
    weights: Weights
    manifest: dict[str, Any]
    sha256: str

    @property
    def kept(self) -> frozenset[str]:
        """The settings of the network that cannot change."""
        if self.kind == "model":
            return frozenset(item.name for item in fields(ModelConfig)) - _DROPOUTS
        return _ENCODER

    def to_dict(self) -> dict[str, str]:
        """Return what the manifest of the next model says of this one."""
        return {"kind": self.kind, "name": self.name, "manifest_sha256": self.sha256}

    def adapt(self, recipe: Recipe) -> Recipe:
        """Return `recipe` with this network.

        A trained model replaces the recipe's network and learns at a third of its rate, see
        :meth:`Recipe.for_fine_tuning`. A language model is only the network's beginning.
        """
        if self.kind == "model":
            return recipe.for_fine_tuning(self.config)
        taken = {name: getattr(self.config, name) for name in _ENCODER}
        return replace(recipe, model=replace(recipe.model, **taken))

    def check_recipe(self, recipe: Recipe) -> None:
        """Raise ConfigError unless `recipe` has this network, as far as it cannot change."""
        for name in (item.name for item in fields(ModelConfig) if item.name in self.kept):
            wanted, found = getattr(recipe.model, name), getattr(self.config, name)
            if wanted != found:
                free = "all but " + ", ".join(sorted(_ENCODER))
                if self.kind == "model":
                    free = "only " + ", ".join(sorted(_DROPOUTS))
                raise ConfigError(
                    f"{name} is {wanted}, but the {self.kind} in {self.path} has {found}, and "
                    f"starting from it keeps that. Leave the setting out; of the {self.kind}'s "
                    f"settings {free} may change."
                )


def has_seen(manifest: Mapping[str, Any], dataset: Dataset, recipe: Recipe, seed: int) -> bool:
    """Say whether a model has learnt from reviews of `dataset` that a training will hold out.

    Args:
        manifest: of the model.
        dataset: what the training reads.
        recipe: has the share it holds out.
        seed: of its split.
    """
    data, past = manifest.get("data"), manifest.get("recipe")
    if not isinstance(data, dict) or data.get("sha256") != dataset.train.fingerprint():
        return False
    training = past.get("training") if isinstance(past, dict) else None
    share = training.get("validation") if isinstance(training, dict) else None
    return (share, manifest.get("seed")) != (recipe.training.validation, seed)


def load_initial(folder: str | Path, out: Path) -> Initial:
    """Read what to start from, and verify every file of it.

    Args:
        folder: what `cinesent train` or `cinesent pretrain` wrote.
        out: where the new model goes.

    Raises:
        BundleError: the folder is neither, or damaged.
        MissingExtraError: the train extra is not installed.
        TrainingError: `out` is the same folder.
    """
    path = Path(folder).expanduser().resolve()
    if path == out.expanduser().resolve():
        raise TrainingError(
            f"the new model would replace the one it starts from, {path}; "
            "an interrupted training could not be resumed then. Name another folder with --out."
        )
    if is_language_model(path):
        return Initial(kind="language model", **vars(load_language_model(path)))
    bundle = load_bundle(folder, verify="full")
    return Initial(
        kind="model",
        path=bundle.path,
        name=bundle.name,
        config=bundle.config,
        tokenizer=bundle.tokenizer,
        weights=bundle.weights(),
        manifest=bundle.manifest,
        sha256=checksum(bundle.path / MANIFEST),
    )

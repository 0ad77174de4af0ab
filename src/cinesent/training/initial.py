"""A trained model as the start of another training: fine-tuning."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinesent.bundle import load_bundle
from cinesent.bundle.layout import MANIFEST, describe_file
from cinesent.config import ModelConfig, Recipe
from cinesent.data.reviews import Dataset
from cinesent.errors import ConfigError, TrainingError
from cinesent.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from cinesent.models.lstm import Weights

# They act in training alone; everything else is part of what the weights mean.
_FREE = ("embedding_dropout", "word_dropout", "head_dropout")


@dataclass(frozen=True)
class Initial:
    """A trained model that another training starts from.

    Attributes:
        path: its folder.
        name: of the recipe it was trained by.
        config: its network, which stays as it is.
        tokenizer: its vocabulary, which stays as it is.
        weights: float32, by the names of :meth:`ModelConfig.weight_shapes`.
        manifest: where it comes from.
        sha256: of its manifest, which holds the checksums of all its files.
    """

    path: Path
    name: str
    config: ModelConfig
    tokenizer: Tokenizer
    weights: Weights
    manifest: dict[str, Any]
    sha256: str

    def to_dict(self) -> dict[str, str]:
        """Return what the manifest of the next model says of this one."""
        return {"name": self.name, "manifest_sha256": self.sha256}

    def check_recipe(self, recipe: Recipe) -> None:
        """Raise ConfigError unless `recipe` has this model's network, dropouts aside."""
        for item in fields(ModelConfig):
            wanted, found = getattr(recipe.model, item.name), getattr(self.config, item.name)
            if wanted != found and item.name not in _FREE:
                raise ConfigError(
                    f"{item.name} is {wanted}, but the model in {self.path} has {found}, and "
                    "training it further keeps its network. Leave the setting out; of the model's "
                    f"settings only {', '.join(_FREE)} may change."
                )

    def has_seen(self, dataset: Dataset, recipe: Recipe, seed: int) -> bool:
        """Say whether it learnt from reviews of `dataset` that this training will hold out."""
        data, past = self.manifest.get("data"), self.manifest.get("recipe")
        if not isinstance(data, dict) or data.get("sha256") != dataset.train.fingerprint():
            return False
        training = past.get("training") if isinstance(past, dict) else None
        share = training.get("validation") if isinstance(training, dict) else None
        return (share, self.manifest.get("seed")) != (recipe.training.validation, seed)


def load_initial(folder: str | Path, out: Path) -> Initial:
    """Read the model to start from, and verify every file of it.

    Args:
        folder: what `cinesent train` wrote.
        out: where the new model goes.

    Raises:
        BundleError: the folder is no model, or damaged.
        MissingExtraError: the train extra is not installed.
        TrainingError: `out` is the same folder.
    """
    bundle = load_bundle(folder, verify="full")
    if bundle.path.resolve() == out.expanduser().resolve():
        raise TrainingError(
            f"the new model would replace the one it starts from, {bundle.path}; "
            "an interrupted training could not be resumed then. Name another folder with --out."
        )
    return Initial(
        path=bundle.path,
        name=bundle.name,
        config=bundle.config,
        tokenizer=bundle.tokenizer,
        weights=bundle.weights(),
        manifest=bundle.manifest,
        sha256=describe_file((bundle.path / MANIFEST).read_bytes())["sha256"],
    )

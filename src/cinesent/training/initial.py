"""The initial model: what a training starts from, a trained model or a language model."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from pathlib import Path

from cinesent.bundle import load_bundle
from cinesent.bundle.provenance import ParentModel, Provenance
from cinesent.classifier import find_model
from cinesent.environment import expand_user
from cinesent.errors import ConfigError, TrainingError, option
from cinesent.network.reference import Weights
from cinesent.recipes import ModelConfig, Recipe
from cinesent.text.tokenizer import Tokenizer
from cinesent.training.language_files import is_language_model, load_language_model

# They act in training alone; everything else is part of what a trained model's weights mean.
_DROPOUTS = frozenset({"embedding_dropout", "word_dropout", "head_dropout"})
# What a language model's weights depend on.
_ENCODER = frozenset({"vocabulary_size", "embedding_dim", "units", "bidirectional"})


@dataclass(frozen=True)
class Initial:
    """Weights and a vocabulary that a training starts from.

    Attributes:
        kind: "model"; or "language model": word vectors and LSTMs, without a head.
        path: of its folder.
        name: of the model.
        config: of its network.
        tokenizer: its vocabulary, which is kept.
        weights: float32, by the names of :meth:`ModelConfig.weight_shapes`.
        provenance: where it comes from.
        sha256: of its manifest, which holds the checksums of all its files.
    """

    kind: str
    path: Path
    name: str
    config: ModelConfig
    tokenizer: Tokenizer
    weights: Weights
    provenance: Provenance
    sha256: str

    @property
    def kept(self) -> frozenset[str]:
        """The settings of the network that cannot change."""
        if self.kind == "model":
            return frozenset(item.name for item in fields(ModelConfig)) - _DROPOUTS
        return _ENCODER

    def as_parent(self) -> ParentModel:
        """Return what the manifest of the next model states about this one."""
        return ParentModel(self.name, self.sha256, self.kind)

    def adapt(self, recipe: Recipe) -> Recipe:
        """Return `recipe` with this network.

        A trained model replaces the recipe's network and is trained at a third of its learning
        rate, see :meth:`Recipe.for_fine_tuning`. A language model replaces only the settings that
        its weights depend on.
        """
        if self.kind == "model":
            return recipe.for_fine_tuning(self.config)
        taken = {name: getattr(self.config, name) for name in _ENCODER}
        return replace(recipe, model=replace(recipe.model, **taken))

    def check_recipe(self, recipe: Recipe) -> None:
        """Raise unless `recipe` has this network, as far as it cannot change.

        Raises:
            ConfigError: a setting differs; the message names those that may be changed.
        """
        for name in (item.name for item in fields(ModelConfig) if item.name in self.kept):
            wanted, found = getattr(recipe.model, name), getattr(self.config, name)
            if wanted != found:
                free = "all but " + ", ".join(sorted(_ENCODER))
                if self.kind == "model":
                    free = "only " + ", ".join(sorted(_DROPOUTS))
                raise ConfigError(
                    f"{name} is {wanted}, but the {self.kind} in {self.path} has {found}, which "
                    f"cannot change. Leave the setting out; of the settings of the network, {free} "
                    "may be changed."
                )


def load_initial(folder: str | os.PathLike[str], out: Path) -> Initial:
    """Read the model that a training starts from, and verify every file of it.

    Args:
        folder: what `cinesent train` or `cinesent pretrain` wrote; "packaged": the model inside
            the package.
        out: the folder of the new model.

    Raises:
        BundleError: the folder holds neither kind of model, or it is damaged.
        ConfigError: `folder` is not a path.
        MissingExtraError: the train extra is not installed.
        TrainingError: `out` is the same folder.
    """
    path = model_folder(folder).resolve()
    if path == out.resolve():
        raise TrainingError(
            f"the new model would replace the one it starts from, {path}, and an interrupted "
            f"training could not be resumed. Name another folder with {option('out')}."
        )
    if is_language_model(path):
        model = load_language_model(path)
        return Initial(
            kind="language model",
            path=model.path,
            name=model.name,
            config=model.config,
            tokenizer=model.tokenizer,
            weights=model.weights,
            provenance=Provenance.from_manifest(model.manifest),
            sha256=model.sha256,
        )
    bundle = load_bundle(path, verify="full")
    return Initial(
        kind="model",
        path=bundle.path,
        name=bundle.name,
        config=bundle.config,
        tokenizer=bundle.tokenizer,
        weights=bundle.weights(),
        provenance=bundle.provenance,
        sha256=bundle.manifest_sha256,
    )


def model_folder(path: str | os.PathLike[str]) -> Path:
    """Return the folder that a user means: "packaged" is the model inside the package.

    A folder that is called packaged can be named as "./packaged".

    Raises:
        BundleError: no model comes with this version of the package.
        ConfigError: `path` is not a path.
    """
    return expand_user(find_model("packaged") if path == "packaged" else path)

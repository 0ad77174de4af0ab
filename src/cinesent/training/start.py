"""What a run is told that is not its recipe, and what it writes down about itself."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import metadata
from pathlib import Path
from typing import Any

from cinesent._version import __version__
from cinesent.bundle import is_bundle
from cinesent.bundle.layout import MANIFEST, checksum
from cinesent.classifier import Classifier
from cinesent.data.reviews import Dataset
from cinesent.errors import ConfigError, TrainingError, nearest
from cinesent.recipes import Recipe
from cinesent.training.checkpoint import Checkpoint
from cinesent.training.initial import Initial
from cinesent.training.pretrained import is_language_model


@dataclass(frozen=True)
class TrainingOptions:
    """Everything about a run that is not the recipe.

    Attributes:
        out: the folder the bundle goes to.
        initial: a trained model to train further: its folder; None begins anew.
        teachers: trained models that label the unlabelled reviews, in the place of the recipe's
            own teacher: their folders.
        seed: of split, weights, dropout and order: the same seed, the same model.
        backend: "tensorflow", "jax" or "torch"; None: `KERAS_BACKEND`, else TensorFlow.
        mixed_precision: compute in bfloat16 while learning, for GPUs; what is saved is float32.
        resume: go on with an unfinished run for the same folder.
        overwrite: replace a bundle, drop an unfinished run.
        tensorboard: a folder for TensorBoard event files, None for none.
        command: what made the run, for the manifest.
    """

    out: Path = Path("model")
    initial: str | Path | Initial | None = None
    teachers: Sequence[str | Path] = ()
    seed: int = 0
    backend: str | None = None
    mixed_precision: bool = False
    resume: bool = False
    overwrite: bool = False
    tensorboard: Path | None = None
    command: str = field(default_factory=lambda: " ".join(sys.argv[:1]))


def read_options(given: Mapping[str, Any]) -> TrainingOptions:
    """Turn keywords into options.

    Raises:
        ConfigError: there is no such option.
    """
    known = [item.name for item in fields(TrainingOptions)]
    for name in given:
        if name not in known:
            raise ConfigError(f"there is no option '{name}'. {nearest(name, known)}")
    return TrainingOptions(**{**given, "out": Path(given.get("out", "model"))})


def checkpoint_folder(out: Path) -> Path:
    """Return where the unfinished run of a bundle lies: beside it, not in it."""
    return out.with_name(f"{out.name}.checkpoint")


def check_target(out: Path, *, resume: bool = False, overwrite: bool = False) -> None:
    """Make sure, before anything slow is done, that training into `out` loses nothing.

    Raises:
        TrainingError: `out` holds a model, an unfinished run or something else, and nothing was
            said about it; or there is no run to resume.
    """
    checkpoint = Checkpoint(checkpoint_folder(out))
    if resume:
        if not checkpoint.exists:
            raise TrainingError(
                f"there is no unfinished run to resume: {checkpoint.folder} does not exist. "
                "Leave out --resume, or name the --out folder of the run."
            )
        return
    ours = is_bundle(out) or is_language_model(out)
    if out.exists() and not ours and (not out.is_dir() or any(out.iterdir())):
        raise TrainingError(
            f"{out} exists and is no model of cinesent; it will not be replaced. "
            "Name another folder with --out."
        )
    if overwrite:
        return
    if checkpoint.exists:
        raise TrainingError(
            f"an unfinished run lies in {checkpoint.folder}. "
            "Go on with it by --resume, or drop it by --overwrite."
        )
    if ours:
        raise TrainingError(
            f"{out} holds a model already. "
            "Name another folder with --out, or replace the model by --overwrite."
        )


def open_checkpoint(options: TrainingOptions) -> Checkpoint:
    """Return the checkpoint of a run; an unfinished one that is not wanted any more is removed.

    Raises:
        TrainingError: as :func:`check_target`.
    """
    check_target(options.out, resume=options.resume, overwrite=options.overwrite)
    folder = checkpoint_folder(options.out)
    if options.overwrite and not options.resume:
        Checkpoint(folder).remove()
    return Checkpoint(folder)


def describe_run(
    dataset: Dataset,
    recipe: Recipe,
    options: TrainingOptions,
    backend: str,
    initial: Initial | None,
    teachers: Sequence[Classifier] = (),
) -> dict[str, Any]:
    """Say what is trained, so that a resumed run is the same one."""
    taught_by = [
        {"name": teacher.bundle.name, "manifest_sha256": checksum(teacher.bundle.path / MANIFEST)}
        for teacher in teachers
    ]
    return {
        "recipe": recipe.to_dict(),
        "data": {"name": dataset.name, "sha256": dataset.train.fingerprint()},
        "seed": options.seed,
        "backend": backend,
        "mixed_precision": options.mixed_precision,
        **({"initial": initial.to_dict()} if initial else {}),
        **({"teachers": taught_by} if taught_by else {}),
    }


def versions() -> dict[str, str]:
    """Return the versions that decide what is trained."""
    found = {"cinesent": __version__, "python": platform.python_version()}
    for package in ("keras", "tensorflow", "jax", "torch", "numpy", "scikit-learn", "onnx"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found

"""A language model on disk: a folder with word vectors and LSTMs that a training can start from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from cinesent.bundle.layout import (
    CONFIG,
    MANIFEST,
    TOKENIZER,
    checksum,
    describe_file,
    parse_json,
    read_file,
    read_json,
)
from cinesent.errors import BundleError, ConfigError, TrainingError, option, require
from cinesent.files import replace_folder, temporary_sibling, write_atomic
from cinesent.network.reference import Weights, check_shapes
from cinesent.recipes import ModelConfig, model_config_from_dict
from cinesent.text.tokenizer import Tokenizer

LANGUAGE_MODEL = "language-model.safetensors"
_FORMAT_VERSION = 1
_FILES = (CONFIG, TOKENIZER, LANGUAGE_MODEL)


@dataclass(frozen=True)
class LanguageModel:
    """A language model, as `cinesent pretrain` writes it.

    Attributes:
        path: of its folder, absolute.
        name: of its recipe.
        config: of the network that its weights belong to.
        tokenizer: its vocabulary.
        weights: float32: the embedding and the LSTMs, by the names of
            :meth:`ModelConfig.weight_shapes`.
        manifest: where it comes from, and its perplexity on held-out text.
        sha256: of its manifest, which holds the checksums of its files.
    """

    path: Path
    name: str
    config: ModelConfig
    tokenizer: Tokenizer
    weights: Weights
    manifest: dict[str, Any]
    sha256: str


def is_language_model(folder: Path) -> bool:
    """Return whether `folder` looks like a language model, intact or not."""
    return (folder / LANGUAGE_MODEL).is_file()


def save_language_model(
    folder: Path,
    *,
    name: str,
    config: ModelConfig,
    tokenizer: Tokenizer,
    weights: Weights,
    manifest: Mapping[str, Any],
) -> None:
    """Write a language model: all of it into a temporary sibling, then renamed.

    Args:
        folder: to write; a language model there is replaced.
        name: of the recipe.
        config: of the network that the weights belong to.
        tokenizer: its vocabulary.
        weights: the embedding and the LSTMs, float32.
        manifest: where it comes from.

    Raises:
        TrainingError: the folder cannot be written.
        MissingExtraError: the package safetensors is not installed.
    """
    require("safetensors", "train", f"writing {LANGUAGE_MODEL}")
    from safetensors.numpy import save

    target = folder.resolve()
    staging = temporary_sibling(target)
    settings = {"format_version": _FORMAT_VERSION, "name": name, "model": asdict(config)}
    # The format takes the bytes in memory order: a transposed view would be written untransposed.
    contiguous = {key: np.ascontiguousarray(value) for key, value in weights.items()}
    try:
        staging.mkdir(parents=True)
        write_atomic(staging / CONFIG, _json(settings))
        tokenizer.save(staging / TOKENIZER)
        write_atomic(staging / LANGUAGE_MODEL, save(contiguous))
        entries = {file: describe_file((staging / file).read_bytes()) for file in _FILES}
        origin = {"created": datetime.now(UTC).isoformat(timespec="seconds"), **manifest}
        write_atomic(staging / MANIFEST, _json({**origin, "files": entries}))
        load_language_model(staging)
        replace_folder(staging, target)
    except OSError as error:
        raise TrainingError(
            f"the language model {target} cannot be written: {error.strerror or error}. The "
            f"training is kept: resume it with {option('resume', True)}."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def load_language_model(folder: Path) -> LanguageModel:
    """Read a language model and verify every file of it.

    Raises:
        BundleError: it is damaged or of another format; the message names the file.
        MissingExtraError: the package safetensors is not installed.
    """
    require("safetensors", "train", f"reading {LANGUAGE_MODEL}")
    from safetensors import SafetensorError, numpy

    path = folder.resolve()
    manifest = read_json(path / MANIFEST)
    entries = manifest.get("files")
    if not isinstance(entries, dict) or not set(_FILES) <= set(entries):
        raise BundleError(f"{path / MANIFEST} does not list {', '.join(_FILES)}.")
    contents = {name: read_file(path, name, entries[name]) for name in _FILES}
    settings = parse_json(contents[CONFIG], path / CONFIG)
    if settings.get("format_version") != _FORMAT_VERSION:
        raise BundleError(
            f"{path}: the language model has format {settings.get('format_version')}; this version "
            f"of cinesent reads {_FORMAT_VERSION}. Train it again with `cinesent pretrain`."
        )
    try:
        config = model_config_from_dict(settings["model"])
        weights = numpy.load(contents[LANGUAGE_MODEL])
        check_shapes(encoder_shapes(config), weights)
    except (ConfigError, SafetensorError, KeyError, BundleError) as error:
        raise BundleError(f"{path}: {error}") from error
    return LanguageModel(
        path=path,
        name=str(settings.get("name")),
        config=config,
        tokenizer=Tokenizer.from_payload(parse_json(contents[TOKENIZER], path / TOKENIZER)),
        weights=weights,
        manifest=manifest,
        sha256=checksum(path / MANIFEST),
    )


def encoder_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of the weights that a language model has."""
    shapes = config.weight_shapes()
    prefixes = ("embedding", *(f"{name}." for name in config.directions))
    return {name: shape for name, shape in shapes.items() if name.startswith(prefixes)}


def _json(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, indent=2, ensure_ascii=False).encode() + b"\n"

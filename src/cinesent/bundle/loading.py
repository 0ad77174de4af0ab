"""From a folder to a model, with every step checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cinesent.bundle import layout
from cinesent.config import ModelConfig, model_config_from_dict
from cinesent.errors import BundleError, ConfigError, require
from cinesent.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Verify = bool | Literal["full"]


@dataclass(frozen=True)
class Bundle:
    """A model folder that has been checked and read.

    Attributes:
        path: the folder, absolute.
        name: of the recipe it was trained by.
        config: what the network is.
        tokenizer: from text to its ids.
        labels: what label 0 and label 1 mean.
        thresholds: below the first a review is negative, from the second on positive, between them
            uncertain; probabilities of positive, 0 to 1.
        temperature: the logit is divided by it, more than 0.
        metrics: what training and evaluation measured.
        manifest: where the model comes from.
    """

    path: Path
    name: str
    config: ModelConfig
    tokenizer: Tokenizer
    labels: tuple[str, str]
    thresholds: tuple[float, float]
    temperature: float
    metrics: dict[str, Any]
    manifest: dict[str, Any]

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Read the weights: float32, by the names of :meth:`ModelConfig.weight_shapes`.

        Raises:
            BundleError: the file is damaged, or its names, shapes, types or values are wrong.
            MissingExtraError: the package safetensors is not installed.
        """
        require("safetensors", "train", f"reading {layout.WEIGHTS}")
        from safetensors import SafetensorError, numpy

        from cinesent.reference import check_weights

        path = self.path / layout.WEIGHTS
        entry = self.manifest["files"][layout.WEIGHTS]
        content = layout.read_file(self.path, layout.WEIGHTS, entry)
        try:
            weights: dict[str, NDArray[np.float32]] = numpy.load(content)
            check_weights(self.config, weights)
        except SafetensorError as error:
            raise BundleError(f"{path} is not a safetensors file: {error}.") from error
        except BundleError as error:
            raise BundleError(f"{path}: {error}") from error
        return weights


def load_bundle(folder: str | Path, verify: Verify = True) -> Bundle:
    """Check and read a model folder; nothing in it is executed.

    Args:
        folder: what `cinesent train` wrote.
        verify: True compares the files that predicting needs with their checksums, "full" all of
            them, the weights' names, shapes and values included; False none.

    Raises:
        BundleError: something is missing, damaged, or of another format; the message names the
            file and what is wrong with it.
    """
    bundle, _ = open_bundle(folder, verify)
    return bundle


def open_bundle(folder: str | Path, verify: Verify = True) -> tuple[Bundle, bytes]:
    """As :func:`load_bundle`, and return the prediction graph: the very bytes that were checked."""
    path = Path(folder).expanduser().absolute()
    layout.check_folder(path)
    settings = layout.read_json(path / layout.CONFIG)
    _check_format(path / layout.CONFIG, settings)
    manifest = layout.read_json(path / layout.MANIFEST)
    files = layout.listed_files(path, manifest)
    layout.check_size(path / layout.TOKENIZER)
    contents = {
        name: layout.read_file(path, name, files[name], verify=bool(verify))
        for name in layout.NEEDED
    }
    bundle = _assemble(path, settings, manifest)
    if verify == "full":
        for name in files.keys() - set(layout.NEEDED):
            layout.read_file(path, name, files[name])
        bundle.weights()
    return bundle, contents[layout.MODEL]


def _check_format(path: Path, settings: dict[str, Any]) -> None:
    version = settings.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BundleError(
            f"{path}: 'format_version' is {version!r}; expected {layout.FORMAT_VERSION}."
        )
    if version > layout.FORMAT_VERSION:
        raise BundleError(
            f"{path}: the model has format {version}; this version of cinesent reads up to "
            f"{layout.FORMAT_VERSION}. Upgrade with: pip install --upgrade cinesent"
        )


def _assemble(path: Path, settings: dict[str, Any], manifest: dict[str, Any]) -> Bundle:
    """Turn what was read into a bundle."""
    where = path / layout.CONFIG
    try:
        config = model_config_from_dict(_setting(where, settings, "model", dict))
    except ConfigError as error:
        raise BundleError(f"{where}: {error}") from error
    tokenizer = Tokenizer.load(path / layout.TOKENIZER)
    if len(tokenizer) > config.vocabulary_size:
        raise BundleError(
            f"{path / layout.TOKENIZER} has {len(tokenizer):,} tokens; {where} says "
            f"{config.vocabulary_size:,} at most."
        )
    labels = _setting(where, settings, "labels", list)
    if labels != list(layout.LABELS):
        raise BundleError(f"{where}: 'labels' is {labels}; expected {list(layout.LABELS)}.")
    return Bundle(
        path=path,
        name=_setting(where, settings, "name", str),
        config=config,
        tokenizer=tokenizer,
        labels=layout.LABELS,
        thresholds=check_thresholds(where, settings.get("thresholds")),
        temperature=check_temperature(where, settings.get("temperature")),
        metrics=layout.read_json(path / layout.METRICS),
        manifest=manifest,
    )


def _setting(path: Path, settings: dict[str, Any], key: str, kind: type) -> Any:
    value = settings.get(key)
    if not isinstance(value, kind):
        raise BundleError(f"{path}: '{key}' is {value!r}; expected a {kind.__name__}.")
    return value


def check_thresholds(where: object, value: Any) -> tuple[float, float]:
    """Return two probabilities in rising order, or raise BundleError."""
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(map(_is_number, value)):
        low, high = float(value[0]), float(value[1])
        if 0.0 <= low <= high <= 1.0:
            return low, high
    raise BundleError(
        f"{where}: 'thresholds' is {value!r}; expected two probabilities, the lower one first."
    )


def check_temperature(where: object, value: Any) -> float:
    """Return a temperature, or raise BundleError."""
    if _is_number(value) and math.isfinite(value) and value > 0:
        return float(value)
    raise BundleError(f"{where}: 'temperature' is {value!r}; expected a number above 0.")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

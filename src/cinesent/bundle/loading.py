"""From a folder to a model, with every step checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from cinesent.bundle import layout
from cinesent.bundle.offered import find_folder
from cinesent.bundle.provenance import Provenance
from cinesent.bundle.wire import check_wire
from cinesent.errors import BundleError, ConfigError, require
from cinesent.probability import LABELS
from cinesent.recipes import ModelConfig, Precision, model_config_from_dict
from cinesent.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Verify = bool | Literal["full"]

_LONGEST_NAME = 200


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
        precision: in which the folder holds the word vectors.
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
    precision: Precision
    metrics: dict[str, Any]
    manifest: dict[str, Any]

    @property
    def provenance(self) -> Provenance:
        """Where the model comes from, as the manifest states it."""
        return Provenance.from_manifest(self.manifest)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Read the weights: float32, by the names of :meth:`ModelConfig.weight_shapes`.

        Word vectors that are stored in int8 are those that the graph computes with, to the bit.

        Raises:
            BundleError: the file is damaged, or its names, shapes, types or values are wrong.
            MissingExtraError: the package safetensors is not installed.
        """
        require("safetensors", "train", f"reading {layout.WEIGHTS}")
        from safetensors import SafetensorError, numpy

        from cinesent.network.quantization import restored_weights
        from cinesent.network.reference import check_weights

        path = self.path / layout.WEIGHTS
        entry = self.manifest["files"][layout.WEIGHTS]
        content = layout.read_file(self.path, layout.WEIGHTS, entry)
        try:
            weights = restored_weights(numpy.load(content), self.precision)
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
            them, and the graph with the weights; False none. What a file holds is checked always.

    Raises:
        BundleError: something is missing, damaged, or of another format; the message names the
            file and what is wrong with it.
        ConfigError: `verify` is none of the three.
        MissingExtraError: "full" needs the package safetensors, which is not installed.
    """
    bundle, _ = open_bundle(folder, verify)
    return bundle


def open_bundle(folder: str | Path, verify: Verify = True) -> tuple[Bundle, bytes]:
    """As :func:`load_bundle`, and return the prediction graph: the very bytes that were checked."""
    if verify not in (True, False, "full"):
        raise ConfigError(f"verify is {verify!r}; expected True, False or 'full'.")
    path = find_folder(folder)
    # The format first: what follows may look otherwise in another one.
    _check_format(path / layout.CONFIG, layout.read_json(path / layout.CONFIG))
    manifest = layout.read_json(path / layout.MANIFEST)
    files = layout.listed_files(path, manifest)
    contents = {
        name: layout.read_file(path, name, files[name], verify=bool(verify))
        for name in layout.NEEDED
    }
    check_wire(contents[layout.MODEL], path / layout.MODEL)
    bundle = _assemble(path, contents, manifest)
    if verify == "full":
        for name in sorted(files.keys() - set(layout.NEEDED)):
            layout.read_file(path, name, files[name])
        _check_graph(bundle, contents[layout.MODEL])
    return bundle, contents[layout.MODEL]


def _check_graph(bundle: Bundle, graph: bytes) -> None:
    """Raise BundleError unless the graph says what the weights say."""
    import numpy as np

    from cinesent.network.reference import TOLERANCE, numpy_forward, sample_batches
    from cinesent.network.runtime import open_session, run_session
    from cinesent.probability import sigmoid

    path, weights = bundle.path / layout.MODEL, bundle.weights()
    session = open_session(graph, path)
    for ids, lengths in sample_batches(bundle.config):
        try:
            logits, _ = run_session(session, ids, lengths)
        except BundleError as error:
            raise BundleError(f"{path}: {error}") from error
        expected, _ = numpy_forward(bundle.config, weights, ids, lengths)
        if not np.allclose(sigmoid(logits), sigmoid(expected), rtol=0, atol=TOLERANCE):
            raise BundleError(f"{path} and {layout.WEIGHTS} are not one model. {layout.MEND}")


def _check_format(path: Path, settings: dict[str, Any]) -> None:
    version = settings.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BundleError(
            f"{path}: 'format_version' is {version!r}; expected {layout.FORMAT_VERSION}, or it is "
            "no model of cinesent."
        )
    if version > layout.FORMAT_VERSION:
        raise BundleError(
            f"{path}: the model has format {version}; this version of cinesent reads up to "
            f"{layout.FORMAT_VERSION}. Upgrade with: pip install --upgrade cinesent"
        )


def _assemble(path: Path, contents: dict[str, bytes], manifest: dict[str, Any]) -> Bundle:
    """Turn what was read into a bundle."""
    where = path / layout.CONFIG
    settings = layout.parse_json(contents[layout.CONFIG], where)
    try:
        config = model_config_from_dict(_setting(where, settings, "model", dict))
    except ConfigError as error:
        raise BundleError(f"{where}: {error}") from error
    tokenizer = _tokenizer(path / layout.TOKENIZER, contents[layout.TOKENIZER])
    if len(tokenizer) > config.vocabulary_size:
        raise BundleError(
            f"{path / layout.TOKENIZER} has {len(tokenizer):,} tokens; {where} says "
            f"{config.vocabulary_size:,} at most."
        )
    labels = _setting(where, settings, "labels", list)
    if labels != list(LABELS):
        raise BundleError(f"{where}: 'labels' is {labels}; expected {list(LABELS)}.")
    return Bundle(
        path=path,
        name=_name(where, settings),
        config=config,
        tokenizer=tokenizer,
        labels=LABELS,
        thresholds=check_thresholds(where, settings.get("thresholds")),
        temperature=check_temperature(where, settings.get("temperature")),
        # Bundles of before there was a choice do not state it.
        precision=check_precision(where, settings.get("precision", "float32")),
        metrics=layout.parse_json(contents[layout.METRICS], path / layout.METRICS),
        manifest=manifest,
    )


def _tokenizer(path: Path, content: bytes) -> Tokenizer:
    try:
        return Tokenizer.from_payload(layout.parse_json(content, path))
    except BundleError as error:
        raise error if str(path) in str(error) else BundleError(f"{path}: {error}") from error


def _name(path: Path, settings: dict[str, Any]) -> str:
    """Return the name, which is shown on terminals and in HTML."""
    name: str = _setting(path, settings, "name", str)
    if not name.isprintable() or len(name) > _LONGEST_NAME:
        raise BundleError(
            f"{path}: 'name' is {name[:_LONGEST_NAME]!r}; expected at most {_LONGEST_NAME} "
            "printable characters."
        )
    return name


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


def check_precision(where: object, value: Any) -> Precision:
    """Return the name of a precision, or raise BundleError."""
    known: tuple[Precision, ...] = get_args(Precision)
    for precision in known:
        if value == precision:
            return precision
    raise BundleError(f"{where}: 'precision' is {value!r}; expected {' or '.join(known)}.")


def check_temperature(where: object, value: Any) -> float:
    """Return a temperature, or raise BundleError."""
    if _is_number(value) and math.isfinite(value) and value > 0:
        return float(value)
    raise BundleError(f"{where}: 'temperature' is {value!r}; expected a number above 0.")


def _is_number(value: Any) -> bool:
    # An integer may be larger than any float.
    return type(value) is float or (type(value) is int and abs(value) <= 2**53)

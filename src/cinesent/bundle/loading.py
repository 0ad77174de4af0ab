"""Opens a model from a folder or from memory, and checks every step."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from cinesent.bundle import layout
from cinesent.bundle.contents import Contents, FolderContents, MemoryContents
from cinesent.bundle.graph_check import check_graph
from cinesent.bundle.offered import find_folder
from cinesent.bundle.provenance import Provenance
from cinesent.errors import BundleError, ConfigError, require
from cinesent.probability import LABELS, Label
from cinesent.recipes import ModelConfig, Precision, model_config_from_dict
from cinesent.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Verify = bool | Literal["full"]

_LONGEST_NAME = 200
# Temperatures that a fit to held-out reviews may find, with room to spare. A logit divided by one
# stays finite.
_TEMPERATURES = (0.01, 100.0)


@dataclass(frozen=True)
class Bundle:
    """A model that has been checked and read.

    Attributes:
        name: of the recipe it was trained with.
        config: what the network is.
        tokenizer: from text to token ids.
        labels: what label 0 and label 1 mean.
        thresholds: below the first a review is negative, from the second on positive, between them
            uncertain; probabilities of positive, 0 to 1.
        temperature: the logit is divided by it, 0.01 to 100.
        precision: in which the word vectors are stored.
        metrics: what training and evaluation measured.
        manifest: where the model comes from, as JSON; see :attr:`provenance`.
        manifest_sha256: checksum of the manifest, which holds those of all files: it identifies the
            model.
    """

    name: str
    config: ModelConfig
    tokenizer: Tokenizer
    labels: tuple[Label, Label]
    thresholds: tuple[float, float]
    temperature: float
    precision: Precision
    metrics: dict[str, Any]
    manifest: dict[str, Any]
    manifest_sha256: str
    _contents: Contents = field(repr=False)

    @property
    def place(self) -> Path:
        """The folder, or what stands for it in the messages about a model in memory."""
        return self._contents.where

    @property
    def folder(self) -> Path | None:
        """The folder, absolute; None for a model in memory."""
        return self._contents.where if isinstance(self._contents, FolderContents) else None

    @property
    def path(self) -> Path:
        """The folder, absolute.

        Raises:
            BundleError: the model is in memory and has no folder.
        """
        if self.folder is None:
            raise BundleError(
                f"the model {self.name!r} is in memory and has no folder; this needs one. Save the "
                "model first."
            )
        return self.folder

    @property
    def provenance(self) -> Provenance:
        """Where the model comes from, as the manifest states it."""
        return Provenance.from_manifest(self.manifest)

    def read(self, name: str) -> bytes:
        """Return a file of the model, compared with its checksum.

        Args:
            name: as the manifest lists it, such as "model.onnx" or "plots/history.png".

        Raises:
            BundleError: there is no such file, or it is damaged.
        """
        entry = self.manifest["files"].get(name)
        if entry is None:
            raise BundleError(f"{self._contents.where / layout.MANIFEST} does not list {name}.")
        return self._contents.read(name, entry)

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

        path = self._contents.where / layout.WEIGHTS
        content = self.read(layout.WEIGHTS)
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
            them, and the graph with the weights; False none. The structure of each file is always
            checked.

    Raises:
        BundleError: something is missing, damaged, or of another format; the message names the
            file and what is wrong with it.
        ConfigError: `verify` is none of the three, or `folder` is not a path.
        MissingExtraError: "full" needs the package safetensors, which is not installed.
    """
    bundle, _ = open_bundle(folder, verify)
    return bundle


def open_bundle(folder: str | Path, verify: Verify = True) -> tuple[Bundle, bytes]:
    """As :func:`load_bundle`, and return the prediction graph: the very bytes that were checked."""
    if not isinstance(verify, bool) and (not isinstance(verify, str) or verify != "full"):
        raise ConfigError(f"verify is {verify!r}; expected True, False or 'full'.")
    return _open(FolderContents(find_folder(folder)), verify)


def open_files(files: Mapping[str, bytes], verify: Verify = True) -> tuple[Bundle, bytes]:
    """As :func:`open_bundle`, from files in memory instead of a folder.

    Args:
        files: content by path within the folder, such as "config.json".
        verify: as in :func:`load_bundle`.

    Example:
        >>> bundle, graph = open_files(files)  # doctest: +SKIP
        >>> classifier = Classifier(bundle, graph)  # doctest: +SKIP
    """
    return _open(MemoryContents(files), verify)


def _open(source: Contents, verify: Verify) -> tuple[Bundle, bytes]:
    where = source.where
    # The format first: another one may look different in everything that follows.
    config = layout.parse_json(source.json_bytes(layout.CONFIG), where / layout.CONFIG)
    _check_format(where / layout.CONFIG, config)
    stated = source.json_bytes(layout.MANIFEST)
    manifest = layout.parse_json(stated, where / layout.MANIFEST)
    files = layout.listed_files(where, manifest)
    read = {name: source.read(name, files[name], verify=bool(verify)) for name in layout.NEEDED}
    bundle = _assemble(source, read, manifest, hashlib.sha256(stated).hexdigest())
    graph = read[layout.MODEL]
    check_graph(graph, bundle.config, bundle.precision, where / layout.MODEL)
    if verify == "full":
        for name in sorted(files.keys() - set(layout.NEEDED)):
            source.read(name, files[name])
        _compare_with_weights(bundle, graph)
    return bundle, graph


def _compare_with_weights(bundle: Bundle, graph: bytes) -> None:
    """Raise BundleError unless the graph gives the answers that the weights give."""
    import numpy as np

    from cinesent.network.reference import TOLERANCE, numpy_forward, sample_batches
    from cinesent.network.runtime import open_session, run_session
    from cinesent.probability import sigmoid

    path, weights = bundle.place / layout.MODEL, bundle.weights()
    session = open_session(graph, path)
    for ids, lengths in sample_batches(bundle.config):
        try:
            logits, _ = run_session(session, ids, lengths)
        except BundleError as error:
            raise BundleError(f"{path}: {error}") from error
        expected, _ = numpy_forward(bundle.config, weights, ids, lengths)
        if not np.allclose(sigmoid(logits), sigmoid(expected), rtol=0, atol=TOLERANCE):
            raise BundleError(f"{path} and {layout.WEIGHTS} are not one model. {layout.ADVICE}")


def _check_format(path: Path, settings: dict[str, Any]) -> None:
    version = settings.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BundleError(
            f"{path}: 'format_version' is {version!r}; expected {layout.FORMAT_VERSION}. It is no "
            "model of cinesent."
        )
    if version > layout.FORMAT_VERSION:
        raise BundleError(
            f"{path}: the model has format {version}; this version of cinesent reads up to "
            f"{layout.FORMAT_VERSION}. Upgrade with: pip install --upgrade cinesent"
        )


def _assemble(
    source: Contents, read: Mapping[str, bytes], manifest: dict[str, Any], sha256: str
) -> Bundle:
    """Turn what was read into a bundle."""
    path = source.where
    where = path / layout.CONFIG
    settings = layout.parse_json(read[layout.CONFIG], where)
    try:
        config = model_config_from_dict(_setting(where, settings, "model", dict))
    except ConfigError as error:
        raise BundleError(f"{where}: {error}") from error
    tokenizer = _tokenizer(path / layout.TOKENIZER, read[layout.TOKENIZER])
    if len(tokenizer) > config.vocabulary_size:
        raise BundleError(
            f"{path / layout.TOKENIZER} has {len(tokenizer):,} tokens; {where} allows "
            f"{config.vocabulary_size:,}."
        )
    labels = _setting(where, settings, "labels", list)
    if labels != list(LABELS):
        raise BundleError(f"{where}: 'labels' is {labels}; expected {list(LABELS)}.")
    return Bundle(
        name=_name(where, settings),
        config=config,
        tokenizer=tokenizer,
        labels=LABELS,
        thresholds=check_thresholds(where, settings.get("thresholds")),
        temperature=check_temperature(where, settings.get("temperature")),
        # Bundles of before there was a choice do not state it.
        precision=check_precision(where, settings.get("precision", "float32")),
        metrics=layout.parse_json(read[layout.METRICS], path / layout.METRICS),
        manifest=manifest,
        manifest_sha256=sha256,
        _contents=source,
    )


def _tokenizer(path: Path, content: bytes) -> Tokenizer:
    try:
        return Tokenizer.from_payload(layout.parse_json(content, path))
    except BundleError as error:
        raise error if str(path) in str(error) else BundleError(f"{path}: {error}") from error


def _name(path: Path, settings: dict[str, Any]) -> str:
    """Return the name, which terminals and HTML pages show."""
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
    low, high = _TEMPERATURES
    if _is_number(value) and low <= value <= high:
        return float(value)
    raise BundleError(
        f"{where}: 'temperature' is {value!r}; expected a number from {low:g} to {high:g}."
    )


def _is_number(value: Any) -> bool:
    # An integer may be larger than any float.
    return type(value) is float or (type(value) is int and abs(value) <= 2**53)

"""Writes a trained model to a folder: all of it or nothing."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from cinesent._version import __version__
from cinesent.bundle import layout
from cinesent.bundle.card import Storage, model_card
from cinesent.bundle.loading import (
    Bundle,
    Verify,
    check_precision,
    check_temperature,
    check_thresholds,
    load_bundle,
)
from cinesent.bundle.provenance import ParentModel
from cinesent.environment import expand_user
from cinesent.errors import BundleError, option, require
from cinesent.files import replace_folder, temporary_sibling
from cinesent.probability import LABELS
from cinesent.recipes import ModelConfig, Precision
from cinesent.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from cinesent.network.reference import Check, Weights


def save_bundle(
    folder: str | Path,
    *,
    name: str,
    config: ModelConfig,
    tokenizer: Tokenizer,
    weights: Weights,
    metrics: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    manifest: Mapping[str, Any],
    plots: Mapping[str, bytes | Path] | None = None,
    precision: Precision = "float32",
    temperature: float = 1.0,
    thresholds: tuple[float, float] = (0.5, 0.5),
    check: Check | None = None,
) -> Path:
    """Write a model folder: everything in a temporary sibling, verified there, then one rename.

    A bundle that exists at `folder` is moved aside first and removed last, so that an error or a
    crash at any point leaves a complete model, the old or the new one. Files in it that are no part
    of it (notes, a `.git`) are kept.

    Args:
        folder: where to; its parents are created.
        name: of the recipe.
        config: what the network is.
        tokenizer: with at most `config.vocabulary_size` tokens.
        weights: float32, by the names of :meth:`ModelConfig.weight_shapes`.
        metrics: what JSON can hold; a dictionary in it, such as "validation" or "test", holds the
            numbers of one set of reviews.
        history: one record per epoch.
        manifest: where the model comes from, see :meth:`Provenance.to_manifest`; further entries
            are kept.
        plots: file name to PNG bytes, or to a file that is copied.
        precision: "int8" stores word vectors with eight bits per number, see
            :mod:`cinesent.network.quantization`; the saved model then has the rounded weights.
        temperature: the logit is divided by it, 0.01 to 100.
        thresholds: below the first negative, from the second on positive.
        check: the trained model, with the weights as they are stored, which the graph must agree
            with; and real reviews to compare them on.

    Returns:
        The folder, absolute.

    Raises:
        BundleError: `folder` holds something that is not a bundle, weights do not fit, graph and
            model give different answers, or the disk refuses.
        ConfigError: `folder` is not a path.
        MissingExtraError: the packages onnx and safetensors are not installed.
    """
    require("safetensors", "train", f"writing {layout.WEIGHTS}")
    target = expand_user(folder).resolve()
    _check_target(target)
    settings = {
        "format_version": layout.FORMAT_VERSION,
        "name": name,
        "model": asdict(config),
        "precision": check_precision("save_bundle", precision),
        "labels": list(LABELS),
        "thresholds": list(check_thresholds("save_bundle", list(thresholds))),
        "temperature": check_temperature("save_bundle", temperature),
    }
    origin = _origin(manifest)
    contents = {
        layout.CONFIG: _json(settings),
        layout.METRICS: _json(metrics),
        layout.HISTORY: _csv(history),
        **_plots(plots or {}),
    }
    with _replacing(target, verify="full") as staging:
        _write_model(staging, config, weights, precision, check)
        tokenizer.save(staging / layout.TOKENIZER)
        storage = Storage(precision, (staging / layout.MODEL).stat().st_size)
        card = model_card(name, config, metrics, origin, storage, thresholds)
        contents[layout.CARD] = card.encode()
        _write(staging, contents)
        _write_manifest(staging, origin)
    return target


def record_metrics(folder: str | Path, name: str, metrics: Mapping[str, Any]) -> None:
    """Add what was measured later to a model folder: to its metrics and its card.

    Args:
        folder: the model.
        name: of the reviews, such as "test"; numbers recorded under it before are replaced.
        metrics: what JSON can hold.

    Raises:
        BundleError: the folder is not a valid model, or cannot be written.
    """
    bundle = load_bundle(folder)
    origin = {key: value for key, value in bundle.manifest.items() if key != "files"}
    merged = {**bundle.metrics, name: dict(metrics)}
    storage = Storage(bundle.precision, (bundle.path / layout.MODEL).stat().st_size)
    card = model_card(bundle.name, bundle.config, merged, origin, storage, bundle.thresholds)
    with _replacing(bundle.path.resolve(), verify=True) as staging:
        for file in bundle.manifest["files"]:
            (staging / file).parent.mkdir(exist_ok=True)
            shutil.copyfile(bundle.path / file, staging / file)
        _write(staging, {layout.METRICS: _json(merged), layout.CARD: card.encode()})
        _write_manifest(staging, origin)


def save_calibrated(
    bundle: Bundle,
    folder: str | Path,
    *,
    temperature: float,
    thresholds: tuple[float, float],
    metrics: Mapping[str, Any],
    plots: Mapping[str, bytes | Path],
) -> Path:
    """Write a copy of a model with another temperature and other thresholds.

    Where the temperature changes, numbers that were measured with the old one are left out of the
    metrics of the copy: losses, calibration errors, and what the old band decided.

    Args:
        bundle: the model, in a folder or in memory.
        folder: where to, as for :func:`save_bundle`.
        temperature: the logit is divided by it, 0.01 to 100.
        thresholds: below the first negative, from the second on positive.
        metrics: added to those of the model.
        plots: added to those of the model.

    Returns:
        The folder, absolute.

    Raises:
        BundleError: a file of the model is damaged, or the disk refuses.
    """
    target = expand_user(folder).resolve()
    _check_target(target)
    settings = layout.parse_json(bundle.read(layout.CONFIG), bundle.place / layout.CONFIG)
    settings["temperature"] = check_temperature("save_calibrated", temperature)
    settings["thresholds"] = list(check_thresholds("save_calibrated", list(thresholds)))
    stale = {"decided_share", "decided_accuracy"}
    stale |= {"loss", "brier", "ece"} if temperature != bundle.temperature else set()
    measured = {**_without(bundle.metrics, stale), **metrics}
    parent = ParentModel(bundle.name, bundle.manifest_sha256)
    kept = {key: value for key, value in bundle.manifest.items() if key != "files"}
    origin = {**kept, "calibrated_from": parent.to_dict()}
    storage = Storage(bundle.precision, len(bundle.read(layout.MODEL)))
    card = model_card(bundle.name, bundle.config, measured, origin, storage, thresholds)
    changed = {
        layout.CONFIG: _json(settings),
        layout.METRICS: _json(measured),
        layout.CARD: card.encode(),
        **_plots(plots),
    }
    with _replacing(target, verify=True) as staging:
        _write(staging, {name: bundle.read(name) for name in bundle.manifest["files"]} | changed)
        _write_manifest(staging, origin)
    return target


def check_new_bundle(folder: Path, overwrite: bool) -> Path:
    """Return `folder`, absolute, where a bundle may be written.

    Raises:
        BundleError: it holds something that is not a bundle, or a bundle and `overwrite` is False.
    """
    target = folder.resolve()
    _check_target(target)
    if layout.is_bundle(target) and not overwrite:
        raise BundleError(
            f"{target} holds a model. Give another folder, or replace it with "
            f"{option('overwrite', True)}."
        )
    return target


def _without(metrics: Mapping[str, Any], stale: set[str]) -> dict[str, Any]:
    """Return the metrics with some numbers left out of each group."""
    return {
        name: {key: value for key, value in group.items() if key not in stale}
        if isinstance(group, Mapping)
        else group
        for name, group in metrics.items()
    }


@contextlib.contextmanager
def _replacing(target: Path, verify: Verify) -> Iterator[Path]:
    """Yield a folder to fill, which is checked and takes the place of `target` at the end."""
    staging = temporary_sibling(target)
    try:
        staging.mkdir(parents=True)
        yield staging
        load_bundle(staging, verify=verify)
        replace_folder(staging, target, keep=_of_others(target))
    except OSError as error:
        raise BundleError(f"{target} cannot be written: {error}.") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check_target(folder: Path) -> None:
    """Raise BundleError unless a bundle may be put at `folder`."""
    if not folder.exists() or layout.is_bundle(folder):
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise BundleError(
            f"{folder} exists and is no model of cinesent; it is not replaced. "
            "Give a new or an empty folder."
        )


def _origin(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest without its list of files: what was given, and what is always known."""
    from importlib import metadata

    versions = {"cinesent": __version__, "python": platform.python_version()}
    for package in ("numpy", "onnx", "onnxruntime", "safetensors"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return {
        "format_version": layout.FORMAT_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(sys.argv),
        **given,
        "versions": {**versions, **given.get("versions", {})},
    }


def _json(payload: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(payload, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise BundleError(f"JSON cannot hold the metrics or manifest: {error}.") from error
    return text.encode() + b"\n"


def _plain(value: Any) -> Any:
    """Return a NumPy number, an array or a path as JSON can hold it."""
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a value of type {type(value).__name__}")


def _csv(records: Sequence[Mapping[str, Any]]) -> bytes:
    columns = list(dict.fromkeys(key for record in records for key in record))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def _plots(plots: Mapping[str, bytes | Path]) -> dict[str, bytes]:
    contents = {}
    for name, content in plots.items():
        if PurePath(name).name != name:
            raise BundleError(f"a plot is named {name!r}; expected a file name without a folder.")
        data = content if isinstance(content, bytes) else Path(content).read_bytes()
        contents[f"{layout.PLOTS}/{name}"] = data
    return contents


def _write_model(
    folder: Path, config: ModelConfig, weights: Weights, precision: Precision, check: Check | None
) -> None:
    """Write the graph and the weights it stands for."""
    import numpy as np
    from safetensors.numpy import save

    from cinesent.network import write_graph
    from cinesent.network.quantization import stored_weights

    write_graph(folder / layout.MODEL, config, weights, precision=precision, check=check)
    stored = stored_weights(weights, precision)
    # The format takes the bytes as they are: a transposed view would be written untransposed.
    straight = {key: np.ascontiguousarray(value) for key, value in stored.items()}
    (folder / layout.WEIGHTS).write_bytes(save(straight))


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write every file but the model, the tokenizer and the manifest."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def _write_manifest(folder: Path, origin: Mapping[str, Any]) -> None:
    """List the files in `folder`, after flushing them to the disk."""
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb+") as file:
            files[path.relative_to(folder).as_posix()] = layout.describe_file(file.read())
            os.fsync(file.fileno())
    with (folder / layout.MANIFEST).open("wb") as file:
        file.write(_json({**origin, "files": files}))
        file.flush()
        os.fsync(file.fileno())


def _of_others(folder: Path) -> list[str]:
    """Return the names in a bundle's folder that are no part of it, such as notes or a `.git`."""
    if not folder.exists():
        return []
    try:
        files = layout.read_json(folder / layout.MANIFEST).get("files", {})
    except BundleError:
        files = {}
    known = {layout.MANIFEST, *layout.REQUIRED, layout.CARD, layout.HISTORY, layout.PLOTS}
    known |= {name.partition("/")[0] for name in files}
    return sorted(path.name for path in folder.iterdir() if path.name not in known)

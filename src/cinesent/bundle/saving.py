"""From a trained model to a folder, all of it or nothing."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import platform
import secrets
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
    Verify,
    check_precision,
    check_temperature,
    check_thresholds,
    load_bundle,
)
from cinesent.errors import BundleError, require
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

    A bundle that lies at `folder` is moved aside first and removed last, so that an error or a
    crash at any point leaves a whole model, the old or the new. Files in it that are no part of it
    (notes, a `.git`) are taken over.

    Args:
        folder: where to; its parents are made.
        name: of the recipe.
        config: what the network is.
        tokenizer: with at most `config.vocabulary_size` tokens.
        weights: float32, by the names of :meth:`ModelConfig.weight_shapes`.
        metrics: what JSON can hold; a dictionary in it, such as "validation" or "test", holds the
            numbers of one set of reviews.
        history: one record an epoch.
        manifest: where the model comes from: "data", "seed", "command", "versions" and what else
            should be known.
        plots: file name to PNG bytes, or to a file that is copied.
        precision: "int8" stores word vectors in eight bits a number, see
            :mod:`cinesent.network.quantization`; the model then is what remains of `weights`.
        temperature: the logit is divided by it.
        thresholds: below the first negative, from the second on positive.
        check: the trained model, which the graph must agree with, holding the weights as stored;
            and real reviews to try it on.

    Returns:
        The folder, absolute.

    Raises:
        BundleError: `folder` holds something that is no bundle, weights do not fit, the voices of
            graph and model differ, or the disk refuses.
        MissingExtraError: the packages onnx and safetensors are not installed.
    """
    require("safetensors", "train", f"writing {layout.WEIGHTS}")
    target = Path(folder).expanduser().resolve()
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
        contents[layout.CARD] = model_card(name, config, metrics, origin, storage).encode()
        _write(staging, contents)
        _write_manifest(staging, origin)
    return target


def record_metrics(folder: str | Path, name: str, metrics: Mapping[str, Any]) -> None:
    """Write what was measured later into a model folder: its metrics and its card.

    Args:
        folder: the model.
        name: of the reviews, such as "test"; numbers recorded under it before are replaced.
        metrics: what JSON can hold.

    Raises:
        BundleError: the folder is no sound model, or cannot be written.
    """
    bundle = load_bundle(folder)
    origin = {key: value for key, value in bundle.manifest.items() if key != "files"}
    merged = {**bundle.metrics, name: dict(metrics)}
    storage = Storage(bundle.precision, (bundle.path / layout.MODEL).stat().st_size)
    card = model_card(bundle.name, bundle.config, merged, origin, storage)
    with _replacing(bundle.path.resolve(), verify=True) as staging:
        for file in bundle.manifest["files"]:
            (staging / file).parent.mkdir(exist_ok=True)
            shutil.copyfile(bundle.path / file, staging / file)
        _write(staging, {layout.METRICS: _json(merged), layout.CARD: card.encode()})
        _write_manifest(staging, origin)


@contextlib.contextmanager
def _replacing(target: Path, verify: Verify) -> Iterator[Path]:
    """Yield a folder to fill, which is checked and put in the place of `target` at the end."""
    staging = target.with_name(f".{target.name}.new-{secrets.token_hex(4)}")
    try:
        staging.mkdir(parents=True)
        yield staging
        load_bundle(staging, verify=verify)
        previous = swap_folders(staging, target)
        if previous is not None:
            _take_over(previous, target)
            shutil.rmtree(previous, ignore_errors=True)
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
            "Name a new or an empty folder."
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
    """Say what a NumPy number, an array or a path is in JSON."""
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
    # The format takes the bytes as they lie: a transposed view would be written untransposed.
    straight = {key: np.ascontiguousarray(value) for key, value in stored.items()}
    (folder / layout.WEIGHTS).write_bytes(save(straight))


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write every file but the model, the tokenizer and the manifest."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def _write_manifest(folder: Path, origin: Mapping[str, Any]) -> None:
    """List what lies in `folder`, after making sure that it lies on the disk."""
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb+") as file:
            files[path.relative_to(folder).as_posix()] = layout.describe_file(file.read())
            os.fsync(file.fileno())
    with (folder / layout.MANIFEST).open("wb") as file:
        file.write(_json({**origin, "files": files}))
        file.flush()
        os.fsync(file.fileno())


def swap_folders(staging: Path, target: Path) -> Path | None:
    """Put `staging` where `target` is; what was there is restored if that fails.

    Returns:
        Where that lies now, for the caller to delete; None if nothing was there.
    """
    if not target.exists():
        staging.rename(target)
        return None
    previous = target.with_name(f".{target.name}.previous-{secrets.token_hex(4)}")
    target.rename(previous)
    try:
        staging.rename(target)
    except BaseException:
        previous.rename(target)
        raise
    return previous


def _take_over(previous: Path, target: Path) -> None:
    """Move what is no part of the previous bundle into the one that replaces it."""
    try:
        files = layout.read_json(previous / layout.MANIFEST).get("files", {})
    except BundleError:
        files = {}
    known = {layout.MANIFEST, *layout.REQUIRED, layout.CARD, layout.HISTORY, layout.PLOTS}
    known |= {name.partition("/")[0] for name in files}
    for path in previous.iterdir():
        if path.name not in known and not (target / path.name).exists():
            path.rename(target / path.name)

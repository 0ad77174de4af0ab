"""The checks of an installation. Each returns what it found and the problems among it."""

from __future__ import annotations

import math
import os
import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from cinesent.environment import cache_dir
from cinesent.errors import BundleError, CinesentError, MissingExtraError, nearest
from cinesent.models.backend import BACKENDS

SENTENCE = "A quiet triumph, and not a minute too long."

# Extras for working on cinesent, not for using it.
_DEVELOPMENT_EXTRAS = ("dev", "notebook")

# Other distributions of the same package.
_VARIANTS = {
    "tensorflow": ("tensorflow-cpu", "tensorflow-macos", "tensorflow-intel", "tf-nightly"),
    "onnxruntime": ("onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml"),
}

# The IMDB archive takes 84 MB.
_NEEDED_BYTES = 200 * 10**6


@dataclass(frozen=True)
class Problem:
    """Something that is wrong, and what to do about it.

    Attributes:
        what: a sentence or two.
        fix: what to type, install or look at.
        stops_predicting: whether reviews cannot be predicted because of it.
    """

    what: str
    fix: str
    stops_predicting: bool = False


@dataclass(frozen=True)
class Package:
    """A package that cinesent uses.

    Attributes:
        version: None if it is not installed.
        extra: the extra of cinesent that installs it; None for the base install.
    """

    version: str | None
    extra: str | None


@dataclass(frozen=True)
class ModelCheck:
    """The model in use, and a sentence predicted with it.

    Attributes:
        path: its folder.
        name: of the model.
        precision: in which its word vectors are stored, "float32" or "int8".
        size_bytes: of all its files.
        test_accuracy: as its metrics record it, 0 to 1; None if it was not measured.
        runtime: what runs it, "native" or "onnxruntime".
        instruction_set: that the native library uses, such as "avx512"; None for ONNX Runtime.
        why_not_native: why the native library does not run it; None if it does.
        load_ms: milliseconds to open it, and to import NumPy and ONNX Runtime if need be.
        predict_ms: milliseconds to predict the sentence, after a first run.
        probability: of positive, predicted for the sentence.
    """

    path: str
    name: str
    precision: str
    size_bytes: int
    test_accuracy: float | None
    runtime: str
    instruction_set: str | None
    why_not_native: str | None
    load_ms: float
    predict_ms: float
    probability: float


@dataclass(frozen=True)
class CacheFolder:
    """The folder for downloads.

    Attributes:
        path: its absolute path, whether it exists yet or not.
        writable: whether a file can be created in it, or in the folder it would be created in.
        free_bytes: of its disk; None if the system does not tell.
    """

    path: str
    writable: bool
    free_bytes: int | None


def check_packages() -> tuple[dict[str, Package], list[Problem]]:
    """Find the versions of the packages that cinesent's own metadata lists; import none."""
    packages: dict[str, Package] = {}
    for line in _requirements():
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        extra = re.search(r"extra == ['\"]([\w-]+)", line)
        if extra is None or extra[1] not in _DEVELOPMENT_EXTRAS:
            # Of several extras with the same package, the first is the one to install it with.
            packages.setdefault(name, Package(_version(name), extra[1] if extra else None))
    problems = [
        Problem(f"{name} is not installed.", f"pip install {name}", stops_predicting=True)
        for name, package in packages.items()
        if package.extra is None and package.version is None
    ]
    return packages, problems


def _requirements() -> list[str]:
    try:
        return metadata.requires("cinesent") or []
    except metadata.PackageNotFoundError:  # run from its source, not installed
        return []


def _version(name: str) -> str | None:
    for distribution in (name, *_VARIANTS.get(name, ())):
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return None


def check_backend(packages: Mapping[str, Package]) -> tuple[str | None, list[Problem]]:
    """Return the backend that Keras would run on, or None if Keras is not installed."""
    installed = [name for name in BACKENDS if name in packages and packages[name].version]
    if "keras" not in packages or packages["keras"].version is None:
        return None, []
    name = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if name not in BACKENDS:
        what = f"KERAS_BACKEND is {name!r}, which cinesent does not run on."
        choice = (installed or list(BACKENDS))[0]
        return name, [
            Problem(f"{what} {nearest(name, BACKENDS)}", f"export KERAS_BACKEND={choice}")
        ]
    if name in installed:
        return name, []
    others = f", or: export KERAS_BACKEND={installed[0]}" if installed else ""
    what = f"Keras would run on {name}, which is not installed, so nothing can be trained."
    return name, [Problem(what, f"pip install 'cinesent[{BACKENDS[name]}]'{others}")]


def check_model(path: str | Path | None) -> tuple[ModelCheck | None, list[Problem]]:
    """Open a model and predict a sentence with it.

    Args:
        path: its folder; None: the one that :func:`cinesent.load` takes then.
    """
    started = time.perf_counter()
    try:
        from cinesent.classifier import load

        classifier = load(path)
        load_ms = _milliseconds(started)
        classifier.predict([SENTENCE])
        started = time.perf_counter()
        probability = classifier.predict([SENTENCE])[0].probability
        predict_ms = _milliseconds(started)
        if not math.isfinite(probability):
            raise BundleError(f"the model in {path} predicts {probability} for any text.")
    except CinesentError as error:
        fix = "Name another model, or train one: cinesent train --out model"
        return None, [Problem(error.for_command_line(), fix, stops_predicting=True)]
    except Exception as error:  # a broken binary package raises anything
        what = f"predicting failed with {type(error).__name__}: {error}"
        fix = "pip install --force-reinstall numpy onnxruntime"
        return None, [Problem(what, fix, stops_predicting=True)]
    bundle = classifier.bundle
    files = [file for file in bundle.path.glob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    accuracy = _test_accuracy(bundle.metrics)
    found = (str(bundle.path), bundle.name, bundle.precision, size, accuracy)
    runtime = (classifier.runtime, *classifier.runtime_details)
    return ModelCheck(*found, *runtime, load_ms, predict_ms, probability), _damage(bundle.path)


def _milliseconds(started: float) -> float:
    return round(1000 * (time.perf_counter() - started), 3)


def _damage(folder: Path) -> list[Problem]:
    """Check the files that predicting does not read."""
    from cinesent.bundle import load_bundle

    try:
        load_bundle(folder, verify="full")
    except MissingExtraError:
        return []  # the weights cannot be read here, and so nobody here needs them
    except CinesentError as error:
        what = f"{error.for_command_line()} Predicting does not need it."
        return [Problem(what, "Copy the model again.")]
    return []


def _test_accuracy(metrics: Mapping[str, Any]) -> float | None:
    group = metrics.get("test")
    value = group.get("accuracy") if isinstance(group, Mapping) else None
    return value if isinstance(value, float) and 0 <= value <= 1 else None


def check_cache() -> tuple[CacheFolder | None, list[Problem]]:
    """Check the folder for downloads; it is not created."""
    another = "set CINESENT_CACHE to a folder that can be written to"
    try:
        path = cache_dir().absolute()
    except CinesentError as error:
        return None, [Problem(f"CINESENT_CACHE: {error}", f"{another.capitalize()}.")]
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    cache = CacheFolder(str(path), _is_writable(existing), _free_bytes(existing))
    if not cache.writable:
        what = f"the cache folder {path} cannot be written to, so no download is kept."
        return cache, [Problem(what, f"Change its permissions, or {another}.")]
    if cache.free_bytes is not None and cache.free_bytes < _NEEDED_BYTES:
        free, needed = cache.free_bytes // 10**6, _NEEDED_BYTES // 10**6
        what = f"the disk of {path} has {free:,} MB left; the IMDB data needs {needed:,} MB."
        return cache, [Problem(what, f"Free some space, or {another}.")]
    return cache, []


def _is_writable(folder: Path) -> bool:
    """Try it: permissions do not tell of read-only disks, quotas, or what the superuser may do."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _free_bytes(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None

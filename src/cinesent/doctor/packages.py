"""The packages cinesent uses: which are here, and what brings those that are not.

Nothing is imported, which takes seconds with some of them: their metadata is read. Only
:func:`check_frameworks` imports, each framework in a process of its own, so that one that crashes
is a finding.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata

from cinesent.doctor.problem import Problem
from cinesent.errors import nearest
from cinesent.models.backend import BACKENDS


@dataclass(frozen=True)
class Package:
    """A package cinesent uses.

    Attributes:
        version: None where it is not installed, "unknown" where it does not say.
        extra: of cinesent, that brings it; None: the base install does.
    """

    version: str | None
    extra: str | None


#: Name to the module that is imported and the extra that brings it.
PACKAGES: dict[str, tuple[str, str | None]] = {
    "numpy": ("numpy", None),
    "onnxruntime": ("onnxruntime", None),
    "keras": ("keras", "train"),
    "tensorflow": ("tensorflow", "train"),
    "jax": ("jax", "jax"),
    "torch": ("torch", "torch"),
    "scikit-learn": ("sklearn", "train"),
    "safetensors": ("safetensors", "train"),
    "onnx": ("onnx", "train"),
    "matplotlib": ("matplotlib", "train"),
    "pyarrow": ("pyarrow", "data"),
}

# Other distributions of the same module.
_VARIANTS = {
    "tensorflow": ("tensorflow-cpu", "tensorflow-macos", "tensorflow-intel", "tf-nightly"),
    "onnxruntime": ("onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml"),
}


@dataclass(frozen=True)
class KerasBackend:
    """What Keras would run on.

    Attributes:
        name: "tensorflow", "jax" or "torch", or what KERAS_BACKEND says.
        chosen_by: "KERAS_BACKEND", or "default".
        installed: whether it is.
    """

    name: str
    chosen_by: str
    installed: bool


@dataclass(frozen=True)
class Framework:
    """A framework that was imported.

    Attributes:
        seconds: that took.
        devices: it can compute on.
        error: why it could not be imported, None where it could.
    """

    seconds: float
    devices: tuple[str, ...]
    error: str | None


def find_packages() -> dict[str, Package]:
    """Return each package of `PACKAGES`, here or not."""
    return {
        name: Package(_version(name, module), extra) for name, (module, extra) in PACKAGES.items()
    }


def _version(name: str, module: str) -> str | None:
    """Return a package's version, None where its module is not there."""
    spec = importlib.util.find_spec(module)
    # An uninstalled package may leave a folder without code, which Python takes for a namespace.
    if spec is None or spec.origin is None:
        return None
    for distribution in (name, *_VARIANTS.get(name, ())):
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return "unknown"


def keras_backend(packages: Mapping[str, Package]) -> KerasBackend:
    """Say what Keras would run on, as :func:`cinesent.models.backend.import_keras` chooses."""
    asked = os.environ.get("KERAS_BACKEND")
    name = asked or "tensorflow"
    installed = name in BACKENDS and packages[name].version is not None
    return KerasBackend(name, "KERAS_BACKEND" if asked else "default", installed)


def package_problems(packages: Mapping[str, Package]) -> Iterator[Problem]:
    """Yield what is wrong with what is installed."""
    for name, package in packages.items():
        if package.extra is None and package.version is None:
            yield Problem(
                f"{name} is not installed, and nothing can be predicted without it.",
                f"pip install {name}",
                stops_predicting=True,
            )
    if packages["keras"].version is not None:
        yield from _backend_problems(packages)


def _backend_problems(packages: Mapping[str, Package]) -> Iterator[Problem]:
    backend = keras_backend(packages)
    installed = [name for name in BACKENDS if packages[name].version is not None]
    if backend.name not in BACKENDS:
        yield Problem(
            f"KERAS_BACKEND is '{backend.name}', on which cinesent does not run. "
            f"{nearest(backend.name, BACKENDS)}",
            f"export KERAS_BACKEND={(installed or list(BACKENDS))[0]}",
        )
    elif not installed:
        yield Problem(
            "Keras is installed without a backend, so nothing can be trained.",
            f"pip install 'cinesent[{BACKENDS[backend.name]}]'",
        )
    elif not backend.installed:
        yield Problem(
            f"Keras would run on {backend.name}, which is not installed; "
            f"{' and '.join(installed)} would do.",
            f"export KERAS_BACKEND={installed[0]}, or: "
            f"pip install 'cinesent[{BACKENDS[backend.name]}]'",
        )


# What lists the devices of a framework.
_ASK_DEVICES = {
    "tensorflow": "[d.name.removeprefix('/physical_device:') "
    "for d in module.config.list_physical_devices()]",
    "jax": "[str(d) for d in module.devices()]",
    "torch": "['cpu'] + [module.cuda.get_device_name(i) for i in range(module.cuda.device_count())]"
    " + ['mps'] * module.backends.mps.is_available()",
}
_TIMEOUT_SECONDS = 120


def check_frameworks(packages: Mapping[str, Package]) -> dict[str, Framework]:
    """Import each backend that is installed and ask it for its devices; takes seconds."""
    return {
        name: _import_elsewhere(name, question)
        for name, question in _ASK_DEVICES.items()
        if packages[name].version is not None
    }


def _import_elsewhere(name: str, question: str) -> Framework:
    """Import a framework in another process."""
    code = (
        f"import json, sys, {name} as module\n"
        f"devices = {question}\n"
        "print(json.dumps(devices), file=sys.stdout)"
    )
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ}
    start = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
            timeout=_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Framework(_TIMEOUT_SECONDS, (), f"it took more than {_TIMEOUT_SECONDS} seconds")
    seconds = round(time.perf_counter() - start, 2)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        error = lines[-1] if lines else f"the process ended with status {done.returncode}"
        return Framework(seconds, (), error)
    return Framework(seconds, tuple(json.loads(done.stdout.splitlines()[-1])), None)


def framework_problems(frameworks: Mapping[str, Framework]) -> Iterator[Problem]:
    """Yield the frameworks that cannot be imported."""
    for name, framework in frameworks.items():
        if framework.error is not None:
            yield Problem(
                f"{name} is installed and cannot be imported: {framework.error}",
                f"pip install --force-reinstall 'cinesent[{BACKENDS[name]}]'",
            )

"""All checks of an installation together."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cinesent._version import __version__
from cinesent.doctor.checks import (
    CacheFolder,
    ModelCheck,
    Package,
    Problem,
    check_backend,
    check_cache,
    check_model,
    check_packages,
)
from cinesent.environment import usable_cores

# A variable with such a name may hold what nobody else should read.
_SECRET = re.compile("TOKEN|SECRET|PASSWORD|KEY|CREDENTIAL")


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes:
        ok: whether predicting works.
        version: of cinesent.
        location: the folder it is installed in.
        python: the interpreter's version.
        executable: its path; "" if the system does not tell.
        platform: the operating system.
        packages: by name, installed or not.
        keras_backend: what Keras would run on; None if Keras is not installed.
        cores: that this process may run on; as many batches of reviews are predicted at a time.
        memory_bytes: of the machine; None if the system does not tell.
        model: the one in use; None if it cannot be opened.
        cache: the folder for downloads; None if its name is not valid.
        environment: the variables of cinesent and Keras that are set, secrets masked.
        problems: what is wrong, what stops predicting first.
    """

    ok: bool
    version: str
    location: str
    python: str
    executable: str
    platform: str
    packages: dict[str, Package]
    keras_backend: str | None
    cores: int
    memory_bytes: int | None
    model: ModelCheck | None
    cache: CacheFolder | None
    environment: dict[str, str]
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def diagnose(model: str | Path | None = None) -> Diagnosis:
    """Check this installation, and predict a sentence with it.

    Args:
        model: the folder of the model in use; None: the one that :func:`cinesent.load` takes then.

    Example:
        >>> from cinesent.doctor import diagnose
        >>> diagnose().packages["numpy"].extra is None
        True
    """
    packages, package_problems = check_packages()
    backend, backend_problems = check_backend(packages)
    opened, model_problems = (None, []) if package_problems else check_model(model)
    cache, cache_problems = check_cache()
    found = package_problems + model_problems + backend_problems + cache_problems
    return Diagnosis(
        ok=not any(problem.stops_predicting for problem in found),
        version=__version__,
        location=str(Path(__file__).parents[1]),
        python=f"{platform.python_version()} ({platform.python_implementation()})",
        executable=sys.executable or "",
        platform=platform.platform(),
        packages=packages,
        keras_backend=backend,
        cores=usable_cores(),
        memory_bytes=_memory_bytes(),
        model=opened,
        cache=cache,
        environment=_environment(),
        problems=tuple(sorted(found, key=lambda problem: not problem.stops_predicting)),
    )


def _memory_bytes() -> int | None:
    """Return the memory of the machine. Only psutil knows it on Windows: not worth a package."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _environment() -> dict[str, str]:
    shown = {}
    for name in sorted(os.environ):
        if name.startswith("CINESENT_") or name == "KERAS_BACKEND":
            # An address may hold a password before its host, or a token after it.
            value = re.sub(r"//[^/@]*@", "//***@", os.environ[name])
            value = re.sub(r"(://[^?]*\?).*", r"\1***", value)
            shown[name] = "***" if _SECRET.search(name) else value
    return shown

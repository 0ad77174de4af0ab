"""Everything together: the facts, and what is wrong."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cinesent._version import __version__
from cinesent.doctor.folders import Cache, folder_problems, read_cache
from cinesent.doctor.machine import Cpu, Memory, read_cpu, read_memory
from cinesent.doctor.model_report import Model, SelfTest, check_model
from cinesent.doctor.packages import (
    Framework,
    KerasBackend,
    Package,
    check_frameworks,
    find_packages,
    framework_problems,
    keras_backend,
    package_problems,
)
from cinesent.doctor.problem import Problem

# A variable with such a name may hold what nobody else should read.
_SECRET = re.compile("TOKEN|SECRET|PASSWORD|KEY|CREDENTIAL")


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes:
        ok: whether predicting works.
        cinesent: "version" and "path" of this package.
        python: "version", "implementation" and "path" of the interpreter.
        platform: the operating system.
        packages: by name.
        keras: what Keras would run on; None where it is not installed.
        frameworks: those that were imported, by name; None where that was not asked for.
        cpu: the processor.
        memory: in bytes.
        threads: reviews that are predicted at a time.
        model: the one in use; None where it cannot be opened.
        self_test: how predicting went; None where it did not.
        cache: the folder for downloads.
        environment: the variables of cinesent that are set.
        problems: what is wrong, what stops predicting first.
    """

    ok: bool
    cinesent: dict[str, str]
    python: dict[str, str]
    platform: str
    packages: dict[str, Package]
    keras: KerasBackend | None
    frameworks: dict[str, Framework] | None
    cpu: Cpu
    memory: Memory
    threads: int
    model: Model | None
    self_test: SelfTest | None
    cache: Cache
    environment: dict[str, str]
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)


def diagnose(model: str | Path | None = None, *, frameworks: bool = False) -> Diagnosis:
    """Look at this installation, and predict a sentence with it.

    Args:
        model: the folder of the model in use; None: the one that :func:`cinesent.load` takes then.
        frameworks: import the backends of Keras as well and ask for their devices, which takes
            seconds.

    Example:
        >>> from cinesent.doctor import diagnose
        >>> diagnose().packages["numpy"].extra is None
        True
    """
    packages, cache, cpu = find_packages(), read_cache(), read_cpu()
    imported = check_frameworks(packages) if frameworks else None
    found = list(package_problems(packages))
    opened, self_test = None, None
    if not any(problem.stops_predicting for problem in found):
        opened, self_test, problems = check_model(None if model is None else Path(model))
        found += problems
    found += [
        *framework_problems(imported or {}),
        *folder_problems(cache),
        *_thread_problems(cpu),
    ]
    return Diagnosis(
        ok=not any(problem.stops_predicting for problem in found),
        cinesent={"version": __version__, "path": str(Path(__file__).parents[1])},
        python={
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "path": sys.executable,
        },
        platform=platform.platform(),
        packages=packages,
        keras=keras_backend(packages) if packages["keras"].version is not None else None,
        frameworks=imported,
        cpu=cpu,
        memory=read_memory(),
        threads=cpu.usable_cores,
        model=opened,
        self_test=self_test,
        cache=cache,
        environment=_environment(),
        problems=tuple(sorted(found, key=lambda problem: not problem.stops_predicting)),
    )


def _thread_problems(cpu: Cpu) -> list[Problem]:
    """Say where a container grants fewer cores than the process sees, so that threads wait."""
    if cpu.core_limit is None or cpu.usable_cores <= max(1.0, cpu.core_limit):
        return []
    return [
        Problem(
            f"predicting takes {cpu.usable_cores} threads, and the container grants the time of "
            f"{cpu.core_limit:g} cores.",
            f"In Python: cinesent.load(model, threads={max(1, round(cpu.core_limit))}).",
        )
    ]


def _environment() -> dict[str, str]:
    """Return the variables of cinesent and Keras that are set, without what may be secret."""
    shown = {}
    for name in sorted(os.environ):
        if name.startswith("CINESENT_") or name == "KERAS_BACKEND":
            # An address may hold a password before its host, or a token behind it.
            value = re.sub(r"//[^/@]*@", "//***@", os.environ[name])
            value = re.sub(r"(://[^?]*\?).*", r"\1***", value)
            shown[name] = "***" if _SECRET.search(name) else value
    return shown

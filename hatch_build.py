"""Compiles the native library (src/cinesent/native/cpp) when cinesent is installed or built.

Predicting does not need it: where there is no C++ compiler, the package is pure Python and ONNX
Runtime reads the reviews. The library has a C interface and is loaded with ctypes, so one wheel per
platform serves every version of Python.

==============================  ====================================================================
``CINESENT_NATIVE=0``           builds the pure package, ``py3-none-any``
``CINESENT_NATIVE=1``           fails where the library cannot be compiled
``CINESENT_COMPILER``           the C++ compiler; ``ziglang`` installs and uses that package
``CINESENT_TARGET``             a platform of `TARGETS` to cross-compile for, with ziglang
==============================  ====================================================================

`python hatch_build.py [FLAG ...]` compiles the library into the source tree, with further flags of
the compiler.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run as a script
    BuildHookInterface = object

SOURCE = Path(__file__).parent / "src" / "cinesent" / "native" / "cpp"
#: Without its suffix. The name is the same on every platform but for that.
LIBRARY = "_native"

#: By wheel platform: the target in the words of Zig, and the processor.
TARGETS = {
    "manylinux_2_17_x86_64": ("x86_64-linux-gnu.2.17", "x86_64"),
    "manylinux_2_17_aarch64": ("aarch64-linux-gnu.2.17", "aarch64"),
    "musllinux_1_1_x86_64": ("x86_64-linux-musl", "x86_64"),
    "musllinux_1_1_aarch64": ("aarch64-linux-musl", "aarch64"),
    "macosx_11_0_x86_64": ("x86_64-macos.11.0", "x86_64"),
    "macosx_11_0_arm64": ("aarch64-macos.11.0", "aarch64"),
    "win_amd64": ("x86_64-windows-gnu", "x86_64"),
    "win_arm64": ("aarch64-windows-gnu", "aarch64"),
}

#: The files of each processor, with the flags for its instruction sets.
_FILES: dict[str, dict[str, tuple[str, ...]]] = {
    "x86_64": {
        "kernel_avx512.cpp": ("-mavx512f", "-mfma"),
        "kernel_avx2.cpp": ("-mavx2", "-mfma"),
        "library.cpp": (),
        "tokenizer.cpp": (),
    },
    "aarch64": {"kernel_neon.cpp": (), "library.cpp": (), "tokenizer.cpp": ()},
}
# No sum may depend on which instructions a compiler contracts: results would differ with the batch.
_FLAGS = (
    *("-std=c++17", "-O3", "-ffp-contract=off", "-fno-exceptions", "-fno-rtti"),
    *("-fvisibility=hidden", "-Wall", "-Wextra"),
    # Of the intrinsics of GCC 12 (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105593).
    *("-Wno-uninitialized", "-Wno-maybe-uninitialized"),
)


class CompileError(Exception):
    """The library cannot be compiled; the message says why, on one line."""


def library_name(target: str = "") -> str:
    """Return the file name of the library for a wheel platform; "": for this machine."""
    system = target or {"darwin": "macosx", "win32": "win"}.get(sys.platform, sys.platform)
    suffix = {"macosx": ".dylib", "win": ".dll"}.get(system.partition("_")[0], ".so")
    return f"{LIBRARY}{suffix}"


def find_compiler(target: str = "") -> list[str]:
    """Return the command of a C++ compiler.

    Raises:
        CompileError: there is none.
    """
    stated = os.environ.get("CINESENT_COMPILER", "")
    if target or stated == "ziglang":
        if importlib.util.find_spec("ziglang") is None:
            raise CompileError("the package ziglang is not installed")
        # `zig c++` would link a C++ library, which nothing here uses.
        return [sys.executable, "-m", "ziglang", "cc"]
    for command in [stated] if stated else [os.environ.get("CXX", ""), "c++", "g++", "clang++"]:
        parts = shlex.split(command)
        if parts and shutil.which(parts[0]):
            return parts
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc"]
    raise CompileError(f"{stated or 'a C++ compiler (c++, g++, clang++)'} was not found")


def compile_library(folder: Path, target: str = "", extra: tuple[str, ...] = ()) -> Path:
    """Compile the library into `folder` and return its path.

    Args:
        folder: where the file goes.
        target: a platform of `TARGETS`; "": this machine.
        extra: more flags, such as those of a sanitizer.

    Raises:
        CompileError: there is no compiler, it fails, or the processor is not supported.
    """
    if target and target not in TARGETS:
        raise CompileError(f"the platform {target!r} is not one of {', '.join(TARGETS)}")
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    triple, processor = TARGETS.get(target, ("", machine))
    if processor not in _FILES or sys.maxsize < 2**32:
        raise CompileError(f"there is no kernel for the processor {processor}")
    command = [*find_compiler(target), *(("-target", triple) if triple else ())]
    windows = library_name(target).endswith(".dll")
    position = () if windows else ("-fPIC",)
    with tempfile.TemporaryDirectory() as scratch:
        objects = []
        for name, flags in _FILES[processor].items():
            objects.append(str(Path(scratch, name).with_suffix(".o")))
            source = str(SOURCE / name)
            _run([*command, *_FLAGS, *position, *extra, *flags, "-c", source, "-o", objects[-1]])
        # Linked beside its final place and renamed: a process may have the old file loaded.
        linked = Path(scratch, library_name(target))
        unused = () if windows or linked.suffix == ".dylib" else ("-Wl,--as-needed",)
        _run([*command, "-shared", *extra, *unused, *objects, "-o", str(linked)])
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{linked.name}.new"
        shutil.copy(linked, beside)
        return beside.replace(folder / linked.name)


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise CompileError(f"{command[0]} cannot be run: {error.strerror}") from error
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        first = next((line for line in lines if "error" in line.lower()), lines[-1])
        raise CompileError(f"{Path(command[0]).name} fails: {first.strip()[:300]}")


def platform_tag() -> str:
    """Return the platform of wheels that are built here, as their file names have it."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


class NativeBuildHook(BuildHookInterface):  # type: ignore[misc]
    """Adds the library to a wheel; to the source tree for an editable install."""

    PLUGIN_NAME = "custom"
    scratch = ""

    def dependencies(self) -> list[str]:
        """Return what has to be installed for the build."""
        wanted = os.environ.get("CINESENT_COMPILER") == "ziglang" or "CINESENT_TARGET" in os.environ
        return ["ziglang>=0.13"] if wanted else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, unless this is a source distribution or the pure package is asked for."""
        choice = os.environ.get("CINESENT_NATIVE", "")
        if self.target_name != "wheel" or choice == "0":
            return
        target = os.environ.get("CINESENT_TARGET", "")
        editable = version == "editable"
        self.scratch = "" if editable else tempfile.mkdtemp()
        try:
            path = compile_library(Path(self.scratch or SOURCE.parent), target)
        except CompileError as error:
            if choice == "1":
                raise
            self.app.display_warning(
                f"cinesent is installed without its native library: {error}. ONNX Runtime predicts "
                "instead, with the same answers."
            )
            return
        if not editable:
            build_data["force_include"][str(path)] = f"cinesent/native/{path.name}"
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{target or platform_tag()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the scratch folder."""
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)


if __name__ == "__main__":
    print(compile_library(SOURCE.parent, extra=tuple(sys.argv[1:])))

"""How the native library is compiled, and what happens where it cannot be."""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from cinesent.native.library import VERSION

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
hatch_build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hatch_build)

COMPILERS = [name for name in ("c++", "g++", "clang++") if shutil.which(name)]
needs_compiler = pytest.mark.skipif(not COMPILERS, reason="no C++ compiler")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("CXX", "CINESENT_NATIVE", "CINESENT_COMPILER", "CINESENT_TARGET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def no_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(hatch_build.importlib.util, "find_spec", lambda name: None)


def hook(kind="wheel"):
    made = object.__new__(hatch_build.NativeBuildHook)
    made.target_name, made.warnings = kind, []
    made.app = SimpleNamespace(display_warning=made.warnings.append)
    return made


def built(version="standard", kind="wheel"):
    made, data = hook(kind), {"force_include": {}, "pure_python": True}
    made.initialize(version, data)
    return made, data


@needs_compiler
def test_the_library_is_compiled_from_its_sources(tmp_path):
    path = hatch_build.compile_library(tmp_path)
    assert path.name == hatch_build.library_name()
    assert ctypes.CDLL(str(path)).cinesent_version() == VERSION
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@needs_compiler
def test_it_needs_no_library_of_cplusplus(tmp_path):
    if not sys.platform.startswith("linux") or not shutil.which("ldd"):
        pytest.skip("ldd is a tool of Linux")
    path = hatch_build.compile_library(tmp_path)
    needed = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
    assert "stdc++" not in needed


@needs_compiler
def test_a_wheel_holds_the_library_and_is_for_one_platform():
    made, data = built()
    ((source, place),) = data["force_include"].items()
    assert place == f"cinesent/native/{hatch_build.library_name()}"
    assert Path(source).is_file()
    assert data["pure_python"] is False
    assert data["tag"] == f"py3-none-{hatch_build.platform_tag()}"
    made.finalize("standard", data, "")
    assert not Path(source).exists()


def test_without_a_compiler_one_line_says_so_and_the_package_is_pure(no_compiler):
    made, data = built()
    assert data == {"force_include": {}, "pure_python": True}
    (line,) = made.warnings
    assert "\n" not in line
    assert "a C++ compiler (c++, g++, clang++) was not found" in line
    assert "ONNX Runtime predicts instead" in line


def test_the_pure_package_can_be_asked_for(monkeypatch):
    monkeypatch.setenv("CINESENT_NATIVE", "0")
    made, data = built()
    assert data == {"force_include": {}, "pure_python": True}
    assert not made.warnings


def test_the_native_library_can_be_insisted_on(no_compiler, monkeypatch):
    monkeypatch.setenv("CINESENT_NATIVE", "1")
    with pytest.raises(hatch_build.CompileError, match="was not found"):
        built()


def test_a_source_distribution_compiles_nothing(no_compiler):
    made, data = built(kind="sdist")
    assert data == {"force_include": {}, "pure_python": True}
    assert not made.warnings


@needs_compiler
def test_an_error_of_the_compiler_is_one_line(tmp_path, monkeypatch):
    sources = tmp_path / "cpp"
    shutil.copytree(hatch_build.SOURCE, sources)
    (sources / "library.cpp").write_text("int broken( {\n")
    monkeypatch.setattr(hatch_build, "SOURCE", sources)
    made, _ = built()
    assert len(made.warnings) == 1
    assert "error" in made.warnings[0]
    assert "\n" not in made.warnings[0]


def test_a_compiler_of_the_user_is_taken(monkeypatch):
    monkeypatch.setenv("CINESENT_COMPILER", "no-such-compiler")
    with pytest.raises(hatch_build.CompileError, match="no-such-compiler was not found"):
        hatch_build.find_compiler()
    monkeypatch.setenv("CINESENT_COMPILER", f"{sys.executable} -I")
    assert hatch_build.find_compiler() == [sys.executable, "-I"]


def test_another_processor_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(hatch_build.platform, "machine", lambda: "s390x")
    with pytest.raises(hatch_build.CompileError, match="no kernel for the processor s390x"):
        hatch_build.compile_library(tmp_path)
    with pytest.raises(hatch_build.CompileError, match="'amiga' is not one of manylinux"):
        hatch_build.compile_library(tmp_path, "amiga")


def test_cross_compiling_needs_ziglang(no_compiler, monkeypatch):
    monkeypatch.setenv("CINESENT_TARGET", "win_arm64")
    assert hook().dependencies() == ["ziglang>=0.13"]
    with pytest.raises(hatch_build.CompileError, match="ziglang is not installed"):
        hatch_build.find_compiler("win_arm64")


def test_names_of_the_library_fit_the_platforms():
    names = {target: hatch_build.library_name(target) for target in hatch_build.TARGETS}
    assert names["win_amd64"] == "_native.dll"
    assert names["macosx_11_0_arm64"] == "_native.dylib"
    assert names["manylinux_2_17_x86_64"] == names["musllinux_1_1_aarch64"] == "_native.so"


def test_the_source_distribution_holds_what_the_build_needs():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    targets = settings["tool"]["hatch"]["build"]["targets"]
    assert {"/src", "/hatch_build.py"} <= set(targets["sdist"]["include"])
    assert settings["tool"]["hatch"]["build"]["hooks"]["custom"] == {}

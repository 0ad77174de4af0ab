"""A fresh install: the wheel in an empty environment, with no framework and no network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from bundles import write_bundle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[1]
PACKAGED = ROOT / "src" / "cinesent" / "default_model"

#: What only training and the extras may bring.
HEAVY = [
    *("tensorflow", "keras", "jax", "torch", "sklearn", "scipy", "pandas"),
    *("onnx", "safetensors", "matplotlib", "pyarrow", "pooch"),
]
#: Bytes that the wheels of a base install may unpack to, the model included. What Python compiles
#: of them afterwards is another fifth, and no part of it.
LARGEST = 180e6
#: What an environment has before anything is installed.
EMPTY = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils")

REVIEWS = [
    "A quiet, funny and deeply moving film.",
    "A dull mess, badly acted and boring: a waste of time.",
]


def run(*command: object, **settings: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **settings)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """The interpreter of a new environment that holds cinesent and what it depends on."""
    folder = tmp_path_factory.mktemp("install")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    probe = [*pip, "download", "--no-deps", "--quiet", "--dest", folder / "probe", "platformdirs"]
    if subprocess.run([*map(str, probe)], capture_output=True).returncode:
        pytest.skip("pip reaches no package index: a fresh install cannot be tried")
    run(*pip, "wheel", "--no-deps", "--quiet", "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("cinesent-*.whl")
    run(sys.executable, "-m", "venv", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    return python


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path | None:
    """None where a model comes with the package, else a small one."""
    return None if PACKAGED.is_dir() else write_bundle(tmp_path_factory.mktemp("m") / "random")


@pytest.fixture(scope="module")
def offline(tmp_path_factory) -> tuple[list[str], dict[str, str]]:
    """What to put before a command so that it has no network, and its environment."""
    folder = tmp_path_factory.mktemp("offline")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
    unplug = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") and not subprocess.run([*unplug, "true"]).returncode:
        return unplug, environment
    (folder / "sitecustomize.py").write_text(
        "import socket\n"
        "def refuse(*args):\n"
        "    raise OSError('the network is unplugged')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse\n"
    )
    return [], {**environment, "PYTHONPATH": str(folder)}


@pytest.fixture
def ask(python, offline, tmp_path):
    """Run a command of the new environment, without a network, in an empty folder."""
    prefix, environment = offline

    def ask(command: str, *arguments: object) -> str:
        program = python.parent / command
        return run(*prefix, program, *arguments, env=environment, cwd=tmp_path).stdout

    return ask


def test_there_is_no_network(ask):
    code = (
        "import socket\n"
        "try:\n"
        "    socket.create_connection(('192.0.2.1', 80), timeout=5)\n"
        "except TimeoutError:\n"
        "    print('there is a network')\n"
        "except OSError:\n"
        "    print('unplugged')\n"
    )
    assert ask("python", "-c", code) == "unplugged\n"


def test_no_framework_is_installed(ask):
    code = f"import importlib.util as u; print([m for m in {HEAVY} if u.find_spec(m)])"
    assert ask("python", "-c", code) == "[]\n"


def test_the_library_predicts(ask, model):
    code = (
        "import sys, cinesent\n"
        f"found = cinesent.load({model and str(model)!r}).predict({REVIEWS})\n"
        f"print(sorted(set({HEAVY}) & {{name.partition('.')[0] for name in sys.modules}}))\n"
        "print(all(0 <= p.probability <= 1 for p in found), [p.label for p in found])\n"
    )
    loaded, answer = ask("python", "-c", code).splitlines()
    assert loaded == "[]"
    assert answer.startswith("True")
    if model is None:
        assert answer.endswith("['positive', 'negative']")


def test_the_command_line_predicts(ask, model):
    chosen = ["--model", model] if model else []
    lines = ask("cinesent", "predict", "--json", *chosen, *REVIEWS).splitlines()
    assert [json.loads(line)["num_tokens"] for line in lines] == [9, 14]
    assert "--explain" in ask("cinesent", "predict", "--help")


def test_what_needs_an_extra_says_which(python, tmp_path):
    done = subprocess.run(
        [python.parent / "cinesent", "train", "--data", "imdb-train", "--out", tmp_path / "model"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "pip install 'cinesent[train]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_install_is_small(python):
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(python, "-c", code).stdout.strip())
    sizes: Counter[str] = Counter()
    for path in packages.rglob("*"):
        name = path.relative_to(packages).parts[0]
        installed = path.is_file() and name.partition("-")[0] not in EMPTY
        if installed and path.suffix != ".pyc":
            sizes[name] += path.stat().st_size
    largest = ", ".join(f"{name} {size / 1e6:.1f}" for name, size in sizes.most_common(12))
    assert sizes.total() <= LARGEST, f"{sizes.total() / 1e6:.1f} MB: {largest}"

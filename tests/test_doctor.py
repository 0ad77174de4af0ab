from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from bundles import relist, write_bundle

from cinesent import load
from cinesent.doctor import diagnose
from cinesent.doctor.checks import SENTENCE, check_cache, check_packages
from cinesent.environment import usable_cores

ROOT = Path(__file__).parents[1]
VARIABLES = ("CINESENT_MODEL", "CINESENT_DATA", "CINESENT_CACHE", "CINESENT_IMDB_URL")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("doctor") / "model")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CINESENT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.chdir(tmp_path)


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cinesent", "doctor", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
    )


def hide(monkeypatch, *names: str) -> None:
    """Let packages be as if they were not installed."""
    real = metadata.version

    def version(name: str) -> str:
        if name in names:
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "version", version)


def test_a_sound_model_predicts(folder):
    found = diagnose(folder)
    assert (found.ok, found.problems) == (True, ())
    model = found.model
    assert (model.path, model.name, model.precision) == (str(folder), "small", "float32")
    assert model.test_accuracy is None
    assert model.size_bytes == sum(file.stat().st_size for file in folder.iterdir())
    assert model.probability == load(folder).predict([SENTENCE])[0].probability
    assert 0 < model.predict_ms < 60_000
    assert found.cores == usable_cores()


def test_everything_found_is_plain_data(folder):
    for model in (folder, folder / "none"):
        found = diagnose(model).to_dict()
        assert json.loads(json.dumps(found, allow_nan=False)) == {
            **found,
            "problems": list(found["problems"]),
        }


def test_the_command_prints_the_same(folder):
    done = run("--json", "--model", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(json.loads(done.stdout)) == set(diagnose(folder).to_dict())
    done = run("--model", folder, COLUMNS="40")
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("numpy", "tensorflow", str(folder), "float32", "CINESENT_CACHE"):
        assert word in done.stdout
    assert done.stdout.splitlines()[-1] == "Predicting works, no problems found."
    done = run("--model", "none")
    assert (done.returncode, done.stderr) == (1, "")
    assert "cinesent train --out model" in done.stdout


def test_the_packages_are_those_of_the_project(monkeypatch):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    # As it will be once this source is installed.
    lines = [f"{line}; extra == '{extra}'" for extra in extras for line in extras[extra]]
    monkeypatch.setattr(metadata, "requires", lambda name: [*project["dependencies"], *lines])
    packages, problems = check_packages()
    assert problems == []
    for extra in (None, "train", "data", "jax", "torch"):
        group = extras[extra] if extra else project["dependencies"]
        names = {name for name, package in packages.items() if package.extra == extra}
        assert names == {line.split(">=")[0] for line in group}
    # The others of this extra are listed with the first extra that has them.
    assert {n for n, p in packages.items() if p.extra == "teacher"} == {
        "tokenizers",
        "transformers",
    }
    assert packages["numpy"].version == metadata.version("numpy")
    assert "pytest" not in packages


def test_a_distribution_of_another_name_counts(monkeypatch):
    real = metadata.version
    known = {"tensorflow-cpu": "2.99"}
    hide(monkeypatch, "tensorflow")
    hidden = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: known.get(name) or hidden(name))
    assert check_packages()[0]["tensorflow"].version == "2.99"
    assert real("numpy") == check_packages()[0]["numpy"].version


def test_no_framework_is_imported(folder):
    code = (
        "import sys\n"
        "from cinesent.doctor import diagnose\n"
        f"assert diagnose({str(folder)!r}).ok\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'sklearn', 'onnx', 'pyarrow'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_a_name_it_is_the_model_that_load_takes(folder, monkeypatch):
    found = diagnose().model
    assert found.path == str(load().bundle.path)
    assert found.test_accuracy > 0.9
    monkeypatch.setenv("CINESENT_MODEL", str(folder))
    assert diagnose().model.path == str(folder)


@pytest.mark.parametrize("model", ["none", "a\0b", "~nobody-of-this-name/x", "n" * 300, ".", 5])
def test_a_model_that_cannot_be_opened_is_a_problem(model):
    found = diagnose(model)
    assert (found.ok, found.model) == (False, None)
    (problem,) = found.problems
    assert problem.stops_predicting
    assert "cinesent train --out model" in problem.fix


def test_a_damaged_graph_stops_predicting(tmp_path):
    damaged = write_bundle(tmp_path / "model")
    graph = bytearray((damaged / "model.onnx").read_bytes())
    graph[len(graph) // 2] ^= 1
    (damaged / "model.onnx").write_bytes(graph)
    (problem,) = diagnose(damaged).problems
    assert "model.onnx" in problem.what
    assert problem.stops_predicting


@pytest.mark.train
def test_damaged_weights_are_reported_and_do_not_stop_predicting(tmp_path):
    damaged = write_bundle(tmp_path / "model")
    (damaged / "model.safetensors").write_bytes(b"short")
    found = diagnose(damaged)
    assert found.ok
    (problem,) = found.problems
    assert "model.safetensors" in problem.what
    assert not problem.stops_predicting


@pytest.mark.parametrize("number", ["9" * 400, "1e999", "-1", "NaN", '"high"', "true", "[]"])
def test_strange_numbers_in_a_model_are_no_accident(tmp_path, number):
    model = write_bundle(tmp_path / "model")
    (model / "metrics.json").write_text(f'{{"test": {{"accuracy": {number}}}}}')
    relist(model, "metrics.json")
    path = model / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["seconds"] = "BIG"
    path.write_text(json.dumps(manifest).replace('"BIG"', number))
    done = run("--json", "--model", model)
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    assert found["model"] is None or found["model"]["test_accuracy"] is None


def test_a_cache_that_cannot_be_written(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CINESENT_CACHE", str(tmp_path / "file" / "cache"))
    found = diagnose(folder)
    assert found.ok
    assert found.cache.writable is False
    (problem,) = found.problems
    assert "cannot be written" in problem.what
    assert "CINESENT_CACHE" in problem.fix
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_cache_of_no_known_user(folder, monkeypatch):
    monkeypatch.setenv("CINESENT_CACHE", "~nobody-of-this-name/cache")
    found = diagnose(folder)
    assert (found.ok, found.cache) == (True, None)
    assert "does not exist here" in found.problems[0].what


def test_the_cache_is_not_created(tmp_path):
    cache, problems = check_cache()
    assert (cache.path, cache.writable, problems) == (str(tmp_path / "cache"), True, [])
    assert cache.free_bytes > 0
    assert not (tmp_path / "cache").exists()


def test_a_full_disk_is_a_problem(monkeypatch):
    usage = type("Usage", (), {"free": 12 * 10**6})
    monkeypatch.setattr("cinesent.doctor.checks.shutil.disk_usage", lambda path: usage)
    assert "has 12 MB left" in check_cache()[1][0].what


def test_a_base_install_is_no_problem(folder, monkeypatch):
    hide(monkeypatch, *(name for name, package in check_packages()[0].items() if package.extra))
    found = diagnose(folder)
    assert (found.ok, found.keras_backend, found.problems) == (True, None, ())
    assert {package.version for package in found.packages.values() if package.extra} == {None}


@pytest.mark.train
@pytest.mark.parametrize(
    ("variable", "hidden", "what", "fix"),
    [
        ("", ["tensorflow", "jax", "torch"], "not installed", "pip install 'cinesent[train]'"),
        ("tensorflw", [], "Did you mean 'tensorflow'", "export KERAS_BACKEND="),
        ("jax", ["jax"], "which is not installed", "pip install 'cinesent[jax]'"),
    ],
)
def test_keras_without_its_backend(folder, monkeypatch, variable, hidden, what, fix):
    monkeypatch.setenv("KERAS_BACKEND", variable)
    hide(monkeypatch, *hidden)
    found = diagnose(folder)
    assert found.ok
    (problem,) = found.problems
    assert what in problem.what
    assert problem.fix.startswith(fix)


def test_without_its_runtime_there_is_one_problem(folder, monkeypatch):
    hide(monkeypatch, "onnxruntime")
    found = diagnose(folder)
    assert not found.ok
    assert [problem.fix for problem in found.problems] == ["pip install onnxruntime"]


def test_a_broken_runtime_is_reported(folder, tmp_path):
    (tmp_path / "broken/onnxruntime").mkdir(parents=True)
    code = "raise OSError('libfoo.so.1: cannot open shared object file')"
    (tmp_path / "broken/onnxruntime/__init__.py").write_text(code)
    path = os.pathsep.join([str(tmp_path / "broken"), os.environ.get("PYTHONPATH", "")])
    done = run("--json", "--model", folder, PYTHONPATH=path)
    assert (done.returncode, done.stderr) == (1, "")
    (problem,) = json.loads(done.stdout)["problems"]
    assert "OSError: libfoo.so.1" in problem["what"]
    assert "--force-reinstall" in problem["fix"]


def test_secrets_stay_secret(folder):
    environment = {
        "CINESENT_API_TOKEN": "hunter2",
        "CINESENT_IMDB_URL": "https://me:hunter2@mirror.example/imdb?key=hunter2",
        "AWS_SECRET": "hunter2",
    }
    for arguments in ((), ("--json",)):
        done = run("--model", folder, *arguments, **environment)
        assert "hunter2" not in done.stdout + done.stderr
        assert "https://***@mirror.example/imdb?***" in done.stdout
        assert "AWS" not in done.stdout

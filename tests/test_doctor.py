from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from bundles import write_bundle
from typer.testing import CliRunner

from cinesent import load
from cinesent.cli import app
from cinesent.doctor import diagnose
from cinesent.doctor.diagnose import _thread_problems
from cinesent.doctor.folders import read_cache
from cinesent.doctor.machine import read_cpu, read_memory
from cinesent.doctor.model_report import SENTENCE
from cinesent.doctor.packages import PACKAGES, check_frameworks, find_packages
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


def report(*arguments: object, status: int = 0, **environment: str) -> dict:
    """Run `cinesent doctor --json` and return what it found."""
    done = run("--json", *arguments, **environment)
    assert (done.returncode, done.stderr) == (status, "")
    return json.loads(done.stdout)


def hide(monkeypatch, *modules: str) -> None:
    """Let packages be as if they were not installed."""
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


def test_a_sound_model_predicts(folder):
    found = report("--model", folder)
    assert found["ok"] is True
    assert found["model"]["path"] == str(folder)
    assert found["model"]["name"] == "small"
    assert found["model"]["precision"] == "float32"
    assert found["model"]["verified"] == "all"
    assert found["model"]["validation_accuracy"] == 0.75
    assert found["model"]["test_accuracy"] is None
    files = json.loads((folder / "manifest.json").read_text())["files"]
    assert found["model"]["size_bytes"] == sum((folder / n).stat().st_size for n in files)
    probability = found["self_test"].pop("probability")
    assert probability == load(folder).predict([SENTENCE])[0].probability
    assert all(0 < milliseconds < 60_000 for milliseconds in found["self_test"].values())


def test_the_keys_of_the_json_are_these(folder):
    found = report("--model", folder)
    assert {
        key: sorted(value) if isinstance(value, dict) else None for key, value in found.items()
    } == {
        "ok": None,
        "cinesent": ["path", "version"],
        "python": ["implementation", "path", "version"],
        "platform": None,
        "packages": sorted(PACKAGES),
        "keras": ["chosen_by", "installed", "name"],
        "frameworks": None,
        "cpu": ["core_limit", "cores", "instruction_sets", "model", "usable_cores"],
        "memory": ["available_bytes", "limit_bytes", "total_bytes"],
        "threads": None,
        "model": [
            "format_version",
            "name",
            "network",
            "path",
            "precision",
            "size_bytes",
            "test_accuracy",
            "validation_accuracy",
            "verified",
        ],
        "self_test": ["first_ms", "import_ms", "load_ms", "predict_ms", "probability"],
        "cache": [
            "counted_all",
            "exists",
            "free_bytes",
            "num_files",
            "path",
            "size_bytes",
            "writable",
        ],
        "environment": ["CINESENT_CACHE", "KERAS_BACKEND"],
        "problems": None,
    }
    assert set(found["packages"]["numpy"]) == {"version", "extra"}
    broken = report("--model", folder / "none", status=1)
    assert list(broken) == list(found)
    assert set(broken["problems"][0]) == {"what", "mend", "stops_predicting"}


def test_versions_are_those_installed(folder):
    packages = report("--model", folder)["packages"]
    for name in ("numpy", "onnxruntime"):
        assert packages[name] == {"version": metadata.version(name), "extra": None}


def test_the_extras_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, (_, extra) in PACKAGES.items():
        group = project["optional-dependencies"][extra] if extra else project["dependencies"]
        assert any(line.startswith(f"{name}>=") for line in group), name


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


def test_the_text_names_everything_and_ends_with_the_verdict(folder):
    done = run("--model", folder)
    assert (done.returncode, done.stderr) == (0, "")
    for word in (
        *PACKAGES,
        "processor",
        "memory",
        str(folder),
        "float32",
        "75.00%",
        "CINESENT_CACHE",
    ):
        assert word in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stdout.splitlines()[-1] == "Predicting works, no problems found."
    # Values stand below each other: nowhere else are there two blanks after the first word.
    rows = [line for line in done.stdout.splitlines() if line.startswith("  ")]
    assert len({re.match(r"\s*\S+(?: \S+)*\s\s+", line).end() for line in rows}) == 1


def test_paths_are_not_broken_into_lines(tmp_path):
    deep = write_bundle(tmp_path / ("long" * 40) / "model")
    assert str(deep) in run("--model", deep, COLUMNS="60").stdout


def test_without_a_name_it_is_the_packaged_model():
    found = report()
    assert found["model"]["path"] == str(load().bundle.path)
    assert found["model"]["test_accuracy"] > 0.9


def test_without_a_model_status_is_1_and_the_mend_is_said():
    model = ("--model", "none")
    done = run(*model)
    assert (done.returncode, done.stderr) == (1, "")
    assert "cinesent train --out model" in done.stdout
    assert "Nothing can be predicted, 1 problem found." in done.stdout
    found = report(*model, status=1)
    assert (found["ok"], found["model"], found["self_test"]) == (False, None, None)
    assert found["problems"][0]["stops_predicting"] is True


def test_the_model_of_the_environment_is_found(folder):
    assert report(CINESENT_MODEL=str(folder))["model"]["path"] == str(folder)


def test_a_damaged_graph_stops_predicting(tmp_path):
    damaged = write_bundle(tmp_path / "model")
    graph = bytearray((damaged / "model.onnx").read_bytes())
    graph[len(graph) // 2] ^= 1
    (damaged / "model.onnx").write_bytes(graph)
    (problem,) = report("--model", damaged, status=1)["problems"]
    assert "model.onnx" in problem["what"]
    assert problem["stops_predicting"] is True


def test_damaged_weights_are_told_and_do_not_stop_predicting(tmp_path):
    damaged = write_bundle(tmp_path / "model")
    (damaged / "model.safetensors").write_bytes(b"short")
    found = report("--model", damaged)
    assert found["model"]["verified"] == "needed"
    (problem,) = found["problems"]
    assert "model.safetensors" in problem["what"]
    assert problem["stops_predicting"] is False


def test_a_cache_that_cannot_be_written(folder, tmp_path):
    (tmp_path / "file").write_text("")
    found = report("--model", folder, CINESENT_CACHE=str(tmp_path / "file" / "cache"))
    assert found["cache"]["writable"] is False
    (problem,) = found["problems"]
    assert "cannot be written" in problem["what"]
    assert "CINESENT_CACHE" in problem["mend"]
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_the_cache_is_measured_and_left_alone(tmp_path, monkeypatch):
    cache = read_cache()
    assert (cache.exists, cache.writable, cache.num_files) == (False, True, 0)
    assert not (tmp_path / "cache").exists()
    (tmp_path / "cache/parsed").mkdir(parents=True)
    (tmp_path / "cache/parsed/a").write_bytes(bytes(1000))
    (tmp_path / "cache/b").write_bytes(bytes(24))
    cache = read_cache()
    assert (cache.exists, cache.num_files, cache.size_bytes) == (True, 2, 1024)
    monkeypatch.setattr("cinesent.doctor.folders._MOST_FILES", 1)
    assert read_cache().counted_all is False


def test_a_full_disk_is_a_problem(folder, monkeypatch):
    usage = type("Usage", (), {"free": 12 * 10**6})
    monkeypatch.setattr("cinesent.doctor.folders.shutil.disk_usage", lambda path: usage)
    diagnosis = diagnose(folder)
    assert diagnosis.ok
    assert "has 12 MB left" in diagnosis.problems[0].what


def test_data_that_is_not_there_is_a_problem(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("CINESENT_DATA", str(tmp_path / "none.tar.gz"))
    (problem,) = diagnose(folder).problems
    assert "CINESENT_DATA" in problem.what


def test_a_base_install_is_no_problem(folder, monkeypatch):
    hide(monkeypatch, *(module for module, extra in PACKAGES.values() if extra))
    result = CliRunner().invoke(app, ["doctor", "--model", str(folder)])
    assert result.exit_code == 0
    assert "pip install 'cinesent[train]'" in result.stdout
    diagnosis = diagnose(folder)
    assert (diagnosis.keras, diagnosis.problems) == (None, ())
    assert {package.version for package in diagnosis.packages.values() if package.extra} == {None}


@pytest.mark.train
@pytest.mark.parametrize(
    ("variable", "hidden", "what", "mend"),
    [
        ("", ["tensorflow", "jax", "torch"], "without a backend", "pip install 'cinesent[train]'"),
        ("tensorflw", [], "Did you mean 'tensorflow'", "export KERAS_BACKEND="),
        ("jax", ["jax"], "which is not installed", "export KERAS_BACKEND=tensorflow"),
    ],
)
def test_keras_without_its_backend(folder, monkeypatch, variable, hidden, what, mend):
    monkeypatch.setenv("KERAS_BACKEND", variable)
    hide(monkeypatch, *hidden)
    (problem,) = diagnose(folder).problems
    assert what in problem.what
    assert problem.mend.startswith(mend)
    assert problem.stops_predicting is False


def test_without_numpy_there_is_one_problem(folder, monkeypatch):
    hide(monkeypatch, "onnxruntime")
    diagnosis = diagnose(folder)
    assert not diagnosis.ok
    assert [problem.mend for problem in diagnosis.problems] == ["pip install onnxruntime"]


def write_module(folder: Path, name: str, code: str) -> str:
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(code)
    return str(folder)


def test_a_broken_runtime_is_found_and_not_stumbled_over(folder, tmp_path):
    code = "raise OSError('libfoo.so.1: cannot open shared object file')"
    path = write_module(tmp_path / "broken", "onnxruntime", code)
    (problem,) = report("--model", folder, status=1, PYTHONPATH=path)["problems"]
    assert "OSError: libfoo.so.1" in problem["what"]
    assert "--force-reinstall" in problem["mend"]


def test_frameworks_are_imported_elsewhere(folder, tmp_path, monkeypatch):
    code = "import os\nif os.environ.get('BROKEN'): raise ImportError('no driver')\n"
    code += "def devices(): return ['TFRT_CPU_0']\n"
    path = write_module(tmp_path / "fake", "jax", code)
    monkeypatch.syspath_prepend(path)
    monkeypatch.setenv("PYTHONPATH", path)
    hide(monkeypatch, "tensorflow", "torch")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    frameworks = check_frameworks(find_packages())
    assert {name: value.devices for name, value in frameworks.items()} == {"jax": ("TFRT_CPU_0",)}
    monkeypatch.setenv("BROKEN", "1")
    diagnosis = diagnose(folder, frameworks=True)
    (problem,) = diagnosis.problems
    assert "jax is installed and cannot be imported: ImportError: no driver" in problem.what
    assert "cinesent[jax]" in problem.mend


@pytest.mark.train
@pytest.mark.slow
def test_the_frameworks_here_have_a_processor(monkeypatch):
    frameworks = check_frameworks(find_packages())
    assert "tensorflow" in frameworks
    for framework in frameworks.values():
        assert framework.error is None
        assert any("cpu" in device.lower() for device in framework.devices)


def test_secrets_stay_secret(folder, monkeypatch):
    monkeypatch.setenv("CINESENT_API_TOKEN", "hunter2")
    monkeypatch.setenv("CINESENT_IMDB_URL", "https://me:hunter2@mirror.example/imdb?key=hunter2")
    monkeypatch.setenv("AWS_SECRET", "hunter2")
    for arguments in ((), ("--json",)):
        result = CliRunner().invoke(app, ["doctor", "--model", str(folder), *arguments])
        assert "hunter2" not in result.output
        assert "https://***@mirror.example/imdb?***" in result.output
        assert "AWS" not in result.output


def test_threads_are_those_of_a_classifier(folder):
    diagnosis = diagnose(folder)
    assert diagnosis.threads == usable_cores()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux")
def test_affinity_is_seen(folder):
    code = (
        "import os\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from cinesent.doctor.machine import read_cpu\n"
        "print(read_cpu().usable_cores)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def write_files(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


CPUINFO = (
    "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu avx2 avx512f avx512_vnni\n"
)
MEMINFO = "MemTotal:       1000 kB\nMemFree:  10 kB\nMemAvailable:    500 kB\n"


def test_what_linux_says_of_the_machine(tmp_path):
    files = {"cpuinfo": CPUINFO, "meminfo": MEMINFO, "self/cgroup": "0::/a/b\n"}
    proc = write_files(tmp_path / "proc", files)
    groups = write_files(
        tmp_path / "cgroup",
        {
            "a/cpu.max": "150000 100000\n",
            "a/b/cpu.max": "max 100000\n",
            "a/b/memory.max": "max\n",
            "a/memory.max": "409600\n",
        },
    )
    cpu = read_cpu(proc, groups)
    assert cpu.model == "Some CPU @ 2 GHz"
    assert cpu.instruction_sets == ("avx2", "avx512f", "avx512_vnni")
    assert cpu.core_limit == 1.5
    memory = read_memory(proc, groups)
    assert (memory.total_bytes, memory.available_bytes) == (1_024_000, 512_000)
    assert memory.limit_bytes == 409_600


def test_the_first_cgroups(tmp_path):
    text = "4:cpu,cpuacct:/box\n3:memory:/box\n0::/\n"
    proc = write_files(tmp_path / "proc", {"self/cgroup": text, "meminfo": MEMINFO})
    groups = write_files(
        tmp_path / "cgroup",
        {
            # The folder "box" is the host's: in the container its content lies at the root.
            "cpu/cpu.cfs_quota_us": "200000\n",
            "cpu/cpu.cfs_period_us": "100000\n",
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
    )
    assert read_cpu(proc, groups).core_limit == 2
    assert read_memory(proc, groups).limit_bytes is None
    (groups / "cpu/cpu.cfs_quota_us").write_text("-1\n")
    assert read_cpu(proc, groups).core_limit is None


def test_a_system_that_tells_nothing(tmp_path):
    cpu, memory = read_cpu(tmp_path, tmp_path), read_memory(tmp_path, tmp_path)
    assert cpu.instruction_sets is None
    assert cpu.model
    assert (cpu.core_limit, memory.available_bytes, memory.limit_bytes) == (None, None, None)


def test_more_threads_than_the_container_grants_is_a_problem(tmp_path):
    quota = {"cpu.max": "50000 100000"}
    proc = write_files(tmp_path / "proc", {"self/cgroup": "0::/\n"})
    cpu = read_cpu(proc, write_files(tmp_path / "cgroup", quota))
    if cpu.usable_cores == 1:
        pytest.skip("one core")
    (problem,) = _thread_problems(cpu)
    assert "threads=1" in problem.mend

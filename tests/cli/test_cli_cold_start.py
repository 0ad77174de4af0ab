"""What `cinesent predict` imports: nothing that it does not use."""

from __future__ import annotations

import subprocess
import sys

import pytest
from bundles import write_bundle

from cinesent.network.kernel import why_not_native
from cinesent.recipes import ModelConfig

#: Packages and modules that take time to import, and that predicting a text does not need.
UNWANTED = [
    *("rich", "typer.rich_utils", "logging", "concurrent"),
    *("keras", "sklearn", "onnx", "onnxruntime", "safetensors", "html", "tomllib"),
    *("cinesent.data", "cinesent.scoring", "cinesent.training", "cinesent.tables"),
    *("cinesent.cli.train", "cinesent.cli.score", "cinesent.cli.data", "cinesent.doctor"),
    *("cinesent.bundle.saving", "cinesent.bundle.card"),
    *("cinesent.network.reference", "cinesent.network.quantization", "cinesent.network.runtime"),
    *("cinesent.network.pieces", "cinesent.recipes.recipe"),
]

PROGRAM = """
import sys
from cinesent.cli import main
sys.argv = ["cinesent", "predict", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert not end.code
print(*sorted(sys.modules), file=sys.stderr)
"""


def modules_after(*arguments):
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    return set(done.stderr.split())


def test_predict_imports_what_it_uses(tmp_path):
    if reason := why_not_native(ModelConfig(units=16)):
        pytest.skip(reason)
    folder = write_bundle(tmp_path / "model", units=16, pooling="max+mean", ngrams=2)
    loaded = modules_after("--model", folder, "A quiet triumph.")
    assert {"numpy", "cinesent.native.library"} <= loaded
    assert sorted(loaded & set(UNWANTED)) == []


def test_only_the_command_that_runs_is_imported(tmp_path):
    folder = write_bundle(tmp_path / "model")
    commands = {name for name in modules_after("--model", folder, "A film.") if ".cli." in name}
    assert "cinesent.cli.predict" in commands
    assert not commands & {f"cinesent.cli.{name}" for name in ("train", "compare", "teacher")}

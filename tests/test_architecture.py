"""The structure of docs/architecture.md, held against the code."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import cinesent

SOURCE = Path(cinesent.__file__).parent

#: Bottom to top: a module imports from its own layer and from those before it.
LAYERS = (
    ("_version", "environment", "errors", "files", "probability", "progress"),
    ("recipes",),
    ("text",),
    ("augmentation",),
    ("tables",),
    ("data",),
    ("network",),
    ("bundle",),
    ("explanation", "classifier"),
    ("scoring",),
    ("models",),
    ("doctor", "export"),
    ("evaluation",),
    ("training",),
    ("comparison", "estimator"),
    ("cli",),
    ("__init__", "__main__"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def imports_of(path: Path) -> set[str]:
    """The modules of cinesent that a file imports when it runs, wherever in it."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            return
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cinesent"):
            found.add(str(node.module))
        if isinstance(node, ast.Import):
            found.update(a.name for a in node.names if a.name.startswith("cinesent"))
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def test_every_module_has_a_layer() -> None:
    modules = {path.stem for path in SOURCE.glob("*.py")}
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert modules | packages == set(RANK)


def test_imports_point_one_way() -> None:
    wrong = []
    for path in sorted(SOURCE.rglob("*.py")):
        own = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        for module in imports_of(path):
            other = module.split(".")[1] if "." in module else "_version"
            if RANK[other] > RANK[own]:
                wrong.append(f"{path.relative_to(SOURCE)} imports {module}")
    assert not wrong


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(SOURCE)): count
        for path in SOURCE.rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long


def test_help_imports_no_framework() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from cinesent.cli import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        "print(sorted({m.split('.')[0] for m in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    for heavy in ("numpy", "keras", "tensorflow", "sklearn", "onnxruntime", "matplotlib"):
        assert f"'{heavy}'" not in loaded

"""The structure of docs/architecture.md, compared with the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import cinesent

SOURCE = Path(cinesent.__file__).parent
PATHS = sorted(SOURCE.rglob("*.py"))

#: Bottom to top: a module imports from its own layer and from those before it.
LAYERS = (
    (
        "_version",
        "deferred",
        "errors",
        "environment",
        "files",
        "probability",
        "progress",
        "workers",
    ),
    ("native",),
    ("recipes",),
    ("text",),
    ("uncertainty",),
    ("augmentation",),
    ("tables",),
    ("data",),
    ("network",),
    ("bundle",),
    ("prediction", "explanation", "classifier"),
    ("scoring",),
    ("models",),
    ("doctor", "export"),
    ("behavior",),
    ("evaluation", "reports"),
    ("audit", "distillation"),
    ("encoder",),
    ("training",),
    ("comparison", "estimator"),
    ("cli",),
    ("__init__", "__main__"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def module_name(path: Path) -> str:
    """The dotted name of a file: "cinesent.text.clean"; a package is its `__init__`."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in PATHS}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> frozenset[str]:
    """The modules of cinesent that a file imports anywhere: in functions, for type checkers only.

    ``from cinesent.text import clean`` is an import of the module `cinesent.text.clean`,
    ``from cinesent.recipes import Recipe`` one of the package `cinesent.recipes`, that is of its
    `__init__`. That Python runs the `__init__` of a package before any of its modules is not
    counted: every package whose `__init__` imports one of its modules would be a cycle.
    """
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(name if name in MODULES else node.module for name in names)
    return frozenset(found & MODULES.keys())


def cycles(graph: dict[str, frozenset[str]]) -> list[list[str]]:
    """The strongly connected components of more than one module (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in graph[name]:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            place = stack.index(name)
            if len(stack) - place > 1 or name in graph[name]:
                found.append(sorted(stack[place:]))
            del stack[place:]

    for name in graph:
        if name not in index:
            visit(name)
    return found


def room(path: Path) -> str:
    """The package or module right below cinesent that a file belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def shown(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def test_cycles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"e"}, "f": {"a"}}
    assert sorted(cycles({k: frozenset(v) for k, v in graph.items()})) == [["b", "c"], ["e"]]


def test_every_module_has_a_layer() -> None:
    modules = {path.stem for path in SOURCE.glob("*.py")}
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert modules | packages == set(RANK)


def test_imports_point_one_way() -> None:
    wrong = []
    for path in PATHS:
        for module in imports_of(path):
            other = module.split(".")[1] if "." in module else "__init__"
            if RANK[other] > RANK[room(path)]:
                wrong.append(f"{shown(path)} imports {module}")
    assert not wrong


def test_no_imports_run_in_a_circle() -> None:
    assert cycles({name: imports_of(path) for name, path in MODULES.items()}) == []


def repeated(names: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: places for name, places in names.items() if len(places) > 1}


def test_no_module_has_the_name_of_another() -> None:
    names = defaultdict(list)
    for path in PATHS:
        if path.stem != "__init__" and room(path) != "cli":
            names[path.stem].append(shown(path))
    assert not repeated(names)


def test_no_folder_has_the_name_of_another() -> None:
    root = SOURCE.parents[1]
    listed = subprocess.run(
        ["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    names: dict[str, list[str]] = defaultdict(list)
    own = {Path(name).parents[0] for name in listed if name.startswith("src/cinesent/")}
    top = {Path(Path(name).parts[0]) for name in listed if "/" in name}
    for folder in sorted(own | top):
        # "model" and "models" are one name to a reader.
        names[folder.name.removesuffix("s")].append(folder.as_posix())
    assert not repeated(names)


def test_no_class_has_the_name_of_another() -> None:
    names = defaultdict(list)
    for path in PATHS:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                names[node.name].append(f"{shown(path)}:{node.lineno}")
    assert not repeated(names)


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        shown(path): count
        for path in PATHS
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long


def test_rich_is_imported_by_the_command_line_only() -> None:
    found = []
    for path in PATHS:
        for node in ast.walk(tree_of(path)):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if room(path) != "cli" and any(name.split(".")[0] == "rich" for name in modules):
                found.append(f"{shown(path)}:{node.lineno}")
    assert not found


def test_one_module_prints() -> None:
    found = []
    for path in PATHS:
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call) or shown(path) == "cli/console.py":
                continue
            called = ast.unparse(node.func)
            if called == "print" or called.endswith((".echo", ".secho", "stderr.write")):
                found.append(f"{shown(path)}:{node.lineno}: {called}")
    assert not found


# A whole command may hold flags: it is typed into a shell in any case.
COMMAND = re.compile(r"(pip install|docker run|cinesent [a-z]+) .*")
FLAG = re.compile(r"(?<![\w-])--[a-z][\w-]*")


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a file that are not docstrings; f-strings with {} for their values."""
    skipped: set[int] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.Constant) else "{}" for v in node.values]
            skipped.update(id(value) for value in node.values)
            yield node.lineno, "".join(map(str, parts))
        elif (
            id(node) not in skipped
            and isinstance(node, ast.Constant)
            and isinstance(node.value, str)
        ):
            yield node.lineno, node.value


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("use --resume", True),
        ("(--text-column)", True),
        ("run cinesent train --out model", False),
        ("pip install --upgrade numpy", False),
        ("a -- b, C-3PO--x, ----", False),
    ],
)
def test_flags_are_recognised(text: str, wrong: bool) -> None:
    assert bool(FLAG.search(COMMAND.sub("", text))) is wrong


def test_messages_of_the_library_name_no_flags() -> None:
    """They name parameters with `cinesent.errors.option`, which suits both kinds of caller."""
    found = [
        f"{shown(path)}:{line}: {text}"
        for path in PATHS
        if room(path) not in ("cli", "errors")
        for line, text in messages(path)
        if FLAG.search(COMMAND.sub("", text))
    ]
    assert not found


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

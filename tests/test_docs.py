"""Documentation that cannot be wrong unnoticed: docstring examples, commands, settings."""

from __future__ import annotations

import doctest
import importlib
import re
import shlex
from pathlib import Path

import pytest
import typer.main

import cinesent
from cinesent.cli import app
from cinesent.recipes import Recipe, preset_description, preset_names

ROOT = Path(__file__).parents[1]
SOURCE = Path(cinesent.__file__).parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def modules_with_examples() -> list[str]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        if ">>>" in path.read_text(encoding="utf-8"):
            parts = path.relative_to(SOURCE.parent).with_suffix("").parts
            found.append(".".join(part for part in parts if part != "__init__"))
    return found


@pytest.mark.parametrize("name", modules_with_examples())
def test_docstring_examples_run(name: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def commands_in(page: Path) -> list[str]:
    """The cinesent commands of a page: in console blocks and in backticks."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"```(?:console|bash|sh)\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`(cinesent [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [
        match.group(1).split("  #")[0]
        for line in lines
        if (match := re.search(r"(?:^|\| |/bin/)(cinesent .*)", line.strip()))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_docs_exist(page: Path) -> None:
    for line in commands_in(page):
        # "data fetch | describe | check" names three commands, "[--x]" an option that may be left.
        words = shlex.split(line.replace("[", " ").replace("]", " "))[1:]
        command = typer.main.get_command(app)
        while words and hasattr(command, "commands") and not words[0].startswith("-"):
            name = words.pop(0)
            assert name in command.commands, f"{page.name}: {line}"
            command = command.commands[name]
        known = {name for param in command.params for name in param.opts} | {"--help"}
        for word in words:
            if word.startswith("--"):
                assert word.split("=")[0] in known, f"{page.name}: {line}"


def test_the_docs_name_commands_at_all() -> None:
    assert len(commands_in(ROOT / "README.md")) >= 8


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_can_be_read(name: str) -> None:
    assert Recipe.from_preset(name).name == name
    assert preset_description(name)


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"

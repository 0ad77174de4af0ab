"""Every command has help with examples that work, and the same flags as the others."""

from __future__ import annotations

import re
import shlex

import pytest
import typer.main

from cinesent.cli import app
from cinesent.cli.dashes import TextCommand


def all_commands() -> dict[str, typer.core.TyperCommand]:
    found = {}
    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= {f"{name} {inner}": one for inner, one in command.commands.items()}
        else:
            found[name] = command
    return found


COMMANDS = all_commands()
READS = {
    "score",
    "data check",
    "data describe",
    "train",
    "pretrain",
    "evaluate",
    "compare",
    "calibrate",
}
TABLE = {"--format", "--encoding", "--delimiter", "--no-header", "--text-column"}
LABELS = {"--label-column", "--negative-to", "--positive-from", "--skip-other-labels"}


def flags(command) -> dict[str, str]:
    return {name: param.help for param in command.params for name in param.opts if "-" in name}


def examples(command) -> list[str]:
    return re.findall(r"^\s*((?:.*\| )?cinesent .*)$", command.help, re.MULTILINE)


def test_the_commands():
    assert sorted(COMMANDS) == [
        *(
            "calibrate",
            "compare",
            "data check",
            "data describe",
            "data fetch",
            "doctor",
            "evaluate",
        ),
        *("export", "predict", "pretrain", "score", "settings", "teacher label", "teacher train"),
        "train",
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_json_and_quiet(name):
    assert {"--json", "--quiet", "-q"} <= set(flags(COMMANDS[name]))


@pytest.mark.parametrize("name", sorted(READS))
def test_every_command_that_reads_a_file_has_the_same_flags(name):
    own = flags(COMMANDS[name])
    assert set(own) >= TABLE | (set() if name == "score" else LABELS)


def test_a_flag_means_the_same_in_every_command():
    said: dict[str, set[str]] = {}
    for command in COMMANDS.values():
        for flag, text in flags(command).items():
            said.setdefault(flag, set()).add(text)
    # What differs with the verb.
    own = {"--out", "--format", "--overwrite", "--resume", "--preset", "--teacher"}
    # Its default: evaluation prefers test reviews, calibration never takes them unasked.
    own.add("--split")
    assert {flag for flag, texts in said.items() if len(texts) > 1} <= own


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_an_example_that_can_be_parsed(name):
    found = examples(COMMANDS[name])
    assert any(line.split("cinesent ")[1].startswith(name) for line in found)
    for line in found:
        part = next(part for part in re.split(r" [|>] ", line) if part.startswith("cinesent "))
        words = shlex.split(part)[1:]
        command = COMMANDS.get(words[0]) or COMMANDS[" ".join(words[:2])]
        arguments = words[1:] if words[0] in COMMANDS else words[2:]
        context = command.make_context("cinesent", arguments)
        assert not context.args


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_examples_on_lines_of_their_own(name, run):
    status, out, _ = run(*name.split(), "--help", columns=100)
    assert status == 0
    lines = [line.strip() for line in out.splitlines()]
    for example in examples(COMMANDS[name]):
        assert example.strip() in lines


def test_texts_may_begin_with_a_dash():
    command = COMMANDS["predict"]
    assert isinstance(command, TextCommand)
    for arguments, texts, model in (
        (["- great"], ["- great"], None),
        (
            ["fine", "--- see it", "-1 of 10", "last"],
            ["fine", "--- see it", "-1 of 10", "last"],
            None,
        ),
        (["--model", "- dir", "- great"], ["- great"], "- dir"),
        (["--model=my dir", "fine"], ["fine"], "my dir"),
        (["-q", "--", "-great", "--json"], ["-great", "--json"], None),
    ):
        params = command.make_context("cinesent predict", arguments).params
        assert [text.removeprefix("\0") for text in params["texts"]] == texts
        assert params["model"] == model

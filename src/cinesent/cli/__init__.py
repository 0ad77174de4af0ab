"""The command line: one module per command, put together here.

Results go to stdout, progress and messages to stderr. Exit status: 0 ok, 1 failed, 2 wrong usage,
130 interrupted. Frameworks are imported by the commands that need them, never at the top.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from cinesent._version import __version__
from cinesent.cli.console import result
from cinesent.cli.failures import run

#: The commands in the order of ``--help``: the module and its function or group.
_COMMANDS = {
    "predict": ("predict", "predict_command"),
    "score": ("score", "score_command"),
    "train": ("train", "train_command"),
    "pretrain": ("pretrain", "pretrain_command"),
    "evaluate": ("evaluate", "evaluate_command"),
    "calibrate": ("calibrate", "calibrate_command"),
    "compare": ("compare", "compare_command"),
    "export": ("export", "export_command"),
    "settings": ("settings", "settings_command"),
    "data": ("data", "app"),
    "teacher": ("teacher", "app"),
    "doctor": ("doctor", "doctor_command"),
}


def command_line(names: Iterable[str] = _COMMANDS) -> typer.Typer:
    """Return the command line with these commands; the modules of others are not imported."""
    made = typer.Typer(
        name="cinesent",
        help="Predicts whether movie reviews are positive or negative.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(_root)
    for name in names:
        module, attribute = _COMMANDS[name]
        command = getattr(importlib.import_module(f"cinesent.cli.{module}"), attribute)
        if isinstance(command, typer.Typer):
            made.add_typer(command, name=name)
        elif name == "predict":
            from cinesent.cli.dashes import TextCommand

            made.command(name, cls=TextCommand)(command)
        else:
            made.command(name)(command)
    return made


def __getattr__(name: str) -> typer.Typer:
    """Build ``app``, the whole command line, when it is first used."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = made = command_line()
    return made


def _print_version(asked: bool) -> None:
    if asked:
        result(f"cinesent {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Predicts whether movie reviews are positive or negative.

    For example:

      cinesent predict "A quiet triumph."

      cinesent score reviews.csv scored.csv

      cinesent train --data reviews.csv --from packaged --out mine
    """


def main() -> None:
    """Run the command line and exit with its status."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name == "predict":
        # NumPy starts a thread per core for matrix products, which predicting does not compute.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(command_line([name] if name in _COMMANDS else _COMMANDS))

"""The command line: one module a command, put together here.

Results go to stdout, progress and messages to stderr. Exit status: 0 ok, 1 failed, 2 wrong usage,
130 interrupted. Frameworks are imported by the commands that need them, never at the top.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cinesent._version import __version__
from cinesent.cli import data
from cinesent.cli.compare import compare_command
from cinesent.cli.console import report_error
from cinesent.cli.doctor import doctor_command
from cinesent.cli.evaluate import evaluate_command
from cinesent.cli.export import export_command
from cinesent.cli.predict import predict_command
from cinesent.cli.pretrain import pretrain_command
from cinesent.cli.score import score_command
from cinesent.cli.train import train_command
from cinesent.errors import CinesentError

app = typer.Typer(
    name="cinesent",
    help="Reads movie reviews and says how positive they are.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("train")(train_command)
app.command("pretrain")(pretrain_command)
app.command("predict")(predict_command)
app.command("score")(score_command)
app.command("evaluate")(evaluate_command)
app.command("compare")(compare_command)
app.command("export")(export_command)
app.command("doctor")(doctor_command)
app.add_typer(data.app, name="data")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"cinesent {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Reads movie reviews and says how positive they are."""


def main() -> None:
    """Run the command line; a mistake of the user's is one message on stderr, no traceback."""
    try:
        app()
    except CinesentError as error:
        report_error(str(error))
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        report_error("interrupted.")
        sys.exit(130)

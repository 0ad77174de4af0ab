"""The command line: one module per command, put together here.

Results go to stdout, progress and messages to stderr. Exit status: 0 ok, 1 failed, 2 wrong usage,
130 interrupted. Frameworks are imported by the commands that need them, never at the top.
"""

from __future__ import annotations

from typing import Annotated

import typer

from cinesent._version import __version__
from cinesent.cli import data, teacher
from cinesent.cli.calibrate import calibrate_command
from cinesent.cli.compare import compare_command
from cinesent.cli.console import result
from cinesent.cli.dashes import TextCommand
from cinesent.cli.doctor import doctor_command
from cinesent.cli.evaluate import evaluate_command
from cinesent.cli.export import export_command
from cinesent.cli.failures import run
from cinesent.cli.predict import predict_command
from cinesent.cli.pretrain import pretrain_command
from cinesent.cli.score import score_command
from cinesent.cli.settings import settings_command
from cinesent.cli.train import train_command

app = typer.Typer(
    name="cinesent",
    help="Predicts whether movie reviews are positive or negative.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("predict", cls=TextCommand)(predict_command)
app.command("score")(score_command)
app.command("train")(train_command)
app.command("pretrain")(pretrain_command)
app.command("evaluate")(evaluate_command)
app.command("calibrate")(calibrate_command)
app.command("compare")(compare_command)
app.command("export")(export_command)
app.command("settings")(settings_command)
app.add_typer(data.app, name="data")
app.add_typer(teacher.app, name="teacher")
app.command("doctor")(doctor_command)


def _print_version(asked: bool) -> None:
    if asked:
        result(f"cinesent {__version__}")
        raise typer.Exit


@app.callback()
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
    run(app)

"""Runs the command line: whatever goes wrong is a line on stderr and an exit status.

Set ``CINESENT_DEBUG=1`` to see where an error was raised, as a traceback.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import cast

import typer
import typer.main

from cinesent.cli.console import (
    discard_results,
    flush_results,
    prepare_streams,
    report_error,
    say,
)
from cinesent.errors import CinesentError

_NAME = "cinesent"
_INTERRUPTED = 130

#: Wrong usage, as Typer raises it; Typer exports nothing of this kind but BadParameter.
UsageError = cast(type[Exception], typer.BadParameter.__bases__[0])


def run(app: typer.Typer) -> None:
    """Run the command that ``sys.argv`` names and exit with its status.

    Raises:
        SystemExit: always.
    """
    prepare_streams()
    if f"_{_NAME.upper()}_COMPLETE" in os.environ:
        app(prog_name=_NAME)
    try:
        status = _invoke(app)
        flush_results()
    except BaseException as error:  # every way out of a command passes here
        status = _explain(error)
    sys.exit(status)


def _invoke(app: typer.Typer) -> int:
    """Run the command; return its exit status where it exits by itself."""
    command = typer.main.get_command(app)
    try:
        with command.make_context(_NAME, sys.argv[1:]) as context:
            command.invoke(context)
    except typer.Exit as done:
        return int(done.exit_code)
    return 0


def _explain(error: BaseException) -> int:
    """Report what ended a command; return the exit status that says so."""
    if isinstance(error, (SystemExit, GeneratorExit)):
        raise error
    try:
        flush_results()
    except (CinesentError, BrokenPipeError):
        discard_results()
    if isinstance(error, BrokenPipeError):
        return 0  # whoever read the output, such as head, has had enough
    if os.environ.get("CINESENT_DEBUG") and not isinstance(error, UsageError):
        _show_traceback(error)
    if isinstance(error, UsageError):
        return _explain_usage(error)
    if isinstance(error, CinesentError):
        report_error(error.for_command_line())
        return error.exit_status
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        report_error("interrupted.")
        return _INTERRUPTED
    report_error(_in_a_line(error))
    return 1


def _explain_usage(error: BaseException) -> int:
    """Report wrong usage: how the command is used, then what is wrong."""
    context = getattr(error, "ctx", None)
    message = error.format_message()  # type: ignore[attr-defined]
    if type(error).__name__ == "NoArgsIsHelpError":
        if message.strip():  # otherwise Rich has shown the help already
            say(message)
        return 2
    if context is not None:
        say(f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n")
    report_error(message)
    return 2


def _in_a_line(error: BaseException) -> str:
    """Return what went wrong where nothing closer to the cause could say it better."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for this."
    if isinstance(error, RecursionError):
        return "the input is nested too deeply."
    if isinstance(error, OSError):
        return _of_the_system(error)
    if isinstance(error, UnicodeError):
        return f"text cannot be converted: {error}."
    kind = type(error).__name__
    return (
        f"unexpected {kind}: {error}. This is a mistake in cinesent. Please report it, with what "
        "the same command prints when CINESENT_DEBUG=1 is set."
    )


def _of_the_system(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename is not None else ""
    cures = {
        errno.ENOSPC: " Free some space, or write elsewhere.",
        errno.EMFILE: " Raise the limit of open files (ulimit -n).",
    }
    return f"{where}{reason}.{cures.get(error.errno or 0, '')}"


def _show_traceback(error: BaseException) -> None:
    import traceback

    say("".join(traceback.format_exception(error)).rstrip())

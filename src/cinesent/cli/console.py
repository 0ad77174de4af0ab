"""The one place that prints: results to stdout, everything else to stderr, all of it escaped."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import typer

from cinesent.cli.escaping import json_line, printable
from cinesent.errors import CinesentError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

#: A piece of a line: text, or text with a style such as "bold green".
Piece = str | tuple[str, str]


def prepare_streams() -> None:
    """Make the standard streams safe to use, whatever the shell and the locale made of them.

    A character that the encoding of a stream lacks is written as an escape. A stream that was
    closed (``>&-``) is put on the null device, so that no file that is opened later takes its
    number and is mistaken for it; Python's ``sys.stdout`` stays None.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        # What a program put in the place of a stream may have no encoding at all.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def result(*pieces: Piece) -> None:
    """Write a line of results to stdout, styled where stdout is a terminal.

    Raises:
        CinesentError: stdout is closed or cannot be written.
    """
    _print("".join(_styled(piece) for piece in pieces))


def result_json(record: Mapping[str, Any]) -> None:
    """Write a record to stdout as one line of JSON.

    Raises:
        CinesentError: stdout is closed or cannot be written.
    """
    _print(json_line(record))


def result_table(table: Table) -> None:
    """Write a table to stdout.

    Raises:
        CinesentError: stdout is closed or cannot be written.
    """
    from rich.console import Console

    # Width and encoding are those of now, not those of an earlier command in this process.
    console = Console(file=_stdout(), highlight=False)
    with _write_errors():
        console.print(table)


def table_of(
    header: Sequence[str],
    rows: Iterable[Sequence[Piece]],
    *,
    title: str = "",
    left: Sequence[int] = (0,),
    wrap: Sequence[int] = (),
    bold: int | None = None,
) -> Table:
    """Return a table in the style of all commands.

    Args:
        header: the name of each column; no header is shown if all are empty.
        rows: the cells of each.
        title: a line above the table.
        left: the columns that are aligned to the left; numbers belong to the right.
        wrap: the columns that may break into lines on a narrow terminal.
        bold: the row to emphasise.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    made = Table(
        title=Text(printable(title)) if title else None,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_header=any(header),
        collapse_padding=True,  # so that tables fit 80 columns
    )
    for column, name in enumerate(header):
        side = "left" if column in left else "right"
        made.add_column(Text(printable(name)), justify=side, no_wrap=column not in wrap)  # type: ignore[arg-type]
    for place, row in enumerate(rows):
        cells = [Text(*_text_and_style(cell)) for cell in row]
        made.add_row(*cells, style="bold" if place == bold else "")
    return made


def flush_results() -> None:
    """Write what is still buffered for stdout, so that a full disk is noticed.

    Raises:
        CinesentError: stdout cannot be written.
    """
    if sys.stdout is not None:
        with _write_errors():
            sys.stdout.flush()


def discard_results() -> None:
    """Drop what could not be written to stdout, so that Python does not fail on it at exit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def say(message: str) -> None:
    """Write a message to stderr, as far as stderr can be written."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError, ValueError):
        # print and not typer.echo: Rich shows what goes through sys.stderr above its bars.
        print(printable(message, multiline=True), file=sys.stderr, flush=True)  # noqa: T201


def report_error(message: str) -> None:
    """Write an error to stderr, marked as one."""
    say(f"error: {message}")


def stderr_is_terminal() -> bool:
    """Return whether stderr is a terminal that can redraw a line."""
    return _is_terminal(sys.stderr) and os.environ.get("TERM", "") not in ("dumb", "unknown")


def stdout_is_terminal() -> bool:
    """Return whether results go to a terminal."""
    return _is_terminal(sys.stdout)


def stdin_is_terminal() -> bool:
    """Return whether someone types what is read from stdin."""
    return _is_terminal(sys.stdin)


def stdin_is_closed() -> bool:
    """Return whether nothing can be read from stdin."""
    return sys.stdin is None or sys.stdin.closed


def stderr_console() -> Console:
    """Return a Rich console for progress bars."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except (OSError, ValueError):
        return False


def _stdout() -> TextIO:
    if sys.stdout is None or sys.stdout.closed:
        raise CinesentError("the result cannot be written: standard output is closed.")
    return sys.stdout


def _print(line: str) -> None:
    stream = _stdout()
    with _write_errors():
        typer.echo(line, file=stream)


@contextlib.contextmanager
def _write_errors() -> Iterator[None]:
    """Raise a CinesentError for what keeps stdout from being written, but for a closed pipe."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise CinesentError(f"standard output cannot be written: {reason}.") from error


def _text_and_style(piece: Piece) -> tuple[str, str]:
    text, style = (piece, "") if isinstance(piece, str) else piece
    return printable(text), style


def _styled(piece: Piece) -> str:
    """Return a piece with its style as escape sequences, which typer.echo drops in a file."""
    text, style = _text_and_style(piece)
    words = style.split()
    if not words or os.environ.get("NO_COLOR"):
        return text
    colours = [word for word in words if word not in ("bold", "dim")]
    return typer.style(
        text,
        fg=colours[0] if colours else None,
        bold="bold" in words or None,
        dim="dim" in words or None,
    )

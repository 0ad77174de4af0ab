"""Opens where the result goes, and makes sure that it is not the source."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import IO

from cinesent.errors import DataError, ScoringError, option
from cinesent.scoring.file_sink import FileSink
from cinesent.scoring.hidden_files import part_names
from cinesent.scoring.sink import Sink, unwritable
from cinesent.scoring.stream_sink import StreamSink


def open_sink(source: Path | None, target: Path | None, *, resume: bool, overwrite: bool) -> Sink:
    """Return the sink for a target; None is standard output.

    Raises:
        DataError: `source` would be overwritten while it is read.
        ScoringError: the target cannot be written or resumed.
    """
    if target is None:
        _check_not_resumed(resume)
        _check_stdout(source)
        return StreamSink(None, "standard output")
    resolved, status = _resolved(target)
    _check_differs(source, target, resolved)
    if status is not None and not stat.S_ISREG(status.st_mode):
        _check_not_resumed(resume)
        return StreamSink(_opened(target), str(target))
    resumable = source is not None and source.is_file()
    return FileSink(resolved, resumable=resumable, resume=resume, overwrite=overwrite)


def _check_not_resumed(resume: bool) -> None:
    if resume:
        raise ScoringError(
            f"{option('resume')} needs a file as the output: a stream cannot be resumed."
        )


def _resolved(target: Path) -> tuple[Path, os.stat_result | None]:
    """Return a target with its symbolic links resolved, and its status if it exists."""
    try:
        status = target.stat()
    except FileNotFoundError:
        status = None
    except OSError as error:
        raise unwritable(target, error) from error
    if status is not None and stat.S_ISDIR(status.st_mode):
        raise ScoringError(f"{target} is a folder; expected the name of a file.")
    resolved = Path(os.path.realpath(target))
    if not resolved.parent.is_dir():
        raise ScoringError(f"{target} cannot be written: there is no folder {resolved.parent}.")
    return resolved, status


def _check_differs(source: Path | None, target: Path, resolved: Path) -> None:
    """Make sure that no file which writing the target touches is the source, or a link to it."""
    shown = "standard input" if source is None else str(source)
    if _is_input(source, _status(resolved)):
        raise DataError(
            f"{shown} and {target} are the same file, and it cannot be read and written at once. "
            "Name another file as the output."
        )
    for path in part_names(resolved):
        if _is_input(source, _status(path)):
            raise DataError(
                f"{shown} is the file {path}, which holds the unfinished result while {target} is "
                "written. Name another file as the output."
            )


def _opened(target: Path) -> IO[bytes]:
    try:
        return target.open("wb", buffering=0)
    except OSError as error:
        raise unwritable(target, error) from error


def _is_input(source: Path | None, status: os.stat_result | None) -> bool:
    """Return whether a file is the source; links to it are, too."""
    if status is None or not stat.S_ISREG(status.st_mode):
        return False
    try:
        found = os.fstat(sys.stdin.fileno()) if source is None else source.stat()
    except (OSError, ValueError, AttributeError):  # no such file, or no stdin
        return False
    return os.path.samestat(found, status)


def _check_stdout(source: Path | None) -> None:
    """Make sure that there is a standard output, and that it does not lead into the source."""
    if sys.stdout is None:
        raise ScoringError(
            "standard output is closed, and the result would go there. Name a file as the output."
        )
    try:
        status = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # it is no file, as in a notebook
        return
    if _is_input(source, status):
        raise DataError(
            f"standard output leads into {source}, the file that is read. Name another file as the "
            "output."
        )


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None

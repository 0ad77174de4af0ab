"""The journal of an unfinished result: which run wrote it, and how many of its bytes count."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from cinesent.errors import ScoringError, option
from cinesent.files import create_exclusive, open_existing
from cinesent.scoring.hidden_files import foreign_file, is_regular
from cinesent.tables.rows import Position

_VERSION = 2
_SIZE_LIMIT = 2**22


@dataclass(frozen=True)
class ScoringState:
    """How far a run has come; the summary is made from the last one.

    Attributes:
        position: where in the source the next row begins; None: no row was read yet.
        size: bytes of the part that hold the rows up to there.
        num_rows: rows written, bad ones included.
        num_bad: bad rows among them.
        num_blank: empty lines skipped.
        labels: number of rows per label.
        reasons: number of rows per reason to doubt a label.
        errors: the messages of the first bad rows.
        seconds: time spent so far, including earlier runs.
        done: share of the source that was read, 0 to 1; None where its size is unknown.
        complete: whether the source has been read to its end.
    """

    position: Position | None = None
    size: int = 0
    num_rows: int = 0
    num_bad: int = 0
    num_blank: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    seconds: float = 0.0
    done: float | None = None
    complete: bool = False

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the state that `asdict` turned into `values`."""
        values = dict(values)
        place = values.pop("position")
        errors = tuple(values.pop("errors"))
        return cls(position=None if place is None else Position(*place), errors=errors, **values)


class Journal:
    """The file that holds the state of an unfinished run.

    It is replaced in one step, and its content has a checksum: a journal that can be read is one
    that cinesent wrote, whole.

    Args:
        path: the journal.
        temporary: where its next version is written.
    """

    def __init__(self, path: Path, temporary: Path) -> None:
        self.path = path
        self._temporary = temporary

    @property
    def exists(self) -> bool:
        """Whether there is an unfinished run."""
        return is_regular(self.path)

    def write(self, run: dict[str, Any], state: ScoringState) -> None:
        """Replace the journal; it is on the disk when this returns.

        Raises:
            ScoringError: a file that cinesent did not write has the temporary name.
            OSError: it cannot be written; the previous version stays.
        """
        body = {"version": _VERSION, "run": run, "state": asdict(state)}
        content = json.dumps({**body, "checksum": _checksum(body)}).encode("ascii")
        self._remove_leftover()
        try:
            with create_exclusive(self._temporary) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._temporary.replace(self.path)
        except OSError:
            self._temporary.unlink(missing_ok=True)
            raise

    def read(self) -> tuple[dict[str, Any], ScoringState]:
        """Return the run and its state.

        Raises:
            ScoringError: the journal cannot be read, or was changed.
        """
        try:
            with open_existing(self.path) as file:
                content = json.loads(file.read(_SIZE_LIMIT))
            if content["version"] != _VERSION:
                raise ValueError("another version of cinesent wrote it")
            if content.pop("checksum") != _checksum(content):
                raise ValueError("its checksum does not match its content")
            return content["run"], ScoringState.from_dict(content["state"])
        except (OSError, ValueError) as error:
            raise self._unusable(getattr(error, "strerror", None) or str(error)) from error
        except (LookupError, TypeError, AttributeError, RecursionError) as error:
            raise self._unusable("its content is not that of a journal") from error

    def _unusable(self, reason: str) -> ScoringError:
        return ScoringError(
            f"the unfinished result cannot be resumed, since its journal {self.path} cannot be "
            f"used: {reason}. Start over with {option('overwrite', True)}."
        )

    def remove(self) -> None:
        """Delete the journal."""
        self.path.unlink(missing_ok=True)

    def _remove_leftover(self) -> None:
        """Delete what a run that was killed while writing the journal left."""
        if not os.path.lexists(self._temporary):
            return
        if is_regular(self._temporary):
            with open_existing(self._temporary) as file:
                beginning = b'{"version": '
                if beginning.startswith(file.read(len(beginning))):
                    self._temporary.unlink(missing_ok=True)
                    return
        raise foreign_file(self._temporary)


def _checksum(body: dict[str, Any]) -> str:
    content = json.dumps(body, sort_keys=True).encode("ascii")
    return hashlib.sha256(content).hexdigest()[:16]

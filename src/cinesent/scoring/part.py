"""The unfinished result, and the journal that says how much of it counts.

Beside the result-to-be lie ``.NAME.part`` with its first bytes and ``.NAME.part.json``, which is
replaced in one step: whatever moment the process ends at, the journal speaks of bytes that are on
the disk. What follows them is cut off before the run goes on. The result gets its name last.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from cinesent.errors import ScoringError
from cinesent.tables.rows import Position

_VERSION = 1
_HASHED = 2**20


@dataclass(frozen=True)
class State:
    """How far a run has come; what the summary says is made from it.

    Attributes:
        position: where in the source the next row begins; None: no row was read yet.
        size: bytes of the part that hold the rows up to there.
        num_rows: rows written, bad ones included.
        num_bad: bad rows among them.
        num_blank: empty lines passed over.
        labels: how many rows got which label.
        errors: the first bad rows, in words.
        seconds: spent so far, earlier runs included.
        complete: whether the source has been read to its end.
    """

    position: Position | None = None
    size: int = 0
    num_rows: int = 0
    num_bad: int = 0
    num_blank: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    seconds: float = 0.0
    complete: bool = False

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return what `asdict` was made from."""
        place = values.pop("position")
        errors = tuple(values.pop("errors"))
        return cls(position=place and Position(*place), errors=errors, **values)


class Part:
    """The part of a target and its journal.

    Args:
        target: the result-to-be.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.part")
        self.journal = target.with_name(f".{target.name}.part.json")
        self._file: Any = None

    @property
    def exists(self) -> bool:
        """Whether an unfinished run lies here."""
        return self.journal.is_file()

    @property
    def is_open(self) -> bool:
        """Whether it is being written."""
        return self._file is not None

    def begin(self, run: dict[str, Any]) -> State:
        """Begin a run, in the place of an unfinished one."""
        self._open("wb")
        self.journal.unlink(missing_ok=True)
        self._run = run
        state = State()
        self.commit(state)
        return state

    def resume(self, run: dict[str, Any]) -> State:
        """Go on with the run that lies here: return how far it came.

        Raises:
            ScoringError: it is another run than `run`, or its files are damaged.
        """
        state = self._check(run)
        self._run = run
        if state.complete and not self.path.exists():
            return state  # it ended between giving the result its name and clearing up
        self._open("r+b")
        if os.fstat(self._file.fileno()).st_size < state.size:
            self.close()
            raise ScoringError(
                f"{self.path} is shorter than {self.journal} says: it was changed. Start over "
                "with --overwrite."
            )
        self._file.truncate(state.size)
        self._file.seek(state.size)
        return state

    def append(self, content: bytes) -> None:
        """Write behind what is there."""
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) :]

    def commit(self, state: State) -> None:
        """Make what `state` speaks of last, and forget what was written after it."""
        if os.fstat(self._file.fileno()).st_size > state.size:
            self._file.truncate(state.size)
            self._file.seek(state.size)
        os.fsync(self._file.fileno())
        content = {"version": _VERSION, "run": self._run, "state": asdict(state)}
        temporary = self.journal.with_suffix(".tmp")
        try:
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.journal)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def finish(self, state: State, convert: Callable[[Path, Path], None] | None) -> None:
        """Give the result its name.

        Args:
            state: the last one.
            convert: makes the result, its second argument, from the part; None: the part is it.
        """
        if self._file is not None:
            self.commit(replace(state, complete=True))
            self.close()
        if self.path.exists():
            made = self.path
            if convert is not None:
                made = self.target.with_name(f".{self.target.name}.part.made")
                try:
                    convert(self.path, made)
                    with made.open("rb") as file:
                        os.fsync(file.fileno())
                except BaseException:
                    made.unlink(missing_ok=True)
                    raise
            made.replace(self.target)
            _sync_folder(self.target.parent)
        self.path.unlink(missing_ok=True)
        self.journal.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete the part and its journal."""
        self.close()
        self.journal.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; what was committed stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, mode: str) -> None:
        # Not cut off before it is locked: it may be another process's.
        mode = "r+b" if self.path.exists() else mode
        self._file = self.path.open(mode, buffering=0)
        # Nor may it have become somebody's result between opening and locking.
        locked = _lock(self._file)
        if not locked or not os.path.samestat(os.fstat(self._file.fileno()), self.path.stat()):
            self.close()
            raise ScoringError(f"another process is writing {self.target} right now.")

    def _check(self, run: dict[str, Any]) -> State:
        try:
            found = json.loads(self.journal.read_text(encoding="utf-8"))
            if found["version"] != _VERSION:
                raise ValueError(f"it has version {found['version']}")
            state = State.from_dict(found["state"])
            before: dict[str, Any] = found["run"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ScoringError(
                f"{self.journal} cannot be read ({error}). Start over with --overwrite."
            ) from error
        changed = [
            f"{name} was {before.get(name)}, is {value}"
            for name, value in run.items()
            if before.get(name) != value
        ]
        if changed:
            raise ScoringError(
                f"the unfinished result for {self.target} cannot be gone on with: "
                f"{'; '.join(changed)}. Go on with what it began with, or start over with "
                "--overwrite."
            )
        return state


def file_fingerprint(path: Path) -> str:
    """Return what tells a file from a changed one, without reading it whole."""
    status = path.stat()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(_HASHED))
        file.seek(max(0, status.st_size - _HASHED))
        digest.update(file.read(_HASHED))
    changed = status.st_mtime_ns
    return f"{status.st_size:,} bytes of {digest.hexdigest()[:16]}, changed at {changed}"


def _lock(file: Any) -> bool:
    """Claim a file for this process; False if another one has it. It ends with the process."""
    try:
        import fcntl
    except ImportError:  # Windows: nothing is claimed
        return True
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _sync_folder(folder: Path) -> None:
    """Make a new name last; not every system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

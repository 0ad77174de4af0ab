"""The unfinished result beside its target: opened safely, resumed, and renamed at the end.

Beside ``NAME`` lie ``.NAME.part`` with the first bytes of the result and ``.NAME.part.json``, the
journal. Whenever the process ends, the journal counts only bytes that are on the disk; the rest is
cut off when the run is resumed. The journal is written before the part is created, so a part
without a journal belongs to somebody else and is never opened. Symbolic links are not followed.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

from cinesent.errors import ScoringError, option
from cinesent.files import create_exclusive, open_existing, sync_folder
from cinesent.scoring.hidden_files import foreign_file, has_path, is_regular, lock, part_names
from cinesent.scoring.journal import Journal, ScoringState

#: Makes the result, its second argument, from the finished part.
Convert = Callable[[IO[bytes], IO[bytes]], None]


class Part:
    """The part of a target and its journal.

    Args:
        target: the file that the result becomes.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path, journal, temporary, self._converted = part_names(target)
        self.journal = Journal(journal, temporary)
        self._file: io.FileIO | None = None
        self._run: dict[str, Any] = {}

    @property
    def exists(self) -> bool:
        """Whether there is an unfinished run."""
        return self.journal.exists

    @property
    def is_open(self) -> bool:
        """Whether this process is writing it."""
        return self._file is not None

    def check(self) -> None:
        """Make sure that the names belong to cinesent or to nobody.

        Raises:
            ScoringError: one of them is a symbolic link, or a file of somebody else.
        """
        for path in part_names(self.target):
            if not os.path.lexists(path):
                continue
            # A second name (a hard link) would be written as well.
            if not is_regular(path) or path.lstat().st_nlink > 1:
                raise foreign_file(path)
        for path in (self.path, self._converted):
            if os.path.lexists(path) and not self.exists:
                raise foreign_file(path)

    def begin(self, run: dict[str, Any]) -> ScoringState:
        """Begin a run; an unfinished one is replaced.

        Raises:
            ScoringError: another process is writing it, or a name is somebody else's.
            OSError: it cannot be written.
        """
        self.check()
        file = self._open() if self.path.exists() else None
        self._run = run
        state = ScoringState()
        try:
            self.journal.write(run, state)
            self._file = file or self._create()
            self._file.truncate(0)
        except BaseException:
            if file:
                file.close()
            raise
        return state

    def resume(self, run: dict[str, Any]) -> ScoringState:
        """Continue the unfinished run: return how far it came.

        Raises:
            ScoringError: it is another run than `run`, its files are damaged, or another process
                is writing it.
            OSError: it cannot be written.
        """
        self.check()
        file = self._open() if self.path.exists() else None
        try:
            state = self._matching_state(run)
            size = os.fstat(file.fileno()).st_size if file else 0
            finished = state.complete and file is None and self.target.exists()
            if size < state.size and not finished:
                raise ScoringError(
                    f"{self.path} has {size:,} bytes, and its journal counts {state.size:,}: it "
                    f"was changed or removed. Start over with {option('overwrite', True)}."
                )
            self._run = run
            if finished:
                return state  # it ended after renaming the result, before removing the journal
            file = file or self._create()
        except BaseException:
            if file:
                file.close()
            raise
        file.truncate(state.size)
        file.seek(state.size)
        self._file = file
        return state

    def append(self, content: bytes) -> None:
        """Write `content` at the end."""
        left = memoryview(content)
        while left:
            left = left[self._opened.write(left) :]

    def commit(self, state: ScoringState) -> None:
        """Make everything that `state` counts durable; drop what was written after it."""
        file = self._opened
        if os.fstat(file.fileno()).st_size > state.size:
            file.truncate(state.size)
            file.seek(state.size)
        os.fsync(file.fileno())
        self.journal.write(self._run, state)

    def finish(self, state: ScoringState, convert: Convert | None) -> None:
        """Give the result its name.

        Args:
            state: the last one.
            convert: makes the result from the part; None: the part is the result.
        """
        if self._file is not None:
            self.commit(replace(state, complete=True))
            self.close()
        if self.path.exists():
            made = self.path if convert is None else self._convert(convert)
            made.replace(self.target)
            sync_folder(self.target.parent)
        self.path.unlink(missing_ok=True)
        self.journal.remove()

    def remove(self) -> None:
        """Delete the part and its journal."""
        self.close()
        self.path.unlink(missing_ok=True)
        self.journal.remove()

    def close(self) -> None:
        """Close the file; what was committed stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def _opened(self) -> io.FileIO:
        if self._file is None:
            raise ValueError("the part is not open")
        return self._file

    def _convert(self, convert: Convert) -> Path:
        # What a run that was killed here left.
        self._converted.unlink(missing_ok=True)
        try:
            with open_existing(self.path) as part, create_exclusive(self._converted) as made:
                convert(part, made)
                made.flush()
                os.fsync(made.fileno())
        except BaseException:
            self._converted.unlink(missing_ok=True)
            raise
        return self._converted

    def _create(self) -> io.FileIO:
        try:
            return self._locked(create_exclusive(self.path))
        except FileExistsError:
            raise self._busy() from None

    def _open(self) -> io.FileIO:
        return self._locked(open_existing(self.path))

    def _locked(self, file: IO[bytes]) -> io.FileIO:
        # Unbuffered: after an error, nothing is left that closing the file would write.
        raw = cast("io.FileIO", cast("io.BufferedRandom", file).detach())
        # Between opening and locking, another process may have finished it and renamed it.
        if not lock(raw) or not has_path(raw, self.path):
            raw.close()
            raise self._busy()
        if os.fstat(raw.fileno()).st_nlink > 1:
            raw.close()
            raise foreign_file(self.path)
        return raw

    def _busy(self) -> ScoringError:
        return ScoringError(
            f"another process is writing {self.target}. Wait for it, or write to another file."
        )

    def _matching_state(self, run: dict[str, Any]) -> ScoringState:
        before, state = self.journal.read()
        changed = [
            f"{name} was {before.get(name)}, is {value}"
            for name, value in run.items()
            if before.get(name) != value
        ]
        if changed:
            raise ScoringError(
                f"the unfinished result for {self.target} cannot be resumed: "
                f"{'; '.join(changed)}. Resume it with the input, model and options it was begun "
                f"with, or start over with {option('overwrite', True)}."
            )
        return state

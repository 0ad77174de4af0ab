"""The checkpoint: the state of an unfinished run on disk, enough to resume it at the same step."""

from __future__ import annotations

import contextlib
import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import CinesentError, TrainingError, option
from cinesent.files import atomic_file, write_atomic
from cinesent.training.engine.records import EpochRecord, FitState

if TYPE_CHECKING:
    from keras import Model

#: Raised when a run that an older version left unfinished cannot be resumed any more.
CHECKPOINT_VERSION = 2

_STATE = "state.npz"
_RUN = "run.json"
_SECONDS = "seconds.json"
# What NumPy raises for a file that is missing, cut short or damaged.
_DAMAGED = (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile)


class Clock:
    """The wall time of a run, the time before an interruption included.

    What passed between the last :meth:`write` and the end of a killed process is not counted.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._started = time.perf_counter()
        try:
            self._before = float(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            self._before = 0.0

    @property
    def seconds(self) -> float:
        """Wall time of this process and of those that it resumes."""
        return self._before + time.perf_counter() - self._started

    def write(self) -> None:
        """Save the time for a process that resumes the run.

        Raises:
            TrainingError: the file cannot be written.
        """
        with _writing(self._file):
            write_atomic(self._file, json.dumps(self.seconds))


class Checkpoint:
    """A folder beside the output folder that holds an unfinished run.

    =================  ============================================================================
    ``run.json``       version, and what is trained: recipe, data, seed; nothing else is resumed
    ``state.npz``      all variables of model and optimizer, the dropouts' random streams included,
                       the best weights, and the position within the epoch
    ``seconds.json``   the time taken so far
    other ``.npz``     results of finished stages
    folders            the same for networks that are trained on the way
    =================  ============================================================================

    Every file is replaced in one step, and none holds pickled objects.
    """

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        """Name the folder; nothing is written yet.

        Args:
            folder: of this checkpoint.
            clock: of the whole run, for a part of it.
        """
        self.folder = folder
        self.clock = clock or Clock(folder / _SECONDS)

    @property
    def exists(self) -> bool:
        """Whether the folder holds an unfinished run."""
        return (self.folder / _RUN).is_file()

    @contextlib.contextmanager
    def recording(self, description: Mapping[str, Any]) -> Iterator[None]:
        """Hold the run that `description` describes while the stages in the ``with`` block run.

        A run that fails before it has any result leaves no checkpoint behind.

        Raises:
            TrainingError: the folder holds another run, or one of another version.
        """
        if self.exists:
            self.check(description)
        else:
            self.start(description)
        try:
            yield
        except CinesentError:
            if not any(self.folder.rglob("*.npz")):
                self.remove()
            raise

    def start(self, description: Mapping[str, Any]) -> None:
        """Begin a run: make the folder and write down what is trained.

        Raises:
            TrainingError: the folder cannot be written.
        """
        content = {"version": CHECKPOINT_VERSION, "run": dict(description)}
        with _writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self.folder / _RUN, json.dumps(content, indent=2))

    def check(self, description: Mapping[str, Any]) -> None:
        """Raise unless the folder holds the run that `description` describes.

        Raises:
            TrainingError: ``run.json`` cannot be read, is of another version, or describes another
                run; the message names the differences.
        """
        cure = f"or start again with {option('overwrite', True)}."
        path = self.folder / _RUN
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingError(f"{path} cannot be read: {error}. Restore it, {cure}") from error
        version = found.get("version", 1) if isinstance(found, dict) else None
        if version != CHECKPOINT_VERSION:
            raise TrainingError(
                f"the unfinished run in {self.folder} has checkpoint version {version}; this "
                f"version of cinesent resumes version {CHECKPOINT_VERSION}. Finish it with the "
                f"version of cinesent that started it, {cure}"
            )
        # Through JSON, which has lists for tuples.
        differing = _differences(found.get("run"), json.loads(json.dumps(dict(description))))
        if differing:
            raise TrainingError(
                f"the unfinished run in {self.folder} is a different one: {'; '.join(differing)}. "
                f"Resume it with the settings it was started with, {cure}"
            )

    def part(self, name: str) -> Checkpoint:
        """Return the checkpoint of a network that is trained on the way, within this one."""
        folder = self.folder / name
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return Checkpoint(folder, self.clock)

    def cached(self, name: str, compute: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return the result of a finished stage; compute and keep it where there is none.

        Args:
            name: of the stage; a file name without its suffix.
            compute: returns the result.
        """
        path = self.folder / f"{name}.npz"
        with contextlib.suppress(*_DAMAGED):
            return _read_arrays(path)["array"]
        array = compute()
        _write_arrays(path, {"array": array})
        self.clock.write()
        return array

    def save_state(self, model: Model, state: FitState) -> None:
        """Write down everything that the next step depends on."""
        from keras import ops

        arrays = {
            **_numbered("model", [ops.convert_to_numpy(v.value) for v in model.variables]),
            **_numbered(
                "optimizer", [ops.convert_to_numpy(v.value) for v in model.optimizer.variables]
            ),
            **{f"best/{name}": value for name, value in state.best_weights.items()},
            "progress": np.array(json.dumps(state.to_dict())),
        }
        _write_arrays(self.folder / _STATE, arrays)
        self.clock.write()

    def load_state(self, model: Model, state: FitState, record_type: type[EpochRecord]) -> None:
        """Put a saved state, if there is one, into `model` and `state`.

        Raises:
            TrainingError: the file is damaged, or holds the state of a different network.
        """
        path = self.folder / _STATE
        if not path.exists():
            return
        model.optimizer.build(model.trainable_variables)
        try:
            stored = _read_arrays(path)
            _assign(model.variables, "model", stored)
            _assign(model.optimizer.variables, "optimizer", stored)
            best = {key[5:]: value for key, value in stored.items() if key.startswith("best/")}
            state.restore(json.loads(str(stored["progress"])), best, record_type)
        except _DAMAGED as error:
            raise TrainingError(
                f"{path} does not hold a state of this network: {error}. "
                f"Start again with {option('overwrite', True)}."
            ) from error

    def remove(self) -> None:
        """Delete the files of a run, and the folder if nothing else is in it."""
        for path in [*self.folder.rglob("*.npz"), *self.folder.rglob("*.tmp")]:
            path.unlink()
        for name in (_RUN, _SECONDS):
            (self.folder / name).unlink(missing_ok=True)
        for folder in [*self.folder.glob("*/"), self.folder]:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _differences(found: Any, wanted: Any, where: str = "") -> list[str]:
    """List the leaves in which two nested dictionaries differ."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        keys = sorted({*found, *wanted})
        return [
            line
            for key in keys
            for line in _differences(found.get(key), wanted.get(key), f"{where}.{key}".lstrip("."))
        ]
    return [] if found == wanted else [f"{where} was {found}, is {wanted}"]


def _numbered(prefix: str, arrays: list[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Name arrays by their place: Keras's own names are not unique."""
    return {f"{prefix}/{index}": np.asarray(array) for index, array in enumerate(arrays)}


def _assign(variables: list[Any], prefix: str, stored: Mapping[str, NDArray[Any]]) -> None:
    if f"{prefix}/{len(variables)}" in stored:
        raise ValueError(f"it has more {prefix} variables than this network")
    for index, variable in enumerate(variables):
        variable.assign(stored[f"{prefix}/{index}"])


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    # NumPy leaves a damaged file open unless it is handed an open one.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    with _writing(path), atomic_file(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into a TrainingError."""
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"the checkpoint {path} cannot be written: {error.strerror or error}. Make room or "
            f"change its permissions and resume with {option('resume', True)}, or name another "
            f"folder with {option('out')}."
        ) from error

"""The state of a training run on disk: enough to go on as if nothing had happened."""

from __future__ import annotations

import contextlib
import json
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import CinesentError, TrainingError

if TYPE_CHECKING:
    from keras import Model

    from cinesent.training.loop import Progress

_STATE = "state.npz"
_RUN = "run.json"
_SECONDS = "seconds.json"


class Clock:
    """How long a run has taken, the time before it was cut off included.

    What passed since the last :meth:`write` of a process that was killed is not counted.
    """

    def __init__(self, file: Path) -> None:
        """Go on from what the file says, from zero where there is none that can be read."""
        self._file = file
        self._started = time.perf_counter()
        try:
            self._before = float(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            self._before = 0.0

    @property
    def seconds(self) -> float:
        """Wall time of this process and of those that it goes on from."""
        return self._before + time.perf_counter() - self._started

    def write(self) -> None:
        """Remember the time for whoever goes on from here."""
        _replace(self._file, json.dumps(self.seconds).encode())


class Checkpoint:
    """A folder beside the bundle-to-be that holds an unfinished run.

    `run.json` says what is being trained (recipe, data, seed), so that nothing else is resumed by
    mistake; `state.npz` holds every variable of model and optimizer, the dropouts' random streams
    among them, the best weights, and where in which epoch the run stands; other arrays are results
    of earlier stages; `seconds.json` is what the run has taken. Each file is replaced in one step,
    and none holds pickled objects.
    """

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        """Name the folder; nothing is written yet. The clock is that of the whole run."""
        self.folder = folder
        self.clock = clock or Clock(folder / _SECONDS)

    @property
    def exists(self) -> bool:
        """Whether an unfinished run lies here."""
        return (self.folder / _RUN).is_file()

    def start(self, run: dict[str, Any]) -> None:
        """Begin a run: make the folder and write down what is trained."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _replace(self.folder / _RUN, json.dumps(run, indent=2).encode())

    def check(self, run: dict[str, Any]) -> None:
        """Raise unless the run that lies here is `run`.

        Raises:
            TrainingError: the run's file cannot be read, or differs; the message names where.
        """
        try:
            found = json.loads((self.folder / _RUN).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingError(f"{self.folder / _RUN} cannot be read: {error}.") from error
        differing = _differences(found, run)
        if differing:
            raise TrainingError(
                f"the unfinished run in {self.folder} is another one: {'; '.join(differing)}. "
                "Resume it with the settings it began with, or start over with --overwrite."
            )

    @contextlib.contextmanager
    def preparing(self, run: dict[str, Any]) -> Iterator[None]:
        """Begin `run`, or make sure that it is the one that lies here, while its data is prepared.

        What cannot be prepared leaves no checkpoint behind.

        Raises:
            TrainingError: another run lies here.
        """
        known = self.exists
        if known:
            self.check(run)
        else:
            self.start(run)
        try:
            yield
        except CinesentError:
            if not known:
                self.remove()
            raise

    def part(self, name: str) -> Checkpoint:
        """Return a checkpoint within this one, for a network that only leads to the real one."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return Checkpoint(folder, self.clock)

    def store(self, name: str, array: NDArray[Any]) -> None:
        """Keep the result of a stage."""
        _write_arrays(self.folder / f"{name}.npz", {"array": array})
        self.clock.write()

    def recall(self, name: str) -> NDArray[Any] | None:
        """Return the result of a stage, None where there is none that can be read."""
        try:
            # A file of our own to close: NumPy leaves a damaged one open.
            with (
                (self.folder / f"{name}.npz").open("rb") as file,
                np.load(file, allow_pickle=False) as stored,
            ):
                return np.asarray(stored["array"])
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
            return None

    def save_state(self, model: Model, progress: Progress) -> None:
        """Write down all that the next step depends on."""
        from keras import ops

        arrays = {
            **_numbered("model", [ops.convert_to_numpy(v.value) for v in model.variables]),
            **_numbered(
                "optimizer", [ops.convert_to_numpy(v.value) for v in model.optimizer.variables]
            ),
            **{f"best/{name}": value for name, value in progress.best_weights.items()},
            "progress": np.array(json.dumps(progress.to_dict())),
        }
        _write_arrays(self.folder / _STATE, arrays)
        self.clock.write()

    def load_state(self, model: Model, progress: Progress) -> bool:
        """Put a saved state back into `model` and `progress`; False where none was saved.

        Raises:
            TrainingError: the file is damaged, or holds the state of another network.
        """
        path = self.folder / _STATE
        if not path.exists():
            return False
        model.optimizer.build(model.trainable_variables)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                _assign(model.variables, "model", stored)
                _assign(model.optimizer.variables, "optimizer", stored)
                best = {key[5:]: stored[key] for key in stored.files if key.startswith("best/")}
                progress.restore(json.loads(str(stored["progress"])), best)
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise TrainingError(
                f"{path} does not hold a state of this network: {error}. "
                "Start over with --overwrite."
            ) from error
        return True

    def remove(self) -> None:
        """Delete the files of a run that is finished, and the folder if nothing else is in it."""
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


def _assign(variables: list[Any], prefix: str, stored: Any) -> None:
    if f"{prefix}/{len(variables)}" in stored.files:
        raise ValueError(f"it has more {prefix} variables than this network")
    for index, variable in enumerate(variables):
        variable.assign(stored[f"{prefix}/{index}"])


def _write_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(content)
    temporary.replace(path)

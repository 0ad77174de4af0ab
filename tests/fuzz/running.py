"""Runs inputs one after another, within limits of time and memory, and reports the faults."""

from __future__ import annotations

import faulthandler
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cinesent.models.backend import import_keras
from fuzz.cases import TARGETS, FaultError, Lab, begin, open_lab

#: Seconds for one input; the work of an input is measured in milliseconds.
TIME_LIMIT = 20
#: Bytes that one input may add to the memory of the process.
MEMORY_LIMIT = 700 * 2**20


@dataclass(frozen=True)
class Finding:
    """An input that broke something.

    Attributes:
        number: of the input.
        target: what was tried.
        calls: with these arguments.
        error: the traceback.
    """

    number: int
    target: str
    calls: tuple[str, ...]
    error: str

    @property
    def place(self) -> str:
        """Where it broke, to tell findings of one cause from others."""
        lines = self.error.strip().splitlines()
        places = [line.split("/src/cinesent/")[1] for line in lines if "/src/cinesent/" in line]
        if places:
            return f"{lines[-1].split(':')[0]} in {places[-1]}"
        return re.sub(r"\d+", "N", lines[-1])[:120]


class _TooLongError(BaseException):
    """Not an Exception, so that nothing on the way catches it."""


def run(
    numbers: Iterable[int], seed: int = 0, target: str | None = None, keep: Path | None = None
) -> Iterator[Finding]:
    """Try inputs; yield what broke.

    Args:
        numbers: of the inputs.
        seed: of all of them.
        target: what to try; None: everything, in turn.
        keep: a folder to keep the files of inputs in that broke something.
    """
    names = [target] if target else list(TARGETS)
    weights = [TARGETS[name][1] for name in names]
    with tempfile.TemporaryDirectory(prefix="cinesent-fuzz-") as folder, _surroundings(folder):
        if "train" in names:
            import_keras("tensorflow")  # takes memory and seconds, and no input is to blame
        lab = open_lab(Path(folder))
        os.chdir(lab.folder)
        for number in numbers:
            rng = Random(f"{seed}/{number}")
            (name,) = rng.choices(names, weights)
            finding = _try(name, number, rng, lab)
            if finding is not None:
                if keep is not None:
                    _keep(lab.folder, keep / str(number))
                yield finding


def _try(name: str, number: int, rng: Random, lab: Lab) -> Finding | None:
    begin(lab)
    before = _peak_memory()
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT)
    # Compiled code does not see the signal: then the process ends and shows where it was.
    faulthandler.dump_traceback_later(3 * TIME_LIMIT, exit=True, file=sys.__stderr__)
    _current["input"] = f"{name}, input {number}"
    try:
        TARGETS[name][0](rng, lab)
        if _peak_memory() - before > MEMORY_LIMIT:
            raise FaultError(f"it took {(_peak_memory() - before) / 2**20:,.0f} MB")
    except KeyboardInterrupt:
        raise
    except BaseException:  # whatever comes out is what is looked for
        return Finding(number, name, tuple(lab.tried), traceback.format_exc())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
    return None


_current = {"input": ""}


def _peak_memory() -> int:
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


class _surroundings:  # noqa: N801 -- used like a function
    """Environment, current folder, warnings and signals of a run, put back at its end."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        self._environment = dict(os.environ)
        self._current = Path.cwd()
        self._caught = warnings.catch_warnings()
        self._caught.__enter__()
        # A warning of NumPy or openpyxl on the terminal of a user is a fault as well.
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ResourceWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        for name in [name for name in os.environ if name.startswith("CINESENT_")]:
            del os.environ[name]
        home = {"HOME": self._folder, "CINESENT_CACHE": f"{self._folder}/cache"}
        # Nothing is downloaded: nobody listens there.
        os.environ.update({**home, "CINESENT_IMDB_URL": "http://127.0.0.1:9/", "COLUMNS": "80"})
        self._handler = signal.signal(signal.SIGALRM, _too_long)

    def __exit__(self, *error: object) -> None:
        signal.signal(signal.SIGALRM, self._handler)
        self._caught.__exit__(None, None, None)
        os.environ.clear()
        os.environ.update(self._environment)
        os.chdir(self._current)


def _too_long(*signal_and_frame: object) -> None:
    raise _TooLongError(f"it took more than {TIME_LIMIT} seconds")


def _keep(folder: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, symlinks=True)


def report(finding: Finding, seed: int) -> str:
    """Return what is known of a fault, and how to see it again."""
    return (
        f"--- {finding.target}, input {finding.number}: "
        f"python -m tests.fuzz --seed {seed} --only {finding.number}\n"
        + "\n".join(finding.calls)
        + f"\n{finding.error}"
    )


def run_command(inputs: int, first: int, seed: int, target: str | None, keep: Path | None) -> int:
    """Try many inputs and print each kind of fault once; return the exit status."""
    kinds: dict[str, int] = {}
    started = time.monotonic()
    for finding in run(_counted(inputs, first, started), seed, target, keep):
        kinds[finding.place] = kinds.get(finding.place, 0) + 1
        if kinds[finding.place] == 1:
            print(report(finding, seed), flush=True)  # noqa: T201
    for place, count in sorted(kinds.items(), key=lambda item: -item[1]):
        print(f"{count:6,} × {place}")  # noqa: T201
    seconds = time.monotonic() - started
    print(f"{inputs:,} inputs, {len(kinds)} kinds of faults, {seconds:,.0f} s")  # noqa: T201
    return 1 if kinds else 0


def _counted(inputs: int, first: int, started: float) -> Iterator[int]:
    for number in range(first, first + inputs):
        if number > first and number % 1000 == 0:
            pace = (number - first) / (time.monotonic() - started)
            print(f"{number:,} inputs, {pace:.0f} per second", file=sys.stderr)  # noqa: T201
        yield number

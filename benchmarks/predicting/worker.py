"""A process for each contestant, which answers one question a line, and the handle to it.

    python -m benchmarks.predicting.worker NAME    (JSON lines on stdin and stdout)

Contestants that share a process would share threads, memory and warnings. Idle, they wait for a
line and take no processor time from the one that is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.predicting.field import Spec

if TYPE_CHECKING:
    from benchmarks.predicting.contestants import Contestant, Settings

ROOT = Path(__file__).resolve().parents[2]


class WorkerError(Exception):
    """A contestant failed; the message says with what."""


class Worker:
    """The handle to a contestant's process; a context manager that ends it."""

    def __init__(self, spec: Spec, settings: Settings) -> None:
        self.spec = spec
        self._log = tempfile.TemporaryFile("w+b")  # noqa: SIM115, closed by close()
        environment = {
            **os.environ,
            "KERAS_BACKEND": spec.backend or "tensorflow",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TOKENIZERS_PARALLELISM": "false",
            "HF_HUB_OFFLINE": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.predicting.worker", spec.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=ROOT,
            env=environment,
            text=True,
        )
        self.send("open", **asdict(settings))

    def send(self, question: str, **values: Any) -> None:
        """Ask without waiting for the answer."""
        pipe = self._process.stdin
        if pipe is None or self._process.poll() is not None:
            raise WorkerError(self._last_words())
        try:
            pipe.write(json.dumps([question, values]) + "\n")
            pipe.flush()
        except BrokenPipeError as error:
            raise WorkerError(self._last_words()) from error

    def receive(self) -> Any:
        """Wait for the answer to what was sent.

        Raises:
            WorkerError: it failed, or the process ended instead.
        """
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise WorkerError(self._last_words())
        value, error = json.loads(line)
        if error:
            raise WorkerError(error)
        return value

    def ask(self, question: str, **values: Any) -> Any:
        """Ask and wait for the answer."""
        self.send(question, **values)
        return self.receive()

    def close(self) -> None:
        """End the process, which ends by itself when nobody can ask any more."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it ended without a word"


def peak_megabytes() -> float:
    """Return the most memory this process has held, MB of 10^6 bytes.

    From /proc where there is one: what `getrusage` says begins with the parent's memory.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


@contextmanager
def private_stdout() -> Iterator[Callable[[Any], None]]:
    """Yield what writes an answer; everything else that is printed goes to stderr."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as channel:
        os.dup2(2, 1)

        def answer(value: Any) -> None:
            channel.write(json.dumps(value) + "\n")
            channel.flush()

        yield answer


def time_one(contestant: Contestant, texts: Sequence[str], way: str, seconds: float) -> list[float]:
    """Answer single reviews in turn for some seconds, every one at least once, at most 200."""
    answer = contestant.one(way)
    found: list[float] = []
    started = time.perf_counter()
    while len(found) < 200 and (len(found) < 1 or time.perf_counter() - started < seconds):
        text = texts[len(found) % len(texts)]
        before = time.perf_counter()
        answer(text)
        found.append(time.perf_counter() - before)
    return found


def time_many(contestant: Contestant, texts: Sequence[str], way: str) -> dict[str, Any]:
    """Answer all texts; seconds of the clock, of the processor, and the answers."""
    clock, cpu = time.perf_counter(), time.process_time()
    answers = contestant.many(texts, way)
    seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - cpu
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "answers": answers.tolist()}


def time_text(contestant: Any, texts: Sequence[str]) -> dict[str, float]:
    """Return processor seconds that our classifier's text work takes, part by part."""
    from cinesent.text.clean import clean_text
    from cinesent.text.tokenizer import tokenize

    tokenizer = contestant.classifier.bundle.tokenizer
    marks = [time.process_time()]
    for text in texts:
        clean_text(text)
    marks.append(time.process_time())
    tokens = [tokenize(text) for text in texts]
    marks.append(time.process_time())
    for row in tokens:
        tokenizer.encode_tokens(row)
    marks.append(time.process_time())
    cleaning, splitting, encoding = (b - a for a, b in zip(marks, marks[1:], strict=False))
    return {
        "cleaning": cleaning,
        "splitting": splitting - cleaning,
        "encoding": encoding,
        "total": splitting + encoding,
        "tokens": sum(map(len, tokens)),
    }


def respond(contestant: Contestant, texts: list[str], question: str, values: Any) -> Any:
    """Answer one question about an open contestant."""
    if question == "texts":
        texts[:] = json.loads(Path(values["path"]).read_text(encoding="utf-8"))
        return len(texts)
    part = slice(values.get("start"), values.get("stop"))
    match question:
        case "one":
            return time_one(contestant, values["texts"], values["way"], values["seconds"])
        case "warm":
            return contestant.warm_up(texts[part], values["way"])
        case "many":
            return time_many(contestant, texts[part], values["way"])
        case "memory":
            contestant.gauge(texts[part], values["way"])
            return peak_megabytes()
        case "text":
            return time_text(contestant, texts[part])
    raise ValueError(f"there is no question {question!r}")


def main() -> None:
    """Open the contestant that the first line asks for, then answer until stdin ends."""
    with private_stdout() as answer:
        from benchmarks.predicting.contestants import Settings, open_contestant

        texts: list[str] = []
        try:
            _, values = json.loads(sys.stdin.readline())
            contestant = open_contestant(sys.argv[1], Settings(**values))
            answer(["open", None])
            for line in sys.stdin:
                question, values = json.loads(line)
                answer([respond(contestant, texts, question, values), None])
        except Exception as error:  # whatever a peer raises is its row in the table
            answer([None, f"{type(error).__name__}: {error}".splitlines()[0][:200]])
            raise


if __name__ == "__main__":
    main()

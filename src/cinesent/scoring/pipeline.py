"""Chunks of rows to scores, several at a time and in order, in threads or in worker processes.

While the network runs on one chunk, the next is tokenized and another is read or written:
tokenizing holds Python's lock, the network does not. How many are under way bounds the memory.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from cinesent.classifier import Classifier
from cinesent.errors import ScoringError, option
from cinesent.scoring.added_columns import Score
from cinesent.tables.rows import Chunk

# Chunks that the threads of one process share.
_THREADS = 2
_DIGITS = 6

#: Starts to score the reviews of a chunk.
Submit = Callable[[list[str]], "Future[list[Score]]"]


def score_texts(classifier: Classifier, texts: list[str], evidence: int) -> list[Score]:
    """Score reviews, with the `evidence` tokens of each that contributed most."""
    return [
        Score(
            prediction.label,
            round(prediction.probability, _DIGITS),
            prediction.num_tokens,
            [(token, round(value, _DIGITS)) for token, value in prediction.evidence],
            prediction.reason,
        )
        for prediction in classifier.predict(texts, evidence=evidence)
    ]


@contextmanager
def scoring(classifier: Classifier, evidence: int, workers: int) -> Iterator[Submit]:
    """Yield the function that starts to score the reviews of a chunk.

    Raises:
        ScoringError: a worker process died.
    """
    executor: Executor
    if workers == 1:
        executor = ThreadPoolExecutor(_THREADS)

        def submit(texts: list[str]) -> Future[list[Score]]:
            return executor.submit(score_texts, classifier, texts, evidence)
    else:
        executor = ProcessPoolExecutor(
            workers,
            # Never fork: the threads of ONNX Runtime would not come along.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_open_worker,
            initargs=(classifier, evidence),
        )

        def submit(texts: list[str]) -> Future[list[Score]]:
            return executor.submit(_score_in_worker, texts)

    try:
        yield submit
    except BrokenProcessPool as error:
        raise ScoringError(
            f"one of the {workers} worker processes ended unexpectedly; the system may have run "
            f"out of memory. Try fewer {option('workers')}. A Python script that passes workers "
            "must guard its main part with: if __name__ == '__main__'."
        ) from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def scored(
    chunks: Iterable[Chunk], submit: Submit, workers: int
) -> Iterator[tuple[Chunk, list[Score]]]:
    """Yield each chunk with its scores, in order; a bounded number is under way."""
    depth = _THREADS + 1 if workers == 1 else 2 * workers
    waiting: deque[tuple[Chunk, Future[list[Score]]]] = deque()
    for chunk in chunks:
        waiting.append((chunk, submit(chunk.texts)))
        if len(waiting) >= depth:
            first, future = waiting.popleft()
            yield first, future.result()
    while waiting:
        first, future = waiting.popleft()
        yield first, future.result()


_worker: tuple[Classifier, int]


def _open_worker(classifier: Classifier, evidence: int) -> None:
    global _worker
    # Ctrl-C goes to every process of a terminal; the main process stops the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()
    classifier.threads = 1
    _worker = classifier, evidence


def _follow_parent() -> None:
    """End this process when the one that started it ends, in whatever way."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _score_in_worker(texts: list[str]) -> list[Score]:
    return score_texts(_worker[0], texts, _worker[1])

"""Forks while other threads predict, and the budget that those threads share."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from bundles import write_bundle

from cinesent.network.admission import Admission

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

#: Forks while three threads predict without a pause. Each child predicts too, short and long
#: reviews; one that hangs is ended after a while by the fault handler, with status 1.
FORKS = """
import faulthandler, os, sys, threading
import cinesent
classifier = cinesent.load(sys.argv[1], threads=2)
texts = ["fine film " * (n % 40 + 1) for n in range(150)] + ["a quiet triumph " * 2000]
expected = classifier.predict(texts)
over = threading.Event()

def work():
    while not over.is_set():
        classifier.predict(texts)

threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
failed = 0
for _ in range(int(sys.argv[2])):
    child = os.fork()
    if child == 0:
        faulthandler.dump_traceback_later(60, exit=True)
        os._exit(0 if classifier.predict(texts) == expected else 2)
    failed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
over.set()
for thread in threads:
    thread.join()
print(failed)
"""


@needs_fork
@pytest.mark.parametrize("forks", [8, pytest.param(150, marks=pytest.mark.slow)])
def test_a_fork_under_load_leaves_a_child_that_predicts(tmp_path, forks):
    folder = write_bundle(tmp_path / "model", pooling="max+mean")
    command = [sys.executable, "-c", FORKS, str(folder), str(forks)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=290)
    assert done.stdout.strip() == "0", done.stderr


@needs_fork
def test_a_fork_waits_for_runs_and_admits_none(tmp_path):
    """What happens in ONNX Runtime, told with events."""
    admission = Admission(100)
    running, finish = threading.Event(), threading.Event()

    def run() -> None:
        with admission.run(10):
            running.set()
            finish.wait(20)

    thread = threading.Thread(target=run)
    thread.start()
    running.wait(20)
    threading.Timer(0.3, finish.set).start()
    started = time.perf_counter()
    admission.before_fork()
    assert finish.is_set()
    assert time.perf_counter() - started > 0.2
    admitted = threading.Event()

    def run_later() -> None:
        with admission.run(1):
            admitted.set()

    later = threading.Thread(target=run_later)
    later.start()
    assert not admitted.wait(0.2)
    admission.after_fork_in_parent()
    assert admitted.wait(20)
    for each in (thread, later):
        each.join(20)


def test_a_thread_may_fork_while_it_runs_itself():
    admission = Admission(10)
    with admission.run(5):
        admission.before_fork()
        admission.after_fork_in_parent()
        with admission.run(50):  # larger than what is left, but the thread is admitted already
            pass


def test_a_child_forgets_the_threads_of_its_parent():
    admission = Admission(10)
    running, finish = threading.Event(), threading.Event()

    def run() -> None:
        with admission.run(10):
            running.set()
            finish.wait(20)

    thread = threading.Thread(target=run)
    thread.start()
    running.wait(20)
    child = Admission(10)
    child._in_flight.update(admission._in_flight)
    child.after_fork_in_child()
    with child.run(10):
        pass
    finish.set()
    thread.join(20)


def test_threads_share_a_budget_of_tokens():
    admission, lock = Admission(100), threading.Lock()
    now, most = 0, 0

    def run(size: int) -> None:
        nonlocal now, most
        for _ in range(30):
            with admission.run(size):
                with lock:
                    now += size
                    most = max(most, now)
                time.sleep(0.0005)
                with lock:
                    now -= size

    threads = [threading.Thread(target=run, args=(size,)) for size in (10, 20, 30, 40, 50, 60, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert now == 0
    assert 50 <= most <= 100


def test_a_run_beyond_the_budget_is_admitted_alone():
    admission = Admission(10)
    with admission.run(1000):
        pass
    done = []

    def run() -> None:
        with admission.run(1000):
            done.append(True)

    with admission.run(1):
        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(0.1)
        assert not done
    thread.join(20)
    assert done


def test_an_error_gives_the_admission_back():
    admission = Admission(10)
    with pytest.raises(ValueError, match="no"), admission.run(10):
        raise ValueError("no")
    thread = threading.Thread(target=lambda: admission.run(10).__enter__())
    thread.start()
    thread.join(5)
    assert not thread.is_alive()


#: Forks from a signal handler, which may interrupt the main thread anywhere.
SIGNALS = """
import os, signal, sys
import cinesent
classifier = cinesent.load(sys.argv[1], threads=1)
statuses = []

def fork(*_):
    child = os.fork()
    if child == 0:
        os._exit(0)
    statuses.append(os.waitpid(child, 0)[1])
    signal.setitimer(signal.ITIMER_REAL, 0.003)

signal.signal(signal.SIGALRM, fork)
signal.setitimer(signal.ITIMER_REAL, 0.003)
while len(statuses) < 40:
    classifier.predict(["fine film " * 20] * 20)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
print(sum(statuses))
"""


@needs_fork
def test_a_signal_handler_may_fork(tmp_path: Path):
    folder = write_bundle(tmp_path / "model")
    command = [sys.executable, "-c", SIGNALS, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "0"

"""Lets the threads of a process run the network: so many tokens at a time, and none during a fork.

The memory that a run takes grows with its tokens, some 12 KB each with the packaged model. Threads
share one budget, whichever classifier they use.

A process that forks while another thread is inside ONNX Runtime copies the locks which that thread
holds, and the child waits for them forever. So a fork waits until no run is under way.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from cinesent.environment import usable_cores

#: Tokens of the largest run. A longer review is read in pieces (:mod:`cinesent.network.pieces`).
LARGEST_RUN = 8192
# Tokens in flight per core: what a batch of typical reviews has.
_PER_CORE = 2048


class Admission:
    """Admits runs as long as their tokens fit a budget, in the order in which they ask.

    Args:
        budget: tokens in flight. A larger run is admitted when it is alone.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._reset()

    def _reset(self) -> None:
        # The thread with the turn is the next to be admitted. Both locks may be taken again by the
        # thread that has them: a signal handler that forks runs in the middle of anything.
        self._turn = threading.RLock()
        self._changed = threading.Condition(threading.RLock())
        self._in_flight: Counter[int] = Counter()  # tokens by thread

    @contextmanager
    def run(self, num_tokens: int) -> Iterator[None]:
        """Wait for admission, and hold it until the block ends.

        A thread that has been admitted is admitted again at once: others may wait for it.
        """
        thread, size = threading.get_ident(), max(1, num_tokens)
        with self._changed:
            admitted = thread in self._in_flight
            if admitted:
                self._in_flight[thread] += size
        if not admitted:
            with self._turn, self._changed:
                self._changed.wait_for(lambda: self._fits(size))
                self._in_flight[thread] += size
        try:
            yield
        finally:
            with self._changed:
                self._in_flight[thread] -= size
                if not self._in_flight[thread]:
                    del self._in_flight[thread]
                self._changed.notify_all()

    def _fits(self, size: int) -> bool:
        return not self._in_flight or self._in_flight.total() + size <= self.budget

    def before_fork(self) -> None:
        """Wait until no other thread runs the network, and admit none."""
        thread = threading.get_ident()
        self._turn.acquire()
        self._changed.acquire()
        self._changed.wait_for(lambda: not self._in_flight.keys() - {thread})

    def after_fork_in_parent(self) -> None:
        """Admit runs again."""
        self._changed.release()
        self._turn.release()

    def after_fork_in_child(self) -> None:
        """Forget the threads of the parent, which do not exist here."""
        self._reset()


#: Of this process.
ADMISSION = Admission(max(2 * LARGEST_RUN, _PER_CORE * usable_cores()))

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=ADMISSION.before_fork,
        after_in_parent=ADMISSION.after_fork_in_parent,
        after_in_child=ADMISSION.after_fork_in_child,
    )

"""Ctrl-C during training."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupt:
    """Set by Ctrl-C and read between two steps, so that no step is cut in half."""

    def __init__(self) -> None:
        self.requested = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Catch the first Ctrl-C; the second one raises KeyboardInterrupt as usual.

        Outside the main thread, which alone receives signals, nothing is caught.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def note(signum: int, frame: object) -> None:
            self.requested = True
            signal.signal(signal.SIGINT, signal.default_int_handler)

        before = signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            # None: a handler that was not installed from Python cannot be restored from it.
            signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)

"""How many cores this process may run on."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Return on how many cores the process may run: its affinity, where the system has one."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""The peak memory of a program that a test starts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

# Not `ru_maxrss`: it begins with the size of the process that started the program, and a process
# that runs tests of TensorFlow is larger than any limit here. VmHWM begins anew with the program.
_REPORT = """
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""

linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the peak is read from Linux's /proc"
)


def peak_of(program: str, *arguments: str, timeout: float = 1100) -> float:
    """Run Python code with `arguments`; return the most memory it held, in MB.

    What the program prints is dropped; it fails the test if it fails.
    """
    command: Sequence[str] = [sys.executable, "-c", f"{program}\n{_REPORT}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1]) * 1024 / 1e6

"""The machine: its processor, what this process may use of it, and its memory."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cinesent.environment import usable_cores

_PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")

# What makes arithmetic on vectors fast, on x86 and on ARM, as Linux names it.
_INSTRUCTION_SETS = (
    *("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8"),
    *("asimd", "asimddp", "i8mm", "sve"),
)


@dataclass(frozen=True)
class Cpu:
    """The processor.

    Attributes:
        model: its name, "unknown" where the system does not tell.
        cores: that the machine has.
        usable_cores: that the process may run on (its affinity): so many reviews are predicted at
            a time.
        core_limit: cores' worth of time that a container grants (cgroup quota); None: no limit.
        instruction_sets: among those that matter here; None where the system does not tell.
    """

    model: str
    cores: int
    usable_cores: int
    core_limit: float | None
    instruction_sets: tuple[str, ...] | None


@dataclass(frozen=True)
class Memory:
    """The memory, in bytes; None where the system does not tell.

    Attributes:
        total_bytes: of the machine.
        available_bytes: that could be had now.
        limit_bytes: that a container grants; None: no limit.
    """

    total_bytes: int | None
    available_bytes: int | None
    limit_bytes: int | None


def read_cpu(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> Cpu:
    """Describe the processor; the folders are those that Linux tells of itself in."""
    information = _read(proc / "cpuinfo")
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", information, re.MULTILINE)
    known = set(flags.group(1).split()) if flags else None
    return Cpu(
        model=_cpu_model(information),
        cores=os.cpu_count() or 1,
        usable_cores=usable_cores(),
        core_limit=_core_limit(proc, cgroups),
        instruction_sets=None
        if known is None
        else tuple(n for n in _INSTRUCTION_SETS if n in known),
    )


def read_memory(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> Memory:
    """Describe the memory; the folders are those that Linux tells of itself in."""
    pairs = re.findall(r"^(\w+):\s+(\d+) kB$", _read(proc / "meminfo"), re.MULTILINE)
    kilobytes = {name: 1024 * int(count) for name, count in pairs}
    total = kilobytes.get("MemTotal") or _total_memory()
    limits = [
        int(text)
        for folder in _own_groups(proc, cgroups, "memory")
        for name in ("memory.max", "memory.limit_in_bytes")
        if (text := _read(folder / name).strip()).isdecimal()
    ]
    limit = min(limits, default=None)
    # The first cgroups write "no limit" as a number larger than any memory.
    if limit is not None and total is not None and limit >= total:
        limit = None
    return Memory(total, kilobytes.get("MemAvailable"), limit)


def _read(path: Path) -> str:
    """Return the text of a file, nothing where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _cpu_model(information: str) -> str:
    named = re.search(r"^model name\s*:(.*)$", information, re.MULTILINE)
    if named:
        return named.group(1).strip()
    if platform.system() == "Darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
        except (OSError, subprocess.SubprocessError):
            return "unknown"
        return done.stdout.strip()
    return platform.processor() or platform.machine() or "unknown"


def _total_memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _core_limit(proc: Path, cgroups: Path) -> float | None:
    """Return the smallest quota of the groups that this process is in, in cores."""
    limits = []
    for folder in _own_groups(proc, cgroups, "cpu"):
        words = _read(folder / "cpu.max").split() or [
            *_read(folder / "cpu.cfs_quota_us").split(),
            *_read(folder / "cpu.cfs_period_us").split(),
        ]
        # "max" and -1 stand for no limit.
        if len(words) == 2 and words[0].isdecimal() and int(words[1]) > 0:
            limits.append(int(words[0]) / int(words[1]))
    return min(limits, default=None)


def _own_groups(proc: Path, cgroups: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of this process's cgroup and of those around it, of both versions."""
    for line in _read(proc / "self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if number == "0":
            root = cgroups
        elif controller in controllers.split(","):
            root = cgroups / controller
        else:
            continue
        folder = root / group.strip().lstrip("/")
        yield folder
        # In a container the path may be the host's, and what is seen begins at the root.
        while folder != root and root in folder.parents:
            folder = folder.parent
            yield folder

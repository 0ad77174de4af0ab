"""What the machine is, how fast it multiplies matrices, and how many products the LSTMs need.

python -m benchmarks.predicting.machine UNITS DIM    (JSON on stdout)
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cinesent.environment import usable_cores
from cinesent.recipes import ModelConfig


def describe_machine() -> dict[str, Any]:
    """Return processor, cores, memory and system."""
    return {
        "cpu": _cpu_name(),
        "cores": usable_cores(),
        "memory_gb": round(_memory_gigabytes(), 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gigabytes() -> float:
    if not hasattr(os, "sysconf"):
        return float("nan")
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def products_per_token(config: ModelConfig) -> dict[str, int]:
    """Return the floating point operations a token costs in the LSTMs' matrix products.

    A product of (1, n) by (n, m) is 2 n m operations. Per direction: the token's vector by the
    input kernel, 2 x dim x 4 units, and the state by the recurrent kernel, 2 x units x 4 units.
    Gates, pooling and the head are left out: they are no products, or small.
    """
    directions = len(config.directions)
    return {
        "input": directions * 2 * config.embedding_dim * 4 * config.units,
        "recurrent": directions * 2 * config.units * 4 * config.units,
    }


def measure_products(units: int, dim: int, seconds: float) -> dict[str, dict[str, float]]:
    """Return GFLOP/s in float32 with NumPy: {shape: {threads: rate}}, the best of five tries.

    Each thread multiplies matrices of its own, as the Classifier's threads do, so BLAS must run
    with one thread (see :func:`matrix_rates`).
    """
    shapes = {
        "large": (1, 2048, 2048, 2048),
        "input": (1, 64 * 64, dim, 4 * units),
        "recurrent": (64, 64, units, 4 * units),
    }
    return {
        name: {
            str(threads): max(_rate(shape, threads, seconds / 5) for _ in range(5))
            for threads in sorted({1, usable_cores()})
        }
        for name, shape in shapes.items()
    }


def _rate(shape: tuple[int, int, int, int], threads: int, seconds: float) -> float:
    """Multiply `count` matrices (rows, inner) by one (inner, columns), in each of the threads."""
    import numpy as np

    count, rows, inner, columns = shape
    operations = 2 * count * rows * inner * columns

    def work(seed: int) -> tuple[int, float]:
        rng = np.random.default_rng(seed)
        left = rng.random((count, rows, inner), dtype=np.float32)
        right = rng.random((inner, columns), dtype=np.float32)
        out = np.matmul(left, right)
        started, done = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            np.matmul(left, right, out=out)
            done += operations
        return done, time.perf_counter() - started

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(work, range(threads)))
    return sum(done / elapsed for done, elapsed in found) / 1e9


def matrix_rates(config: ModelConfig, seconds: float) -> dict[str, dict[str, float]]:
    """Measure in a process of its own, whose BLAS runs with one thread."""
    one = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")}
    command = [sys.executable, "-m", "benchmarks.predicting.machine"]
    finished = subprocess.run(
        [*command, str(config.units), str(config.embedding_dim), str(seconds)],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, **one, "VECLIB_MAXIMUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    rates: dict[str, dict[str, float]] = json.loads(finished.stdout)
    return rates


if __name__ == "__main__":
    print(json.dumps(measure_products(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))

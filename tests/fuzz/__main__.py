"""`python -m tests.fuzz`: tries random inputs until told otherwise."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from fuzz.cases import TARGETS
from fuzz.running import run_command


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000, help="how many (default 20,000)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--only", type=int, help="try this one input again")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", choices=list(TARGETS), help="what to try; else everything")
    parser.add_argument("--keep", type=Path, help="a folder for the files of inputs that fail")
    given = parser.parse_args()
    first, inputs = (given.first, given.inputs) if given.only is None else (given.only, 1)
    keep = None if given.keep is None else given.keep.absolute()
    return run_command(inputs, first, given.seed, given.target, keep)


if __name__ == "__main__":
    sys.exit(main())

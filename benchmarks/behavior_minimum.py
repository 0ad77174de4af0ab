"""Sets the minimum pass rates of the behavior suite by what a model reaches.

python -m benchmarks.behavior_minimum

The minimum of a kind is one case and five points below what the model passes, in steps of five
points: a model that loses more than that has forgotten something.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import cinesent
from cinesent.behavior import BehaviorKind, evaluate_behavior

TARGET = Path(cinesent.__file__).parent / "behavior" / "minimum_rates.json"


def minimum_of(kind: BehaviorKind) -> float:
    """Return the minimum for a kind, 0 to 0.95."""
    rate = (kind.num_passed - 1) / kind.num_cases - 0.05
    return max(0.0, math.floor(round(20 * rate, 6)) / 20)


def main() -> None:
    """Write the file in the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="default: the packaged model")
    parser.add_argument("--out", type=Path, default=TARGET, help="default: the file in the package")
    arguments = parser.parse_args()
    report = evaluate_behavior(arguments.model)
    rates = {kind.name: minimum_of(kind) for kind in report.kinds}
    arguments.out.write_text(json.dumps(rates, indent=2) + "\n", encoding="utf-8")
    print(f"{arguments.out}: {len(rates)} kinds")


if __name__ == "__main__":
    main()

"""What several seeds of a recipe reached: mean and spread, from the JSON of `cinesent evaluate`.

python -m benchmarks.seeds default accurate
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

#: What a row shows, with its factor and its digits.
COLUMNS = {"accuracy": (100, 2), "loss": (1, 4), "ece": (100, 2)}


def read(recipe: str, split: str, folder: Path = RESULTS) -> list[dict[str, Any]]:
    """Return the metrics of every seed of a recipe, by seed."""
    paths = sorted(folder.glob(f"{recipe}-[0-9]*-{split}.json"))
    return [json.loads(path.read_text(encoding="utf-8"))["metrics"] for path in paths]


def row(recipe: str, split: str, folder: Path = RESULTS) -> list[str]:
    """Return a row of the table: mean ± standard deviation (of a sample) over the seeds.

    Raises:
        SystemExit: there are no results of the recipe.
    """
    found = read(recipe, split, folder)
    if not found:
        raise SystemExit(f"{folder} has no {recipe}-SEED-{split}.json: run benchmarks/accuracy.sh.")
    cells = [recipe, split, str(len(found))]
    for key, (factor, digits) in COLUMNS.items():
        values = [factor * metrics[key] for metrics in found]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        cells.append(f"{statistics.fmean(values):.{digits}f} ± {spread:.{digits}f}")
    return cells


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="+", help="names of presets")
    arguments = parser.parse_args()
    print("| recipe | reviews | seeds | accuracy, % | log loss | calibration error, % |")
    print("|---|---|---|---|---|---|")
    for recipe in arguments.recipes:
        for split in ("validation", "test"):
            print("| " + " | ".join(row(recipe, split)) + " |")


if __name__ == "__main__":
    main()

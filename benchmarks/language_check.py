"""Compare the check for English with language detectors, on short English texts and on others.

English that is rejected costs an answer, so what counts first is how few of the sentences of IMDB
reviews and of the Stanford Sentiment Treebank are called foreign. The detectors that are compared
are no dependency of cinesent: install `py3langid` and `lingua-language-detector` to include them.

    python benchmarks/language_check.py --out benchmarks/results/language_check.json
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "uncertainty"))

from cinesent.data import load_dataset
from cinesent.uncertainty.english import is_english

_SENTENCES = 12_000
_REVIEWS = 2_000
_SHORT = 6  # words


def texts() -> dict[str, list[str]]:
    """Return texts by kind: three kinds of English, and sentences in other languages."""
    foreign = importlib.import_module("sentences").FOREIGN

    reviews = load_dataset("imdb-train").train.texts
    chosen = random.Random(1).sample(list(reviews), _REVIEWS)
    sentences = [
        part.strip()
        for text in chosen
        for part in re.split(r"(?<=[.!?])\s+", text.replace("<br />", " "))
        if part.strip()
    ]
    sentences = random.Random(1).sample(sentences, min(_SENTENCES, len(sentences)))
    return {
        "sst sentences": list(load_dataset("sst").train.texts),
        "imdb reviews": chosen,
        "imdb sentences": sentences,
        f"of up to {_SHORT} words": [s for s in sentences if len(s.split()) <= _SHORT],
        "other languages": list(foreign),
    }


def detectors() -> Iterator[tuple[str, Callable[[str], bool]]]:
    """Yield each check by name; those that are not installed are left out."""
    yield "function words", is_english
    try:
        py3langid = importlib.import_module("py3langid")

        yield "py3langid", lambda text: py3langid.classify(text)[0] == "en"
    except ImportError:
        print("py3langid is not installed")
    try:
        lingua = importlib.import_module("lingua")

        built = lingua.LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()
        english = lingua.Language.ENGLISH
        yield "lingua, low accuracy", lambda text: built.detect_language_of(text) in (english, None)
    except ImportError:
        print("lingua-language-detector is not installed")


def measure(check: Callable[[str], bool], kinds: dict[str, list[str]]) -> dict[str, Any]:
    """Return the share of each kind that is called foreign, and the CPU time per text."""
    check("The first call may load a model.")
    found = {}
    for kind, some in kinds.items():
        started = time.process_time()
        foreign = sum(not check(text) for text in some)
        seconds = time.process_time() - started
        found[kind] = {
            "texts": len(some),
            "called_foreign": round(foreign / len(some), 5),
            "microseconds": round(1e6 * seconds / len(some), 1),
        }
    return found


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    kinds = texts()
    results = {name: measure(check, kinds) for name, check in detectors()}
    for name, found in results.items():
        for kind, numbers in found.items():
            print(f"{name:22} {kind:20} {numbers}")
    if arguments.out:
        arguments.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

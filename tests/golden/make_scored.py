"""Write scored/expected/: what scoring the files of scored/ gives, byte by byte.

Run it only after what is written was changed on purpose, and read the difference:

    PYTHONPATH=tests python tests/golden/make_scored.py

The files were made with version 0.1.0; tests/test_golden_answers.py compares later versions with
them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from golden_cases import CASES, FOLDER, score, write_model


def main() -> None:
    """Score every case; cases that share a result must agree on it."""
    written: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as name:
        classifier = write_model(Path(name))
        for number, case in enumerate(CASES):
            folder = Path(name) / str(number)
            folder.mkdir()
            content = score(case, classifier, folder)
            if written.setdefault(case.expected, content) != content:
                raise SystemExit(f"{case}: another case with this result wrote other bytes.")
    (FOLDER / "expected").mkdir(exist_ok=True)
    for file, content in written.items():
        (FOLDER / "expected" / file).write_bytes(content)


if __name__ == "__main__":
    main()

"""Reads a folder with one review a file: ``pos/`` and ``neg/``, as the IMDB archive has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cinesent.data.decode import read_text
from cinesent.data.labels import WORDS
from cinesent.data.progress import Say
from cinesent.data.reviews import UNLABELLED, Dataset, Reviews
from cinesent.data.table import Problems
from cinesent.errors import DataError
from cinesent.probability import LABELS

_UNLABELLED_NAMES = ("unsup", "unlabelled")


def load_folder(root: Path, say: Say) -> Dataset:
    """Read the reviews below `root`: ``pos/``, ``neg/`` and perhaps ``unsup/``, one ``.txt`` each.

    These folders may also lie in ``train/`` and ``test/``. ``positive/`` and ``negative/`` are
    understood as well.

    Raises:
        DataError: there is no such folder below `root`, or a file is empty or no text.
    """
    top = root / "train" if (root / "train").is_dir() else root
    problems = Problems(root, unit=None)
    train = _split(top, root, "train", problems, say)
    test = _split(root / "test", root, "test", problems, say) if top != root else None
    unlabelled = _table(_files(top, _UNLABELLED_NAMES), root, "unlabelled", problems, say)
    problems.raise_if_any()
    if train is None:
        found = sorted(entry.name for entry in top.iterdir())[:10]
        raise DataError(
            f"{top} has no reviews in pos/ and neg/: found {', '.join(found) or 'nothing'}; "
            "expected one .txt file a review in each."
        )
    return Dataset(root.resolve().name, train, test, unlabelled)


def _split(folder: Path, root: Path, name: str, problems: Problems, say: Say) -> Reviews | None:
    files = _files(folder, [word for word in WORDS if word.isalpha()])
    reviews = _table(files, root, name, problems, say)
    if reviews is not None:
        counts = [f"{int(np.sum(reviews.labels == i)):,} {word}" for i, word in enumerate(LABELS)]
        say(f"{reviews.name}: {', '.join(counts)}")
    return reviews


def _files(folder: Path, names: list[str] | tuple[str, ...]) -> list[tuple[Path, int]]:
    """Return the files in the sub-folders `names` with their labels, negative before positive."""
    found = [
        (path, WORDS.get(name, UNLABELLED))
        for name in names
        for path in sorted((folder / name).glob("*.txt"))
        if path.is_file() and not path.name.startswith(".")
    ]
    return sorted(found, key=lambda entry: entry[1])


def _table(
    files: list[tuple[Path, int]], root: Path, split: str, problems: Problems, say: Say
) -> Reviews | None:
    texts: list[str] = []
    for number, (path, _) in enumerate(files, start=1):
        try:
            text = read_text(path, say)
        except DataError as error:
            problems.add(number, str(error))
            continue
        if not text.strip() or "\0" in text:
            what = "holds a NUL character" if text.strip() else "is empty"
            problems.add(number, f"{path} {what}.")
        texts.append(text)
    if not files or problems.total:
        return None
    return Reviews(
        texts=texts,
        labels=np.array([label for _, label in files], dtype=np.int8),
        name=f"{root.resolve().name}/{split}",
        ids=[path.relative_to(root).with_suffix("").as_posix() for path, _ in files],
    )

"""Reads a folder with one review per file: ``pos/`` and ``neg/``, as the IMDB archive has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cinesent.data.bad_rows import BadRows
from cinesent.data.reviews import UNLABELLED, Dataset, Reviews
from cinesent.errors import DataError
from cinesent.probability import LABELS
from cinesent.progress import Reporter
from cinesent.tables.encoding import Utf8Check, by_mark, by_zeros, text_codec
from cinesent.tables.legacy_encoding import guess_encoding

_NAMES = {"neg": 0, "negative": 0, "pos": 1, "positive": 1}
_UNLABELLED_NAMES = {"unsup": UNLABELLED, "unlabelled": UNLABELLED}


@dataclass(frozen=True)
class _File:
    """One review as it was read, before its encoding is known."""

    path: Path
    label: int
    content: bytes


def load_folder(root: Path, encoding: str | None, reporter: Reporter) -> Dataset:
    """Read the reviews below `root`: ``pos/``, ``neg/`` and perhaps ``unsup/``, one ``.txt`` each.

    These folders may also be in ``train/`` and ``test/``. ``positive/`` and ``negative/`` are
    understood as well.

    Args:
        root: the folder.
        encoding: of the files; None: UTF-8 or by the byte order mark, else one that is detected
            for all files together.
        reporter: told how many reviews there are, and which encoding was detected.

    Raises:
        DataError: there is no such folder below `root`, or a file is empty or no text.
        ConfigError: the encoding is unknown.
    """
    top = root / "train" if (root / "train").is_dir() else root
    bad = BadRows(str(root), unit=None)
    splits = {
        "train": _read(top, _NAMES, bad),
        "test": _read(root / "test", _NAMES, bad) if top != root else [],
        "unlabelled": _read(top, _UNLABELLED_NAMES, bad),
    }
    codec = text_codec(encoding) if encoding else None
    codec = codec or _common_encoding([f for part in splits.values() for f in part], root, reporter)
    tables = {name: _table(part, root, name, codec, bad) for name, part in splits.items()}
    bad.raise_if_any()
    train = tables["train"]
    if train is None:
        found = sorted(entry.name for entry in top.iterdir())[:10]
        raise DataError(
            f"{top} has no reviews in pos/ and neg/: found {', '.join(found) or 'nothing'}; "
            "expected one .txt file per review in each."
        )
    for name in ("train", "test"):
        _report_counts(tables[name], reporter)
    return Dataset(root.resolve().name, train, tables["test"], tables["unlabelled"])


def _read(folder: Path, names: dict[str, int], bad: BadRows) -> list[_File]:
    """Return the files in the sub-folders `names`, negative before positive."""
    files: list[_File] = []
    for name, label in names.items():
        for path in sorted((folder / name).glob("*.txt")):
            if path.name.startswith(".") or not path.is_file():
                continue
            try:
                files.append(_File(path, label, path.read_bytes()))
            except OSError as error:
                bad.add(bad.total, f"cannot read {path}: {error.strerror or error}.")
    return sorted(files, key=lambda file: file.label)


def _common_encoding(files: Iterable[_File], root: Path, reporter: Reporter) -> str:
    """Return the encoding of those files that say none themselves."""
    check = Utf8Check()
    for file in files:
        if file.content.isascii() or _own_encoding(file.content):
            continue
        try:
            file.content.decode("utf-8")
            check.sound += 1
        except UnicodeDecodeError:
            check.add_damaged(file.content)
    if check.is_utf8:
        return "utf-8"
    if check.is_mixed:
        raise DataError(
            f"the files of {root} are in two encodings: {check.sound:,} are UTF-8 and "
            f"{check.damaged:,} are not. Save them in one encoding."
        )
    guessed = guess_encoding(check.sample, str(root))
    reporter.warning(
        f"{check.damaged:,} files of {root} are not UTF-8; they are read as {guessed}, which was "
        "detected. Name the encoding if that is wrong."
    )
    return guessed


def _own_encoding(content: bytes) -> str | None:
    return by_mark(content) or (by_zeros(content) if 0 in content[:100] else None)


def _table(
    files: list[_File], root: Path, split: str, encoding: str, bad: BadRows
) -> Reviews | None:
    texts: list[str] = []
    before = bad.total
    for number, file in enumerate(files, start=1):
        codec = _own_encoding(file.content) or encoding
        try:
            text = file.content.decode(codec).removeprefix("\ufeff")
        except Exception as error:  # codecs raise whatever their authors thought of
            bad.add(number, f"{file.path} is not {codec} ({error}).")
            continue
        if not text.strip() or "\0" in text:
            what = "is not text: it holds a NUL character" if text.strip() else "is empty"
            bad.add(number, f"{file.path} {what}.")
        texts.append(text)
    if not files or bad.total > before:
        return None
    return Reviews(
        texts=texts,
        labels=np.array([file.label for file in files], dtype=np.int8),
        name=f"{root.resolve().name}/{split}",
        ids=[file.path.relative_to(root).with_suffix("").as_posix() for file in files],
    )


def _report_counts(reviews: Reviews | None, reporter: Reporter) -> None:
    if reviews is not None:
        counts = [f"{int(np.sum(reviews.labels == i)):,} {word}" for i, word in enumerate(LABELS)]
        reporter.message(f"{reviews.name}: {', '.join(counts)}")

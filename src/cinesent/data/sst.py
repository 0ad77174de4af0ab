"""The Stanford Sentiment Treebank (Socher et al., 2013): sentences and phrases with five levels.

Every phrase of a parse tree has a level from 0 (very negative) to 4 (very positive), 2 being
neutral. Leaving out the neutral sentences gives SST-2. The sentences come from Rotten Tomatoes, as do
those of the data set ``rotten-tomatoes``.

Source: https://nlp.stanford.edu/sentiment/
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cinesent.data.download import fetch
from cinesent.data.reviews import UNLABELLED, Dataset, Reviews
from cinesent.environment import cache_dir, expand_user
from cinesent.errors import DataError
from cinesent.progress import SILENT, Reporter

#: Where the authors publish it (790 kB).
SST_URL = "https://nlp.stanford.edu/sentiment/trainDevTestTrees_PTB.zip"
SST_SHA256 = "5c613a4f673fc74097d523a2c83f38e0cc462984d847b82c7aaf36b01cbbbfcc"
SST_ARCHIVE = "trainDevTestTrees_PTB.zip"

_SPLITS = ("train", "dev", "test")
_TOKENS = re.compile(r"[()]|[^ ()]+")
_MAX_BYTES = 64 << 20
_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "``": '"', "''": '"'}
_CLITIC = re.compile(r" (n't|'(?:s|re|ve|ll|d|m))\b", re.IGNORECASE)
_CLOSING = re.compile(r" ([.,!?;:)\]%])")
_OPENING = re.compile(r"([(\[$#]) ")


class Phrase(NamedTuple):
    """A phrase with its mean level: 0 very negative, 0.5 neutral, 1 very positive."""

    text: str
    level: float


class _Tree(NamedTuple):
    """A sentence: its line in the file, and every phrase of it, the whole sentence last."""

    line: str
    phrases: list[Phrase]


def is_sst(path: Path) -> bool:
    """Return whether `path` is the archive, or a folder with its three files or the archive."""
    if path.is_dir():
        return (path / SST_ARCHIVE).is_file() or _folder(path) is not None
    return path.name == SST_ARCHIVE


def fetch_sst(*, retries: int = 4, reporter: Reporter = SILENT) -> Path:
    """Download the archive into the cache folder, unless it is there; return its path.

    Raises:
        DownloadError: it cannot be downloaded.
    """
    target = cache_dir() / SST_ARCHIVE
    return fetch(SST_URL, target, sha256=SST_SHA256, retries=retries, reporter=reporter)


def load_sst(path: Path) -> Dataset:
    """Read SST-2: the sentences that are not neutral; `validation` is the official dev part.

    Args:
        path: the archive, or a folder with the archive or with ``train.txt``, ``dev.txt`` and
            ``test.txt``.

    Returns:
        6,920, 872 and 1,821 sentences in the official files. A training sentence that is also in
        the dev or test part is left out: some copies of the data set contain the dev part twice.

    Raises:
        DataError: a file is missing or damaged.
    """
    parts = _read(path)
    return Dataset(
        name="sst",
        train=_reviews("train", parts["train"]),
        validation=_reviews("validation", parts["dev"]),
        test=_reviews("test", parts["test"]),
    )


def load_phrases(path: Path) -> list[Phrase]:
    """Return every distinct phrase of the training sentences, these included, with its mean level.

    No phrase has the text of a sentence of the dev or test part.

    Raises:
        DataError: a file is missing or damaged.
    """
    parts = _read(path)
    held_out = {tree.phrases[-1].text for name in ("dev", "test") for tree in parts[name]}
    levels: dict[str, list[float]] = {}
    for tree in parts["train"]:
        for phrase in tree.phrases:
            if phrase.text not in held_out:
                levels.setdefault(phrase.text, []).append(phrase.level)
    return [Phrase(text, float(np.mean(found))) for text, found in levels.items()]


def load_sentences(path: Path) -> list[Phrase]:
    """Return the training sentences with their levels, the neutral ones included.

    Raises:
        DataError: a file is missing or damaged.
    """
    return [tree.phrases[-1] for tree in _read(path)["train"]]


def find_phrases(data: str, *, reporter: Reporter = SILENT) -> tuple[list[Phrase], list[Phrase]]:
    """Return the training sentences and all their phrases.

    Args:
        data: "sst", which is downloaded if it is not in the cache, or the path of the data set.
        reporter: told of the download.

    Raises:
        DataError: it cannot be found or read.
    """
    path = fetch_sst(reporter=reporter) if data == "sst" else expand_user(data)
    return load_sentences(path), load_phrases(path)


def _reviews(split: str, trees: list[_Tree]) -> Reviews:
    sentences = [tree.phrases[-1] for tree in trees]
    labels = [UNLABELLED if s.level == 0.5 else int(s.level > 0.5) for s in sentences]
    whole = Reviews(
        texts=[sentence.text for sentence in sentences],
        labels=np.array(labels, dtype=np.int8),
        name=f"sst/{split}",
        ids=[f"{split}/{number}" for number in range(len(sentences))],
    )
    return whole.labelled()


def _read(path: Path) -> dict[str, list[_Tree]]:
    """Return the sentences of each part; training sentences of the other parts are left out."""
    parts = {name: list(_trees(path, name, content)) for name, content in _contents(path)}
    held_out = {tree.line for name in ("dev", "test") for tree in parts[name]}
    parts["train"] = [tree for tree in parts["train"] if tree.line not in held_out]
    return parts


def _contents(path: Path) -> Iterator[tuple[str, str]]:
    folder = _folder(path) if path.is_dir() else None
    try:
        if folder is not None:
            for name in _SPLITS:
                yield name, (folder / f"{name}.txt").read_text(encoding="utf-8")
            return
        archive = path / SST_ARCHIVE if path.is_dir() else path
        with zipfile.ZipFile(archive) as opened:
            for name in _SPLITS:
                member = opened.getinfo(f"trees/{name}.txt")
                if member.file_size > _MAX_BYTES:
                    raise DataError(f"{archive}: {member.filename} is too large to be the part.")
                yield name, opened.read(member).decode("utf-8")
    except KeyError as error:
        raise DataError(f"{path} is not the Sentiment Treebank: {error}.") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, NotImplementedError) as error:
        raise DataError(f"{path} cannot be read: {error}.") from error


def _folder(path: Path) -> Path | None:
    for folder in (path, path / "trees"):
        if all((folder / f"{name}.txt").is_file() for name in _SPLITS):
            return folder
    return None


def _trees(path: Path, part: str, content: str) -> Iterator[_Tree]:
    # Not splitlines: some words hold a no-break space or another character that it splits at.
    for number, line in enumerate(content.split("\n"), start=1):
        line = line.strip()
        if line:
            yield _Tree(line, _parse(line, f"{path}, {part}.txt:{number}"))


def _parse(line: str, where: str) -> list[Phrase]:
    """Return the phrases of a tree such as ``(3 (2 It) (4 works))``, children before parents."""
    words: list[str] = []
    # Of each open phrase: its level, and how many words precede it.
    open_phrases: list[tuple[float, int]] = []
    phrases: list[Phrase] = []
    tokens = iter(_TOKENS.findall(line))
    for token in tokens:
        if token == "(":
            level = next(tokens, "")
            if level not in ("0", "1", "2", "3", "4"):
                raise DataError(f"{where}: the level is {level!r}; expected 0, 1, 2, 3 or 4.")
            open_phrases.append((int(level) / 4, len(words)))
        elif token != ")":
            words.append(token)
        elif open_phrases:
            value, start = open_phrases.pop()
            phrases.append(Phrase(detokenize(words[start:]), value))
        else:
            break
    if open_phrases or not phrases or line.count("(") != line.count(")"):
        raise DataError(f"{where}: expected a tree such as (3 (2 It) (4 works)).")
    return phrases


def detokenize(words: list[str]) -> str:
    """Join the words of the Penn Treebank's convention as people write them.

    Example:
        >>> detokenize(["It", "does", "n't", "work", "-LRB-", "at", "all", "-RRB-", "."])
        "It doesn't work (at all)."
    """
    plain = (_BRACKETS.get(word, word).replace("\\/", "/").replace("\\*", "*") for word in words)
    text = _CLITIC.sub(r"\1", " ".join(plain))
    return _OPENING.sub(r"\1", _CLOSING.sub(r"\1", text))

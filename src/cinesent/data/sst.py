"""The Stanford Sentiment Treebank (Socher et al., 2013): sentences and phrases with five levels.

Every phrase of a parse tree has a level from 0 (very negative) to 4 (very positive), 2 being
neutral. Leaving out the neutral sentences gives SST-2. The sentences come from Rotten Tomatoes, as
do those of the dataset ``rotten-tomatoes``.

Source: https://nlp.stanford.edu/sentiment/
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cinesent.data.download import fetch
from cinesent.data.named_paths import check_named
from cinesent.data.reviews import UNLABELLED, Dataset, Reviews
from cinesent.data.trees import Tree, parse_tree
from cinesent.environment import cache_dir, expand_user, sst_path
from cinesent.errors import DataError, DownloadError, option
from cinesent.progress import SILENT, Reporter

#: Where the authors publish it (0.8 MB).
SST_URL = "https://nlp.stanford.edu/sentiment/trainDevTestTrees_PTB.zip"
SST_SHA256 = "5c613a4f673fc74097d523a2c83f38e0cc462984d847b82c7aaf36b01cbbbfcc"
SST_ARCHIVE = "trainDevTestTrees_PTB.zip"

_PARTS = ("train", "dev", "test")
_NEUTRAL = 2
# Generous: the largest file has 2 MB.
_MAX_BYTES = 64 << 20
_UNREADABLE = (
    *(OSError, EOFError, UnicodeDecodeError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
_REMEDY = "Delete it and get it again with `cinesent data fetch sst`."


class Phrase(NamedTuple):
    """A phrase with its mean level: 0 very negative, 0.5 neutral, 1 very positive."""

    text: str
    level: float


def is_sst(path: Path) -> bool:
    """Return whether `path` is the archive, or a folder that holds it or its three files.

    Of a folder's ``train.txt``, the first character is looked at: it is the bracket of a tree.
    """
    if path.is_dir():
        return (path / SST_ARCHIVE).is_file() or _folder(path) is not None
    return path.name == SST_ARCHIVE


def find_sst() -> Path | None:
    """Return the path of the Sentiment Treebank on this machine; None if it is not here.

    ``CINESENT_SST`` comes first, then what `cinesent data fetch sst` put in the cache folder.

    Raises:
        DataError: ``CINESENT_SST`` names something that does not exist or is no treebank.
    """
    named = sst_path()
    if named is not None:
        expected = f"{SST_ARCHIVE}, or a folder with it or with train.txt, dev.txt and test.txt"
        return check_named("CINESENT_SST", named, is_sst, "Sentiment Treebank", expected)
    cached = cache_dir() / SST_ARCHIVE
    return cached if cached.is_file() else None


def fetch_sst(*, retries: int = 4, reporter: Reporter = SILENT) -> Path:
    """Download the archive into the cache folder, unless it is there already.

    Args:
        retries: how often to try again after a broken connection.
        reporter: told how far it is.

    Returns:
        The path of the archive.

    Raises:
        DownloadError: it cannot be downloaded.
        MissingExtraError: the ``train`` extra is missing.
    """
    target = cache_dir() / SST_ARCHIVE
    try:
        return fetch(SST_URL, target, sha256=SST_SHA256, retries=retries, reporter=reporter)
    except DownloadError as error:
        raise DownloadError(
            f"{error}\nOr download {SST_URL} elsewhere and give its path as {option('data')}, or "
            "in the environment variable CINESENT_SST."
        ) from error


def load_sst(path: str | Path) -> Dataset:
    """Read SST-2: the sentences that are not neutral.

    Args:
        path: the archive, or a folder with the archive or with ``train.txt``, ``dev.txt`` and
            ``test.txt``.

    Returns:
        6,917 training, 872 validation (``dev.txt``) and 1,821 test sentences. Three official
        training sentences are left out, because they are in the validation or test part too.

    Raises:
        DataError: a file is missing or damaged.

    Example:
        >>> len(load_sst("trainDevTestTrees_PTB.zip").validation)  # doctest: +SKIP
        872
    """
    parts = _read(Path(path))
    return Dataset(
        name="sst",
        train=_reviews("train", parts["train"]),
        validation=_reviews("validation", parts["dev"]),
        test=_reviews("test", parts["test"]),
    )


def load_phrases(path: str | Path) -> list[Phrase]:
    """Read the phrases of the training sentences, neutral ones and whole sentences included.

    Args:
        path: see :func:`load_sst`.

    Returns:
        Every distinct phrase with its mean level. None has the text of a sentence of the
        validation or test part.

    Raises:
        DataError: a file is missing or damaged.
    """
    parts = _read(Path(path))
    held_out = _sentences(parts["dev"]) | _sentences(parts["test"])
    levels: dict[str, list[float]] = {}
    for tree in parts["train"]:
        for span in tree.spans:
            text = tree.text(span)
            if text not in held_out:
                levels.setdefault(text, []).append(span.level / 4)
    return [Phrase(text, float(np.mean(found))) for text, found in levels.items()]


def load_graded(data: str, *, reporter: Reporter = SILENT) -> tuple[list[Phrase], list[Phrase]]:
    """Return the training sentences, neutral ones included, and all their distinct phrases.

    Args:
        data: "sst", which is found or downloaded as for :func:`cinesent.load_dataset`, or a path.
        reporter: told of a download.

    Raises:
        DataError: the treebank cannot be found or read.
    """
    here = find_sst() if data == "sst" else expand_user(data)
    path = here or fetch_sst(reporter=reporter)
    trees = _read(path)["train"]
    sentences = [Phrase(tree.text(tree.spans[-1]), tree.spans[-1].level / 4) for tree in trees]
    return sentences, load_phrases(path)


def _reviews(split: str, trees: list[Tree]) -> Reviews:
    levels = [tree.spans[-1].level for tree in trees]
    labels = [UNLABELLED if level == _NEUTRAL else int(level > _NEUTRAL) for level in levels]
    whole = Reviews(
        texts=[tree.text(tree.spans[-1]) for tree in trees],
        labels=np.array(labels, dtype=np.int8),
        name=f"sst/{split}",
        ids=[f"{split}/{number}" for number in range(len(trees))],
    )
    return whole.labelled()


def _sentences(trees: list[Tree]) -> set[str]:
    return {tree.text(tree.spans[-1]) for tree in trees}


def _read(path: Path) -> dict[str, list[Tree]]:
    """Return the trees of each part, without training sentences that another part has.

    Some copies of the treebank hold the validation part a second time, at the end of
    ``train.txt``.
    """
    parts = {part: list(_trees(where, content)) for part, where, content in _contents(path)}
    held_out = _sentences(parts["dev"]) | _sentences(parts["test"])
    parts["train"] = [tree for tree in parts["train"] if tree.text(tree.spans[-1]) not in held_out]
    return parts


def _trees(where: str, content: str) -> Iterator[Tree]:
    # Not splitlines: some words hold a no-break space or another character that it splits at.
    lines = [line.strip() for line in content.split("\n")]
    if not any(lines):
        raise DataError(f"{where} is empty; expected one tree per line. {_REMEDY}")
    for number, line in enumerate(lines, start=1):
        if line:
            yield parse_tree(line, f"{where}:{number}")


def _contents(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each part, the name of its file for messages, and its content."""
    folder = _folder(path) if path.is_dir() else None
    archive = path / SST_ARCHIVE if path.is_dir() else path
    try:
        if folder is not None:
            for part in _PARTS:
                file = folder / f"{part}.txt"
                _check_size(str(file), file.stat().st_size)
                yield part, str(file), file.read_bytes().decode("utf-8-sig")
            return
        with zipfile.ZipFile(archive) as opened:
            for part in _PARTS:
                member = _member(opened, part, archive)
                where = f"{archive}, {member.filename}"
                _check_size(where, member.file_size)
                yield part, where, opened.read(member).decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"there is no Sentiment Treebank at {path}.") from None
    except _UNREADABLE as error:
        raise DataError(f"{folder or archive} cannot be read ({error}). {_REMEDY}") from error


def _member(archive: zipfile.ZipFile, part: str, path: Path) -> zipfile.ZipInfo:
    name = f"trees/{part}.txt"
    if name not in archive.namelist():
        raise DataError(f"{path} holds no {name}, so it is not the Sentiment Treebank. {_REMEDY}")
    member = archive.getinfo(name)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{path}: {name} is compressed in a way that is not supported. {_REMEDY}")
    return member


def _check_size(where: str, size: int) -> None:
    if size > _MAX_BYTES:
        raise DataError(f"{where} has {size:,} bytes, expected at most {_MAX_BYTES:,}.")


def _folder(path: Path) -> Path | None:
    """Return `path` or its folder ``trees``, whichever has the three files; None if neither."""
    for folder in (path, path / "trees"):
        files = [folder / f"{part}.txt" for part in _PARTS]
        if all(file.is_file() for file in files) and _begins_with_tree(files[0]):
            return folder
    return None


def _begins_with_tree(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"(")
    except OSError:
        return False

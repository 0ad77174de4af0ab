"""Writes small treebanks and pairs of reviews, in sentences of our own."""

from __future__ import annotations

import zipfile
from pathlib import Path

NOUNS = ("film", "story", "comedy", "thriller", "sequel", "plot", "cast", "script", "score")
GOOD = ("a wonderful", "a moving", "a superb", "a clever")
BAD = ("a dreadful", "a tedious", "a clumsy", "a hollow")
SPLITS = {"train": NOUNS[:5], "dev": NOUNS[5:7], "test": NOUNS[7:]}


def tree(sentence: str, level: int) -> str:
    """A sentence as a tree that branches to the right, with neutral phrases in it."""
    *words, last = sentence.split(" ")
    line = f"(2 {last})"
    for place, word in enumerate(reversed(words)):
        line = f"({level if place == len(words) - 1 else 2} (2 {word}) {line})"
    return line if words else f"({level} {last})"


def small_treebank() -> dict[str, str]:
    """The content of the three files; one sentence in nine is neutral."""
    files = {}
    for part, nouns in SPLITS.items():
        lines = []
        for noun in nouns:
            lines += [tree(f"{words} {noun} .", 4 - place % 2) for place, words in enumerate(GOOD)]
            lines += [tree(f"{words} {noun} .", place % 2) for place, words in enumerate(BAD)]
            lines.append(tree(f"this is the {noun} .", 2))
        files[part] = "".join(f"{line}\n" for line in lines)
    return files


def write_treebank(folder: Path, files: dict[str, str] | None = None) -> Path:
    """Write the files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, content in (files or small_treebank()).items():
        (folder / f"{part}.txt").write_text(content, encoding="utf-8", newline="\n")
    return folder


def write_treebank_archive(path: Path, files: dict[str, str] | None = None) -> Path:
    """Write the archive as its authors publish it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in (files or small_treebank()).items():
            archive.writestr(f"trees/{part}.txt", content.encode())
    return path


ORIGINAL = [
    ("Positive", "The harbour scenes are lovely and the old captain is wonderful."),
    ("Negative", "Two hours of talk about tax law, and none of it is interesting."),
    ("Positive", "A clever heist, and I never guessed who had the painting."),
    ("Negative", "The robot looks cheap, and the invasion of the moon is dull."),
]
EDITED = [
    ("Positive", "The robot looks great, and the invasion of the moon is thrilling."),
    ("Negative", "The harbour scenes are ugly and the old captain is dreadful."),
    ("Negative", "A clumsy heist, and I guessed at once who had the painting."),
    ("Positive", "Two hours of talk about tax law, and all of it is interesting."),
]


def pairs_file(rows: list[tuple[str, str]]) -> str:
    """The content of a file of pairs."""
    return "Sentiment\tText\n" + "".join(f"{label}\t{text}\n" for label, text in rows)


def write_pairs(folder: Path, original=None, edited=None, names=None) -> Path:
    """Write the two files into a folder."""
    names = names or ("train_original.tsv", "train_edited.tsv")
    for name, rows in zip(names, (original or ORIGINAL, edited or EDITED), strict=True):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pairs_file(rows), encoding="utf-8")
    return folder

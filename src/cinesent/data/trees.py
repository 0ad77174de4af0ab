"""Parse trees as the Sentiment Treebank writes them: ``(3 (2 It) (4 works))``."""

from __future__ import annotations

import re
from typing import NamedTuple

from cinesent.errors import DataError

#: How deep trees may be nested; those of the treebank are up to 30 deep.
MAX_DEPTH = 200

_TOKENS = re.compile(r"[()]|[^ ()]+")
_EXAMPLE = "a tree such as (3 (2 It) (4 works))"
_LEVELS = ("0", "1", "2", "3", "4")
# What may follow each kind of token. After the bracket that closes a whole tree nothing may.
_FOLLOWS = {
    "": ("(",),
    "(": ("level",),
    "level": ("(", "word"),
    "word": (")",),
    ")": ("(", ")"),
}
_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "``": '"', "''": '"'}
_CLITIC = re.compile(r" (n't|'(?:s|re|ve|ll|d|m))\b", re.IGNORECASE)
_CLOSING = re.compile(r" ([.,!?;:)\]%])")
_OPENING = re.compile(r"([(\[$#]) ")


class Span(NamedTuple):
    """A phrase in a tree: its level, 0 to 4, and the words ``words[start:end]``."""

    level: int
    start: int
    end: int


class Tree(NamedTuple):
    """A sentence: its words, and all its phrases, the whole sentence last."""

    words: list[str]
    spans: list[Span]

    def text(self, span: Span) -> str:
        """Return the text of a phrase, as people write it."""
        return detokenize(self.words[span.start : span.end])


def parse_tree(line: str, where: str) -> Tree:
    """Parse a line, in linear time.

    Args:
        line: a tree; a leaf is a level and a word, an inner node a level and one tree or more.
        where: file and line, for messages.

    Raises:
        DataError: the line is no tree, a level is not 0 to 4, or the tree is nested too deeply.

    Example:
        >>> tree = parse_tree("(3 (2 It) (4 works))", "train.txt:1")
        >>> [(span.level, tree.text(span)) for span in tree.spans]
        [(2, 'It'), (4, 'works'), (3, 'It works')]
    """
    tree = Tree([], [])
    opened: list[tuple[int, int]] = []  # level and first word
    before = ""
    for token in _TOKENS.findall(line):
        kind = token if token in ("(", ")") else "level" if before == "(" else "word"
        if kind not in _FOLLOWS[before] or (before == ")" and not opened):
            raise DataError(f"{where}: {token[:40]!r} is out of place; expected {_EXAMPLE}.")
        if kind == "level":
            opened.append((_level(token, where), len(tree.words)))
        elif kind == "word":
            tree.words.append(token)
        elif kind == ")":
            tree.spans.append(Span(*opened.pop(), len(tree.words)))
        elif len(opened) == MAX_DEPTH:
            raise DataError(f"{where}: the tree is more than {MAX_DEPTH} levels deep.")
        before = kind
    if opened or not tree.spans:
        raise DataError(f"{where}: the tree is incomplete; expected {_EXAMPLE}.")
    return tree


def _level(token: str, where: str) -> int:
    if token not in _LEVELS:
        raise DataError(f"{where}: the level is {token[:40]!r}; expected 0, 1, 2, 3 or 4.")
    return int(token)


def detokenize(words: list[str]) -> str:
    """Join words that are split by the rules of the Penn Treebank as people write them.

    Example:
        >>> detokenize(["It", "does", "n't", "work", "-LRB-", "at", "all", "-RRB-", "."])
        "It doesn't work (at all)."
    """
    plain = (_BRACKETS.get(word, word).replace("\\/", "/").replace("\\*", "*") for word in words)
    text = _CLITIC.sub(r"\1", " ".join(plain))
    return _OPENING.sub(r"\1", _CLOSING.sub(r"\1", text))

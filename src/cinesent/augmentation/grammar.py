r"""Sentence frames and word lists, and the texts that they make.

An entry is plain text with four kinds of marks:

- ``{category}``: an entry of that category, another one each time within a text where it can be;
  ``{category#1}`` repeats one choice within the text; ``{8-12}`` is a whole number of that range.
- ``[one|two|]``: one of the alternatives.
- ``+`` at the end: the noun is plural.
- ``<is>``, ``<work>``: a verb in the number of the noun before it: is or are, works or work.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from cinesent.augmentation.draws import Draws
from cinesent.augmentation.word_lists import load_categories, third_person
from cinesent.errors import ConfigError

_PLURAL, _SINGULAR = "\x01", "\x02"
_IRREGULAR = {
    "is": "are",
    "was": "were",
    "has": "have",
    "does": "do",
    "isn't": "aren't",
    "wasn't": "weren't",
    "hasn't": "haven't",
    "doesn't": "don't",
}
_PIECE = re.compile(r"\{[^{}]+\}|<[a-z']+>|[\[|\]]|[^\[\]{}<>|]+|[<>{}]")
_RANGE = re.compile(r"(\d+)-(\d+)")
_VERB = re.compile(r"([\x01\x02])|<([a-z']+)>")
_ARTICLE = re.compile(r"\b(a|A)n? (?=[\"'“*]?([A-Za-z0-9][\w'-]*))")
_VOWEL = re.compile(r"[aeiou]|8|11\b|18\b|hour|honest|heir|honou?r")
_CONSONANT = re.compile(r"one|once|uni(?!n)|use|usu|eu|u\b|ut[eo]|ubi")
_INITIAL = re.compile(r"[AEFHILMNORSX]\b|[AEFHILMNORSX][A-Z]")
_PLURAL_IN_Y = re.compile(r"(?<=[a-z][bcdfghjklmnpqrstvwxz])ys\b")
# Words end in a full stop; emoji, stars, emoticons and hashtags do not.
_UNMARKED = re.compile(r"""[\w%]["'*)]*$""")
_MARKED = re.compile(r"(?:^|\s)(?:#\S+|[:;=xX>]['-]?[DPp]+)$")
_START = re.compile(r"(^[\"'(]?|[.!?] [\"'(]?)([a-z])")


@dataclass(frozen=True)
class _Draw:
    category: str
    label: str


@dataclass(frozen=True)
class _Number:
    first: int
    last: int


@dataclass(frozen=True)
class _Either:
    options: tuple[_Entry, ...]


_Entry = tuple["str | _Draw | _Number | _Either", ...]


@dataclass
class _Expansion:
    """What one text has drawn so far."""

    draws: Draws
    labelled: dict[str, str] = field(default_factory=dict)
    used: set[tuple[str, int]] = field(default_factory=set)


class Grammar:
    """Categories of entries, expanded into texts.

    Args:
        categories: the entries of each category, in the notation of this module.

    Raises:
        ConfigError: an entry names a category that does not exist, or a bracket is not closed.

    Example:
        >>> grammar = Grammar({"thing": ["the plot", "the jokes+"], "say": ["{thing} <is> a hit"]})
        >>> sorted({grammar.sentence("say", Draws(seed)) for seed in range(9)})
        ['The jokes are a hit.', 'The plot is a hit.']
    """

    def __init__(self, categories: Mapping[str, Sequence[str]]) -> None:
        self.categories = {name: tuple(entries) for name, entries in categories.items()}
        self._entries = {
            name: tuple(_parse(entry) for entry in _numbered(entries))
            for name, entries in self.categories.items()
        }
        self._check()

    def expand(self, category: str, draws: Draws) -> str:
        """Return an entry of a category with all its marks resolved."""
        return _finish(self._draw(category, _Expansion(draws)))

    def sentence(self, category: str, draws: Draws) -> str:
        """Return an expanded entry with a capital letter at the start and a mark at the end."""
        return as_sentence(self.expand(category, draws))

    def _draw(self, category: str, state: _Expansion) -> str:
        entries = self._entries[category]
        for _ in range(4):
            index = state.draws.below(len(entries))
            if (category, index) not in state.used or len(entries) == 1:
                break
        state.used.add((category, index))
        return self._expand(entries[index], state)

    def _expand(self, entry: _Entry, state: _Expansion) -> str:
        return "".join(
            node if isinstance(node, str) else self._resolve(node, state) for node in entry
        )

    def _resolve(self, node: _Draw | _Number | _Either, state: _Expansion) -> str:
        if isinstance(node, _Number):
            return str(state.draws.between(node.first, node.last))
        if isinstance(node, _Either):
            return self._expand(state.draws.pick(node.options), state)
        if not node.label:
            return self._draw(node.category, state)
        key = f"{node.category}#{node.label}"
        if key not in state.labelled:
            state.labelled[key] = self._draw(node.category, state)
        return state.labelled[key]

    def _check(self) -> None:
        for name, entries in self._entries.items():
            for used in (node for entry in entries for node in _draws_of(entry)):
                if not self._entries.get(used):
                    raise ConfigError(f"category '{name}' draws from '{used}', which is empty.")


def as_sentence(text: str) -> str:
    """Return text with a capital letter at the start of sentences and a mark at its end.

    Example:
        >>> as_sentence("no complaints. it works")
        'No complaints. It works.'
    """
    text = _START.sub(lambda found: found[1] + found[2].upper(), text)
    return f"{text}." if _UNMARKED.search(text) and not _MARKED.search(text) else text


def with_articles(text: str) -> str:
    """Return text with "a" or "an" as the sound of the next word asks for.

    Example:
        >>> with_articles("A awful film of an unit with a 8/10, a hour long")
        'An awful film of a unit with an 8/10, an hour long'
    """
    return _ARTICLE.sub(_article, text)


@cache
def load_grammar() -> Grammar:
    """Return the grammar of the packaged word lists.

    Raises:
        ConfigError: a category is defined twice, or an entry is malformed.
    """
    return Grammar(load_categories())


def _numbered(entries: Sequence[str]) -> list[str]:
    """Mark each noun of a category with its number, where one of them is plural."""
    if not any(entry.endswith("+") for entry in entries):
        return list(entries)
    return [_PLURAL + entry[:-1] if entry.endswith("+") else _SINGULAR + entry for entry in entries]


def _parse(entry: str) -> _Entry:
    stack: list[list[list[str | _Draw | _Number | _Either]]] = [[[]]]
    for piece in _PIECE.findall(entry):
        if piece == "[":
            stack.append([[]])
        elif piece == "|" and len(stack) > 1:
            stack[-1].append([])
        elif piece == "]" and len(stack) > 1:
            options = stack.pop()
            stack[-1][-1].append(_Either(tuple(tuple(option) for option in options)))
        elif piece[0] == "{":
            stack[-1][-1].append(_parse_draw(piece[1:-1]))
        else:
            stack[-1][-1].append(piece)
    if len(stack) > 1:
        raise ConfigError(f"a bracket of {entry!r} is not closed.")
    return tuple(stack[0][0])


def _parse_draw(inside: str) -> _Draw | _Number:
    if number := _RANGE.fullmatch(inside):
        return _Number(int(number[1]), int(number[2]))
    category, _, label = inside.partition("#")
    return _Draw(category, label)


def _draws_of(entry: _Entry) -> list[str]:
    found: list[str] = []
    for node in entry:
        if isinstance(node, _Draw):
            found.append(node.category)
        elif isinstance(node, _Either):
            found += [used for option in node.options for used in _draws_of(option)]
    return found


def _finish(text: str) -> str:
    """Resolve the number of verbs, the form of articles and plurals in "ies"."""
    plural = False

    def resolve(found: re.Match[str]) -> str:
        nonlocal plural
        if found[1]:
            plural = found[1] == _PLURAL
            return ""
        verb = found[2]
        if verb in _IRREGULAR:
            return _IRREGULAR[verb] if plural else verb
        return verb if plural else third_person(verb)

    text = _PLURAL_IN_Y.sub("ies", with_articles(_VERB.sub(resolve, text)))
    return " ".join(text.split())


def _article(found: re.Match[str]) -> str:
    word = found[2]
    vowel = bool(_VOWEL.match(word.lower())) and not _CONSONANT.match(word.lower())
    if len(word) <= 4 and word.isupper():
        vowel = bool(_INITIAL.match(word))
    return f"{found[1]}{'n' if vowel else ''} "

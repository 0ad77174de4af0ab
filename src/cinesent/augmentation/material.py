"""What the kinds of augmented text are made from: word lists and the sentences of real reviews."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, cached_property

from cinesent.augmentation.draws import Draws
from cinesent.augmentation.grammar import Grammar, load_grammar
from cinesent.augmentation.phrases import starts_plainly
from cinesent.augmentation.word_lists import load_categories
from cinesent.text.splitting import split_sentences

#: Returns words that are used like a word, nearest first, or none.
Neighbors = Callable[[str], Sequence[str]]

# Words of a sentence, at least and at most, and of one that is joined to another at most.
_SHORTEST, _LONGEST, _CLAUSE = 3, 40, 16
_NAME = re.compile(r"\b[A-Z][a-z]+(?: (?:[A-Z]\.|[Dd]e|[Vv]an|[Vv]on))?(?: [A-Z][a-z]+){1,2}\b")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


class Material:
    """Reviews, their sentences and names, beside the packaged grammar.

    Args:
        reviews: raw texts of reviews without labels; none at all is allowed.
        neighbors: gives words that are used like a word, for instance by word vectors.

    Example:
        >>> material = Material(["A film by Jane Doe. I loved it."])
        >>> material.sentences, material.names
        (('A film by Jane Doe.', 'I loved it.'), ('Jane Doe',))
    """

    def __init__(self, reviews: Sequence[str] = (), neighbors: Neighbors | None = None) -> None:
        self.reviews = reviews
        self.neighbors = neighbors
        self.grammar: Grammar = load_grammar()

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Distinct sentences of 3 to 40 words, in the order of the reviews."""
        found = (sentence for review in self.reviews for sentence in split_sentences(review))
        return tuple(dict.fromkeys(s for s in found if _SHORTEST <= s.count(" ") + 1 <= _LONGEST))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of two or three words in the sentences, the most frequent first."""
        counts = Counter(name for sentence in self.sentences for name in find_names(sentence))
        return tuple(name for name, _ in sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])))

    @cached_property
    def praise(self) -> tuple[str, ...]:
        """Short sentences that hold words of praise and none of blame."""
        return tuple(s for s in self._clauses if not words_of(s) & word_set("bad"))

    @cached_property
    def blame(self) -> tuple[str, ...]:
        """Short sentences that hold words of blame and none of praise."""
        return tuple(s for s in self._clauses if not words_of(s) & word_set("good"))

    @cached_property
    def _clauses(self) -> tuple[str, ...]:
        opinions = word_set("good") | word_set("bad")
        return tuple(
            s
            for s in self.sentences
            if s.count(" ") < _CLAUSE
            and s[-1] in ".!"
            and starts_plainly(s)
            and words_of(s) & opinions
        )

    def marked(self, draws: Draws, category: str) -> str:
        """Return a sentence of the grammar with a mark at its end."""
        return self.grammar.sentence(category, draws)

    def own(self, draws: Draws, category: str) -> str:
        """Return a sentence of the grammar; a few end in "!" or without a mark."""
        text = self.grammar.sentence(category, draws)
        if text.endswith(".") and not text.endswith("..") and draws.chance(0.15):
            return text[:-1] + draws.pick(("!", "", "...", ""))
        return text

    def name(self, draws: Draws) -> str:
        """Return a name, of the reviews where they hold any, or a made-up one."""
        if self.names and draws.chance(0.5):
            return draws.pick(self.names)
        return self.grammar.expand("name", draws)


def find_names(sentence: str) -> list[str]:
    """Return the sequences of two or three capitalised words that look like names.

    Example:
        >>> find_names("The Film stars Jane Doe and Jack B. Nimble.")
        ['Jane Doe', 'Jack B. Nimble']
    """
    found = _NAME.findall(sentence)
    return [name for name in found if not _no_name() & words_of(name)]


def words_of(text: str) -> frozenset[str]:
    """Return the lower-cased words of a text."""
    return frozenset(_WORD.findall(text.lower()))


@cache
def _no_name() -> frozenset[str]:
    return frozenset(load_categories()["no_name"])


@cache
def word_set(polarity: str) -> frozenset[str]:
    """Return the single words of the lists of opinions, of polarity "good" or "bad"."""
    verbs = ("like", "shine", "please_me") if polarity == "good" else ("dislike", "flop", "bore_us")
    nouns = "gem" if polarity == "good" else "dud"
    forms = [f"{verb}{form}" for verb in verbs for form in ("", "_s", "_past", "_ing")]
    strengths = [f"{polarity}_{strength}" for strength in ("weak", "medium", "strong")]
    categories = load_categories()
    entries = (entry for name in [*strengths, nouns, *forms] for entry in categories[name])
    ambiguous = categories["ambiguous"]
    return frozenset(e for e in entries if _WORD.fullmatch(e) and e not in ambiguous)

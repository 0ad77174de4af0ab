"""From text to tokens to ids: one word-level tokenizer for training and predicting.

It uses the standard library only, so that the base install needs no tokenizer package and the rules
can be implemented in other languages. `RULES` is their version number: a saved tokenizer states
which rules it was fitted with.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cinesent.environment import expand_user
from cinesent.errors import BundleError, ConfigError
from cinesent.text.clean import clean_text
from cinesent.text.second_chance import corrected, forms, signs

#: The version of the rules below.
RULES = 2
#: The versions that models may have. Rules 1 cut runs of asterisks to two, kept the skin tones of
#: emoji as tokens, and had no second chance for scores, emoji and misspelled words.
KNOWN_RULES = (1, 2)

PADDING_ID = 0
UNKNOWN_ID = 1
PADDING = "[PAD]"
UNKNOWN = "[UNK]"

# Tried in this order at each position of the lower-cased text, the most frequent first; only white
# space matches none of them. A word includes its apostrophes: `_split` splits contractions.
_TOKEN = re.compile(
    r"""
      [^\W\d_]+(?:'[^\W\d_]+)*               # a word: film, didn't, o'neill
    | [.!?*$-]{2,}                           # a run of marks: ... !!! ***
    | \d+(?:\.\d+)?/\d+                     # a score: 7/10, 8.5/10
    | \d+(?:[.,]\d+)*(?:(?:s|st|nd|rd|th|d)(?!\w))?   # a number: 1,000.5  1980s  2nd  3d
    | [:;=][-o*']?[)(\]\[dp/\\|3]+(?!\w)     # an emoticon: :-) ;) =( :d
    | \([-o*']?[:;=](?!\w)                   # ... the other way round: (-:
    | <3                                     # a heart
    | '(?:s|m|d|re|ve|ll)(?!\w)              # a contraction after a number or a mark: 1980's
    | [^\w\s]                                # any other mark, symbol or emoji
    | \w                                     # an underscore, a numeral of another script
    """,
    re.VERBOSE,
)
# Tokens whose second chance is kept, some 8 MB.
_MOST_REMEMBERED = 2**16
# Characters of a long text that are tokenized at a time.
_BLOCK = 2**16

# Five asterisks are the best rating; longer runs separate paragraphs.
_MOST_ASTERISKS = 5
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))

_CONTRACTIONS = ("n't", "'s", "'m", "'d", "'re", "'ve", "'ll")


def tokenize(text: str, rules: int = RULES) -> list[str]:
    """Split raw text into lower-cased tokens: words, contractions, scores, marks, emoticons, emoji.

    A run of one mark becomes a token of two ("!!!!" is "!!", different from "!"), or of three for
    dots; asterisks, which can be a rating, keep their number up to five. The list is empty for a
    text without a visible character.

    Args:
        text: any string.
        rules: the version of the rules, one of :data:`KNOWN_RULES`.

    Example:
        >>> tokenize("I didn't like it!!!<br />It's a 3/10... :-(")
        ['i', 'did', "n't", 'like', 'it', '!!', 'it', "'s", 'a', '3/10', '...', ':-(']
    """
    return [token for block in token_blocks(text, rules) for token in block]


def token_blocks(text: str, rules: int = RULES) -> Iterator[list[str]]:
    """Yield the tokens of :func:`tokenize` some 10,000 at a time.

    So the tokens of a very long text need not be in memory at once. No token contains white space,
    and a text is cut nowhere else.
    """
    cleaned = clean_text(text).lower()
    start = 0
    while len(cleaned) - start > _BLOCK:
        end = cleaned.find(" ", start + _BLOCK)
        if end < 0:
            break
        yield _tokens(cleaned[start:end], rules)
        start = end
    yield _tokens(cleaned[start:] if start else cleaned, rules)


def _tokens(cleaned: str, rules: int) -> list[str]:
    tokens: list[str] = []
    for token in _TOKEN.findall(cleaned):
        if "'" in token and len(token) > 2:
            tokens.extend(_split(token))
        elif token[0] in ".!?*$-" and len(token) > 2:
            tokens.append(_run(token, rules))
        elif rules == 1 or token not in _SKIN_TONES:
            tokens.append(token)
    return tokens


def _run(marks: str, rules: int) -> str:
    """Return the token of a run of three marks or more."""
    if marks[0] == ".":
        return "..."
    is_rating = rules > 1 and len(marks) <= _MOST_ASTERISKS and not marks.strip("*")
    return marks if is_rating else marks[:2]


def _split(word: str) -> list[str]:
    """Split a contraction: "didn't" is "did" and "n't", "i'd've" is "i", "'d" and "'ve"."""
    parts: list[str] = []
    end = len(word)
    # From 1 on: there must be something in front of a contraction.
    while word.endswith(_CONTRACTIONS, 1, end):
        part = next(part for part in _CONTRACTIONS if word.endswith(part, 1, end))
        parts.append(part)
        end -= len(part)
    return [word[:end], *reversed(parts)]


@dataclass(frozen=True)
class Tokenizer:
    """Turns raw text into ids with a vocabulary fitted on training text.

    Id 0 is padding and id 1 the unknown word; the words follow by decreasing frequency. For a word
    outside the vocabulary, similar forms are tried before it is unknown: without repeated letters
    ("soooo" is read as "so"), without a suffix ("overacts" is read as "overact"), as a score out of
    ten or another emoji, and with one letter corrected ("terible" is read as "terrible").

    Attributes:
        vocabulary: the tokens by id; the first two are "[PAD]" and "[UNK]".
        rules: the version of the rules the vocabulary was made with.

    Raises:
        BundleError: the vocabulary does not begin with the two special tokens, repeats a word, or
            comes from rules that this version does not know.

    Example:
        >>> tokenizer = Tokenizer.fit(["a fine film", "a fine cast"], vocabulary_size=4)
        >>> tokenizer.encode("A fiiiine play")
        [2, 3, 1]
    """

    vocabulary: tuple[str, ...]
    rules: int = RULES
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)
    _found: dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Check the vocabulary and index it."""
        if self.rules not in KNOWN_RULES:
            raise BundleError(
                f"the tokenizer follows rules {self.rules}; this version of cinesent knows rules "
                f"{_known()}. Train the model again, or use the version it was made with."
            )
        if self.vocabulary[:2] != (PADDING, UNKNOWN):
            raise BundleError(
                f"the vocabulary begins with {list(self.vocabulary[:2])}; "
                f"expected {[PADDING, UNKNOWN]}."
            )
        ids = {token: index for index, token in enumerate(self.vocabulary) if index > UNKNOWN_ID}
        if len(ids) != len(self.vocabulary) - 2:
            raise BundleError("the vocabulary contains a token twice.")
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def fit(cls, texts: Iterable[str], vocabulary_size: int, min_count: int = 1) -> Tokenizer:
        """Keep the most frequent tokens of `texts`, ties in alphabetical order.

        Args:
            texts: raw training texts, read once.
            vocabulary_size: ids in all, padding and unknown included; at least 3.
            min_count: tokens seen less often are left out.

        Raises:
            ConfigError: `vocabulary_size` or `min_count` is out of range, or no token is left.
        """
        return cls.fit_tokens((tokenize(text) for text in texts), vocabulary_size, min_count)

    @classmethod
    def fit_tokens(
        cls, token_lists: Iterable[Sequence[str]], vocabulary_size: int, min_count: int = 1
    ) -> Tokenizer:
        """As :meth:`fit`, from tokenized texts."""
        if vocabulary_size < 3 or min_count < 1:
            raise ConfigError(
                f"vocabulary_size is {vocabulary_size} and min_count {min_count}; "
                "expected at least 3 and 1."
            )
        counts: Counter[str] = Counter()
        for tokens in token_lists:
            counts.update(tokens)
        kept = sorted(
            (token for token, count in counts.items() if count >= min_count),
            key=lambda token: (-counts[token], token),
        )[: vocabulary_size - 2]
        if not kept:
            raise ConfigError(
                f"no token occurs {min_count} times or more in the training texts: "
                "give more texts or lower min_count."
            )
        return cls((PADDING, UNKNOWN, *kept))

    def __len__(self) -> int:
        return len(self.vocabulary)

    def token_id(self, token: str) -> int:
        """Return the id of a token, after its second chance if it is not in the vocabulary."""
        found = self._ids.get(token)
        return found if found is not None else self._second_chance(token)

    def _remembered(self, token: str) -> int:
        """Return the second chance of a token: it takes a tenth of a millisecond, and recurs."""
        found = self._found.get(token)
        if found is None:
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            found = self._found[token] = self._second_chance(token)
        return found

    def _second_chance(self, token: str) -> int:
        for candidate in forms(token):
            found = self._ids.get(candidate)
            if found is not None:
                return found
        return UNKNOWN_ID if self.rules == 1 else self._third_chance(token)

    def _third_chance(self, token: str) -> int:
        for candidate in signs(token):
            found = self._ids.get(candidate)
            if found is not None:
                return found
        return corrected(token, self._ids) or UNKNOWN_ID

    def tokenize(self, text: str) -> list[str]:
        """Split raw text into tokens, by the rules of this vocabulary."""
        return tokenize(text, self.rules)

    def encode(self, text: str) -> list[int]:
        """Return the ids of a raw text; never empty: text without a token is one unknown word."""
        return self.encode_tokens(self.tokenize(text))

    def encode_tokens(self, tokens: Sequence[str]) -> list[int]:
        """As :meth:`encode`, from tokens."""
        ids = self._ids
        encoded = [ids.get(token) or self._remembered(token) for token in tokens]
        return encoded or [UNKNOWN_ID]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the tokens of `ids`, padding left out.

        Raises:
            IndexError: an id lies outside the vocabulary.
        """
        kept = [index for index in ids if index != PADDING_ID]
        if kept and min(kept) < 0:
            raise IndexError(f"token id {min(kept)} is negative")
        return [self.vocabulary[index] for index in kept]

    @cached_property
    def _payload(self) -> dict[str, Any]:
        return {"rules": self.rules, "vocabulary": list(self.vocabulary)}

    def save(self, path: Path) -> None:
        """Write the tokenizer as JSON."""
        path.write_text(
            json.dumps(self._payload, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Tokenizer:
        """Read a tokenizer that :meth:`save` wrote.

        Raises:
            ConfigError: `path` is not a path.
            BundleError: the file is missing, not JSON, or not a tokenizer of known rules.
        """
        try:
            content = expand_user(path).read_text(encoding="utf-8")
            return cls.from_payload(json.loads(content))
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror}.") from error
        except (ValueError, RecursionError) as error:
            raise BundleError(f"{path} is not a tokenizer of cinesent: {error!r}.") from error
        except BundleError as error:
            raise BundleError(f"{path}: {error}") from error

    @classmethod
    def from_payload(cls, payload: object) -> Tokenizer:
        """Make a tokenizer from what the JSON of :meth:`save` holds.

        Raises:
            BundleError: it is not a tokenizer of known rules.
        """
        if not isinstance(payload, dict) or payload.keys() != {"rules", "vocabulary"}:
            raise BundleError(
                "not a tokenizer of cinesent: expected an object with 'rules' and 'vocabulary'."
            )
        vocabulary, rules = payload["vocabulary"], payload["rules"]
        if not isinstance(vocabulary, list) or not all(isinstance(t, str) for t in vocabulary):
            raise BundleError("'vocabulary' must be a list of strings.")
        if type(rules) is not int:
            raise BundleError(
                f"'rules' is {rules!r}; this version of cinesent knows rules {_known()}."
            )
        return cls(tuple(vocabulary), rules)


def _known() -> str:
    return " and ".join(map(str, KNOWN_RULES))

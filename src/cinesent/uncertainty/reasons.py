"""Why a prediction means little, where the text itself tells."""

from __future__ import annotations

import re
import unicodedata

from cinesent.probability import Reason
from cinesent.text.clean import clean_text
from cinesent.uncertainty.english import is_english

# A score such as 7/10, and emoticons: not words, but opinions all the same.
_SPEAKING = re.compile(r"\d/\d|[:;=][-o*']?[)(\]\[dp/\\|3]|[)(][-o*']?[:;=]|<3", re.IGNORECASE)
# Tokens of a text that is looked through for a word; a longer one without any is not a review.
_SHORT = 100


def reason_to_doubt(text: str, num_tokens: int, num_unknown: int) -> Reason | None:
    """Return why a prediction for `text` means little, or None.

    Args:
        text: the review, markup and all.
        num_tokens: its tokens.
        num_unknown: those that are not in the model's vocabulary.

    Example:
        >>> reason_to_doubt("?!", 1, 0), reason_to_doubt("Sehr schön gespielt.", 4, 3)
        ('no words', 'not English')
        >>> reason_to_doubt("Xq zzv!", 3, 2), reason_to_doubt("A quiet triumph.", 4, 0)
        ('mostly unknown words', None)
    """
    if not num_tokens or (num_tokens <= _SHORT and not _has_words(text)):
        return "no words"
    if not is_english(text):
        return "not English"
    return "mostly unknown words" if 2 * num_unknown > num_tokens else None


def _has_words(text: str) -> bool:
    """Return whether a text has a letter, a score, an emoticon or an emoji."""
    if "<" in text or "&" in text:
        text = clean_text(text)
    if _SPEAKING.search(text):
        return True
    return any(
        character.isalpha() or (character > "\x7f" and unicodedata.category(character)[0] == "S")
        for character in text
    )

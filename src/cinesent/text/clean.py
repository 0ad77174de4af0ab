"""From raw review text to clean text: without markup and control characters, all else is kept.

Case, digits ("7/10"), negation ("n't"), emoticons and emoji stay: the tokenizer decides about them.
"""

from __future__ import annotations

import re
import unicodedata

# A tag is "<" and a letter or "/": "I <3 it" and "a < b" are no tags. It ends within 300
# characters, enough for a long <a href>, so that a stray "<b" cannot remove half a review.
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>|<!--(?:[^<]|<(?!!--)){0,1000}?-->")

# NFKC leaves typographic quotes and dashes alone; reviews use them and the plain ones alike.
_PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201b": "'",
        "\u02bc": "'",
        "\u00b4": "'",
        "`": "'",
        "\u00a8": "",  # a spacing diaeresis, which NFKC would turn into a loose accent
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u00ab": '"',
        "\u00bb": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": " - ",
        "\u2015": " - ",
        "\u00bd": " 1/2",  # NFKC would join it to the number before
        "\u00bc": " 1/4",
        "\u00be": " 3/4",
        "\u0149": "'n",  # from here on what NFKC would turn into one of the above
        "\u1fef": "'",
        "\ufe31": " - ",
        "\ufe32": "-",
        "\ufe58": " - ",
        "\uff40": "'",
        "\x96": "-",  # Windows-1252 dashes and quotes that were decoded as Latin-1
        "\x97": " - ",
        "\x91": "'",
        "\x92": "'",
        "\x93": '"',
        "\x94": '"',
        "\x85": "...",
        "\ufe0f": "",  # variation selectors: the same emoji in colour
        "\ufe0e": "",
        "\u00ad": "",  # soft hyphen
        "\ufeff": "",  # byte-order mark
        "\uff9e": "\u3099",  # the only letters that NFKC turns into accents: see _CROWD
        "\uff9f": "\u309a",
        "\u061c": "",  # invisible marks: zero widths, joiners, reading directions
        **dict.fromkeys(map(chr, (*range(0x200B, 0x2010), *range(0x2060, 0x2070))), ""),
    }
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e]")

# NFKC takes time quadratic in the length of a run of accents, so a space splits a run after 64. The
# class contains all accents, and also symbols and emoji, for which a space makes no difference.
_CROWD = re.compile(r"([^\w\s\x00-\x7f]{64})(?=[^\w\s\x00-\x7f])")
# More digits than `int` reads; no character has so high a number.
_ENDLESS = re.compile(r"&#[0-9]{1000,};?")
_OPENING = re.compile(r"<(?=[a-zA-Z/!])")


def clean_text(text: str) -> str:
    r"""Return `text` as one line of normalised Unicode without markup.

    HTML entities are unescaped and tags replaced by a space (removing them would join words: 14,665
    of the 25,000 IMDB training reviews contain ``<br />``). Unicode is normalised to NFKC,
    typographic quotes and dashes to ASCII; control characters, lone surrogates and runs of white
    space become one space, and invisible marks such as zero-width joiners are removed.

    Any string is accepted, in time linear in its length. Cleaning twice gives the same as cleaning
    once, except that entities escaped twice ("&amp;lt;") are unescaped once more.

    Example:
        >>> clean_text("It&#39;s <b>great</b>!<br /><br />10\u201d\x00 &amp; more")
        'It\'s great ! 10" & more'
    """
    # First, so that full-width forms of "&" and "<" are recognised as entities and tags.
    if not text.isascii():
        text = _normalise(text)
    if "&" in text:
        text = _unescape(text)
        if not text.isascii():
            text = _normalise(text)
    if "`" in text:
        text = text.replace("`", "'")
    if "<" in text:
        text = _TAG.sub(" ", text)
    # split() knows every kind of white space; the other control characters become spaces first.
    text = " ".join(_UNPRINTABLE.sub(" ", text).split())
    if "<" in text and _TAG.search(text):
        # What looks like a tag only now, since one inside it was removed, is text: "<sp?> (<br />".
        text = _OPENING.sub("< ", text)
    return text


def _normalise(text: str) -> str:
    # The table goes before NFKC, which would decompose a spacing acute into a space and an accent.
    text = _CROWD.sub(r"\1 ", text.translate(_PLAIN))
    return _CROWD.sub(r"\1 ", unicodedata.normalize("NFKC", text))


def _unescape(text: str) -> str:
    import html  # its table of entities takes a while

    try:
        return html.unescape(text)
    except ValueError:
        return html.unescape(_ENDLESS.sub("\ufffd", text))

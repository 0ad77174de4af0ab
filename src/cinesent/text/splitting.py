"""Raw reviews to sentences of clean text."""

from __future__ import annotations

import re

from cinesent.text.clean import clean_text

_BREAK = re.compile(r"(?:<br\s*/?>\s*)+|\n\s*\n", re.IGNORECASE)
_END = re.compile(r"""(?<![.!?])[.!?]++["')\]]*+\s+(?=["'(\[*]?[A-Z0-9])""")
_TITLES = "mr|mrs|ms|dr|st|jr|sr|prof|vs|lt|sgt|capt|col|gen"
_ABBREVIATED = re.compile(rf"\b(?:{_TITLES}|[a-z])\.\s*$", re.IGNORECASE)


def split_sentences(text: str) -> list[str]:
    """Split raw text into sentences, each cleaned; HTML breaks and empty lines end one too.

    A full stop after an initial or a title such as "Dr." ends none. Runs in linear time.

    Example:
        >>> split_sentences("Mr. J. Doe is good.<br /><br />The rest? Dull.")
        ['Mr. J. Doe is good.', 'The rest?', 'Dull.']
    """
    found = []
    for paragraph in _BREAK.split(text):
        cleaned = clean_text(paragraph)
        start = 0
        for end in _END.finditer(cleaned):
            recent = cleaned[max(start, end.end() - 8) : end.end()]
            if end[0].rstrip() == "." and _ABBREVIATED.search(recent):
                continue
            found.append(cleaned[start : end.end()].rstrip())
            start = end.end()
        if start < len(cleaned):
            found.append(cleaned[start:])
    return found

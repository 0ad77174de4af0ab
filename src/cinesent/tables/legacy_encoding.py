"""Which older encoding a text is in that is not Unicode: with charset-normalizer, and its limits.

charset-normalizer takes Shift-JIS for Korean and Polish for Lappish when it is left to itself. So
only encodings that are common in files are tried, only those stay in which the text has the
letters of one language, and where two of them would read the text in different ways, nothing is
guessed: the user is asked.
"""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from dataclasses import dataclass

from cinesent.errors import DataError, option

# The letters beyond ASCII of the languages that a code page serves, without the rarest; capitals
# count as well.
_WESTERN = (
    "àâæçéèêëîïôùûüÿœ", "äöüß", "áéíóúüñªº", "ãõáâàéêíóôúüçªº", "àèéìíòóù", "åäöæøéü", "éëïóöü",
    "áðéíóúýþæö", "äöåšž",
)  # fmt: skip
_CENTRAL = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíľňóôšťúýž", "áéíóöőúüű", "ăâîșțşţ", "čćđšž")
_BALTIC = ("āčēģīķļņšūž", "ąčęėįšųūž", "äöõüšž")
_TURKISH = ("çğıöşüâîûİ",)
_CYRILLIC = "".join(map(chr, range(0x400, 0x460))) + "ґҐ"
_GREEK = "".join(map(chr, range(0x370, 0x400)))
_HEBREW = "".join(map(chr, range(0x5B0, 0x5F5)))
_ARABIC = "".join(map(chr, range(0x600, 0x700)))
_ALPHABETS: dict[str, tuple[str, ...]] = {
    "cp1252": _WESTERN,
    "iso8859-15": _WESTERN,
    "cp1250": _CENTRAL + ("äöüß",),
    "iso8859-2": _CENTRAL,
    "cp1254": _TURKISH,
    "cp1257": _BALTIC,
    "cp1251": (_CYRILLIC,),
    "koi8-r": (_CYRILLIC,),
    "cp1253": (_GREEK,),
    "cp1255": (_HEBREW,),
    "cp1256": (_ARABIC,),
}
_MULTIBYTE = ("cp932", "euc_jp", "gb18030", "big5", "cp949")
# Marks that texts of every language have.
_PUNCTUATION = frozenset("‘’‚“”„«»‹›–—…•·¡¿°©®™€£§№´ \xa0\xad×½")
_KANA = re.compile("[\u3040-\u30ff\uff66-\uff9f]")
_MIXED_WORD = re.compile("[A-Za-z][\u0370-\u06ff]|[\u0370-\u06ff][A-Za-z]")
_INNER_CAPITAL = re.compile("[a-zß-öø-ÿ][À-ÖØ-Þ]")
_INNER_SIGMA = re.compile("ς[α-ω]")  # this form of the letter ends a word
# What share of the letters has to fit, and how much less likely the second best has to be.
_SHARE = 0.97
_CHAOS_MARGIN = 0.08
_COHERENCE_MARGIN = 0.2


@dataclass(frozen=True)
class _Reading:
    """A text as one encoding reads it."""

    encoding: str
    text: str


def guess_encoding(sample: bytes, name: str) -> str:
    """Return the encoding of a text that is not UTF-8.

    Args:
        sample: lines with bytes beyond ASCII.
        name: of the file, for messages.

    Raises:
        DataError: charset-normalizer is missing, or it is not certain which encoding it is; the
            message names those that are possible.
    """
    decoded = [
        _Reading(encoding, text)
        for encoding in (*_ALPHABETS, *_MULTIBYTE)
        if (text := _decoded(sample, encoding)) is not None
    ]
    readings = [one for one in decoded if _is_plausible(one, _alphabets(one.encoding))]
    # A file may have texts in several languages of one code page.
    readings = readings or [
        one for one in decoded if _is_plausible(one, ("".join(_alphabets(one.encoding)),))
    ]
    if importlib.util.find_spec("charset_normalizer") is None:
        raise DataError(
            f"{name} is not UTF-8. Name its encoding with {option('encoding')}"
            f"{_candidates(readings)}, or install what detects it: pip install 'cinesent[data]'"
        )
    likely = _likely(sample, readings)
    if len({reading.text for reading in likely}) != 1:
        raise DataError(
            f"{name} is not UTF-8, and it is not certain which encoding it has. Name it with "
            f"{option('encoding')}{_candidates(likely or readings)}."
        )
    return likely[0].encoding


def _decoded(sample: bytes, encoding: str) -> str | None:
    try:
        return sample.decode(encoding)
    except UnicodeDecodeError:
        # The sample may end within a character.
        try:
            return sample[: sample[:-1].rfind(b"\n") + 1].decode(encoding) or None
        except UnicodeDecodeError:
            return None


def _likely(sample: bytes, readings: list[_Reading]) -> list[_Reading]:
    """Return the readings that charset-normalizer holds for likely, about equally so."""
    from charset_normalizer import from_bytes

    if len({reading.text for reading in readings}) <= 1:
        return readings
    names = {reading.encoding.replace("-", "_"): reading for reading in readings}
    matches = from_bytes(
        sample, cp_isolation=list(names), threshold=0.4, preemptive_behaviour=False
    )
    scores = {str(match): (match.chaos, match.coherence) for match in matches}
    least = min((chaos for chaos, _ in scores.values()), default=0.0)
    orderly = {text: c for text, (chaos, c) in scores.items() if chaos <= least + _CHAOS_MARGIN}
    most = max(orderly.values(), default=0.0)
    return [
        reading
        for reading in readings
        if orderly.get(reading.text, -1.0) >= most - _COHERENCE_MARGIN
    ]


def _alphabets(encoding: str) -> tuple[str, ...]:
    return _ALPHABETS.get(encoding, ())


def _is_plausible(reading: _Reading, alphabets: tuple[str, ...]) -> bool:
    """Return whether a text has the letters of one alphabet, where letters belong."""
    text, encoding = reading.text, reading.encoding
    if any(unicodedata.category(c) in ("Cc", "Cn", "Co") for c in set(text) - set("\t\r\n\f")):
        return False
    beyond = [c for c in text if c > "\x7f" and c not in _PUNCTUATION]
    if encoding in _MULTIBYTE:
        return _fits_script(beyond, encoding)
    enough = _SHARE * len(beyond)
    if sum(map(len, _MIXED_WORD.findall(text))) > 0.1 * len(beyond):
        return False
    if len(_INNER_CAPITAL.findall(text)) > 0.05 * len(beyond):
        return False
    if len(_INNER_SIGMA.findall(text)) > 0.01 * len(beyond):
        return False
    return any(
        sum(c in alphabet or c.lower() in alphabet for c in beyond) >= enough
        for alphabet in alphabets
    )


def _fits_script(beyond: list[str], encoding: str) -> bool:
    """Return whether a text beyond ASCII is mostly of the characters its encoding is used for."""
    text = "".join(c for c in beyond if unicodedata.category(c)[0] == "L")
    if not text:
        return False
    if encoding in ("cp932", "euc_jp"):
        kana = len(_KANA.findall(text))
        # Kana of half width are single bytes in Shift-JIS: any text seems to have them.
        half = sum("\uff66" <= c <= "\uff9f" for c in text)
        return kana - half > 0.2 * len(text) and half < 0.2 * len(text)
    common = {"gb18030": "gb2312", "big5": "big5", "cp949": "euc_kr"}[encoding]
    script = "HANGUL" if encoding == "cp949" else "CJK"
    fitting = sum(unicodedata.name(c, "").startswith(script) and _has(common, c) for c in text)
    return fitting > 0.9 * len(text)


def _has(encoding: str, character: str) -> bool:
    try:
        # Python writes syllables that EUC-KR lacks as eight bytes.
        return len(character.encode(encoding)) == 2
    except UnicodeEncodeError:
        return False


def _candidates(readings: list[_Reading]) -> str:
    """Return the possible encodings, one for each way to read the text, as part of a sentence."""
    names: dict[str, str] = {}
    for reading in readings:
        names.setdefault(reading.text, reading.encoding)
    return f" (possible: {', '.join(names.values())})" if names else ""

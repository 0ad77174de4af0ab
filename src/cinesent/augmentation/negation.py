"""Negation put into real sentences and taken out of them.

The result is a sentence that a person could write; whether it is praise is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from cinesent.augmentation.draws import Draws
from cinesent.augmentation.grammar import with_articles
from cinesent.augmentation.phrases import capitalize, lower_start
from cinesent.augmentation.word_lists import load_categories

# A pattern and what may take its place: templates of `re.sub`, or a function that writes it.
_Replacement = str | Callable[[re.Match[str]], str]
_Rule = tuple[re.Pattern[str], tuple[_Replacement, ...]]

_ADVERB = "(?:very|really|quite|so|too|truly|extremely|incredibly|absolutely|pretty|rather|simply)"
_SUBJECT = r"(?:it|this|that|film|movie|story|plot|ending|script|acting|cast|humor|music|comedy)"
# "I" of a statement, not of a question.
_STATED = r"(?<!\b[Dd]id )(?<!\b[Dd]o )(?<!\b[Cc]an )(?<!ould )\b"
_CONTRACTED = {"can't": "can", "cannot": "can", "won't": "will", "shan't": "shall"}


def put_in(sentence: str, draws: Draws) -> str | None:
    """Return a sentence with a negation put into it, or None where none fits.

    Example:
        >>> put_in("The plot is clever.", Draws(3))
        "I can't say that the plot is clever."
    """
    return _apply(sentence, _insertions(), draws)


def take_out(sentence: str, draws: Draws) -> str | None:
    """Return a sentence with a negation taken out of it, or None where it has none.

    Example:
        >>> take_out("It isn't funny.", Draws(0))
        'It is funny.'
    """
    changed = _apply(sentence, _removals(), draws)
    return changed and changed.replace(" at all", "")


def _apply(sentence: str, rules: tuple[_Rule, ...], draws: Draws) -> str | None:
    for pattern, replacements in draws.shuffled(rules):
        found = list(pattern.finditer(sentence))
        if not found:
            continue
        match, replacement = draws.pick(found), draws.pick(replacements)
        new = match.expand(replacement) if isinstance(replacement, str) else replacement(match)
        text = sentence[: match.start()] + new + sentence[match.end() :]
        text = with_articles(re.sub(r" +([.,;!?])", r"\1", " ".join(text.split())))
        return capitalize(text) if text != sentence else None
    return None


@cache
def _insertions() -> tuple[_Rule, ...]:
    adjective = _alternatives(
        *(f"{polarity}_{s}" for polarity in ("good", "bad") for s in ("weak", "medium", "strong"))
    )
    noun_phrase = rf"(an? (?:{_ADVERB} )?{adjective} [a-z]+)\b"
    return (
        _rule(
            rf"\b(is|was|are|were)( {_ADVERB})? ({adjective})\b(?= *[.,;!?)]| and | but | to |$)",
            *(r"\1 not\2 \3", r"\1n't\2 \3", r"\1 never\2 \3", r"\1 hardly\2 \3"),
            *(r"\1 far from \3", r"\1 anything but \3", r"\1 by no means\2 \3"),
            *(r"\1 not exactly \3", r"\1n't \3 in the least", r"\1 not\2 \3 at all"),
            *(r"\1 nowhere near as \3 as I thought", r"\1 not even \3", r"\1n't always \3"),
        ),
        _rule(
            rf"\b(is|was|are|were) {noun_phrase}",
            *(r"\1 not \2", r"\1n't \2", r"\1 hardly \2", r"\1 anything but \2"),
            *(r"\1 far from \2", r"\1 by no means \2", r"\1 never \2", r"\1 not exactly \2"),
        ),
        _rule(
            rf"^(?:It|This|This (?:film|movie)|The (?:film|movie)) (?:is|was) {noun_phrase}",
            *(r"I wouldn't call it \1", r"No one could call it \1", r"You can hardly call it \1"),
            *(r"Never would I call it \1", r"I don't know who would call this \1"),
        ),
        _rule(
            _STATED + r"I (really |truly |absolutely |just |also |actually )?"
            rf"({_alternatives('like_past', 'dislike_past', 'know_past')})\b",
            _with_past("I did not {adverb}{base}"),
            _with_past("I didn't {adverb}{base}"),
            _with_past("I can't say I {adverb}{past}"),
            _with_past("I never {adverb}{past}"),
            _with_past("I hardly {past}"),
            _with_past("I wish I could say I {adverb}{past}"),
            _with_past("I couldn't {base}"),
        ),
        _rule(
            _STATED + r"I (really |truly |absolutely |just |also |highly |strongly |would |do )*"
            rf"({_alternatives('like', 'dislike', 'know')}|recommend)\b",
            *(r"I don't \2", r"I do not \2", r"I can't \2", r"I wouldn't \2", r"I never \2"),
            *(r"I could not \2", r"I can't honestly say I \2", r"I hardly \2"),
        ),
        _rule(
            rf"\b({_SUBJECT}) ({_alternatives('shine_s', 'flop_s')})\b",
            _with_third("{subject} does not {base}"),
            _with_third("{subject} doesn't {base}"),
            _with_third("{subject} never {third}"),
            _with_third("{subject} hardly {third}"),
        ),
        _rule(
            r"\b(can|could|would|should|must|will|may|might)(?= (?:be|make|have|see|give|watch|find"
            r"|get|do|go|tell|say|recommend|keep|take|help|understand|believe|enjoy|think)\b)",
            r"\1 not",
            r"\1 never",
            r"\1 hardly",
        ),
        _rule(r"\b(could|would|should)(?= (?:be|make|have|see|give|watch|find|say)\b)", r"\1n't"),
        _rule(
            r"\b(can)(?= (?:be|make|see|give|watch|find|say|tell|recommend)\b)", r"can't", "cannot"
        ),
        _rule(
            r"\b(have|has|had) (seen|been|made|done|watched|found|heard|read|felt|laughed|had)\b",
            *(r"\1 not \2", r"\1 never \2", r"\1n't \2", r"\1 hardly \2"),
        ),
        _rule(
            r"\b([Tt]here) (is|was|are|were) (?:some|plenty of|a lot of|lots of|many|several|an?) ",
            *(r"\1 \2 no ", r"\1 \2 hardly any ", r"\1 \2n't any "),
        ),
        _rule(r"\bwith (?:plenty of|a lot of|lots of|some|much) ", "without ", "without any "),
        _rule(rf"\bwith (an? {adjective}) ", r"without \1 ", r"but without \1 "),
        _rule(
            r"\b(has|had|have) (?:plenty of|a lot of|lots of|some|many|much|several) ",
            *(r"\1 no ", r"\1 hardly any ", r"\1 very little "),
        ),
        _rule(rf"\b(has|had|have) (an? {adjective}) ", r"\1 no ", r"\1n't \2 ", r"never \1 \2 "),
        _rule(r"\bworth (?=watching|seeing|it|the|your|a|renting)", "not worth ", "hardly worth "),
        _rule(
            r"\b(?:[Hh]ighly |[Ss]trongly |[Dd]efinitely )?([Rr]ecommended)\b", "not recommended"
        ),
        _rule(
            r"^(?:The|This|It|I|He|She|They|We|There|Everyone) [^?!:;\"]{8,80}\.$",
            *map(_in_clause, load_categories()["clause_start"]),
        ),
        _rule(r"\b([Aa])lways\b", "never", "not always", "hardly ever"),
        _rule(r"\b[Ee]very(?:one|body)\b", "no one", "nobody", "not everyone", "hardly anyone"),
        _rule(r"\b[Ee]verything\b", "nothing", "not everything", "hardly anything"),
        _rule(r"\b[Aa]ll of\b", "none of", "not all of", "hardly any of"),
        _rule(r"\boften\b", "rarely", "never", "not often"),
        _rule(rf"\b({_alternatives('takes_un')})\b", r"un\1", r"not \1", r"not un\1"),
    )


@cache
def _removals() -> tuple[_Rule, ...]:
    auxiliary = "do|does|did|is|was|are|were|has|have|had|could|would|should|must|need"
    return (
        _rule(rf"\b({auxiliary}|Do|Did|Does|Is)n't\b", r"\1"),
        _rule(r"\b(can't|cannot|won't|shan't)\b", lambda m: _CONTRACTED[m[1]]),
        _rule(
            rf"\b({auxiliary}|can|will|may|might) not\b(?: even| really| exactly)?(?! only| to )",
            r"\1",
            r"\1 really",
        ),
        _rule(r"\b[Nn]ever\b", "always", "often", "really"),
        _rule(r"\b([Hh]ardly|[Bb]arely|[Ss]carcely|[Rr]arely|[Ss]eldom)\b", "", "really", "always"),
        _rule(r"\b(?:far from|anything but|by no means|nowhere near) ", ""),
        _rule(r"\bnothing but\b", "everything but", "plenty of"),
        _rule(r"\b([Ww]ith)out\b(?: any)?(?! (?:a doubt|question))", r"\1"),
        _rule(
            r"\bno (?=[a-z]+\b)(?!one\b|doubt\b|longer\b|matter\b)", "some ", "plenty of ", "real "
        ),
        _rule(r"\b[Nn]othing\b", "something", "everything"),
        _rule(r"\b(?:[Nn]obody|[Nn]o one)\b", "everyone", "everybody"),
        _rule(r"\b[Nn]one of\b", "all of", "most of", "some of"),
        _rule(r"\b([Nn])either (\w+) nor\b", r"both \2 and"),
        _rule(r"\blacks\b", "has"),
        _rule(r"\blacked\b", "had"),
        _rule(rf"\bun({_alternatives('takes_un')})\b", r"\1", r"not un\1"),
        _rule(r"\bnot ", "", "really "),
    )


def _rule(pattern: str, *replacements: _Replacement) -> _Rule:
    return re.compile(pattern), replacements


def _alternatives(*categories: str) -> str:
    entries = {e for name in categories for e in load_categories()[name]}
    return "(?:" + "|".join(map(re.escape, sorted(entries, key=lambda e: (-len(e), e)))) + ")"


@cache
def _base_of() -> dict[str, str]:
    """Map past and third-person forms of the listed verbs to their base forms."""
    categories = load_categories()
    found: dict[str, str] = {}
    for name in ("like", "dislike", "know", "shine", "flop"):
        for form in ("_past", "_s"):
            found |= dict(zip(categories[name + form], categories[name], strict=True))
    return found


def _with_past(template: str) -> Callable[[re.Match[str]], str]:
    return lambda m: template.format(adverb=m[1] or "", past=m[2], base=_base_of()[m[2]])


def _with_third(template: str) -> Callable[[re.Match[str]], str]:
    return lambda m: template.format(subject=m[1], third=m[2], base=_base_of()[m[2]])


def _in_clause(start: str) -> Callable[[re.Match[str]], str]:
    return lambda m: f"{start} {lower_start(m[0])}"

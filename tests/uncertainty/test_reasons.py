"""Why a prediction means little."""

from __future__ import annotations

import pytest

from cinesent.text.tokenizer import tokenize
from cinesent.uncertainty.reasons import reason_to_doubt


def reason(text: str, num_unknown: int = 0):
    return reason_to_doubt(text, len(tokenize(text)), num_unknown)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "...", "?!", "<br />", "<br /> ! <i></i>", "&nbsp;", "&mdash;", "2019", "— … “”"],
)
def test_no_words(text):
    assert reason(text) == "no words"


@pytest.mark.parametrize("text", ["7/10", ":-)", ";(", "(:", "<3", "👍", "★★★★", "x", "A+", "D-"])
def test_opinions_without_words_are_not_doubted(text):
    assert reason(text) is None


def test_most_of_the_words_unknown():
    assert reason("quiet triumph", 2) == "mostly unknown words"
    assert reason("quiet triumph", 1) is None


def test_a_foreign_text_is_called_foreign_though_its_words_are_unknown_as_well():
    assert reason("Sehr schön gespielt.", 3) == "not English"

from __future__ import annotations

import html
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinesent.text.clean import clean_text

# Mostly markup and marks, since plain arbitrary text hardly ever holds a tag.
PIECES = st.sampled_from(
    [
        "<",
        ">",
        "</",
        "<!--",
        "-->",
        "<b",
        "<br />",
        "&",
        "&lt;",
        "&amp",
        "&#60;",
        ";",
        " ",
        "a",
        "\n",
    ]
    + [
        "\uff1c",
        "\uff1e",
        "\uff06",
        "`",
        "\u2019",
        "\u0301",
        "\u0323",
        "\ufe58",
        "\u1fef",
        "\u200d",
    ]
    + ["\u00ad", "\ud83d", "\x00", "\x96", "\u0149", "\ufdfa", "\u00a8", "\u00b4", "\U0001d15e"]
)
MESSY = st.one_of(st.text(), st.lists(PIECES | st.characters(), max_size=40).map("".join))


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("one<br /><br />two", "one two"),
        ("a<!-- hidden <b>here</b> -->b", "a b"),
        ("I <3 it, a < b, 3 <- 4", "I <3 it, a < b, 3 <- 4"),
        ("a <b without end", "a <b without end"),
        ("Tom &amp; Jerry&#39;s &quot;caf&eacute;&quot;", 'Tom & Jerry\'s "café"'),
        (
            "\u201cquoted\u201d \u2018so\u2019 \u2014 or \u2013 so\u2026",
            "\"quoted\" 'so' - or - so...",
        ),
        ("Windows\x92 own \x96 quotes\x85", "Windows' own - quotes..."),
        ("cafe\u0301", "café"),
        ("8\u00bd of 10, ***\u00bd", "8 1/2 of 10, *** 1/2"),
        ("\uff26\uff35\uff2c\uff2c", "FULL"),
        ("\uff1cbr\uff1egone", "gone"),
        ("a\x00b\ud800c\u2028d\te", "a b c d e"),
        ("zero\u200bwidth\ufeff \u200fleft\u202a", "zerowidth left"),
        ("soft\u00adhyphen", "softhyphen"),
        ("", ""),
        (" \n\t ", ""),
    ],
)
def test_examples(raw, cleaned):
    assert clean_text(raw) == cleaned


def test_text_between_a_stray_bracket_and_a_tag_stays():
    assert clean_text("<sp?) worth it<br />really>") == "< sp?) worth it really>"


def test_an_entity_of_too_many_digits_is_one_unknown_character():
    assert clean_text(f"a &#{'9' * 5000}; b &lt; c") == "a \ufffd b < c"


@given(MESSY)
def test_cleaning_twice_is_cleaning_once(text):
    once = clean_text(text)
    if html.unescape(once) == once:  # else entities were escaped twice
        assert clean_text(once) == once


@given(MESSY)
def test_clean_text_is_one_line_without_markup_and_control_characters(text):
    cleaned = clean_text(text)
    assert cleaned == " ".join(cleaned.split())
    assert not {unicodedata.category(character) for character in cleaned} & {"Cc", "Cs", "Zl", "Zp"}
    assert "<br" not in clean_text(f"{cleaned}<br />")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="<&`")))
def test_plain_ascii_keeps_its_characters(text):
    assert clean_text(text) == " ".join(text.split())


@pytest.mark.parametrize("size", [200, 1000])
def test_a_run_of_accents_keeps_all_of_them(size):
    accents = "\u0301\u0323" * size
    cleaned = clean_text(f"z{accents}")
    assert sorted(unicodedata.normalize("NFD", cleaned).replace(" ", "")) == sorted(f"z{accents}")


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a",
        "</",
        "<!--",
        "<!-- x",
        "&",
        "&a",
        "&#",
        "&#9",
        "&lt",
        "`",
        "\u0301\u0323",
        "\ud800",
    ]
    + ["<a ", "-->", "\u2014", "\x00", " ", "<b>", "\U0001d15e"],
)
def test_time_is_linear(piece):
    started = time.process_time()
    clean_text(piece * (200_000 // len(piece)))
    assert time.process_time() - started < 3

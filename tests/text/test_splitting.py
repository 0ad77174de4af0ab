"""Sentences of raw reviews."""

import pytest

from cinesent.text.splitting import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("  \n ", []),
        ("one line", ["one line"]),
        ("It works. Twice!", ["It works.", "Twice!"]),
        ("Why?! Because... Who knows", ["Why?!", "Because...", "Who knows"]),
        ("Dr. No and Mr. J. Doe talk. They stop.", ["Dr. No and Mr. J. Doe talk.", "They stop."]),
        ('He said "Go." She went.', ['He said "Go."', "She went."]),
        ("A film<br /><br />Two films", ["A film", "Two films"]),
        ("A film\n\nTwo films\nthree", ["A film", "Two films three"]),
        ("It has 3.5 stars. 10 out of 10.", ["It has 3.5 stars.", "10 out of 10."]),
        ("no capital. after the stop", ["no capital. after the stop"]),
        ("Yes. No. Maybe.", ["Yes.", "No.", "Maybe."]),
    ],
)
def test_sentences(text, sentences):
    assert split_sentences(text) == sentences


def test_long_text_takes_linear_time():
    text = "It is fine. " * 20_000 + "." * 200_000 + "x" + "." * 200_000 + " " * 200_000 + "A"
    assert len(split_sentences(text)) == 20_001
    assert len(split_sentences('."' * 200_000)) == 1

"""Emoji, stars and scores in words."""

import pytest

from cinesent.augmentation import teacher_text
from cinesent.augmentation.word_lists import load_categories


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("★★★★★", "5 stars"),
        ("★☆☆☆☆", "1 star out of 5"),
        ("☆☆☆☆☆", "0 stars out of 5"),
        ("★★★½", "3 and a half stars"),
        ("½☆☆☆☆", "half a star out of 5"),
        ("⭐️⭐️⭐️", "3 stars"),
        ("⭐ fun", "(star) fun"),
        ("**** 1/2", "4 and a half stars"),
        ("*/*****", "1 star"),
        ("***", "3 stars"),
        ("*** SPOILERS ***", "*** SPOILERS ***"),
        ("a s***t film", "a s***t film"),
        ("11/10", "11 out of 10"),
        ("9.5/10!", "9.5 out of 10!"),
        ("-1/10", "-1 out of 10"),
        ("on 5/10/2003, 24/7", "on 5/10/2003, 24/7"),
        ("good:)", "good (happy)"),
        (":-( no", "(sad) no"),
        ("(see: the cast) http://a.b", "(see: the cast) http://a.b"),
        ("<3 it", "(love) it"),
        ("soooo goooood", "soo good"),
        ("World War III, www.a.com, zzz", "World War III, www.a.com, zzz"),
        ("👍🏽👍🏽👍", "(thumbs up)"),
        ("👍👎", "(thumbs up) (thumbs down)"),
        ("💩 film 💯", "(crap) film (one hundred percent, perfect)"),
        ("🇫🇷 20°", "(flag) 20°"),
        ("#MustSee #1", "Must See #1"),
        ("Plain text, as it was.", "Plain text, as it was."),
        ("Fußball, 电影", "Fußball, 电影"),
        ("", ""),
    ],
)
def test_words(text, expected):
    assert teacher_text(text) == expected


def test_twice_is_once():
    for text in ("★★☆☆☆ 7/10 :)", "👍 soooo #GoodFilm", "**** ½"):
        assert teacher_text(teacher_text(text)) == teacher_text(text)


@pytest.mark.parametrize("category", ["happy_emoji", "unhappy_emoji", "other_emoji"])
def test_every_emoji_of_the_lists_has_words(category):
    for emoji in load_categories()[category]:
        assert teacher_text(f"a {emoji} b").isascii()


@pytest.mark.parametrize(("category", "mood"), [("happy_face", "happy"), ("unhappy_face", "sad")])
def test_every_emoticon_of_the_lists_has_words(category, mood):
    for face in load_categories()[category]:
        assert teacher_text(f"well {face}") in (f"well ({mood})", "well (love)"), face

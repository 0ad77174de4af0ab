"""The tokenizer in the native library: the ids of the Python tokenizer, or none."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cinesent.text.native_encoder
from cinesent.native import NativeLibrary, native_library
from cinesent.recipes import ModelConfig
from cinesent.text.encoded_reviews import encode_review
from cinesent.text.native_encoder import NATIVE_RULES, NativeEncoder
from cinesent.text.tokenizer import KNOWN_RULES, PADDING, UNKNOWN, Tokenizer, tokenize

LIBRARY = native_library()
pytestmark = pytest.mark.skipif(not isinstance(LIBRARY, NativeLibrary), reason=str(LIBRARY))

ROOT = Path(__file__).parents[2]
WORDS = [
    *("a", "so", "film", "films", "act", "overact", "walk", "move", "nice", "happy", "real"),
    *("red", "cat", "did", "ca", "do", "n't", "'s", "'m", "'d", "'re", "'ve", "ll", "'ll", "i"),
    *("it", "!!", "!", "?", "?!", "...", "..", ".", "*", "**", "$", "--", "-", ":", ";", ":-)"),
    *(";)", ":(", ":'(", "(-:", "<3", "<", ">", '"', "'", "7/10", "8.5/10", "10", "1,000.5"),
    *("1980", "1980s", "2nd", "3d", "1st", "th", "é", "café", "über", "ß", "÷", "×", "¡", "©"),
    *("***", "*****", "9/10", "10/10", "1/10", "terrible", "tremble", "brilliant", "performance"),
    *("_", "&", "#", "o", "d", "p", "3", "/", "|", "[", "]", ")", "(", "\\"),
]
TOKENIZER = Tokenizer((PADDING, UNKNOWN, *dict.fromkeys(WORDS)))
OLD = Tokenizer(TOKENIZER.vocabulary, rules=1)

#: What the rules treat in a way of its own, put together at random.
PIECES = [
    *("<", "</", "<!--", "-->", ">", "<br />", "<b", "a", "o", "d", "p", "3", "7", "/", "10"),
    *(".", ",", "...", "!", "!!", "?!", "*", "$", "-", "--", ":", ";", "=", ":-)", ":'("),
    *("(-:", "(:", "<3", "'s", "'ve", "n't", "don't", "i'd've", "can't", "'", '"', "`"),
    *("\x91", "\x97", "\x85", "«", "½", "¼", "²", "ª", "º", "é", "É", "ß", "÷", "×", "\xad"),
    *("\xa0", "¨", "´", "\t", "\n", "\x00", "\x1f", "\x7f", "_", " ", "  ", "film", "sooooo"),
    *("fiiilms", "overacts", "walking", "moved", "happiest", "realness", "reddish", "catlike"),
    *("S", "ING", "1980's", "2nd", "3d", "1st", "5th", "1,000.5", "8.5/10", "&", " & ", "&;"),
    *("****", "***", "terible", "terribel", "trrible", "briliiant", "perfirmance", "performances"),
    *("11/10", "4.5/5", "87/100", "8.5/10", "3/5", "3/7", "1234/10", "0/5", "5/100", "12.25/10"),
    *("&amp;", "\\", "|", "[", "]", ")", "("),
]


@pytest.fixture
def encoder(monkeypatch):
    monkeypatch.setattr(cinesent.text.native_encoder, "_FIRST_IN_PYTHON", 0)
    return NativeEncoder(TOKENIZER)


def agrees(encoder: NativeEncoder, text: str, tokenizer: Tokenizer = TOKENIZER) -> bool:
    """Whether the ids are those of Python; returns whether the library gave any."""
    found = encoder.encode(text)
    if found is not None:
        assert (found.tolist() or [1]) == tokenizer.encode(text), repr(text)
    return found is not None


@pytest.mark.parametrize("tokenizer", [OLD, TOKENIZER], ids=["rules 1", "rules 2"])
def test_strings_put_together_at_random(encoder, tokenizer):
    rng = random.Random(7)
    native = NativeEncoder(tokenizer)
    done = 0
    for _ in range(20_000):
        text = "".join(rng.choices(PIECES, k=rng.randint(0, 14)))
        done += agrees(native, text, tokenizer)
    assert done > 15_000


def test_all_known_rules_are_native():
    assert NATIVE_RULES == KNOWN_RULES


def test_words_one_letter_away_at_random(encoder):
    rng = random.Random(9)
    letters = "abcdefghijklmnopqrstuvwxyz"
    for _ in range(20_000):
        word = list(rng.choice(("terrible", "tremble", "brilliant", "performance", "overact")))
        for _ in range(rng.randint(1, 2)):
            place = rng.randrange(len(word))
            edit = rng.randrange(4)
            word[place : place + 1 + (edit == 3)] = {
                0: [],
                1: [rng.choice(letters)],
                2: [word[place], rng.choice(letters)],
                3: word[place : place + 2][::-1],
            }[edit]
        agrees(encoder, "".join(word))


def test_any_latin_characters(encoder):
    rng = random.Random(8)
    for _ in range(5_000):
        agrees(encoder, "".join(chr(rng.randrange(256)) for _ in range(rng.randint(0, 30))))


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(max_codepoint=0x2FF), max_size=60))
def test_any_text(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cinesent.text.native_encoder, "_FIRST_IN_PYTHON", 0)
        agrees(NativeEncoder(TOKENIZER), text)


@pytest.mark.parametrize("count", [299, 300, 301, 999, 1000, 1001])
def test_lengths_at_which_tags_and_comments_end(encoder, count):
    for text in (f"<a{'x' * count}>y", f"<!--{'x' * count}-->y", f"<!--{'<' * count}-->y"):
        assert agrees(encoder, text)


def test_reviews(encoder, imdb_train):
    texts = imdb_train.texts[:2000]
    tokenizer = Tokenizer.fit(texts[::4], 5000)
    native = NativeEncoder(tokenizer)
    done = sum(agrees(native, text, tokenizer) for text in texts)
    assert done > 0.9 * len(texts)


def test_golden_vectors():
    vectors = json.loads((ROOT / "tests" / "golden" / "tokenizer.json").read_text("utf-8"))
    cases = vectors["cases"] if isinstance(vectors, dict) else vectors
    texts = [case["text"] for case in cases]
    tokenizer = Tokenizer.fit(texts, 10_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cinesent.text.native_encoder, "_FIRST_IN_PYTHON", 0)
        native = NativeEncoder(tokenizer)
        assert sum(agrees(native, text, tokenizer) for text in texts) > 0


def test_test_vectors_of_the_specification(encoder):
    text = (ROOT / "docs" / "tokenizer.md").read_text("utf-8")
    vectors = [json.loads(line) for line in re.findall(r"^\{\"text\".*\}$", text, re.MULTILINE)]
    assert len(vectors) >= 20
    for vector in vectors:
        assert tokenize(vector["text"]) == vector["tokens"]
        agrees(encoder, vector["text"])


@pytest.mark.parametrize("text", ["\u4e2d", "it\u2019s", "&eacute;", "\xaf", "\xb5", "\xb8"])
def test_python_tokenizes_what_leaves_latin(encoder, text):
    assert encoder.encode(f"a {text} film") is None


def test_python_tokenizes_other_rules(monkeypatch):
    monkeypatch.setattr(cinesent.text.native_encoder, "NATIVE_RULES", ())
    monkeypatch.setattr(cinesent.text.native_encoder, "_FIRST_IN_PYTHON", 0)
    assert NativeEncoder(TOKENIZER).encode("a film") is None


def test_the_vocabulary_is_indexed_only_for_many_texts():
    encoder = NativeEncoder(TOKENIZER)
    assert encoder.encode("a film") is None
    found = [encoder.encode("a film") for _ in range(100)]
    assert found[0] is None
    assert found[-1].tolist() == TOKENIZER.encode("a film")


@pytest.mark.parametrize("sequence_length", [0, 4])
def test_a_review_is_encoded_the_same(encoder, sequence_length):
    config = ModelConfig(sequence_length=sequence_length)
    for text in ("", "A film; so so, isn't it?", "???"):
        one = encode_review(text, TOKENIZER, config, native=encoder)
        other = encode_review(text, TOKENIZER, config)
        assert list(one.ids) == list(other.ids)
        assert (one.num_tokens, one.num_unknown) == (other.num_tokens, other.num_unknown)


def test_a_long_text_takes_time_in_proportion(encoder):
    for text in ("a" * 10**6, "<" * 10**6, "'" * 10**6, "<!--" * 200_000, ":'" * 400_000):
        found = encoder.encode(text)
        assert found is not None
        assert len(found) <= len(text)

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinesent.errors import BundleError, ConfigError
from cinesent.text.tokenizer import (
    PADDING,
    PADDING_ID,
    RULES,
    UNKNOWN,
    UNKNOWN_ID,
    Tokenizer,
    tokenize,
)

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "tokenizer.json").read_text("utf-8"))
REVIEWS = [
    "A fine film, didn't bore me!!",
    "a fine cast: 7/10 :-) believe me",
    "boring... the film wasn't fine",
]

WORDS = st.sampled_from(
    ["n't", "'s", "'", "a", "Didn't", "7/10", "8.5", ":-)", "<3", "!!!", "...", "1980s", "-", "_"]
    + [
        "<br />",
        "&amp;",
        " ",
        "\u0130",
        "\u2019",
        "\U0001f600",
        "\ud83d",
        "\x00",
        "\u0301",
        "soooo",
    ]
)
MESSY = st.one_of(st.text(), st.lists(WORDS | st.characters(), max_size=40).map("".join))


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.fit(REVIEWS, vocabulary_size=100)


def test_golden_vectors_are_of_these_rules():
    assert GOLDEN["rules"] == RULES
    assert len({case["text"] for case in GOLDEN["cases"]}) == len(GOLDEN["cases"]) >= 60


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["group"])
def test_golden_vectors(case):
    assert tokenize(case["text"]) == case["tokens"]


#: How rules 1 differ.
OLD = [
    ("4 stars, ***1/2", ["4", "stars", ",", "**", "1/2"]),
    ("*****", ["**"]),
    ("\U0001f44d\U0001f3fd", ["\U0001f44d", "\U0001f3fd"]),
]


@pytest.mark.parametrize(("text", "tokens"), OLD)
def test_models_of_older_rules_keep_them(text, tokens, tmp_path):
    assert tokenize(text, rules=1) == tokens != tokenize(text)
    payload = {"rules": 1, "vocabulary": [PADDING, UNKNOWN, "terrible", "10/10", ":)"]}
    old = Tokenizer.from_payload(payload)
    assert old.tokenize(text) == tokens
    # No second chance that they did not have.
    assert old.encode("terible 11/10 \U0001f60a") == [UNKNOWN_ID] * 3
    new = Tokenizer.from_payload(payload | {"rules": 2})
    assert new.encode("terible 11/10 \U0001f60a") == [2, 3, 4]
    old.save(tmp_path / "old.json")
    assert Tokenizer.load(tmp_path / "old.json").rules == 1


@given(MESSY)
def test_tokens_are_visible_lower_case_and_never_empty(text):
    for token in tokenize(text):
        assert token
        assert token == token.lower()
        assert not any(character.isspace() for character in token)
        token.encode("utf-8")


@given(MESSY)
def test_ids_are_in_range_and_never_none(text):
    tokenizer = Tokenizer.fit(REVIEWS, vocabulary_size=20)
    ids = tokenizer.encode(text)
    assert ids
    assert all(UNKNOWN_ID <= index < len(tokenizer) for index in ids)
    assert ids == tokenizer.encode_tokens(tokenize(text))
    assert ids == tokenizer.encode(text)
    assert len(ids) == max(len(tokenize(text)), 1)


@given(st.lists(MESSY, min_size=1, max_size=5))
def test_a_large_vocabulary_knows_every_training_token(texts):
    tokens = [token for text in texts for token in tokenize(text)]
    if not tokens:
        with pytest.raises(ConfigError, match="no token occurs 1 times"):
            Tokenizer.fit(texts, vocabulary_size=10_000)
        return
    tokenizer = Tokenizer.fit(texts, vocabulary_size=10_000)
    ids = [index for text in texts if tokenize(text) for index in tokenizer.encode(text)]
    assert tokenizer.decode(ids) == tokens
    assert tokenizer.encode_tokens(tokenizer.decode(ids)) == ids
    assert [tokenizer.token_id(token) for token in tokens] == ids


@given(st.lists(MESSY, min_size=1, max_size=5))
def test_saved_and_loaded_is_the_same(tmp_path_factory, texts):
    tokenizer = Tokenizer.fit(["word", *texts], vocabulary_size=10_000)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.save(path)
    loaded = Tokenizer.load(path)
    assert loaded == tokenizer
    assert loaded.encode(" ".join(texts)) == tokenizer.encode(" ".join(texts))


def test_vocabulary_is_by_frequency_then_by_alphabet():
    tokenizer = Tokenizer.fit(["b b a c c", "c d"], vocabulary_size=5)
    assert tokenizer.vocabulary == (PADDING, UNKNOWN, "c", "b", "a")
    assert len(tokenizer) == 5
    assert Tokenizer.fit(["b b a c c"], 100, min_count=2).vocabulary[2:] == ("b", "c")
    assert Tokenizer.fit_tokens([["b", "a"]], 3).vocabulary[2:] == ("a",)


def test_padding_is_not_decoded_and_the_unknown_word_is(tokenizer):
    assert tokenizer.decode([PADDING_ID, tokenizer.token_id("fine"), UNKNOWN_ID]) == [
        "fine",
        "[UNK]",
    ]
    assert tokenizer.encode("") == tokenizer.encode("<br />") == [UNKNOWN_ID]
    assert tokenizer.token_id("[UNK]") == tokenizer.token_id("[PAD]") == UNKNOWN_ID
    assert tokenizer.encode("[PAD]") == [UNKNOWN_ID] * 3


@pytest.mark.parametrize("index", [-1, 100])
def test_decode_refuses_ids_outside_the_vocabulary(tokenizer, index):
    with pytest.raises(IndexError):
        tokenizer.decode([2, index])


@pytest.mark.parametrize(
    ("token", "read_as"),
    [
        ("fiiiiine", "fine"),
        ("filmmmm", "film"),
        ("films", "film"),
        ("filmed", "film"),
        ("believing", "believe"),
        ("borer", UNKNOWN),
        ("finely", "fine"),
        ("fin", UNKNOWN),
        ("as", UNKNOWN),
    ],
)
def test_second_chance(tokenizer, token, read_as):
    index = tokenizer.token_id(token)
    assert (UNKNOWN if index == UNKNOWN_ID else tokenizer.vocabulary[index]) == read_as


MORE = Tokenizer.fit(
    ["terrible boring brilliant performance father 9/10 1/10 10/10 :) :( <3 \U0001f60d \U0001f622"],
    vocabulary_size=100,
)


@pytest.mark.parametrize(
    ("token", "read_as"),
    [
        ("terible", "terrible"),  # a letter is missing
        ("brillliant", "brilliant"),
        ("brillinat", "brilliant"),  # two have changed places
        ("perfirmance", "performance"),  # another letter
        ("performaance", "performance"),
        ("gather", UNKNOWN),  # the first letter is never another one
        ("fathir", UNKNOWN),  # six letters are too few
        ("perfrimance", UNKNOWN),  # two mistakes
        ("p" * 200_000, UNKNOWN),
        ("11/10", "10/10"),
        ("100/10", "10/10"),
        ("4.5/5", "9/10"),
        ("8.6/10", "9/10"),
        ("7/100", "1/10"),
        ("7/5", "10/10"),
        ("7/12", UNKNOWN),
        ("7/10", UNKNOWN),  # no other score is as good
        ("\U0001f970", "\U0001f60d"),  # an emoji with the same meaning comes first
        ("\U0001f600", ":)"),
        ("\U0001f621", UNKNOWN),
        ("\U0001f62d", "\U0001f622"),
        ("\U0001f3e0", UNKNOWN),
    ],
)
def test_scores_emoji_and_misspelled_words(token, read_as):
    index = MORE.token_id(token)
    assert (UNKNOWN if index == UNKNOWN_ID else MORE.vocabulary[index]) == read_as
    assert MORE.encode_tokens([token, token]) == [index, index]


def test_only_a_bounded_number_of_second_chances_is_remembered(monkeypatch):
    monkeypatch.setattr("cinesent.text.tokenizer._MOST_REMEMBERED", 10)
    tokenizer = Tokenizer.fit(REVIEWS, vocabulary_size=100)
    words = [f"unseen{number}" for number in range(100)]
    assert tokenizer.encode_tokens(words) == [UNKNOWN_ID] * 100
    assert len(tokenizer._found) <= 10


def test_a_word_of_the_vocabulary_needs_no_second_chance():
    tokenizer = Tokenizer.fit(["film films"], vocabulary_size=10)
    assert tokenizer.decode(tokenizer.encode("films film")) == ["films", "film"]


@pytest.mark.parametrize(("size", "min_count"), [(2, 1), (10, 0)])
def test_sizes_out_of_range(size, min_count):
    with pytest.raises(ConfigError, match="expected at least 3 and 1"):
        Tokenizer.fit(REVIEWS, size, min_count)


def test_damaged_vocabularies():
    with pytest.raises(BundleError, match="begins with"):
        Tokenizer(("a", "b"))
    with pytest.raises(BundleError, match="twice"):
        Tokenizer((PADDING, UNKNOWN, "a", "a"))
    with pytest.raises(BundleError, match="rules 99"):
        Tokenizer((PADDING, UNKNOWN), rules=99)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a tokenizer"),
        ("[]", "not a tokenizer"),
        ('{"rules": 1}', "not a tokenizer"),
        ('{"rules": 1, "vocabulary": "abc"}', "list of strings"),
        ('{"rules": 1, "vocabulary": ["[PAD]", "[UNK]", 3]}', "list of strings"),
        ('{"rules": "1", "vocabulary": ["[PAD]", "[UNK]"]}', "rules 1"),
        ("[" * 100_000, "not a tokenizer"),
    ],
)
def test_damaged_files(tmp_path, content, message):
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(BundleError, match=message):
        Tokenizer.load(path)


def test_missing_file(tmp_path):
    with pytest.raises(BundleError, match="cannot be read: No such file"):
        Tokenizer.load(tmp_path / "none.json")


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "'",
        "a'",
        "&",
        ":",
        "n't",
        "a's",
        "'s",
        "1",
        "1.",
        "1,",
        "1/",
        "!",
        ".!",
        ":d",
        "(-",
        "a",
    ]
    + ["x1", "aaab", "\u0301\u0323", "\U0001f600", "<a ", "&#", "_", "it's ", "\u4e09"],
)
def test_time_is_linear(piece, tokenizer):
    text = piece * (200_000 // len(piece))
    started = time.process_time()
    tokenizer.encode(text)
    for start in ("a", ":", "1", "'"):
        tokenizer.encode(start + text[:20_000])
    assert time.process_time() - started < 4


def test_thousands_of_reviews_a_second():
    texts = ["It wasn't the best film I've seen... but 7/10 for the cast!<br />" * 15] * 100
    started = time.process_time()
    for text in texts:
        tokenize(text)
    assert len(texts) / (time.process_time() - started) > 500  # 5,000 on a quiet machine

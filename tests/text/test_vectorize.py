from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinesent.errors import ConfigError, DataError
from cinesent.text.tokenizer import Tokenizer, tokenize
from cinesent.text.vectorize import BagOfWords, bag_of_words, multi_hot, one_hot, pad_sequences

TEXTS = ["Good, good film", "bad film", "not good"]
ROWS = st.lists(st.lists(st.integers(1, 9), max_size=8), min_size=1, max_size=6)
SIDES = st.sampled_from(["left", "right"])


def test_padding_right_and_left():
    rows = [[5, 3], [7, 8, 9, 4], []]
    padded = pad_sequences(rows, length=3)
    assert padded.ids.tolist() == [[5, 3, 0], [7, 8, 9], [0, 0, 0]]
    assert padded.ids.dtype == padded.lengths.dtype == np.int32
    assert padded.lengths.tolist() == [2, 3, 0]
    assert (padded.num_truncated, padded.num_tokens_cut, len(padded)) == (1, 1, 3)
    left = pad_sequences(rows, length=3, padding="left", truncation="left")
    assert left.ids.tolist() == [[0, 5, 3], [8, 9, 4], [0, 0, 0]]


def test_without_a_length_the_longest_review_decides():
    padded = pad_sequences([[1], [1, 2, 3]])
    assert padded.ids.shape == (2, 3)
    assert str(padded) == "2 reviews padded to 3 tokens, none cut"
    assert pad_sequences([]).ids.shape == (0, 0)
    assert pad_sequences([], length=4).ids.shape == (0, 4)


def test_report_of_what_was_cut():
    rows = [[1] * 250, [1] * 225, [1] * 207, *[[1] * 10] * 17]
    padded = pad_sequences(rows, length=200)
    assert padded.num_tokens_cut == 82
    assert str(padded) == "3 of 20 reviews were cut to 200 tokens (12% of their tokens)"


@given(ROWS, st.none() | st.integers(1, 10), SIDES, SIDES)
def test_padding_keeps_and_loses_what_it_says(rows, length, padding, truncation):
    padded = pad_sequences(rows, length, padding, truncation)
    assert np.count_nonzero(padded.ids, axis=1).tolist() == padded.lengths.tolist()
    assert padded.lengths.sum() + padded.num_tokens_cut == sum(map(len, rows))
    assert padded.num_truncated == sum(len(row) > padded.ids.shape[1] for row in rows)
    for row, ids, count in zip(rows, padded.ids, padded.lengths, strict=True):
        kept = row[:count] if truncation == "right" else row[len(row) - count :]
        assert ids[ids != 0].tolist() == kept
        edge = ids[:count] if padding == "right" else ids[len(ids) - count :]
        assert edge.tolist() == kept


def test_padding_refuses():
    with pytest.raises(ConfigError, match="length is 0; expected at least 1"):
        pad_sequences([[1]], length=0)
    with pytest.raises(ConfigError, match="padding is 'middle'"):
        pad_sequences([[1]], padding="middle")


def test_bag_of_words_counts_our_tokens():
    bag = bag_of_words(["It wasn't good... 7/10<br />It is good :-)"])
    tokens = tokenize("It wasn't good... 7/10<br />It is good :-)")
    assert bag.feature_names == tuple(sorted(set(tokens)))
    assert bag.matrix.toarray().tolist() == [[tokens.count(name) for name in bag.feature_names]]
    assert bag.matrix.dtype == np.int32


def test_weightings():
    count, binary, tfidf = (BagOfWords.fit(TEXTS, name) for name in ("count", "binary", "tfidf"))
    assert count.feature_names == (",", "bad", "film", "good", "not")
    assert count.matrix.toarray().tolist() == [[1, 0, 1, 2, 0], [0, 1, 1, 0, 0], [0, 0, 0, 1, 1]]
    assert binary.matrix.toarray().max() == 1
    idf = np.log((1 + 3) / (1 + np.array([1, 1, 2, 2, 1]))) + 1
    expected = count.matrix.toarray() * idf
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(tfidf.matrix.toarray(), expected, rtol=1e-6)
    assert tfidf.matrix.dtype == np.float32


@pytest.mark.parametrize("weighting", ["count", "binary", "tfidf"])
def test_transform_is_the_matrix_on_the_same_texts(weighting):
    bag = bag_of_words(TEXTS, weighting, ngram_range=(1, 2))
    assert (bag.transform(TEXTS) != bag.matrix).nnz == 0
    assert bag.transform([]).shape == (0, len(bag.feature_names))
    assert bag.transform(["never seen"]).nnz == 0
    assert bag.matrix.format == "csr"


def test_ngrams_and_limits():
    assert "not good" in bag_of_words(TEXTS, ngram_range=(1, 2)).feature_names
    assert bag_of_words(TEXTS, ngram_range=(2, 2), min_count=1).feature_names[0] == ", good"
    assert bag_of_words(TEXTS, min_count=2).feature_names == ("film", "good")
    assert bag_of_words(TEXTS, max_features=1).feature_names == ("good",)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weighting": "tf-idf"}, "Did you mean 'tfidf'"),
        ({"ngram_range": (2, 1)}, "the fewest first"),
        ({"ngram_range": (0, 1)}, "expected 1 or more words"),
        ({"min_count": 0}, "min_count 0"),
        ({"max_features": 0}, "max_features 0"),
    ],
)
def test_bag_of_words_refuses_settings(settings, message):
    with pytest.raises(ConfigError, match=message):
        bag_of_words(TEXTS, **settings)


def test_bag_of_words_refuses_texts():
    with pytest.raises(DataError, match="single string"):
        bag_of_words("good film")
    with pytest.raises(DataError, match="single string"):
        bag_of_words(TEXTS).transform("good film")
    for texts, min_count in ((TEXTS, 4), ([], 1), (["", " "], 1)):
        with pytest.raises(DataError, match="give more texts or lower min_count"):
            bag_of_words(texts, min_count=min_count)


@given(ROWS)
def test_one_hot_is_the_sequence_again(rows):
    ids = pad_sequences(rows).ids
    vectors = one_hot(ids, vocabulary_size=10)
    assert vectors.shape == (*ids.shape, 10)
    assert vectors.dtype == np.uint8
    np.testing.assert_array_equal(vectors.sum(axis=2), ids != 0)
    if vectors.size:
        np.testing.assert_array_equal(vectors.argmax(axis=2), ids)


@given(ROWS)
def test_multi_hot_is_the_maximum_of_one_hot(rows):
    ids = pad_sequences(rows, length=8).ids
    vectors = multi_hot(rows, vocabulary_size=10)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, one_hot(ids, vocabulary_size=10).max(axis=1))
    np.testing.assert_array_equal(vectors, multi_hot(ids, vocabulary_size=10))


def test_dense_vectors_refuse():
    with pytest.raises(ConfigError, match=r"would take 50\.0 GB, above the limit of 2 GB"):
        one_hot(np.ones((25_000, 200), dtype=np.int32), vocabulary_size=10_000)
    with pytest.raises(ConfigError, match=r"would take 3\.0 GB"):
        multi_hot([[1]] * 25_000, vocabulary_size=30_000)
    with pytest.raises(ConfigError, match="vocabulary_size is 0"):
        multi_hot([[1]], vocabulary_size=0)
    for strange in (-1, 5):
        with pytest.raises(DataError, match=f"an id is {strange}; expected 0 to 4"):
            one_hot(np.array([[1, strange]]), vocabulary_size=5)
        with pytest.raises(DataError, match=f"an id is {strange}; expected 0 to 4"):
            multi_hot([[1], [strange]], vocabulary_size=5)
    with pytest.raises(DataError, match="pad_sequences"):
        one_hot(np.array([1, 2]), vocabulary_size=5)
    with pytest.raises(DataError, match="type float64"):
        one_hot(np.array([[1.0]]), vocabulary_size=5)


def test_from_text_to_each_form():
    tokenizer = Tokenizer.fit(TEXTS, vocabulary_size=50)
    ids = pad_sequences([tokenizer.encode(text) for text in TEXTS]).ids
    assert ids.shape == (3, 4)
    counts = one_hot(ids, len(tokenizer)).sum(axis=1)
    bag = bag_of_words(TEXTS)
    columns = [tokenizer.token_id(name) for name in bag.feature_names]
    np.testing.assert_array_equal(counts[:, columns], bag.matrix.toarray())

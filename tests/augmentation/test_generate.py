"""What `augment` promises: counts, distinct texts, the same ones each time, nothing held out."""

import os
import re
import subprocess
import sys
from collections import Counter

import pytest

from cinesent.augmentation import KINDS, augment, counts_by_share, cut_reviews
from cinesent.augmentation.draws import Draws
from cinesent.augmentation.material import Material, find_names
from cinesent.augmentation.word_lists import load_categories
from cinesent.errors import ConfigError
from cinesent.text.splitting import split_sentences


def made_up_reviews(count):
    """Return reviews of 3 to 8 sentences of the frames: no review text is in the repository."""
    draws, material = Draws("reviews"), Material()
    categories = ("clear_good", "clear_bad", "neutral", "name_text", "good_aspect", "bad_aspect")
    return [
        " ".join(material.marked(draws, draws.pick(categories)) for _ in range(draws.between(3, 8)))
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def reviews():
    return made_up_reviews(600)


@pytest.fixture(scope="module")
def texts(reviews):
    """2,000 texts of each kind, from frames and reviews together."""
    return list(augment(dict.fromkeys(KINDS, 2_000), seed=1, reviews=reviews))


@pytest.fixture(scope="module")
def own_texts():
    """2,000 texts of each kind that needs no reviews."""
    kinds = [name for name in KINDS if name != "cuts"]
    return list(augment(dict.fromkeys(kinds, 2_000), seed=2))


def test_each_kind_gives_what_was_asked_for(texts, own_texts):
    assert Counter(kind for kind, _ in texts) == dict.fromkeys(KINDS, 2_000)
    assert Counter(kind for kind, _ in own_texts) == {
        name: 2_000 for name in KINDS if name != "cuts"
    }


def test_texts_are_distinct_and_not_empty(texts, own_texts):
    for made in (texts, own_texts):
        assert all(text.strip() for _, text in made)
        assert len({text for _, text in made}) == len(made)


def test_no_mark_of_the_grammar_is_left(own_texts):
    left = re.compile(r"[\x01\x02]|\{\w*\}|<(?:is|was|has|does)|#\d\}|\bNone\b.*\bNone\b")
    assert [text for _, text in own_texts if left.search(text)] == []


def test_no_opening_is_frequent(own_texts):
    """No frame or word dominates."""
    for name in {"negation", "contrast", "comparison", "tricky", "names", "sarcasm"}:
        starts = Counter(" ".join(t.split()[:4]) for kind, t in own_texts if kind == name)
        assert starts.most_common(1)[0][1] <= 80, name


def test_negation_is_of_words_of_both_polarities(own_texts):
    negations = [text.lower() for kind, text in own_texts if kind == "negation"]
    for polarity in ("good", "bad"):
        words = load_categories()[f"{polarity}_medium"] + load_categories()[f"{polarity}_strong"]
        assert sum(any(word in text for text in negations) for word in words) > 0.8 * len(words)


def test_tricky_reviews_are_short(texts):
    lengths = [len(text.split()) for kind, text in texts if kind == "tricky"]
    assert min(lengths) >= 10
    assert max(lengths) <= 45


def test_the_same_texts_in_another_process(reviews):
    """Neither the hash seed nor the order of sets matters."""
    program = (
        "from cinesent.augmentation import *; import hashlib; "
        "reviews = ['Jane Doe is great here. The plot is dull.', 'It was a bad film. I saw it.'];"
        "made = list(augment(counts_by_share(600), seed=3, reviews=reviews));"
        "print(hashlib.sha256(repr(made).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_draws_are_the_same_on_every_machine():
    draws = Draws("7/negation")
    assert [draws.below(1_000) for _ in range(5)] == [775, 26, 401, 207, 370]
    assert "".join(draws.shuffled("abcdef")) == "dbcfae"


def test_another_seed_gives_other_texts():
    first, second = ({text for _, text in augment({"contrast": 200}, seed=seed)} for seed in (1, 2))
    assert len(first & second) < 20


def test_a_larger_count_continues_the_sequence(reviews):
    few, many = (list(augment({"exchange": count}, seed=4, reviews=reviews)) for count in (50, 120))
    assert many[:50] == few


def test_held_out_sentences_are_not_made(texts, own_texts):
    held_out = {sentence.lower() for sentence in load_categories()["held_out"]}
    assert "not bad at all" in held_out
    made = {text.lower().rstrip(".!") for _, text in [*texts, *own_texts]}
    assert not made & held_out


def test_excluded_texts_are_not_made():
    texts = [text for _, text in augment({"sarcasm": 200}, seed=5)]
    excluded = [texts[0].upper(), f" {texts[1]}!!", texts[2].replace(" ", "  ")]
    again = [text for _, text in augment({"sarcasm": 200}, seed=5, exclude=excluded)]
    assert not set(texts[:3]) & set(again)
    assert again[:197] == texts[3:]


def test_an_exhausted_kind_ends():
    made = list(augment({"cuts": 50}, seed=0, reviews=["One sentence. Another one."]))
    assert sorted(made) == [
        ("cuts", "Another one."),
        ("cuts", "One sentence."),
        ("cuts", "One sentence. Another one."),
    ]
    assert list(augment({"cuts": 5}, seed=0)) == []


def test_shares_add_up():
    assert sum(kind.share for kind in KINDS.values()) == 100
    for total in (0, 1, 10, 12_345):
        assert sum(counts_by_share(total).values()) == total
    assert counts_by_share(10, ["names"]) == {"names": 10}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: counts_by_share(10, ["negations"]), "Did you mean 'negation'?"),
        (lambda: next(augment({"irony": 1}, seed=0)), "there is no kind of text 'irony'"),
        (lambda: next(augment({"names": -1}, seed=0)), "count of 'names' is -1"),
    ],
)
def test_mistakes_are_explained(call, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        call()


def test_names_of_the_reviews_are_used():
    review = "A film with Zebulon Quark. It is a great film. Zebulon Quark directed it in 1999."
    made = [text for _, text in augment({"names": 300}, seed=6, reviews=[review])]
    assert sum("Zebulon Quark" in text for text in made) > 30


def test_what_is_a_name():
    assert find_names("With The Film Club came Jane Doe, Vincent van Dam and A Man.") == [
        "Jane Doe",
        "Vincent van Dam",
    ]
    assert find_names("American Pictures and the Academy Award") == []


def test_cuts_are_parts_of_their_reviews(reviews):
    for review in reviews[:30]:
        whole = " ".join(split_sentences(review))
        cuts = list(cut_reviews([review], seed=1, per_review=8))
        assert len(set(cuts)) == len(cuts) > 1
        assert all(cut in whole for cut in cuts)


def test_cuts_of_a_review_do_not_depend_on_others(reviews):
    alone = list(cut_reviews(reviews[5:6], seed=1, per_review=4))
    assert list(cut_reviews(reviews[:6], seed=1, per_review=4))[-len(alone) :] == alone
    assert list(cut_reviews(["", " "], seed=1, per_review=4)) == []

"""What each kind of augmented text does to sentences."""

import pytest

from cinesent.augmentation import contrast, exchange, names, negation, neutral, surface
from cinesent.augmentation.draws import Draws
from cinesent.augmentation.material import Material, word_set, words_of

PRAISE = ("The score is wonderful.", "I loved the ending.", "This is a great comedy.")
BLAME = ("The plot is boring.", "I hated the songs.", "It was an awful remake.")
REVIEWS = [" ".join(pair) for pair in zip(PRAISE, BLAME, strict=True)]


@pytest.fixture(scope="module")
def material():
    return Material(REVIEWS)


def results(function, *arguments, draws=400):
    """Return what a function gives over many seeds."""
    return {function(*arguments, Draws(seed)) for seed in range(draws)} - {None}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The plot is clever.", "The plot isn't clever."),
        ("The plot is clever.", "The plot is anything but clever."),
        ("The plot is clever.", "I can't say that the plot is clever."),
        ("It was a very good film.", "It was not a very good film."),
        ("It was a very good film.", "I wouldn't call it a very good film."),
        ("I really enjoyed it.", "I didn't really enjoy it."),
        ("I really enjoyed it.", "I can't say I really enjoyed it."),
        ("I recommend it.", "I wouldn't recommend it."),
        ("The story works.", "The story doesn't work."),
        ("You can watch it.", "You cannot watch it."),
        ("I have seen better.", "I haven't seen better."),
        ("There are some jokes in it.", "There are no jokes in it."),
        ("It comes with plenty of charm.", "It comes without any charm."),
        ("It is worth seeing.", "It is hardly worth seeing."),
        ("Highly recommended.", "Not recommended."),
        ("Everyone laughed.", "Nobody laughed."),
        ("It was an interesting mix.", "It was an uninteresting mix."),
    ],
)
def test_negation_put_in(sentence, expected):
    assert expected in results(negation.put_in, sentence)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It isn't funny at all.", "It is funny."),
        ("I can't recommend it.", "I can recommend it."),
        ("It did not work.", "It did work."),
        ("He never smiles.", "He always smiles."),
        ("It is far from dull.", "It is dull."),
        ("It is anything but dull.", "It is dull."),
        ("A film without any charm.", "A film with charm."),
        ("It has no wit.", "It has plenty of wit."),
        ("Nothing works.", "Everything works."),
        ("No one laughed.", "Everyone laughed."),
        ("It is neither warm nor sad.", "It is both warm and sad."),
        ("It is an unfunny comedy.", "It is a funny comedy."),
        ("It hardly moves.", "It really moves."),
    ],
)
def test_negation_taken_out(sentence, expected):
    assert expected in results(negation.take_out, sentence)


@pytest.mark.parametrize("sentence", ["", "Of the sea.", "1999"])
def test_nothing_to_negate(sentence):
    assert results(negation.put_in, sentence, draws=20) == set()
    assert results(negation.take_out, sentence, draws=20) == set()


def test_questions_stay_grammatical():
    assert results(negation.put_in, "Did I like it?") == set()


def test_contrast_joins_praise_and_blame_in_both_orders(material):
    assert material.praise == PRAISE
    assert material.blame == BLAME
    joined = {contrast.join_opposites(Draws(seed), material) for seed in range(2_000)}
    assert "The score is wonderful, but the plot is boring." in joined
    assert "Although I hated the songs, this is a great comedy." in joined
    for text in joined:
        assert words_of(text) & word_set("good")
        assert words_of(text) & word_set("bad")


def test_contrast_with_a_frame(material):
    made = [contrast.join_with_own(Draws(seed), material) for seed in range(100)]
    whole = " ".join(made).lower()
    assert all(sentence.lower().rstrip(".") in whole for sentence in (*PRAISE, *BLAME))


def test_neutral_sentences_surround_the_opinion(material):
    lengths = set()
    for seed in range(200):
        text = neutral.surrounded_real(Draws(seed), material)
        assert sum(sentence in text for sentence in (*PRAISE, *BLAME)) == 1
        lengths.add(text.count(". "))
    assert min(lengths) <= 2
    assert max(lengths) >= 15


def test_repetition(material):
    made = [neutral.repeated(Draws(seed), material) for seed in range(100)]
    assert all(len(set(text.split(". "))) < 8 for text in made)
    assert max(len(text.split(". ")) for text in made) > 20


def test_noise_is_repetition(material):
    made = [neutral.noise(Draws(seed), material) for seed in range(200)]
    assert any(text == text[0] * len(text) and len(text) > 20 for text in made)
    assert any(set(text) <= set("0123456789 ,") for text in made)


@pytest.mark.parametrize(
    ("sentence", "kept", "gone"),
    [
        ("Jane Doe made it in 1999.", "made it in", ("Jane Doe", "1999")),
        ("It lasts 95 minutes with Jane Doe.", "minutes with", ("Jane Doe",)),
    ],
)
def test_names_and_numbers_are_exchanged(sentence, kept, gone):
    material = Material([sentence])
    made = [names.exchange_names(Draws(seed), material) for seed in range(60)]
    made = [text for text in made if text]
    assert all(kept in text for text in made)
    for old in gone:
        assert sum(old in text for text in made) < 0.7 * len(made)
    assert len(set(made)) > 40


def test_a_title_takes_the_place_of_the_film():
    material = Material(["I think this film is long."])
    made = {names.exchange_names(Draws(seed), material) for seed in range(60)} - {None}
    assert len(made) > 20
    assert all(text.startswith("I think ") and text.endswith(" is long.") for text in made)


def test_without_reviews_nothing_real_is_made():
    empty = Material()
    makers = (
        contrast.join_opposites,
        contrast.join_with_own,
        names.exchange_names,
        names.name_real_people,
        neutral.surrounded_real,
        surface.retyped_real,
        exchange.neighbors,
    )
    assert [maker(Draws(0), empty) for maker in makers] == [None] * len(makers)


def test_masking_drops_words(material):
    for seed in range(100):
        text = exchange.masked(Draws(seed), material)
        assert text is None or text == " ".join(text.split())
    made = {exchange.masked(Draws(seed), material) for seed in range(200)}
    assert "The plot is." in made
    assert "The is boring." in made


def test_synonyms_and_opposites(material):
    made = [exchange.synonyms(Draws(seed), material) for seed in range(400)]
    plots = {t for t in made if t and t.startswith("The plot is ") and t.count(" ") == 3}
    words = {text.split()[-1].rstrip(".") for text in plots}
    assert len(words & word_set("bad")) > 5
    assert words & word_set("good")


def test_neighbors_of_the_caller_are_used():
    calls = []

    def near(word):
        calls.append(word)
        return ["xyzzy"] if word in ("plot", "score") else []

    material = Material(REVIEWS, near)
    made = [exchange.neighbors(Draws(seed), material) for seed in range(300)]
    assert "The xyzzy is boring." in made
    assert all(call.islower() for call in calls)


@pytest.mark.parametrize(
    ("change", "text", "expected"),
    [
        (surface.recase, "So bad it hurts", "SO BAD IT HURTS"),
        (surface.recase, "So bad it hurts", "so bad it hurts"),
        (surface.recase, "So bad it hurts", "So Bad It Hurts"),
        (surface.unmark, "It's bad, isn't it?", "Its bad, isnt it?"),
        (surface.unmark, "It's bad, isn't it?", "Its bad isnt it"),
        (surface.crowd, "One, two. Three.", "One,two.Three."),
        (surface.exclaim, "Fine.", "Fine!!!"),
        (surface.add_breaks, "One. Two.", "One.<br /><br />Two."),
        (surface.add_breaks, "One", "<i>One</i>"),
        (surface.typos, "awful", "awfful"),
        (surface.typos, "awful", "afwul"),
        (surface.typos, "awful", "awul"),
        (surface.typos, "12 34", "12 34"),
        (surface.elongate, "so", "sooooo"),
        (surface.elongate, "A plot.", "A plot....."),
        (surface.texting, "great movie for you", "gr8 movi 4 u"),
    ],
)
def test_surface(change, text, expected):
    assert expected in results(change, text)


def test_marks_agree_mostly_with_the_words(material):
    made = [surface.add_marks("It was awful.", Draws(seed), material) for seed in range(300)]
    assert all("It was awful." in text for text in made)
    assert sum("👎" in text or "#" in text or ":(" in text for text in made) > 20
    assert any("👍" in text or "😀" in text or ":)" in text for text in made)

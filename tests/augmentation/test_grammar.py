"""The notation of frames, and the packaged word lists."""

import re
from pathlib import Path

import pytest

import cinesent.augmentation
from cinesent.augmentation.draws import Draws
from cinesent.augmentation.grammar import Grammar, as_sentence, load_grammar, with_articles
from cinesent.augmentation.word_lists import load_categories, read_categories
from cinesent.errors import ConfigError


def expansions(*entries, **categories):
    grammar = Grammar({"start": entries, **categories})
    return {grammar.expand("start", Draws(seed)) for seed in range(200)}


def test_alternatives_may_be_nested_and_empty():
    assert expansions("a[ b| c[d|]|]") == {"a b", "a cd", "a c", "a"}


def test_labels_repeat_a_choice_and_others_differ():
    things = ("x", "y", "z")
    assert expansions("{thing#1} {thing#1}", thing=things) == {"x x", "y y", "z z"}
    pairs = expansions("{thing} {thing}", thing=things)
    assert pairs >= {"x y", "y x", "x z", "z x", "y z", "z y"}
    many = {"thing": [str(number) for number in range(100)], "start": ["{thing} {thing}"]}
    pairs = {Grammar(many).expand("start", Draws(seed)) for seed in range(500)}
    assert not any(first == second for first, second in map(str.split, pairs))


def test_numbers():
    assert expansions("{8-10}") == {"8", "9", "10"}


def test_verbs_agree_with_the_noun_before():
    made = expansions("{noun} <is> old and {noun} <don't> <rush>", noun=("the plot", "the jokes+"))
    assert "the plot is old and the jokes don't rush" in made
    made = expansions("{noun} <doesn't> work, {noun} <try>", noun=("the plot", "the jokes+"))
    assert "the jokes don't work, the plot tries" in made


def test_plurals_in_y():
    assert expansions("{genre}s", genre=("comedy", "play")) == {"comedies", "plays"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a awful a unit a hour a 8/10 a 11/10", "an awful a unit an hour an 8/10 an 11/10"),
        ('a one a European a F a D a "Alien"', 'a one a European an F a D an "Alien"'),
        ("A unfunny, an film, a MPAA, a TV", "An unfunny, a film, an MPAA, a TV"),
        ("vitamin a. a 80% a 1 a 18", "vitamin a. an 80% a 1 an 18"),
    ],
)
def test_articles(text, expected):
    assert with_articles(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so dull. it drags", "So dull. It drags."),
        ("why?", "Why?"),
        ("good 😀", "Good 😀"),
        ("good :)", "Good :)"),
        ("good :D", "Good :D"),
        ("fun #movienight", "Fun #movienight"),
        ('he saw "Jaws"', 'He saw "Jaws".'),
        ("jaws (1975)", "Jaws (1975)."),
        ("⭐", "⭐"),
        ("50%", "50%."),
    ],
)
def test_sentences(text, expected):
    assert as_sentence(text) == expected


@pytest.mark.parametrize(
    ("entry", "message"),
    [("{nothing}", "draws from 'nothing', which is empty"), ("[a|b", "is not closed")],
)
def test_malformed_entries(entry, message):
    with pytest.raises(ConfigError, match=message):
        Grammar({"start": [entry]})


def test_tables_of_a_file():
    found = read_categories(
        'words.ok = "fine, good ,"\nframes.say = """\nIt, too.\n\n{ok}\n"""\n'
        'verbs.go = """\ngo_on went_on going_on\ntry tried trying\n"""'
    )
    assert found == {
        "ok": ["fine", "good"],
        "say": ["It, too.", "{ok}"],
        "go": ["go on", "try"],
        "go_s": ["goes on", "tries"],
        "go_past": ["went on", "tried"],
        "go_ing": ["going on", "trying"],
    }


def test_the_lists_are_large():
    frames = ("negated_blame", "negated_praise", "double_negation", "contrast", "comparison")
    assert sum(len(load_categories()[name]) for name in frames) > 600
    strengths = [f"{p}_{s}" for p in ("good", "bad") for s in ("weak", "medium", "strong")]
    words = [word for name in strengths for word in load_categories()[name]]
    assert len(words) == len(set(words)) > 300


def test_no_category_is_unused():
    folder = Path(cinesent.augmentation.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))
    entries = " ".join(entry for entries in load_categories().values() for entry in entries)
    used = set(re.findall(r"\{(\w+)", entries)) | set(re.findall(r"[\"'](\w+)[\"']", source))
    verb_form = re.compile(r"_(?:s|past|ing)$")
    assert [n for n in load_categories() if n not in used and not verb_form.search(n)] == []


def test_no_frame_is_written_twice():
    for name, entries in load_categories().items():
        frames = [entry for entry in entries if entry.count(" ") > 2]
        assert len(frames) == len(set(frames)), name


@pytest.mark.parametrize("name", sorted(load_categories()))
def test_every_entry_expands(name):
    grammar = load_grammar()
    made = {grammar.expand(name, Draws(seed)) for seed in range(30)}
    assert all(text and not re.search(r"[\x01\x02{}]|<\w+>", text) for text in made)

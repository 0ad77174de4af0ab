"""The behavior suite: its texts, what passes, and how it is run."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from bundles import write_bundle
from commands import run_here
from derivation import ROOTS, can_be_made, letters
from outside_data import movie_reviews, outside_data

import cinesent
from cinesent.augmentation import augment, counts_by_share
from cinesent.augmentation.draws import Draws
from cinesent.augmentation.grammar import load_grammar
from cinesent.behavior import (
    BehaviorCase,
    evaluate_behavior,
    load_cases,
    suite_texts,
)
from cinesent.behavior.pairs import generated_kinds
from cinesent.behavior.suite import load_kinds, minimum_rates
from cinesent.bundle import load_bundle
from cinesent.data import Reviews
from cinesent.distillation.label_texts import LabelPlan, texts_to_label

KINDS = (*load_kinds(), *generated_kinds())


@pytest.fixture(scope="module")
def report():
    return evaluate_behavior()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("small") / "model")


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *arguments: run_here(monkeypatch, capsys, *arguments)


def test_the_suite_has_600_texts_of_its_own_and_each_once():
    texts = [case.text for case in load_cases()]
    assert len(texts) >= 600
    assert [text for text, count in Counter(texts).items() if count > 1] == []
    assert all(text == text.strip() and text for text in texts)


def test_every_kind_has_a_purpose_and_at_least_15_cases_and_a_minimum():
    names = [kind.name for kind in KINDS]
    assert len(names) == len(set(names)) == len(minimum_rates())
    for kind in KINDS:
        assert kind.purpose.endswith(".")
        assert len(kind.cases) >= 15
        assert kind.cases[0].kind == kind.name
        assert 0 <= minimum_rates()[kind.name] < 1
    assert [kind.name for kind in KINDS if kind.hard] == ["sarcasm"]


def test_the_sides_are_balanced_but_where_a_kind_is_of_one_side():
    one_sided = {"negated blame", "negated praise", "sarcasm"}
    for kind in load_kinds():
        sides = Counter(case.expected for case in kind.cases)
        if kind.name not in one_sided and sides["positive"] + sides["negative"]:
            assert abs(sides["positive"] - sides["negative"]) <= 1


def test_pairs_differ_and_are_the_same_each_time():
    for kind in generated_kinds()[1:]:
        assert all(case.changed and case.changed != case.text for case in kind.cases)
        assert len({(case.text, case.changed) for case in kind.cases}) == len(kind.cases)
    generated_kinds.cache_clear()
    assert generated_kinds() == KINDS[len(load_kinds()) :]


@pytest.mark.parametrize(
    ("expected", "bounds", "probability", "passes"),
    [
        ("positive", (0.5, 1.0), 0.51, True),
        ("positive", (0.5, 1.0), 0.5, False),
        ("positive", (0.5, 1.0), 0.49, False),
        ("negative", (0.0, 0.5), 0.49, True),
        ("negative", (0.0, 0.5), 0.5, False),
        ("between", (0.3, 0.7), 0.5, True),
        ("between", (0.3, 0.7), 0.29, False),
        ("between", (0.3, 0.7), 0.71, False),
    ],
)
def test_single_texts_pass_on_their_side(expected, bounds, probability, passes):
    assert BehaviorCase("a", "b", expected, bounds).passes(probability) is passes


@pytest.mark.parametrize(
    ("expected", "bounds", "one", "other", "passes"),
    [
        ("same", (-0.1, 0.1), 0.8, 0.75, True),
        ("same", (-0.1, 0.1), 0.8, 0.65, False),
        ("same", (-0.1, 0.1), 0.52, 0.48, False),
        ("lower", (-1.0, -0.1), 0.8, 0.6, True),
        ("lower", (-1.0, -0.1), 0.8, 0.75, False),
        ("lower", (-1.0, -0.1), 0.8, 0.95, False),
        ("higher", (0.1, 1.0), 0.2, 0.4, True),
        ("higher", (0.1, 1.0), 0.2, 0.1, False),
    ],
)
def test_pairs_pass_by_the_change(expected, bounds, one, other, passes):
    assert BehaviorCase("a", "b", expected, bounds, "c").passes(one, other) is passes


# Training must not see the suite.


@pytest.mark.parametrize("root", ROOTS)
def test_the_recogniser_accepts_what_the_grammar_makes(root):
    for seed in range(8):
        text = load_grammar().sentence(root, Draws(f"{root}{seed}"))
        assert can_be_made(text) or not letters(text)
    assert not can_be_made("My grandmother's parrot recited the closing monologue.")


def test_augmentation_cannot_make_a_text_of_the_suite_but_for_bare_ratings():
    ratings = {case.text for case in load_cases() if case.kind == "ratings in text"}
    possible = {text for text in suite_texts() if can_be_made(text)}
    assert possible <= ratings
    assert len(possible) <= 10
    assert max(map(len, possible)) <= len("5/5 stars")


def test_what_is_excluded_is_not_made():
    counts = counts_by_share(3000, ["surface"])
    without = {text for _, text in augment(counts, seed=3)}
    taken = sorted(without)[:50]
    assert not {text for _, text in augment(counts, seed=3, exclude=taken)} & set(taken)


def test_the_texts_to_label_leave_the_suite_out():
    imdb = movie_reviews()
    both = [suite_texts()[0], "Of my own. And another."]
    imdb = replace(imdb, unlabelled=Reviews(both, np.full(2, -1, np.int8), "unlabelled"))
    texts = list(texts_to_label(imdb, outside_data(imdb), LabelPlan(cuts=2, augmented=3000)))
    assert "Of my own. And another." in texts
    assert not set(texts) & set(suite_texts())


# What the packaged model does.


def test_the_packaged_model_reaches_every_minimum(report):
    assert [kind.name for kind in report.kinds if not kind.meets_minimum] == []


def test_the_report_counts_its_outcomes(report):
    assert report.num_cases == len(report.outcomes) == sum(kind.num_cases for kind in report.kinds)
    assert report.num_passed == sum(kind.num_passed for kind in report.kinds)
    found = json.loads(json.dumps(report.to_dict()))
    assert len(found["failures"]) == report.num_cases - report.num_passed
    assert not any(failure["passed"] for failure in found["failures"])


def test_a_model_by_its_folder_or_loaded_gives_the_same(small):
    assert evaluate_behavior(small) == evaluate_behavior(cinesent.load(small))


def test_a_wrong_reporter_is_an_error():
    with pytest.raises(cinesent.ConfigError, match="reporter"):
        evaluate_behavior(reporter=print)


# The command.


def test_the_table_fits_80_columns_and_the_status_is_0(run, small):
    status, out, err = run("evaluate", "--behavior", "--model", small)
    assert status == 0, err
    assert max(map(len, out.splitlines())) <= 80
    assert "sarcasm (hard)" in out
    assert "below" in out  # a model with random weights
    assert "cases passed" in out


def test_the_status_tells_only_when_asked(run, small):
    asked = ("evaluate", "--behavior", "--fail-under-minimum", "--quiet")
    status, _, err = run(*asked, "--model", small)
    assert status == 1
    assert "below the minimum pass rate: " in err
    assert run(*asked).status == 0
    status, _, err = run("evaluate", "--fail-under-minimum")
    assert status == 2
    assert "--behavior" in err


def test_json(run, small):
    status, out, _ = run("evaluate", "--behavior", "--json", "--model", small, "--quiet")
    assert status == 0
    assert json.loads(out) == json.loads(json.dumps(evaluate_behavior(small).to_dict()))


def test_with_data_both_are_shown(run, small, tmp_path):
    data = tmp_path / "mine.csv"
    data.write_text("text,label\na fine film,1\na bad film,0\n")
    both = ("evaluate", "--behavior", "--data", data, "--model", small, "--quiet")
    found = json.loads(run(*both, "--json").out)
    assert found["metrics"]["num_reviews"] == 2
    assert found["behavior"]["num_cases"] == len(suite_texts_and_pairs())
    out = run(*both).out
    assert "log loss" in out
    assert "cases passed" in out


def suite_texts_and_pairs():
    return [case for kind in KINDS for case in kind.cases]


def test_the_rates_are_recorded_with_the_model(run, small, tmp_path):
    model = shutil.copytree(small, tmp_path / "model")
    status, _, err = run("evaluate", "--behavior", "--record", "--model", model)
    assert status == 0, err
    assert "as 'behavior'" in err
    stored = load_bundle(model).metrics["behavior"]
    assert stored == evaluate_behavior(model).summary()
    card = (model / "README.md").read_text(encoding="utf-8")
    kind = stored["kinds"][0]
    assert f"| {kind['name']} | {kind['num_passed']} of {kind['num_cases']} |" in card
    assert "| sarcasm (hard) |" in card

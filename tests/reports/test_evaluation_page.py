"""The page of an evaluation: what it shows, and that it needs nothing else."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from bundles import write_bundle

import cinesent
from cinesent.data import Dataset, Reviews
from cinesent.evaluation.evaluate import evaluate
from cinesent.evaluation.report import write_report
from cinesent.evaluation.results import Slice
from cinesent.reports.details import _worst_movies, compare_to_baseline, gather_details
from cinesent.reports.figures import coverage_accuracy, precision_recall

HOSTILE = '<script>alert("x")</script> & more'
WORDS = (("dull", "poor", "awful"), ("fine", "warm", "great"))


def reviews(count: int, name: str = "mine") -> Reviews:
    texts = [f"a {WORDS[row % 2][row % 3]} film, number {row}" for row in range(count)]
    texts[0] = HOSTILE
    movies = np.array([f"movie {row // 6}" for row in range(count)])
    return Reviews(texts, np.tile(np.int8([0, 1]), count // 2), name, movie_ids=movies)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    return cinesent.load(write_bundle(tmp_path_factory.mktemp("small") / "model"))


@pytest.fixture(scope="module")
def folder(classifier, tmp_path_factory):
    target = tmp_path_factory.mktemp("report") / "new"
    evaluate(classifier, Dataset("mine", reviews(40), test=reviews(24)), report=target)
    return target


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "index.html").read_text(encoding="utf-8")


class Balanced(HTMLParser):
    """Collects elements that are closed in another order than they were opened."""

    VOID = frozenset({"meta", "br", "img", "path", "use"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag):
        if tag in self.VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def test_the_page_is_well_formed_and_needs_nothing_else(page):
    parser = Balanced()
    parser.feed(page)
    assert parser.wrong == []
    assert parser.open == []
    assert all(address.startswith("#") for address in parser.addresses)
    assert "<script" not in page
    assert "@import" not in page
    assert "url(http" not in page


def test_ids_are_unique_within_the_figures(page):
    names = re.findall(r'<g id="([a-z-]+)-figure_1"', page)
    assert len(names) == len(set(names)) >= 4


def test_all_sections_are_there(page):
    for heading in (
        *("Confusion", "Curves and calibration", "By length", "By movie", "Baselines"),
        *("Most confident mistakes", "Behavior", "Training", "The model"),
    ):
        assert f"<h2>{heading}</h2>" in page
    for label in ("ROC curve", "Precision against recall", "Accuracy against the share"):
        assert f'aria-label="{label}' in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_colours_follow_the_style_sheet(page):
    body = page[page.index("<h1>") :]
    assert "var(--positive)" in body
    assert not re.search(r"#0072b2|#333333", body, re.IGNORECASE)


def test_figures_and_data_lie_beside_the_page(folder):
    names = ("confusion-matrix", "roc", "precision-recall", "reliability", "coverage", "history")
    assert {path.name for path in folder.iterdir()} == {
        *("index.html", "metrics.json", "report.json", "predictions.csv"),
        *(f"{name}.{kind}" for name in names for kind in ("png", "svg")),
    }
    found = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in found["baselines"]] == ["majority", "bow-lr", "nb-lr"]
    assert found["behavior"]["num_cases"] > 600
    assert found["num_movies"] == 4
    assert found["coverage"][-1][0] == 1.0


def test_own_texts_are_shown_and_escaped(classifier, tmp_path):
    labels = np.int8([1 - (classifier.predict([HOSTILE])[0].probability >= 0.5), 0])
    write = evaluate(classifier, Reviews([HOSTILE, "x"], labels, "mine"), report=tmp_path)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; more" in text
    assert "<script" not in text
    assert write.metrics.num_reviews == 2


def test_texts_of_published_datasets_are_not_shown(classifier, tmp_path):
    secret = "an unmistakable sentence"
    texts = Reviews([f"{secret} {row}" for row in range(20)], np.tile(np.int8([0, 1]), 10), "imdb")
    evaluate(classifier, texts, report=tmp_path)
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.iterdir())
    assert "belong to a published dataset" in (tmp_path / "index.html").read_text()


def test_equal_evaluations_give_equal_figures(classifier, tmp_path):
    found = evaluate(classifier, reviews(12))
    for name in ("a", "b"):
        write_report(found, tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_reliability_is_shown_before_and_after_calibration(tmp_path):
    from bundles import bundle_parts

    from cinesent.bundle import save_bundle

    model = save_bundle(tmp_path / "model", **bundle_parts(), temperature=2.0)
    evaluate(model, reviews(24), report=tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "before calibration" in page
    assert "2.000" in page
    assert (tmp_path / "report" / "reliability-before.svg").exists()


def test_words_are_those_of_the_reviews(classifier):
    own = reviews(24)
    details = gather_details(classifier, Dataset("mine", own), own, evaluate(classifier, own))
    shown = [*details.positive_words, *details.negative_words]
    assert {word.word for word in shown} <= {"a", "film", "number", *WORDS[0], *WORDS[1]}
    assert all(word.num_reviews >= details.least_per_word for word in shown)
    ranked = [word.probability for word in details.positive_words]
    assert ranked == sorted(ranked, reverse=True)
    assert details.baselines == ()  # the training reviews are those scored


def test_the_worst_movies_come_first():
    movies = np.array(["a"] * 5 + ["b"] * 6 + ["c"] * 4)
    correct = np.array([True] * 5 + [True, False] * 3 + [False] * 4)
    assert _worst_movies(movies, correct) == (Slice("b", 6, 0.5), Slice("a", 5, 1.0))
    assert _worst_movies(None, correct) == ()


def test_the_curves_are_those_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300).astype(np.int8)
    probabilities = np.round(rng.random(300), 2).astype(np.float32)
    recall, precision, average = precision_recall(labels, probabilities)
    assert average == pytest.approx(sklearn.average_precision_score(labels, probabilities))
    expected_precision, expected_recall, _ = sklearn.precision_recall_curve(labels, probabilities)
    np.testing.assert_allclose(recall[::-1], expected_recall[:-1])
    np.testing.assert_allclose(precision[::-1], expected_precision[:-1])
    coverage, accuracy = coverage_accuracy(labels, probabilities)
    assert coverage[-1] == 1.0
    assert accuracy[-1] == np.mean((probabilities >= 0.5) == labels)


def test_intervals_hold_the_estimate_and_shrink_with_more_reviews():
    widths = []
    for count in (100, 10_000):
        rng = np.random.default_rng(1)
        labels = rng.integers(0, 2, count).astype(np.int8)
        correct = rng.random(count) < 0.9
        row = compare_to_baseline("coin", labels, correct, rng.random(count) < 0.5)
        low, high = row.difference_interval
        assert low < row.difference < high
        assert row.interval[0] < row.accuracy < row.interval[1]
        assert row.p_value < 0.001
        widths.append(high - low)
    assert widths[1] < widths[0] / 5

"""What a report of an evaluation adds to its metrics: movies, mistakes, words, baselines."""

from __future__ import annotations

import csv
import importlib.util
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.behavior import BehaviorReport, evaluate_behavior
from cinesent.bundle import Bundle
from cinesent.bundle.layout import HISTORY
from cinesent.classifier import Classifier
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.sources import DATASET_NAMES
from cinesent.evaluation.metrics import mcnemar
from cinesent.evaluation.results import Evaluation, Slice
from cinesent.models.linear import BASELINES
from cinesent.probability import LABELS
from cinesent.progress import SILENT, Reporter
from cinesent.text.tokenizer import tokenize

_MISTAKES = 20
_WORDS = 20
_MOVIES = 10
_LEAST_PER_WORD = 20
_LEAST_PER_MOVIE = 5
_RESAMPLES = 2000
#: The baselines of a report: they train in a minute on 25,000 reviews.
_BASELINES = ("majority", "bow-lr", "nb-lr")


@dataclass(frozen=True)
class Mistake:
    """A review that was predicted wrongly.

    Attributes:
        id: of the review.
        label: the true one.
        probability: of positive.
        text: None where it belongs to a published dataset.
    """

    id: str
    label: str
    probability: float
    text: str | None


@dataclass(frozen=True)
class PushingWord:
    """A word, and what the model predicts for it alone.

    Attributes:
        word: the token.
        probability: of positive.
        num_reviews: that contain it.
    """

    word: str
    probability: float
    num_reviews: int


@dataclass(frozen=True)
class BaselineRow:
    """A baseline on the reviews of the evaluation.

    Attributes:
        name: of the baseline.
        accuracy: 0 to 1.
        interval: 95% bootstrap interval of the accuracy.
        difference: accuracy of the model minus that of the baseline.
        difference_interval: 95% bootstrap interval of the difference, over the same reviews.
        p_value: of McNemar's test.
    """

    name: str
    accuracy: float
    interval: tuple[float, float]
    difference: float
    difference_interval: tuple[float, float]
    p_value: float


@dataclass(frozen=True)
class ReportDetails:
    """What a report shows besides the evaluation.

    Attributes:
        temperature: that the model divides its logits by.
        own_texts: whether texts may be shown: not those of published datasets.
        mistakes: the most confident ones.
        positive_words: the words with the highest probability of positive.
        negative_words: the words with the lowest.
        least_per_word: reviews that a word must occur in.
        num_movies: of the reviews scored; 0 where they are unknown.
        movies: those with the lowest accuracy.
        least_per_movie: reviews that a movie of `movies` has at least.
        baselines: empty where the data has no training reviews apart from those scored.
        behavior: the behavior suite.
        history: one row per epoch of training.
    """

    temperature: float
    own_texts: bool
    mistakes: tuple[Mistake, ...]
    positive_words: tuple[PushingWord, ...]
    negative_words: tuple[PushingWord, ...]
    least_per_word: int
    num_movies: int
    movies: tuple[Slice, ...]
    least_per_movie: int
    baselines: tuple[BaselineRow, ...]
    behavior: BehaviorReport
    history: tuple[Mapping[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        names = ("mistakes", "positive_words", "negative_words", "movies", "baselines")
        return {
            "temperature": self.temperature,
            "num_movies": self.num_movies,
            **{name: [asdict(entry) for entry in getattr(self, name)] for name in names},
            "behavior": self.behavior.to_dict(),
            "history": [dict(row) for row in self.history],
        }


def gather_details(
    classifier: Classifier,
    dataset: Dataset,
    reviews: Reviews,
    evaluation: Evaluation,
    reporter: Reporter = SILENT,
) -> ReportDetails:
    """Compute what a report adds to an evaluation.

    Args:
        classifier: the model.
        dataset: that was scored a part of.
        reviews: that were scored.
        evaluation: of them.
        reporter: receives messages.
    """
    own = dataset.name not in DATASET_NAMES
    positive, negative = _pushing_words(classifier, reviews)
    correct = (evaluation.probabilities >= evaluation.metrics.threshold) == (reviews.labels == 1)
    return ReportDetails(
        temperature=classifier.bundle.temperature,
        own_texts=own,
        mistakes=_mistakes(reviews, evaluation.probabilities, correct, own),
        positive_words=positive,
        negative_words=negative,
        least_per_word=_least_per_word(len(reviews)),
        num_movies=0 if reviews.movie_ids is None else len(set(reviews.movie_ids.tolist())),
        movies=_worst_movies(reviews.movie_ids, correct),
        least_per_movie=_LEAST_PER_MOVIE,
        baselines=_baselines(dataset, reviews, evaluation.split, correct, reporter),
        behavior=evaluate_behavior(classifier, reporter=reporter),
        history=_history(classifier.bundle),
    )


def _mistakes(
    reviews: Reviews, probabilities: NDArray[np.float32], correct: NDArray[np.bool_], own: bool
) -> tuple[Mistake, ...]:
    wrong = np.flatnonzero(~correct)
    confidence = np.abs(probabilities[wrong] - 0.5)
    rows = wrong[np.argsort(-confidence, kind="stable")[:_MISTAKES]].tolist()
    return tuple(
        Mistake(
            id=reviews.ids[row],
            label=LABELS[reviews.labels[row]],
            probability=float(probabilities[row]),
            text=reviews.texts[row] if own else None,
        )
        for row in rows
    )


def _least_per_word(num_reviews: int) -> int:
    return min(_LEAST_PER_WORD, max(2, num_reviews // 100))


def _pushing_words(
    classifier: Classifier, reviews: Reviews
) -> tuple[tuple[PushingWord, ...], tuple[PushingWord, ...]]:
    """Return the words with the highest and the lowest probability on their own."""
    counts: Counter[str] = Counter()
    for text in reviews.texts:
        counts.update(set(tokenize(text)))
    least = _least_per_word(len(reviews))
    words = sorted(word for word, count in counts.items() if count >= least and word.isalpha())
    if not words:
        return (), ()
    probabilities = classifier.predict_proba(words)[:, 1].tolist()
    pairs = zip(words, probabilities, strict=True)
    found = [PushingWord(word, probability, counts[word]) for word, probability in pairs]
    ranked = sorted(found, key=lambda pushing: (-pushing.probability, pushing.word))
    positive = [pushing for pushing in ranked[:_WORDS] if pushing.probability > 0.5]
    negative = [pushing for pushing in ranked[::-1][:_WORDS] if pushing.probability < 0.5]
    return tuple(positive), tuple(negative)


def _worst_movies(movies: NDArray[np.str_] | None, correct: NDArray[np.bool_]) -> tuple[Slice, ...]:
    if movies is None:
        return ()
    names, places = np.unique(movies, return_inverse=True)
    counts = np.bincount(places)
    right = np.bincount(places, weights=correct)
    slices = [
        Slice(str(name), int(count), float(share))
        for name, count, share in zip(names, counts, right / counts, strict=True)
        if name and count >= _LEAST_PER_MOVIE
    ]
    return tuple(sorted(slices, key=lambda part: (part.accuracy, part.name))[:_MOVIES])


def _history(bundle: Bundle) -> tuple[Mapping[str, str], ...]:
    text = bundle.read(HISTORY).decode("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _baselines(
    dataset: Dataset,
    reviews: Reviews,
    split: str,
    correct: NDArray[np.bool_],
    reporter: Reporter,
) -> tuple[BaselineRow, ...]:
    """Train the baselines, if there are training reviews apart from those scored."""
    train = dataset.train.labelled()
    separate = split == "test" or (split == "validation" and dataset.validation is not None)
    if not separate or len(set(train.labels.tolist())) < 2 or not _has_scikit_learn():
        return ()
    reporter.message(f"training baselines on {len(train):,} reviews")
    tokens = [tokenize(text) for text in train.texts]
    scored = [tokenize(text) for text in reviews.texts]
    rows = []
    for name in _BASELINES:
        model = BASELINES[name](0).fit(tokens, train.labels)
        predicted = model.predict_proba(scored)[:, 1] >= 0.5
        rows.append(compare_to_baseline(name, reviews.labels, correct, predicted))
    return tuple(rows)


def _has_scikit_learn() -> bool:
    return importlib.util.find_spec("sklearn") is not None


def compare_to_baseline(
    name: str,
    labels: NDArray[np.int8],
    correct: NDArray[np.bool_],
    predicted: NDArray[np.bool_],
    seed: int = 0,
) -> BaselineRow:
    """Compare a baseline with a model on the same n reviews.

    The bootstrap resamples reviews. What counts of each is whether the model and the baseline are
    right, so that a resample is one draw from a multinomial distribution of four outcomes.

    Args:
        name: of the baseline.
        labels: (n,) of 0 and 1.
        correct: (n,), whether the model is.
        predicted: (n,), of positive, by the baseline.
        seed: of the resamples.

    Example:
        >>> labels, correct = np.int8([0, 1] * 50), np.ones(100, bool)
        >>> row = compare_to_baseline("always", labels, correct, np.ones(100, bool))
        >>> row.accuracy, row.difference, row.difference_interval[0] > 0.3
        (0.5, 0.5, True)
    """
    own = predicted == (labels == 1)
    outcomes = np.bincount(2 * correct.astype(np.int64) + own, minlength=4)
    total = len(labels)
    draws = np.random.default_rng(seed).multinomial(total, outcomes / total, size=_RESAMPLES)
    accuracies = (draws[:, 1] + draws[:, 3]) / total
    differences = (draws[:, 2] - draws[:, 1]) / total
    model_predicted = np.where(correct, labels == 1, labels == 0)
    return BaselineRow(
        name=name,
        accuracy=float(own.mean()),
        interval=_middle(accuracies),
        difference=float(correct.mean() - own.mean()),
        difference_interval=_middle(differences),
        p_value=mcnemar(labels, model_predicted, predicted).p_value,
    )


def _middle(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975]).tolist()
    return low, high

"""Predicts each review with an n-gram model that was not trained on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.data.reviews import Reviews
from cinesent.data.split import group_rows
from cinesent.errors import DataError, require
from cinesent.models.linear import log_count_ratio, logistic_regression
from cinesent.progress import Reporter
from cinesent.text.tokenizer import tokenize

# Chosen on IMDB: with rows of unit length, weaker regularisation than that of the nb-lr baseline.
_C = 3.0
_FEW = 1000


def cross_validated_logits(
    reviews: Reviews, folds: int, seed: int, reporter: Reporter
) -> NDArray[np.float64]:
    """Return the log-odds of positive of each review, out of sample, float64 (n,).

    Reviews of one movie and copies of a text are in one fold. The model is logistic regression on
    words and pairs of words that naive Bayes has weighted (Wang and Manning, "Baselines and
    Bigrams", 2012), with rows of unit length.

    Args:
        reviews: labelled.
        folds: at least 2.
        seed: of the folds and the solver.
        reporter: receives progress.

    Raises:
        DataError: there are too few reviews of a label.
        MissingExtraError: scikit-learn is not installed.
    """
    require("sklearn", "audit", "A label audit")
    from sklearn.model_selection import StratifiedGroupKFold

    labels = reviews.labels.astype(np.int64)
    groups = _groups(reviews, folds)
    _check_enough(reviews, labels, groups, folds)
    features = _features(reviews)
    logits = np.zeros(len(reviews))
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with reporter.task("cross-validating", total=folds, unit="folds") as task:
        for done, (train, test) in enumerate(splitter.split(features, labels, groups), 1):
            logits[test] = _fit_and_predict(features, labels, train, test, seed)
            task.update(done)
    return logits


def _groups(reviews: Reviews, folds: int) -> NDArray[np.intp]:
    """Return the group of each row: its movie, or its text where there are too few movies."""
    groups = group_rows(reviews)
    if groups.max(initial=0) + 1 >= 2 * folds:
        return groups
    return np.unique(np.array(reviews.texts, dtype=object), return_inverse=True)[1]


def _check_enough(
    reviews: Reviews, labels: NDArray[np.int64], groups: NDArray[np.intp], folds: int
) -> None:
    fewest = min(len(set(groups[labels == label].tolist())) for label in (0, 1))
    if fewest < folds:
        raise DataError(
            f"{reviews.name} has {fewest} different reviews of its rarer label; an audit with "
            f"{folds} folds needs at least {folds} of each."
        )


def _features(reviews: Reviews) -> Any:
    """Return which words and pairs of words occur, CSR float32 (n, features)."""
    from sklearn.feature_extraction.text import CountVectorizer

    counts = CountVectorizer(
        analyzer=_words_and_pairs,
        binary=True,
        min_df=1 if len(reviews) < _FEW else 3,
        dtype=np.float32,
    )
    try:
        return counts.fit_transform(reviews.texts)
    except ValueError as error:
        raise DataError(f"the reviews of {reviews.name} have no words.") from error


def _words_and_pairs(text: str) -> list[str]:
    tokens = tokenize(text)
    return tokens + [f"{one} {two}" for one, two in zip(tokens, tokens[1:], strict=False)]


def _fit_and_predict(
    features: Any,
    labels: NDArray[np.int64],
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    seed: int,
) -> NDArray[np.float64]:
    from sklearn.preprocessing import normalize

    positives = labels[train] == 1
    ratio = log_count_ratio(features[train], positives, 1.0)

    def weighted(rows: NDArray[np.intp]) -> Any:
        chosen = features[rows]
        chosen.data *= ratio[chosen.indices]
        return normalize(chosen, copy=False)

    weights, bias = logistic_regression(weighted(train), positives, _C, seed)
    return np.asarray(weighted(test) @ weights + bias, dtype=np.float64)

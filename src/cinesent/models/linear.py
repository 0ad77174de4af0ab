"""Linear baselines: words without their order, or n-grams of up to three words.

A network that does not beat them has learned nothing from word order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cinesent.errors import ConfigError, DataError, nearest, require
from cinesent.models.baseline import (
    Baseline,
    LogOdds,
    MajorityBaseline,
    TokenLists,
    check_fitted,
    check_labels,
)


class _Linear(LogOdds):
    """Log-odds that are a weighted sum of features from a vectorizer, plus a bias."""

    _vectorizer: Any
    weights_: NDArray[np.float64]
    bias_: float

    def decision_function(self, token_lists: TokenLists) -> NDArray[np.float64]:
        """Return the log-odds of positive, float64 (n,).

        Raises:
            TrainingError: `fit` was not called.
        """
        check_fitted(self, "weights_")
        if not len(token_lists):
            return np.zeros(0)
        features = self._vectorizer.transform(token_lists)
        return np.asarray(features @ self.weights_ + self.bias_, dtype=np.float64)

    @property
    def num_parameters(self) -> int:
        """Number of trained parameters: one per feature, and the bias."""
        check_fitted(self, "weights_")
        return len(self.weights_) + 1

    @property
    def feature_names_(self) -> NDArray[np.str_]:
        """The features in the order of `weights_`; a space separates the words of an n-gram."""
        check_fitted(self, "weights_")
        return np.asarray(self._vectorizer.get_feature_names_out(), dtype=np.str_)

    def _count(self, token_lists: TokenLists, **settings: Any) -> Any:
        """Fit the vectorizer and return the features, CSR float32 (n, features)."""
        from sklearn.feature_extraction.text import CountVectorizer

        self._vectorizer = CountVectorizer(
            tokenizer=_as_it_is,
            preprocessor=_as_it_is,
            token_pattern=None,
            lowercase=False,
            dtype=np.float32,
            **settings,
        )
        try:
            return self._vectorizer.fit_transform(token_lists)
        except ValueError as error:
            raise DataError(
                f"no feature is in {settings['min_df']} or more of the {len(token_lists)} training "
                "reviews: give more reviews or lower min_count."
            ) from error


class BagOfWordsLogisticRegression(_Linear):
    """Logistic regression on single words.

    Args:
        weighting: "binary" (whether a word occurs) or "count" (how often). Binary is better for
            sentiment (Pang, Lee & Vaithyanathan 2002).
        min_count: words in fewer reviews are left out.
        max_features: only the most frequent words are kept; None keeps all.
        C: inverse strength of the L2 penalty; smaller is simpler.
        seed: of the solver's order of reviews.

    Example:
        >>> baseline = BagOfWordsLogisticRegression(min_count=1, C=10.0)
        >>> baseline = baseline.fit([["good", "film"], ["bad", "film"]], [1, 0])
        >>> baseline.predict_proba([["good"], ["bad"]]).argmax(axis=1).tolist()
        [1, 0]
    """

    def __init__(
        self,
        weighting: Literal["binary", "count"] = "binary",
        min_count: int = 2,
        max_features: int | None = None,
        C: float = 0.1,
        seed: int = 0,
    ) -> None:
        if weighting not in ("binary", "count"):
            raise ConfigError(
                f"there is no weighting {weighting!r}. {nearest(weighting, ['binary', 'count'])}"
            )
        self.weighting = weighting
        self.min_count = min_count
        self.max_features = max_features
        self.C = C
        self.seed = seed

    def fit(self, token_lists: TokenLists, labels: ArrayLike) -> Self:
        """Learn from n tokenized reviews and their labels (n,), 0 or 1.

        Raises:
            MissingExtraError: scikit-learn is not installed.
            DataError: labels and reviews differ in number, a label is neither 0 nor 1, one class is
                missing, or no word is left.
        """
        require("sklearn", "train", "The bow-lr baseline")
        positives = check_labels(token_lists, labels)
        features = self._count(
            token_lists,
            binary=self.weighting == "binary",
            min_df=self.min_count,
            max_features=self.max_features,
        )
        self.weights_, self.bias_ = logistic_regression(features, positives, self.C, self.seed)
        return self


class NBLogisticRegression(_Linear):
    """Logistic regression on n-grams that naive Bayes has weighted: the strongest linear baseline.

    The value of an n-gram that occurs is its log-count ratio, the log of how much more often it
    occurs in positive reviews than in negative ones, instead of 1.

    Args:
        ngram_range: smallest and largest number of words of an n-gram.
        min_count: n-grams in fewer reviews are left out.
        max_features: only the most frequent n-grams are kept; None keeps all.
        C: inverse strength of the L2 penalty.
        alpha: added to each count, so that none is zero.
        seed: of the solver's order of reviews.

    Attributes:
        ratio_: float32 (features,), the log-count ratios; above 0 is positive.
        weights_: float64 (features,), ratio times fitted weight: what an n-gram adds to the
            log-odds.
        bias_: the log-odds of a review without known n-grams.

    Source:
        Wang & Manning (2012), "Baselines and Bigrams"; the settings are those of fast.ai's lesson
        on IMDB.

    Example:
        >>> baseline = NBLogisticRegression(ngram_range=(1, 2), min_count=1)
        >>> baseline = baseline.fit([["not", "bad"], ["bad"]], [1, 0])
        >>> baseline.feature_names_.tolist()
        ['bad', 'not', 'not bad']
        >>> [f"{ratio:.2f}" for ratio in baseline.ratio_]
        ['-0.41', '0.29', '0.29']
    """

    def __init__(
        self,
        ngram_range: tuple[int, int] = (1, 3),
        min_count: int = 2,
        max_features: int | None = 800_000,
        C: float = 0.1,
        alpha: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.ngram_range = ngram_range
        self.min_count = min_count
        self.max_features = max_features
        self.C = C
        self.alpha = alpha
        self.seed = seed

    def fit(self, token_lists: TokenLists, labels: ArrayLike) -> Self:
        """Learn from n tokenized reviews and their labels (n,), 0 or 1.

        Raises:
            MissingExtraError: scikit-learn is not installed.
            DataError: labels and reviews differ in number, a label is neither 0 nor 1, one class is
                missing, or no n-gram is left.
        """
        require("sklearn", "train", "The nb-lr baseline")
        positives = check_labels(token_lists, labels)
        features = self._count(
            token_lists,
            binary=True,
            ngram_range=self.ngram_range,
            min_df=self.min_count,
            max_features=self.max_features,
        )
        self.ratio_ = log_count_ratio(features, positives, self.alpha)
        features.data *= self.ratio_[features.indices]  # the product with diag(r), in place
        fitted, self.bias_ = logistic_regression(features, positives, self.C, self.seed)
        self.weights_ = fitted * self.ratio_
        return self


def log_count_ratio(
    features: Any, positives: NDArray[np.bool_], alpha: float = 1.0
) -> NDArray[np.float32]:
    """Return r = log((p / |p|) / (q / |q|)), the log-count ratio of each feature.

    p is `alpha` plus the sum of the positive rows, q that of the negative ones, |.| the sum of all.

    Args:
        features: SciPy CSR matrix (n, features).
        positives: bool (n,).
        alpha: above 0.

    Returns:
        float32 (features,).
    """
    p = alpha + np.asarray(features[positives].sum(axis=0), dtype=np.float64).ravel()
    q = alpha + np.asarray(features[~positives].sum(axis=0), dtype=np.float64).ravel()
    ratio: NDArray[np.float64] = np.log((p / p.sum()) / (q / q.sum()))
    return ratio.astype(np.float32)


def logistic_regression(
    features: Any, positives: NDArray[np.bool_], C: float, seed: int
) -> tuple[NDArray[np.float64], float]:
    """Return weights and bias. The dual is fast where features far outnumber reviews."""
    from sklearn.linear_model import LogisticRegression

    solver = LogisticRegression(
        C=C, solver="liblinear", dual=True, max_iter=2000, random_state=seed
    )
    solver.fit(features, positives)
    return solver.coef_[0].astype(np.float64), float(solver.intercept_[0])


def _as_it_is(tokens: Sequence[str]) -> Sequence[str]:
    return tokens


def _multi_hot_dense(seed: int) -> Baseline:
    from cinesent.models.dense import MultiHotDense

    return MultiHotDense(seed=seed)


#: The baselines by name, each made from a seed.
BASELINES: dict[str, Callable[[int], Baseline]] = {
    "majority": lambda seed: MajorityBaseline(),
    "bow-lr": lambda seed: BagOfWordsLogisticRegression(seed=seed),
    "nb-lr": lambda seed: NBLogisticRegression(seed=seed),
    "multi-hot-dense": _multi_hot_dense,
}

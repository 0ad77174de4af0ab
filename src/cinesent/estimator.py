"""The network as a scikit-learn classifier of texts.

Importing this module imports scikit-learn; `import cinesent` does not import this module.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle import open_files
from cinesent.classifier import Classifier
from cinesent.data.reviews import Dataset, Reviews
from cinesent.errors import CinesentError, ConfigError, DataError, require
from cinesent.recipes import Recipe, locate_setting
from cinesent.text.inputs import iterate_texts

require("sklearn", "train", "SentimentClassifier")

from sklearn.base import BaseEstimator, ClassifierMixin  # noqa: E402, TID253

# The prefix by which a parameter grid addresses a single setting.
_SETTING = "settings__"


class InputError(DataError, ValueError):
    """Texts or labels of the wrong kind; a ValueError, as scikit-learn expects."""


class SentimentClassifier(ClassifierMixin, BaseEstimator):
    """Learns from texts and two labels, by the conventions of scikit-learn.

    It can be cloned, pickled, used as the last step of a `Pipeline`, and searched over: a parameter
    grid addresses a setting as ``settings__units``, or ``settings__training__epochs`` with its
    table. The labels may be any two values, such as "neg" and "pos"; the second in sorting order is
    the positive one.

    Args:
        preset: the name of a preset, such as "default" or "classic", or a
            :class:`~cinesent.recipes.Recipe`.
        settings: overlaid on the preset, such as ``{"units": 96}``.
        seed: of the split, the weights, the dropouts and the order of the texts: the same seed
            gives the same model.
        backend: "tensorflow", "jax" or "torch"; None: `KERAS_BACKEND`, else TensorFlow.
        validation: the share of the texts that `fit` holds out to choose the epoch, unless
            `settings` has one.
        initial: a model to fine-tune: its folder, or "packaged" for the model in the package; see
            :func:`cinesent.train`. None trains a new one.

    Attributes:
        classes_: (2,), the labels, sorted.
        classifier_: the trained :class:`~cinesent.classifier.Classifier`, in memory; its own labels
            are "negative" and "positive".
        history_: one dictionary per epoch, the input of
            :func:`~cinesent.evaluation.plots.plot_history`.

    Example:
        >>> from sklearn.model_selection import GridSearchCV  # doctest: +SKIP
        >>> grid = {"settings__units": [32, 64], "settings__epochs": [1, 2]}  # doctest: +SKIP
        >>> GridSearchCV(SentimentClassifier(), grid, cv=3).fit(texts, labels)  # doctest: +SKIP
    """

    def __init__(
        self,
        preset: str | Recipe = "default",
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        backend: str | None = None,
        validation: float = 0.1,
        initial: str | os.PathLike[str] | None = None,
    ) -> None:
        self.preset = preset
        self.settings = settings
        self.seed = seed
        self.backend = backend
        self.validation = validation
        self.initial = initial

    def fit(self, X: Iterable[str], y: Iterable[Any]) -> Self:
        """Learn from texts.

        Args:
            X: n texts: a list, a 1-D array, a column of a data frame.
            y: n labels, of two kinds.

        Raises:
            BundleError: `initial` is not a model, or damaged.
            ConfigError: an unknown preset, setting or backend.
            ValueError: X are not texts, y are not labels of two kinds, or their numbers differ.
            DataError: there are too few texts to hold some out.
            MissingExtraError: the train extra is not installed.
        """
        from cinesent.training.train import train

        texts = self._read(X)
        classes, labels = _encode_labels(y, len(texts))
        with tempfile.TemporaryDirectory(prefix="cinesent-fit-") as folder:
            run = train(
                Dataset("texts of fit", Reviews(texts, labels, name="texts of fit")),
                self.preset,
                settings=self._settings(),
                initial=self.initial,
                out=Path(folder) / "model",
                seed=self.seed,
                backend=self.backend,
            )
            if run.interrupted:
                raise KeyboardInterrupt
            bundle, graph = open_files(_read_folder(run.bundle))
        self.classes_ = classes
        self.history_ = [asdict(record) for record in run.history]
        self.classifier_ = Classifier(bundle, graph)
        return self

    def predict_proba(self, X: Iterable[str]) -> NDArray[np.float32]:
        """Return the probabilities of `classes_`, float32 (n, 2).

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X are not texts.
        """
        return self._fitted().predict_proba(self._read(X))

    def decision_function(self, X: Iterable[str]) -> NDArray[np.float64]:
        """Return the log-odds of the second class, float64 (n,); above 0 it is predicted.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X are not texts.
        """
        classifier = self._fitted()
        logits = classifier.predict_logits(self._read(X)).astype(np.float64)
        return logits / classifier.bundle.temperature

    def predict(self, X: Iterable[str]) -> NDArray[Any]:
        """Return the likelier of the two classes, (n,), of the type that `fit` was given.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X are not texts.
        """
        positive = self.decision_function(X) > 0
        labels: NDArray[Any] = self.classes_[positive.astype(np.intp)]
        return labels

    def set_params(self, **params: Any) -> Self:
        """Set parameters; ``settings__NAME`` changes one setting and keeps the others.

        Args:
            **params: the arguments of the constructor, or single settings.

        Raises:
            ConfigError: there is no such setting.
            ValueError: there is no such parameter.
        """
        single = {name: value for name, value in params.items() if name.startswith(_SETTING)}
        super().set_params(**{name: params[name] for name in params if name not in single})
        if single:
            keys = {name: name.removeprefix(_SETTING).replace("__", ".") for name in single}
            for key in keys.values():
                locate_setting(key)
            # A new dictionary: clones share the old one.
            changed = {keys[name]: value for name, value in single.items()}
            self.settings = merge_settings(self.settings or {}, changed)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_class = False
        return tags

    def _settings(self) -> Mapping[str, Any]:
        """Return the settings, with the share to hold out unless they have one."""
        given: object = {} if self.settings is None else self.settings
        if not isinstance(given, Mapping):
            raise ConfigError(
                f"settings is of type {type(given).__name__}; expected a dictionary, such as "
                '{"units": 96}.'
            )
        return merge_settings({"training.validation": self.validation}, given)

    def _read(self, X: Iterable[str]) -> list[str]:
        """Return texts as a list; every method reads X here."""
        return read_texts(X)

    def _fitted(self) -> Classifier:
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self, "classifier_")
        classifier: Classifier = self.classifier_
        return classifier


def merge_settings(settings: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return `settings` overlaid with `more`; "units" and "model.units" are the same setting."""
    replaced = {locate_setting(key) for key in more}
    kept = {key: value for key, value in settings.items() if locate_setting(key) not in replaced}
    return {**kept, **more}


def read_texts(X: object) -> list[str]:
    """Return what scikit-learn passes around as texts as a list of str.

    Raises:
        ValueError: it is one text, a table, a matrix, or holds something other than texts.
    """
    try:
        return list(iterate_texts(X))
    except CinesentError as error:
        is_number = getattr(getattr(X, "dtype", None), "kind", "O") in "iufc"
        hint = " For numbers, use an estimator of scikit-learn itself." if is_number else ""
        raise InputError(f"X: {error}{hint}") from error


def _encode_labels(y: object, num_texts: int) -> tuple[NDArray[Any], NDArray[np.int8]]:
    """Return the two classes, sorted, and 0 or 1 for each label.

    Raises:
        ValueError: there are no labels, not one for each text, or not of two kinds.
    """
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import column_or_1d

    if y is None:
        raise InputError(
            "SentimentClassifier requires y to be passed, but the target y is None; "
            "expected one label for each text."
        )
    labels = column_or_1d(y, warn=True)
    if len(labels) != num_texts:
        raise InputError(
            f"X has {num_texts} texts and y has {len(labels)} labels; expected one label for each "
            "text."
        )
    check_classification_targets(labels)
    classes, encoded = np.unique(labels, return_inverse=True)
    if len(classes) != 2:
        shown = ", ".join(map(repr, classes[:5].tolist())) + (", …" if len(classes) > 5 else "")
        raise InputError(
            f"y has {len(classes)} class{'es' if len(classes) != 1 else ''} ({shown}); Only binary "
            "classification is supported: expected two, such as 0 and 1 or 'neg' and 'pos'."
        )
    return classes, encoded.astype(np.int8)


def _read_folder(folder: Path) -> dict[str, bytes]:
    """Return the content of every file in a folder by its path within."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

"""The network as a scikit-learn classifier of texts.

Importing this module imports scikit-learn; `import cinesent` does not import this module.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle import open_bundle
from cinesent.classifier import Classifier
from cinesent.data.reviews import Dataset, Reviews
from cinesent.errors import DataError, require
from cinesent.recipes import Recipe

require("sklearn", "train", "SentimentClassifier")

from sklearn.base import BaseEstimator, ClassifierMixin  # noqa: E402, TID253


class InputError(DataError, ValueError):
    """Texts or labels are not what they must be; a ValueError, as scikit-learn expects."""


class SentimentClassifier(ClassifierMixin, BaseEstimator):
    """Learns from texts and two labels, by the conventions of scikit-learn.

    It can be cloned, pickled, put at the end of a `Pipeline` and searched over. The labels may be
    any two values, such as "neg" and "pos"; the second in sorting order is the positive one.

    Args:
        preset: "default", "classic", or a :class:`~cinesent.recipes.Recipe`.
        settings: overlaid on the preset, such as ``{"units": 96}``.
        seed: of split, weights, dropout and order: the same seed, the same model.
        backend: "tensorflow", "jax" or "torch"; None: `KERAS_BACKEND`, else TensorFlow.
        validation: share of the texts that `fit` holds out to choose the epoch, unless `settings`
            names one.

    Attributes:
        classes_: (2,), the labels, sorted.
        classifier_: the trained :class:`~cinesent.classifier.Classifier`, whose own labels are
            "negative" and "positive". Its folder lives as long as this estimator.
        history_: one dictionary an epoch, as :func:`~cinesent.evaluation.plots.plot_history` reads.

    Example:
        >>> from sklearn.model_selection import cross_val_score  # doctest: +SKIP
        >>> model = SentimentClassifier(settings={"epochs": 1})  # doctest: +SKIP
        >>> cross_val_score(model, texts, labels, cv=3)  # doctest: +SKIP
    """

    def __init__(
        self,
        preset: str | Recipe = "default",
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        backend: str | None = None,
        validation: float = 0.1,
    ) -> None:
        self.preset = preset
        self.settings = settings
        self.seed = seed
        self.backend = backend
        self.validation = validation

    def fit(self, X: Iterable[str], y: Iterable[Any]) -> Self:
        """Learn from texts.

        Args:
            X: n texts: a list, a 1-D array, a column of a data frame.
            y: n labels, of two kinds.

        Raises:
            ConfigError: an unknown preset, setting or backend.
            ValueError: X are no texts, y are no labels of two kinds, or their numbers differ.
            DataError: there are too few texts to hold some out.
            MissingExtraError: the train extra is not installed.
        """
        from cinesent.training.run import train

        recipe = self._recipe()
        texts = self._read(X)
        classes, labels = _encode_labels(y, len(texts))
        dataset = Dataset("fit", Reviews(texts, labels, name="fit"))
        with tempfile.TemporaryDirectory(prefix="cinesent-fit-") as folder:
            run = train(
                dataset, recipe, out=Path(folder) / "model", seed=self.seed, backend=self.backend
            )
            if run.interrupted:
                raise KeyboardInterrupt
            files = _read_folder(run.bundle)
        self.classes_ = classes
        self.history_ = [asdict(record) for record in run.history]
        self._open(files)
        return self

    def predict_proba(self, X: Iterable[str]) -> NDArray[np.float32]:
        """Return the probabilities of `classes_`, float32 (n, 2).

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X are no texts.
        """
        return self._fitted().predict_proba(self._read(X))

    def decision_function(self, X: Iterable[str]) -> NDArray[np.float64]:
        """Return the log-odds of the second class, float64 (n,); above 0 it is predicted.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X are no texts.
        """
        classifier = self._fitted()
        logits = classifier.predict_logits(self._read(X)).astype(np.float64)
        return logits / classifier.bundle.temperature

    def predict(self, X: Iterable[str]) -> NDArray[Any]:
        """Return the likelier of the two classes, (n,), of the type that `fit` was given.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: X are no texts.
        """
        positive = self.decision_function(X) > 0
        labels: NDArray[Any] = self.classes_[positive.astype(np.intp)]
        return labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_class = False
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what cannot travel: the folder of this process and what was opened there."""
        state = dict(super().__getstate__())
        for name in ("classifier_", "_remove"):
            state.pop(name, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Open the model again from the files that came along."""
        super().__setstate__(state)
        if "_files" in state:
            self._open(state["_files"])

    def _recipe(self) -> Recipe:
        base = self.preset if isinstance(self.preset, Recipe) else Recipe.from_preset(self.preset)
        return base.overlay({"validation": self.validation, **(self.settings or {})})

    def _read(self, X: Iterable[str]) -> list[str]:
        """Return texts as a list; every method reads X here."""
        return read_texts(X)

    def _open(self, files: dict[str, bytes]) -> None:
        """Put the model's files into a folder that goes with this estimator, and open them."""
        if "_remove" in vars(self):
            self._remove()
        self._files = files
        folder = Path(tempfile.mkdtemp(prefix="cinesent-model-"))
        self._remove: Callable[[], Any] = weakref.finalize(
            self, _remove_folder, folder, os.getpid()
        )
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.classifier_ = Classifier(*open_bundle(folder))

    def _fitted(self) -> Classifier:
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self, "classifier_")
        return self.classifier_


def read_texts(X: object) -> list[str]:
    """Return what scikit-learn hands around as texts as a list of str.

    Raises:
        ValueError: it is one text, a matrix, or holds something else than texts.
    """
    expected = "expected texts: a list, a 1-D array or a column of str"
    if isinstance(X, (str, bytes)):
        raise InputError(
            f"X is one {type(X).__name__}; {expected}. For a single text: predict([text])."
        )
    shape = tuple(getattr(X, "shape", (0,)))
    if len(shape) != 1:
        hint = " Give its column: X[:, 0]." if shape[1:] == (1,) else ""
        raise InputError(f"X is a {type(X).__name__} of shape {shape}; {expected}.{hint}")
    if not isinstance(X, Iterable) or isinstance(X, Mapping):
        raise InputError(f"X is of type {type(X).__name__}; {expected}.")
    texts = list(X)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            missing = " (a missing value?)" if text is None or isinstance(text, float) else ""
            raise InputError(
                f"X[{row}] is of type {type(text).__name__}{missing}; {expected}. For numbers take "
                "an estimator of scikit-learn's own."
            )
    return texts


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
            f"X has {num_texts} texts and y {len(labels)} labels; expected one label for each text."
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


def _remove_folder(folder: Path, owner: int) -> None:
    """Remove the folder, unless this is a fork of the process whose it is."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)

"""The scikit-learn estimator: its conventions, its texts and labels, its journeys."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator

import cinesent
from cinesent.errors import ConfigError, DataError
from cinesent.estimator import InputError, SentimentClassifier, read_texts

pytestmark = pytest.mark.train

#: One batch shape, so that each fit takes a second or two.
TINY = {
    "units": 4,
    "embedding_dim": 8,
    "vocabulary_size": 500,
    "sequence_length": 40,
    "epochs": 1,
    "learning_rate": 0.02,
}


def tiny(**arguments):
    return SentimentClassifier(**{"preset": "classic", "settings": TINY, **arguments})


@pytest.fixture(scope="module")
def texts(small_dataset):
    return list(small_dataset.train.texts[:200])


@pytest.fixture(scope="module")
def labels(small_dataset):
    return np.where(small_dataset.train.labels[:200] == 1, "pos", "neg")


@pytest.fixture(scope="module")
def fitted(texts, labels):
    return tiny().fit(texts, labels)


def test_fit_learns_the_classes(fitted):
    assert fitted.classes_.tolist() == ["neg", "pos"]
    assert len(fitted.history_) == 1
    assert fitted.history_[0]["epoch"] == 1
    assert fitted.classifier_.bundle.config.units == 4
    assert not hasattr(fitted, "n_features_in_")


def test_what_is_predicted_fits_together(fitted, texts, labels):
    probabilities = fitted.predict_proba(texts)
    assert probabilities.shape == (200, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    logits = fitted.decision_function(texts)
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), probabilities[:, 1], atol=1e-6)
    predicted = fitted.predict(texts)
    assert predicted.tolist() == np.where(logits > 0, "pos", "neg").tolist()
    assert fitted.score(texts, labels) == np.mean(predicted == labels)
    np.testing.assert_array_equal(probabilities, fitted.classifier_.predict_proba(texts))


def test_texts_come_in_many_shapes(fitted, texts):
    expected = fitted.predict(texts[:3]).tolist()
    for few in (tuple(texts[:3]), np.array(texts[:3]), np.array(texts[:3], dtype=object)):
        assert fitted.predict(few).tolist() == expected
    assert fitted.predict([]).shape == (0,)
    assert fitted.predict_proba([]).shape == (0, 2)


def test_parameters_are_kept_untouched(fitted):
    assert fitted.get_params() == {
        "preset": "classic",
        "settings": TINY,
        "seed": 0,
        "backend": None,
        "validation": 0.1,
    }
    assert fitted.settings is TINY
    copied = clone(fitted)
    assert copied.get_params() == fitted.get_params()
    assert not hasattr(copied, "classes_")
    assert copied.set_params(seed=3).seed == 3


def test_settings_are_read_at_fit_and_win_over_validation(texts, labels):
    assert tiny(validation=0.2)._recipe().training.validation == 0.2
    both = tiny(validation=0.2, settings={"training.validation": 0.3})
    assert both._recipe().training.validation == 0.3
    with pytest.raises(ConfigError, match="there is no setting 'unit'"):
        tiny(settings={"unit": 3}).fit(texts, labels)
    with pytest.raises(ConfigError, match="Did you mean 'default'"):
        tiny(preset="defualt").fit(texts, labels)


def test_before_fit_nothing_is_predicted(texts):
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(tiny(), method)(texts)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("one text", r"X is one str; .* predict\(\[text\]\)"),
        (np.zeros((3, 2)), r"X is a ndarray of shape \(3, 2\); expected texts"),
        (np.array([["a"], ["b"]]), r"shape \(2, 1\); .* Give its column: X\[:, 0\]"),
        (np.array("a"), r"shape \(\); expected texts"),
        ([1.5, 2.5], r"X\[0\] is of type float \(a missing value\?\)"),
        (["a", None], r"X\[1\] is of type NoneType \(a missing value\?\)"),
        ([["a"], ["b"]], r"X\[0\] is of type list; expected texts"),
        ({"a": 1}, r"X is of type dict"),
        (7, r"X is of type int"),
    ],
)
def test_what_is_no_text_is_refused(given, message):
    with pytest.raises(ValueError, match=message) as error:
        read_texts(given)
    assert isinstance(error.value, DataError)


def test_sparse_matrices_are_refused():
    sparse = pytest.importorskip("scipy.sparse")
    for matrix in (sparse.csr_matrix((3, 2)), sparse.csr_array((3, 2))):
        with pytest.raises(InputError, match=r"of shape \(3, 2\)"):
            tiny().fit(matrix, [0, 1, 0])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed"),
        ([0, 1], "X has 3 texts and y 2 labels"),
        ([1, 1, 1], r"y has 1 class \(1\)"),
        ([0, 1, 2], r"y has 3 classes \(0, 1, 2\)"),
        ([0.1, 0.2, 0.7], "continuous"),
    ],
)
def test_what_are_no_two_labels_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        tiny().fit(["a", "b", "c"], y)


def test_too_few_texts():
    with pytest.raises(DataError, match="at least two of each"):
        tiny().fit(["fine", "awful", "good"], [1, 0, 1])


def test_pickle_into_another_process(fitted, texts, tmp_path):
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(fitted))
    (tmp_path / "text.txt").write_text(texts[0], encoding="utf-8")
    code = (
        "import pickle, sys, pathlib\n"
        "here = pathlib.Path(sys.argv[1])\n"
        "model = pickle.loads((here / 'model.pkl').read_bytes())\n"
        "text = (here / 'text.txt').read_text(encoding='utf-8')\n"
        "print(model.predict([text])[0], float(model.decision_function([text])[0]))\n"
        "assert not {'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)\n"
        "print(model.classifier_.bundle.path)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    answer, folder = done.stdout.splitlines()
    label, logit = answer.split()
    assert label == fitted.predict(texts[:1])[0]
    assert float(logit) == pytest.approx(fitted.decision_function(texts[:1])[0])
    assert folder != str(fitted.classifier_.bundle.path)
    assert not os.path.exists(folder)  # noqa: PTH110


def test_a_pickle_outlives_the_estimator_and_its_folder(fitted, texts):
    first = copy.deepcopy(fitted)
    folder = first.classifier_.bundle.path
    assert folder.is_dir()
    pickled = pickle.dumps(first)
    del first
    gc.collect()
    assert not folder.exists()
    again = pickle.loads(pickle.dumps(pickle.loads(pickled)))
    np.testing.assert_array_equal(again.predict_proba(texts), fitted.predict_proba(texts))
    assert again.classes_.tolist() == ["neg", "pos"]
    assert again.history_ == fitted.history_


def test_an_unfitted_estimator_can_be_pickled():
    assert pickle.loads(pickle.dumps(tiny(seed=5))).seed == 5


def test_fitting_again_forgets_the_first_model(texts, labels, fitted):
    model = copy.deepcopy(fitted)
    folder = model.classifier_.bundle.path
    model.fit(texts, labels == "pos")
    assert not folder.exists()
    assert model.classes_.tolist() == [False, True]
    # The same seed, the same model, whatever the labels are called.
    np.testing.assert_allclose(model.predict_proba(texts), fitted.predict_proba(texts), atol=1e-6)


def test_grid_search(texts, labels):
    grid = {"settings": [{**TINY, "units": 3}, {**TINY, "units": 5}]}
    search = GridSearchCV(tiny(), grid, cv=2, refit=False).fit(texts, labels)
    assert search.cv_results_["mean_test_score"].shape == (2,)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_params_["settings"]["units"] in (3, 5)


def test_cross_validation_of_a_pipeline(texts, labels):
    steps = [("lower", FunctionTransformer(_lower)), ("model", tiny())]
    scores = cross_val_score(Pipeline(steps), texts, labels == "pos", cv=2, scoring="roc_auc")
    assert scores.shape == (2,)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_the_public_name():
    assert cinesent.SentimentClassifier is SentimentClassifier


def _lower(texts):
    return [text.lower() for text in texts]


# --- scikit-learn's own checks ------------------------------------------------------------------
# They hand every estimator numbers, and pass over one that reads texts: here a row of numbers is
# read as a text of as many words, so that all that is not about numbers is checked all the same.


class OfNumbers(SentimentClassifier):
    def _read(self, X):
        return [" ".join(f"w{j}x{v:.0f}" for j, v in enumerate(row)) for row in X]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.one_d_array = False
        tags.input_tags.two_d_array = True
        return tags


CHECKED = OfNumbers(
    "classic",
    {"units": 2, "embedding_dim": 4, "vocabulary_size": 100, "sequence_length": 8, "epochs": 1},
    validation=0.2,
)

_NUMBERS = "about the numbers in X; here X is texts, see the tests above"
_FEATURES = "texts have no number of features"
NOT_APPLICABLE = {
    "check_array_api_input": _NUMBERS,
    "check_classifier_data_not_an_array": _NUMBERS,
    "check_complex_data": _NUMBERS,
    "check_dtype_object": _NUMBERS,
    "check_estimators_dtypes": _NUMBERS,
    "check_estimators_empty_data_messages": _NUMBERS,
    "check_estimators_nan_inf": _NUMBERS,
    "check_estimator_sparse_array": _NUMBERS,
    "check_estimator_sparse_matrix": _NUMBERS,
    "check_estimator_sparse_tag": _NUMBERS,
    "check_f_contiguous_array_estimator": _NUMBERS,
    "check_positive_only_tag_during_fit": _NUMBERS,
    "check_fit1d": _FEATURES,
    "check_fit2d_1sample": _FEATURES,
    "check_fit2d_1feature": _FEATURES,
    "check_fit2d_predict1d": _FEATURES,
    "check_n_features_in": _FEATURES,
    "check_n_features_in_after_fitting": _FEATURES,
    "check_classifiers_train": f"wants an error for a changed number of features; {_FEATURES}",
}
#: Several seconds each, and less likely to break than those on state, repetition and order.
SLOW = {
    "check_classifiers_classes",
    "check_decision_proba_consistency",
    "check_estimators_fit_returns_self",
    "check_estimators_pickle",
    "check_fit_check_is_fitted",
    "check_fit_score_takes_y",
    "check_pipeline_consistency",
    "check_readonly_memmap_input",
    "check_supervised_y_2d",
}


def _checks():
    for _, check in estimator_checks_generator(CHECKED):
        name = check.func.__name__
        if name in NOT_APPLICABLE:
            continue
        words = "-".join([name, *(f"{key}={value}" for key, value in check.keywords.items())])
        yield pytest.param(check, id=words, marks=[pytest.mark.slow] if name in SLOW else [])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("check", list(_checks()))
def test_check_of_scikit_learn(check):
    check(CHECKED)


@pytest.mark.filterwarnings("ignore:Can't test estimator:Warning")
def test_scikit_learn_knows_that_it_reads_texts():
    names = [check.func.__name__ for _, check in estimator_checks_generator(tiny())]
    assert names == ["check_estimator_cloneable"]
    tags = tiny().__sklearn_tags__()
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert not tags.classifier_tags.multi_class
    assert tags.target_tags.required

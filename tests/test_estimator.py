"""The scikit-learn estimator: its conventions, its texts and labels, its journeys."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import tempfile

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
from cinesent.recipes import Recipe

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
        "initial": None,
    }
    assert fitted.settings is TINY
    copied = clone(fitted)
    assert copied.get_params() == fitted.get_params()
    assert not hasattr(copied, "classes_")
    assert copied.set_params(seed=3).seed == 3


def test_settings_are_read_at_fit_and_win_over_validation(texts, labels):
    assert tiny(validation=0.2)._settings()["training.validation"] == 0.2
    for key in ("validation", "training.validation"):
        settings = tiny(validation=0.2, settings={key: 0.3})._settings()
        assert Recipe.from_preset("classic").overlay(settings).training.validation == 0.3
        assert list(settings) == [key]
    with pytest.raises(ConfigError, match="there is no setting 'unit'"):
        tiny(settings={"unit": 3}).fit(texts, labels)
    with pytest.raises(ConfigError, match="Did you mean 'default'"):
        tiny(preset="defualt").fit(texts, labels)


def test_before_fit_nothing_is_predicted(texts):
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(tiny(), method)(texts)


class Frame:
    """Columns and a shape, as data frames have them."""

    columns = ("id", "review")
    shape = (3, 2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("one text", r"X: .* found one str\. .* predict\(\[text\]\)"),
        (np.zeros((3, 2)), r"X: .* of shape \(3, 2\); .* an estimator of scikit-learn itself"),
        (np.array([["a"], ["b"]]), r"shape \(2, 1\); .* Try array\[:, 0\]"),
        (np.array("a"), r"shape \(\); one dimension is needed"),
        (np.array([1, 2]), r"of type int64; .* an estimator of scikit-learn itself"),
        ([1.5, 2.5], r"X: text 0 is of type float; expected str \(a missing value\?\)"),
        (["a", None], r"X: text 1 is of type NoneType; expected str \(a missing value\?\)"),
        ([["a"], ["b"]], r"X: text 0 is of type list; expected str"),
        ({"a": 1}, r"found a dict"),
        (Frame(), r'found a Frame with the columns id, review. .* such as df\["review"\]'),
        (7, r"found int"),
    ],
)
def test_what_is_no_text_is_refused(given, message):
    with pytest.raises(ValueError, match=message) as error:
        read_texts(given)
    assert isinstance(error.value, DataError)


def test_a_column_that_a_data_frame_hint_names_can_be_read():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"id": [1, 2], "review": ["a fine film", "awful"]})
    with pytest.raises(InputError, match=r'such as df\["review"\]'):
        read_texts(frame)
    assert read_texts(frame["review"]) == ["a fine film", "awful"]


def test_sparse_matrices_are_refused():
    sparse = pytest.importorskip("scipy.sparse")
    for matrix in (sparse.csr_matrix((3, 2)), sparse.csr_array((3, 2))):
        with pytest.raises(InputError, match=r"of shape \(3, 2\)"):
            tiny().fit(matrix, [0, 1, 0])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed"),
        ([0, 1], "X has 3 texts and y has 2 labels"),
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
        "print(model.classifier_.bundle.folder)\n"
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
    assert folder == "None"


def test_a_fitted_estimator_leaves_no_files(texts, labels, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    model = tiny().fit(texts, labels)
    assert not any(tmp_path.iterdir())
    assert model.predict_proba(texts).shape == (200, 2)
    assert not any(tmp_path.iterdir())


def test_a_pickle_of_a_pickle_predicts_the_same(fitted, texts):
    again = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(copy.deepcopy(fitted)))))
    np.testing.assert_array_equal(again.predict_proba(texts), fitted.predict_proba(texts))
    assert again.classes_.tolist() == ["neg", "pos"]
    assert again.history_ == fitted.history_


def test_an_unfitted_estimator_can_be_pickled():
    assert pickle.loads(pickle.dumps(tiny(seed=5))).seed == 5


def test_fitting_again_forgets_the_first_model(texts, labels, fitted):
    model = copy.deepcopy(fitted)
    model.fit(texts, labels == "pos")
    assert model.classes_.tolist() == [False, True]
    # The same seed, the same model, whatever the labels are called.
    np.testing.assert_allclose(model.predict_proba(texts), fitted.predict_proba(texts), atol=1e-6)


def test_grid_search(texts, labels):
    grid = {"settings": [{**TINY, "units": 3}, {**TINY, "units": 5}]}
    search = GridSearchCV(tiny(), grid, cv=2, refit=False).fit(texts, labels)
    assert search.cv_results_["mean_test_score"].shape == (2,)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_params_["settings"]["units"] in (3, 5)


def test_grid_search_over_single_settings(texts, labels):
    grid = {"settings__units": np.array([3, 5]), "settings__training__epochs": [1]}
    search = GridSearchCV(tiny(), grid, cv=2).fit(texts, labels)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_params_["settings__units"]
    assert search.best_estimator_.classifier_.bundle.config.units == best
    assert search.best_estimator_.settings["embedding_dim"] == TINY["embedding_dim"]


def test_a_single_setting_changes_no_other_estimator():
    first = tiny()
    second = clone(first).set_params(settings__units=7, seed=3)
    assert (first.settings["units"], second.settings["units"], second.seed) == (4, 7, 3)
    assert first.settings is TINY
    assert second.set_params(settings__model__units=8).settings == {
        **{key: value for key, value in TINY.items() if key != "units"},
        "model.units": 8,
    }
    assert tiny(settings=None).set_params(settings__epochs=2).settings == {"epochs": 2}
    both = {"settings": {"units": 9, "epochs": 1}, "settings__units": 10}
    assert tiny().set_params(**both).settings == {"units": 10, "epochs": 1}
    pipeline = Pipeline([("model", first)]).set_params(model__settings__units=6)
    assert pipeline["model"].settings["units"] == 6


def test_a_setting_that_does_not_exist_is_named_before_any_fit():
    with pytest.raises(ConfigError, match="no setting 'unit'. Did you mean 'units'"):
        tiny().set_params(settings__unit=3)
    with pytest.raises(ValueError, match="Invalid parameter 'setting'"):
        tiny().set_params(setting__units=3)
    with pytest.raises(ConfigError, match="settings is of type str; expected a dictionary"):
        tiny(settings="units=3")._settings()


def test_it_starts_from_a_trained_model(tiny_run, texts, labels):
    quick = {"epochs": 1, "max_length": 32, "teacher": "none", "learning_rate": 1e-8}
    model = SentimentClassifier(settings=quick, initial=tiny_run.bundle).fit(texts, labels)
    bundle = model.classifier_.bundle
    assert bundle.name == "default, fine-tuned on texts of fit"
    assert bundle.config.units == tiny_run.recipe.model.units
    before = tiny_run.classifier().predict_proba(texts)
    np.testing.assert_allclose(model.predict_proba(texts), before, atol=0.02)
    assert clone(model).initial == tiny_run.bundle


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

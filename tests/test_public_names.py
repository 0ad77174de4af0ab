from __future__ import annotations

import subprocess
import sys

import pytest

import cinesent


def test_the_names_are_these():
    assert cinesent.__all__ == [
        "CinesentError",
        "Classifier",
        "Evaluation",
        "Explanation",
        "Prediction",
        "Reviews",
        "ScoreSummary",
        "SentimentClassifier",
        "Tokenizer",
        "TrainingRun",
        "__version__",
        "evaluate",
        "load",
        "load_reviews",
        "score_file",
        "train",
    ]
    assert cinesent.__all__ == sorted(cinesent.__all__)
    assert dir(cinesent) == cinesent.__all__


@pytest.mark.parametrize("name", cinesent.__all__)
def test_each_name_is_there_and_documented(name):
    value = getattr(cinesent, name)
    assert value is getattr(cinesent, name)
    if name != "__version__":
        assert value.__name__ == name
        assert value.__doc__


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'predict'"):
        _ = cinesent.predict


def test_importing_the_package_imports_none_of_its_modules():
    code = (
        "import sys, cinesent\n"
        "print(sorted(name for name in sys.modules if name.startswith('cinesent.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['cinesent._version']"

"""The public names: complete, typed and imported late."""

from __future__ import annotations

import dataclasses
import inspect
import re
import subprocess
import sys
import typing
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

import cinesent

# Names that modules import for type checkers only.
LATE = {"np": np, "NDArray": NDArray}

NAMES = [name for name in cinesent.__all__ if name != "__version__"]


def test_the_names_are_these():
    assert cinesent.__all__ == [
        "AuditFinding",
        "Band",
        "BehaviorCase",
        "BehaviorKind",
        "BehaviorOutcome",
        "BehaviorReport",
        "Bundle",
        "BundleError",
        "Calibration",
        "CinesentError",
        "Classifier",
        "ComparedModel",
        "Comparison",
        "ConfigError",
        "DataError",
        "DataSource",
        "Dataset",
        "Decided",
        "DownloadError",
        "EpochRecord",
        "Evaluation",
        "Explanation",
        "Export",
        "ExportError",
        "LabelAudit",
        "LabelKeywords",
        "Metrics",
        "MissingExtraError",
        "ModelConfig",
        "ParentModel",
        "Prediction",
        "PretrainingConfig",
        "PretrainingRun",
        "Provenance",
        "Recipe",
        "Reporter",
        "Reviews",
        "ScoreSummary",
        "ScoringError",
        "SentimentClassifier",
        "Slice",
        "SourcesConfig",
        "TableKeywords",
        "Task",
        "Tokenizer",
        "TrainingConfig",
        "TrainingError",
        "TrainingRun",
        "__version__",
        "audit_labels",
        "calibrate",
        "compare",
        "evaluate",
        "evaluate_behavior",
        "export_model",
        "load",
        "load_dataset",
        "load_reviews",
        "pretrain",
        "score_file",
        "train",
    ]
    assert cinesent.__all__ == sorted(cinesent.__all__)
    assert dir(cinesent) == cinesent.__all__
    assert sorted(cinesent._HOMES) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_there_and_documented(name):
    value = getattr(cinesent, name)
    assert value is getattr(cinesent, name)
    assert value.__name__ == name
    assert value.__doc__
    assert not value.__doc__.startswith(f"{name}(")  # a docstring that @dataclass made up


def callables(value: object) -> Iterator[tuple[str, object]]:
    """The public functions of a public name: itself, or methods and properties of its own."""
    if inspect.isfunction(value):
        yield value.__name__, value
    elif inspect.isclass(value):
        for name, member in vars(value).items():
            function = getattr(member, "__func__", None) or getattr(member, "fget", member)
            public = not name.startswith("_") or name in ("__init__", "__call__")
            if public and inspect.isfunction(function):
                yield f"{value.__name__}.{name}", function


def own_types(hint: object, seen: set[int]) -> Iterator[type]:
    """The classes of cinesent in an annotation, at any depth."""
    if id(hint) in seen:
        return
    seen.add(id(hint))
    if isinstance(hint, type) and hint.__module__.startswith("cinesent"):
        yield hint
    for part in (typing.get_origin(hint), *typing.get_args(hint)):
        if part is not None and not isinstance(part, (str, int, bool)):
            yield from own_types(part, seen)


@pytest.mark.parametrize("name", NAMES)
def test_types_of_signatures_and_results_are_exported(name):
    value = getattr(cinesent, name)
    public = {getattr(cinesent, other) for other in NAMES}
    hints = {
        f"{where}({parameter})": hint
        for where, function in callables(value)
        for parameter, hint in typing.get_type_hints(function, localns=LATE).items()
        if not parameter.startswith("_")
    }
    if dataclasses.is_dataclass(value) or typing.is_typeddict(value):
        entries = typing.get_type_hints(value, localns=LATE).items()
        hints.update({entry: hint for entry, hint in entries if not entry.startswith("_")})
    missing = {
        f"{where}: {found.__module__}.{found.__qualname__}"
        for where, hint in hints.items()
        for found in own_types(hint, set())
        if found not in public
    }
    assert not missing


@pytest.mark.parametrize("name", [n for n in NAMES if inspect.isfunction(getattr(cinesent, n))])
def test_options_are_named_and_have_types(name):
    signature = inspect.signature(getattr(cinesent, name))
    for parameter in signature.parameters.values():
        hint = str(parameter.annotation)
        assert parameter.annotation is not inspect.Parameter.empty
        assert "Any" not in hint or "Mapping[str, Any]" in hint
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            assert re.search(r"Unpack\[(Label|Table)Keywords\]", hint)
        assert parameter.kind is not inspect.Parameter.VAR_POSITIONAL
    slow = [other for other in NAMES if other.islower() and other != "load"]
    if name in slow:
        *_, last = (
            parameter.name
            for parameter in signature.parameters.values()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        )
        assert last == "reporter"


def test_every_error_is_public():
    def tree(kind: type) -> Iterator[type]:
        yield kind
        for child in kind.__subclasses__():
            yield from tree(child)

    own = {k.__name__ for k in tree(cinesent.CinesentError) if k.__module__ == "cinesent.errors"}
    assert own == {name for name in NAMES if name.endswith("Error")}


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'predict'"):
        _ = cinesent.predict


def test_importing_the_package_imports_none_of_its_modules():
    code = (
        "import sys, cinesent\n"
        "print(sorted(name for name in sys.modules if name.startswith('cinesent.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['cinesent._version', 'cinesent.deferred']"

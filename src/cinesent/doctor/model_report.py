"""The model in use, and whether it predicts."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cinesent.doctor.problem import Problem
from cinesent.errors import BundleError, CinesentError

if TYPE_CHECKING:
    from cinesent.bundle import Bundle
    from cinesent.classifier import Classifier

SENTENCE = "A quiet triumph, and not a minute too long."

_RUNS = 20


@dataclass(frozen=True)
class Model:
    """A model that could be opened.

    Attributes:
        path: its folder.
        name: of its recipe.
        format_version: of its folder.
        precision: in which its word vectors are stored.
        network: it, in a few words.
        size_bytes: of the files that its manifest lists.
        verified: "all" files are what the manifest says, or only those "needed" to predict.
        test_accuracy: as its metrics say, 0 to 1; None where it was not measured.
        validation_accuracy: the same, on what training held out.
    """

    path: str
    name: str
    format_version: int
    precision: str
    network: str
    size_bytes: int
    verified: str
    test_accuracy: float | None
    validation_accuracy: float | None


@dataclass(frozen=True)
class SelfTest:
    """How long predicting one sentence took, in milliseconds.

    Attributes:
        import_ms: importing NumPy, ONNX Runtime and what of cinesent predicts; next to nothing
            where that was done before.
        load_ms: opening the model.
        first_ms: the first prediction.
        predict_ms: the median of those after it.
        probability: that was predicted.
    """

    import_ms: float
    load_ms: float
    first_ms: float
    predict_ms: float
    probability: float


def check_model(path: Path | None) -> tuple[Model | None, SelfTest | None, list[Problem]]:
    """Open a model and predict a sentence with it.

    Args:
        path: its folder; None: the one that :func:`cinesent.load` takes then.

    Returns:
        The model and how it did, as far as that went, and what was wrong.
    """
    start = time.perf_counter()
    try:
        import onnxruntime  # noqa: F401

        from cinesent.classifier import load
    except Exception as error:  # a broken binary package raises anything
        return None, None, [_broken_runtime(error)]
    imported = time.perf_counter()
    try:
        classifier = load(path)
    except CinesentError as error:
        return None, None, [_no_model(error)]
    loaded = time.perf_counter()
    model, problems = _describe(classifier.bundle)
    try:
        first_ms, predict_ms, probability = _time_predictions(classifier)
    except Exception as error:  # as above
        return model, None, [*problems, _broken_runtime(error)]
    timings = (_ms(imported - start), _ms(loaded - imported), first_ms, predict_ms)
    if not math.isfinite(probability):
        problems.append(_no_model(BundleError(f"the model's probability is {probability}.")))
    return model, SelfTest(*timings, probability), problems


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 3)


def _time_predictions(classifier: Classifier) -> tuple[float, float, float]:
    """Return the first and the median of the other times, in milliseconds, and the probability."""
    times = []
    probability = math.nan
    for _ in range(1 + _RUNS):
        start = time.perf_counter()
        probability = classifier.predict([SENTENCE])[0].probability
        times.append(time.perf_counter() - start)
    return _ms(times[0]), _ms(statistics.median(times[1:])), probability


def _broken_runtime(error: Exception) -> Problem:
    return Problem(
        f"predicting failed with {type(error).__name__}: {error}",
        "pip install --force-reinstall numpy onnxruntime",
        stops_predicting=True,
    )


def _no_model(error: CinesentError) -> Problem:
    return Problem(
        str(error),
        "Name a sound model with --model or CINESENT_MODEL, or train one: "
        "cinesent train --out model",
        stops_predicting=True,
    )


def _describe(bundle: Bundle) -> tuple[Model, list[Problem]]:
    from cinesent.bundle import FORMAT_VERSION

    files: Mapping[str, Any] = bundle.manifest["files"]
    problems = _damages(bundle)
    directions = " and ".join(bundle.config.directions)
    model = Model(
        path=str(bundle.path),
        name=bundle.name,
        format_version=bundle.manifest.get("format_version", FORMAT_VERSION),
        precision=bundle.precision,
        network=f"{bundle.config.vocabulary_size:,} words, LSTM of {bundle.config.units} units "
        f"{directions}, {' and '.join(bundle.config.poolings)}",
        size_bytes=sum(entry["size"] for entry in files.values()),
        verified="needed" if problems else "all",
        test_accuracy=_accuracy(bundle.metrics, "test"),
        validation_accuracy=_accuracy(bundle.metrics, "validation"),
    )
    return model, problems


def _damages(bundle: Bundle) -> list[Problem]:
    """Compare the files that predicting does not read with their checksums."""
    from cinesent.bundle import layout

    problems = []
    for name, entry in bundle.manifest["files"].items():
        if name in layout.NEEDED:
            continue
        try:
            layout.read_file(bundle.path, name, entry)
        except BundleError as error:
            what = f"{error} Predicting does not read it."
            problems.append(Problem(what, f"Copy {name} again, or the whole model."))
    return problems


def _accuracy(metrics: Mapping[str, Any], part: str) -> float | None:
    group = metrics.get(part)
    value = group.get("accuracy") if isinstance(group, Mapping) else None
    return float(value) if isinstance(value, (int, float)) else None

"""Predictions and scored files, compared with those that version 0.1.0 made with ONNX Runtime.

Probabilities may differ by 1e-6, since another CPU adds in another order, and so does the native
library. On the machine that made the files, ``CINESENT_EXACT=1`` compares every bit of ONNX
Runtime's. golden/make_packaged_model.py and
golden/make_scored.py wrote the files.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden_cases import CASES, FOLDER, Case, score, write_model

import cinesent
from cinesent.network.kernel import why_not_native

GOLDEN = Path(__file__).parent / "golden"
#: What numbers may differ by, in probability and in log-odds; an explanation adds more of them up.
EXACT = os.environ.get("CINESENT_EXACT") == "1"
TOLERANCE = 0.0 if EXACT else 1e-6
EXPLANATION_TOLERANCE = 10 * TOLERANCE

PACKAGED: dict[str, Any] = json.loads((GOLDEN / "packaged_model.json").read_text("utf-8"))
ENTRIES: list[dict[str, Any]] = PACKAGED["texts"]
EXPLAINED = [index for index, entry in enumerate(ENTRIES) if "explanation" in entry]
TEXTS = [entry.get("text") or entry["part"] * entry["repeat"] for entry in ENTRIES]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module", params=["onnxruntime"] if EXACT else ["onnxruntime", "native"])
def packaged(request) -> cinesent.Classifier:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CINESENT_MODEL", raising=False)
        patch.delenv("CINESENT_RUNTIME", raising=False)
        classifier = cinesent.load(runtime="onnxruntime")
        if request.param == "native":
            if reason := why_not_native(classifier.bundle.config):
                pytest.skip(reason)
            classifier = cinesent.load(runtime="native")
        assert classifier.runtime == request.param
        return classifier


def test_the_golden_file_is_about_the_packaged_model(packaged):
    weights = (packaged.bundle.path / "model.safetensors").read_bytes()
    assert sha256(weights) == PACKAGED["weights_sha256"], (
        "the packaged model was replaced: run tests/golden/make_packaged_model.py"
    )
    assert (len(ENTRIES), len(EXPLAINED)) == (200, 39)


def test_the_packaged_model_predicts_what_it_did(packaged):
    for text, entry in zip(TEXTS, ENTRIES, strict=True):
        prediction = packaged.predict([text])[0]
        found = (prediction.label, prediction.num_tokens, prediction.num_unknown)
        assert found == (entry["label"], entry["num_tokens"], entry["num_unknown"]), text[:80]
        assert abs(prediction.probability - entry["probability"]) <= TOLERANCE, text[:80]


def test_other_texts_of_the_batch_change_no_prediction(packaged):
    for prediction, entry in zip(packaged.predict(TEXTS), ENTRIES, strict=True):
        assert prediction.label == entry["label"]
        assert prediction.probability == pytest.approx(entry["probability"], abs=1e-6)


def test_predict_proba_agrees_with_predict(packaged):
    expected = [entry["probability"] for entry in ENTRIES]
    np.testing.assert_allclose(packaged.predict_proba(TEXTS)[:, 1], expected, atol=1e-6, rtol=0)


def test_the_tokens_of_every_text_are_what_they_were(packaged):
    for text, entry in zip(TEXTS, ENTRIES, strict=True):
        tokens = packaged.explain(text).tokens
        assert sha256("\n".join(tokens).encode()) == entry["tokens_sha256"], text[:80]


@pytest.mark.parametrize("index", EXPLAINED)
def test_explanations_are_what_they_were(packaged, index):
    explanation, expected = packaged.explain(TEXTS[index]), ENTRIES[index]["explanation"]
    assert list(explanation.tokens) == expected["tokens"]
    contributions = np.array(expected["contributions"], dtype=np.float32)
    differences = explanation.contributions - contributions
    assert abs(differences.sum()) <= EXPLANATION_TOLERANCE
    # Where a unit is equally large at two tokens up to rounding, its maximum may belong to either.
    moved = np.abs(differences) > EXPLANATION_TOLERANCE
    assert moved.sum() <= (2 if packaged.runtime == "native" else 0)
    assert abs(explanation.logit - expected["logit"]) <= EXPLANATION_TOLERANCE
    assert abs(explanation.bias - expected["bias"]) <= EXPLANATION_TOLERANCE


#: A number that `score` rounds to six digits; another CPU may round it the other way.
_NUMBER = re.compile(rb"-?\d+\.\d{1,6}(?!\d)")


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> cinesent.Classifier:
    return write_model(tmp_path_factory.mktemp("golden"))


def assert_same_bytes(found: bytes, expected: bytes) -> None:
    if found == expected or EXACT:
        assert found == expected
        return
    assert _NUMBER.sub(b"#", found) == _NUMBER.sub(b"#", expected)
    one, other = ([float(n) for n in _NUMBER.findall(text)] for text in (found, expected))
    assert one == pytest.approx(other, rel=0, abs=2.5e-6)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_score_writes_the_bytes_that_it_wrote(small, case: Case, tmp_path):
    if "parquet" in case.source + case.target:
        pytest.importorskip("pyarrow")
    expected = (FOLDER / "expected" / case.expected).read_bytes()
    assert_same_bytes(score(case, small, tmp_path), expected)


def test_every_expected_file_is_compared():
    assert {case.expected for case in CASES} == {
        path.name for path in (FOLDER / "expected").iterdir()
    }

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from bundles import SENTENCES, bundle_parts, random_weights, small_config, write_bundle
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import cinesent
from cinesent.bundle import load_bundle, save_bundle
from cinesent.errors import BundleError
from cinesent.network.quantization import (
    dequantize_rows,
    quantize_rows,
    round_weights,
    stored_weights,
)
from cinesent.network.reference import numpy_forward, sigmoid

#: From the smallest float32 to the largest, zeros and rows of zeros among them.
MATRICES = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 5)),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


def kernel_for(vectors, outputs=7):
    return np.random.default_rng(1).normal(size=(vectors.shape[1], outputs)).astype(np.float32)


@given(MATRICES)
def test_integer_times_scale_is_exact_in_float32(vectors):
    integers, scales = quantize_rows(vectors, kernel_for(vectors))
    assert integers.dtype == np.int8
    assert integers.min(initial=0) >= -127
    assert scales.dtype == np.float32
    assert scales.shape == (len(vectors), 1)
    assert (scales > 0).all()
    found = dequantize_rows(integers, scales)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, integers.astype(np.float64) * scales)


@given(MATRICES)
def test_quantizing_again_changes_nothing(vectors):
    kernel = kernel_for(vectors)
    once = dequantize_rows(*quantize_rows(vectors, kernel))
    again = dequantize_rows(*quantize_rows(once, kernel))
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("outputs", [3, 200])
def test_the_product_suffers_less_than_by_rounding_to_the_nearest(outputs):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(300, 40)).astype(np.float32)
    # Outputs that share much, as the gates of a trained LSTM do.
    kernel = (rng.normal(size=(40, 40)) ** 3 @ rng.normal(size=(40, outputs))).astype(np.float32)
    integers, scales = quantize_rows(vectors, kernel)
    nearest = np.rint(vectors / scales) * scales
    found = dequantize_rows(integers, scales)
    assert np.abs(found - vectors).max() < 6 * scales.max()

    def error(rounded):
        return np.sqrt(np.mean(((rounded - vectors) @ kernel) ** 2))

    assert error(found) < 0.85 * error(nearest)


def test_zeros_stay_zeros_and_kernels_of_zeros_do_no_harm():
    vectors = np.zeros((3, 4), np.float32)
    vectors[1] = [1.0, -0.5, 0.25, 0.0]
    integers, scales = quantize_rows(vectors, np.zeros((4, 8), np.float32))
    found = dequantize_rows(integers, scales)
    assert not found[[0, 2]].any()
    np.testing.assert_allclose(found[1], vectors[1], atol=0.5 / 127)


def test_only_word_vectors_are_touched():
    config = small_config()
    weights = random_weights(config)
    stored = stored_weights(weights, "int8")
    assert {name: value.dtype.name for name, value in stored.items() if "embedding" in name} == {
        "embedding": "int8",
        "embedding.scale": "float32",
    }
    rounded = round_weights(weights, "int8")
    assert rounded.keys() == weights.keys()
    for name, value in weights.items():
        same = np.array_equal(value, rounded[name])
        assert same == (name != "embedding"), name
    assert round_weights(weights, "float32") == weights


@pytest.fixture
def folder(tmp_path) -> Path:
    parts = bundle_parts(pooling="max+mean")
    return save_bundle(tmp_path / "model", **parts, precision="int8")


def relist(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    manifest = json.loads((folder / "manifest.json").read_text())
    digest = hashlib.sha256(content).hexdigest()
    manifest["files"][name] = {"size": len(content), "sha256": digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_bundle_in_int8_means_the_weights_it_returns(folder):
    classifier = cinesent.load(folder)
    bundle = load_bundle(folder, verify="full")
    assert bundle.precision == "int8"
    weights = bundle.weights()
    expected = round_weights(bundle_parts(pooling="max+mean")["weights"], "int8")
    for name, value in expected.items():
        np.testing.assert_array_equal(weights[name], value, err_msg=name)
    for text, prediction in zip(SENTENCES, classifier.predict(SENTENCES), strict=True):
        ids = np.array([bundle.tokenizer.encode(text)])
        logits, _ = numpy_forward(bundle.config, weights, ids, np.array([ids.shape[1]]))
        assert prediction.probability == pytest.approx(float(sigmoid(logits)[0]), abs=1e-6)


def test_saving_what_was_loaded_changes_no_weight(folder, tmp_path):
    parts = bundle_parts(pooling="max+mean")
    parts["weights"] = load_bundle(folder).weights()
    again = save_bundle(tmp_path / "again", **parts, precision="int8")
    for name in ("model.onnx", "model.safetensors"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_a_bundle_that_does_not_state_its_precision_is_in_float32(tmp_path):
    folder = write_bundle(tmp_path / "old")
    config = json.loads((folder / "config.json").read_text())
    assert config.pop("precision") == "float32"
    (folder / "config.json").write_text(json.dumps(config))
    relist(folder, "config.json")
    bundle = load_bundle(folder, verify="full")
    assert bundle.precision == "float32"
    np.testing.assert_array_equal(
        bundle.weights()["embedding"], bundle_parts()["weights"]["embedding"]
    )


def test_another_precision_is_refused(folder, tmp_path):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "precision": "int4"}))
    relist(folder, "config.json")
    with pytest.raises(BundleError, match=r"'precision' is 'int4'; expected float32 or int8"):
        load_bundle(folder)
    with pytest.raises(BundleError, match="'precision' is 'int4'"):
        save_bundle(tmp_path / "new", **bundle_parts(), precision="int4")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"embedding": None}, "'embedding' is missing; expected an int8 matrix"),
        ({"embedding": np.zeros((60, 6), np.float32)}, r"'embedding' is float32 \(60, 6\)"),
        ({"embedding": np.zeros(60, np.int8)}, r"'embedding' is int8 \(60,\)"),
        ({"embedding": np.zeros((59, 6), np.int8)}, r"'embedding.scale' is float32 \(60, 1\)"),
        ({"embedding.scale": None}, "'embedding.scale' is missing"),
        ({"embedding.scale": np.zeros(60, np.float32)}, r"expected float32 \(60, 1\)"),
        ({"embedding.scale": np.zeros((60, 1))}, "is float64"),
        ({"embedding.scale": np.full((60, 1), np.nan, np.float32)}, "holds NaN"),
        ({"more": np.zeros(1, np.float32)}, r"unknown names \['more'\]"),
    ],
)
def test_wrong_weights_in_int8_are_named(folder, change, says):
    from safetensors.numpy import load_file, save_file

    path = folder / "model.safetensors"
    stored = {**load_file(path), **change}
    save_file({name: value for name, value in stored.items() if value is not None}, path)
    relist(folder, path.name)
    with pytest.raises(BundleError, match=rf"model\.safetensors: .*{says}"):
        load_bundle(folder).weights()


def test_the_card_says_how_the_model_is_stored(folder, tmp_path):
    assert "word vectors are stored in int8" in (folder / "README.md").read_text()
    parts = bundle_parts()
    parts["metrics"] = {"int8": {"labels_changed": 1, "reviews": 2500, "kept": True}}
    card = (save_bundle(tmp_path / "a", **parts, precision="int8") / "README.md").read_text()
    assert "changed the labels of 1 of 2,500 validation reviews." in card
    assert "### int8" not in card
    card = (save_bundle(tmp_path / "b", **parts) / "README.md").read_text()
    assert "all weights are stored in float32." in card

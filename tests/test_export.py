from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bundles import SENTENCES, bundle_parts, write_bundle

from cinesent import Tokenizer, load
from cinesent.bundle import save_bundle
from cinesent.errors import BundleError, CinesentError, ConfigError, MissingExtraError
from cinesent.export import FORMATS, export_model
from cinesent.export.check import TOLERANCE, check_export
from cinesent.text.batching import fit_length, pad_ids

#: Like the presets, and one that is cut on the right.
SETTINGS = {
    "default": {"pooling": "max+mean", "word_dropout": 0.1, "head_dropout": 0.1},
    "classic": {
        "bidirectional": False,
        "pooling": "last",
        "sequence_length": 8,
        "padding": "left",
        "truncation": "left",
    },
    "cut": {"pooling": "mean", "sequence_length": 9},
    "last": {"pooling": "last", "bidirectional": False},
}
TEMPERATURE, THRESHOLDS = 1.7, (0.3, 0.6)

TRAIN = [pytest.mark.train, pytest.mark.slow]
FORMAT_PARAMETERS = [
    "onnx",
    pytest.param("keras", marks=TRAIN),
    pytest.param("savedmodel", marks=TRAIN),
]


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, Path]:
    """A bundle of each kind, its probabilities tempered, and one whose word vectors are int8."""
    folder = tmp_path_factory.mktemp("models")
    wide = {**SETTINGS["default"], "ngrams": 2, "ngram_buckets": 128}
    kinds = {**SETTINGS, "int8": SETTINGS["default"], "ngrams": wide}
    return {
        name: save_bundle(
            folder / name,
            temperature=TEMPERATURE,
            thresholds=THRESHOLDS,
            precision="int8" if name in ("int8", "ngrams") else "float32",
            **bundle_parts(**settings),
        )
        for name, settings in kinds.items()
    }


def read_examples(folder: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)


def run_example(folder: Path, **environment: str) -> dict[str, float]:
    """Run the README's code as a reader would; return text to probability."""
    (code,) = read_examples(folder)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=200,
    )
    assert (done.returncode, "explain" in done.stderr) == (0, False), done.stderr
    lines = [line.split("  ", 1) for line in done.stdout.splitlines()]
    return {text: float(probability) for probability, text in lines}


@pytest.mark.parametrize("kind", ["default", "classic"])
@pytest.mark.parametrize("format", FORMAT_PARAMETERS)
def test_the_readme_gives_the_calibrated_probability(models, tmp_path, format, kind):
    out = tmp_path / "out"
    export = export_model(models[kind], format, out)
    assert export.largest_difference <= TOLERANCE
    assert export.num_reviews > 20
    assert {"README.md", "tokenizer.json", "export.json"} < set(export.files)
    said = run_example(out)
    assert len(said) == 2
    expected = load(models[kind]).predict_proba(list(said))[:, 1]
    assert list(said.values()) == pytest.approx(expected.tolist(), abs=2e-6)
    # Without the temperature it would be another.
    logits = load(models[kind]).predict_logits(list(said))
    assert list(said.values()) != pytest.approx((1 / (1 + np.exp(-logits))).tolist(), abs=1e-4)


@pytest.mark.parametrize("format", FORMAT_PARAMETERS)
@pytest.mark.parametrize("kind", ["cut", "last", "int8", "ngrams"])
def test_other_networks_are_exported_too(models, tmp_path, format, kind):
    export_model(models[kind], format, tmp_path / "out")
    for code in read_examples(tmp_path / "out"):
        compile(code, "README.md", "exec")


@pytest.mark.train
@pytest.mark.slow
@pytest.mark.backends
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_keras_file_opens_on_the_other_backends(models, tmp_path, backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    export_model(models["default"], "keras", tmp_path / "out")
    said = run_example(tmp_path / "out", KERAS_BACKEND=backend)
    expected = load(models["default"]).predict_proba(list(said))[:, 1]
    assert list(said.values()) == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.train
def test_only_own_layers_take_an_import(models, tmp_path):
    export_model(models["default"], "keras", tmp_path / "default")
    export_model(models["classic"], "keras", tmp_path / "classic")
    assert "import cinesent.models.lstm" in read_examples(tmp_path / "default")[0]
    assert "import cinesent.models.lstm" not in read_examples(tmp_path / "classic")[0]


@pytest.mark.train
def test_a_saved_model_reads_any_batch_and_time(models, tmp_path):
    import tensorflow as tf

    export_model(models["default"], "savedmodel", tmp_path / "out")
    loaded = tf.saved_model.load(str(tmp_path / "out/saved_model/1"))
    (signature,) = loaded.signatures.values()
    spec = signature.structured_input_signature[1]["token_ids"]
    assert (spec.shape.as_list(), spec.dtype) == ([None, None], tf.int32)
    assert signature.structured_outputs["probability"].shape.as_list() == [None]
    classifier = load(models["default"])
    ids = pad_ids([classifier.bundle.tokenizer.encode(text) for text in SENTENCES], dtype="int32")
    said = signature(token_ids=tf.constant(ids))
    expected = classifier.predict_proba(SENTENCES)[:, 1]
    np.testing.assert_allclose(said["probability"], expected, atol=1e-6)
    np.testing.assert_allclose(1 / (1 + np.exp(-said["logit"].numpy())), expected, atol=1e-6)
    # More padding changes nothing.
    wider = signature(token_ids=tf.constant(np.pad(ids, ((0, 0), (0, 30)))))
    np.testing.assert_allclose(wider["probability"], expected, atol=1e-6)


@pytest.mark.train
@pytest.mark.slow
def test_a_trained_model_says_the_same_of_real_reviews(tiny_run, imdb_train, tmp_path):
    classifier = tiny_run.classifier()
    texts = list(imdb_train.texts[:40])
    rows = [
        fit_length(classifier.bundle.tokenizer.encode(t), classifier.bundle.config) for t in texts
    ]
    expected = classifier.predict_proba(texts)[:, 1]
    for name in ("onnx", "keras", "savedmodel"):
        export = export_model(classifier, name, tmp_path / name)
        score = FORMATS[name].open(classifier.bundle, export.path / FORMATS[name].file)
        np.testing.assert_allclose(score(pad_ids(rows)), expected, atol=TOLERANCE)


def test_the_graph_is_the_model_s_own(models, tmp_path):
    out = export_model(models["default"], "onnx", tmp_path / "out").path
    assert (out / "model.onnx").read_bytes() == (models["default"] / "model.onnx").read_bytes()
    assert Tokenizer.load(out / "tokenizer.json") == load(models["default"]).bundle.tokenizer
    record = json.loads((out / "export.json").read_text())
    assert record["temperature"] == TEMPERATURE
    assert record["temperature_applied"] is False
    assert record["thresholds"] == list(THRESHOLDS)
    assert set(record["files"]) == {"README.md", "model.onnx", "tokenizer.json"}
    assert "below a probability of 0.3, positive from 0.6 on" in (out / "README.md").read_text()


def use_writer(monkeypatch, write) -> None:
    """Let the ONNX export be written by `write`."""
    monkeypatch.setitem(
        FORMATS, "onnx", FORMATS["onnx"].__class__(**{**vars(FORMATS["onnx"]), "write": write})
    )


def test_an_export_that_differs_leaves_nothing(models, tmp_path, monkeypatch):
    other = write_bundle(tmp_path / "other", seed=1, **SETTINGS["default"])
    graph = (other / "model.onnx").read_bytes()
    use_writer(monkeypatch, lambda bundle, path: path.write_bytes(graph))
    target = tmp_path / "new" / "out"
    with pytest.raises(BundleError, match="differs from the model"):
        export_model(models["default"], "onnx", target)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("disk full")])
def test_an_export_that_breaks_off_leaves_what_was_there(models, tmp_path, monkeypatch, error):
    out = export_model(models["default"], "onnx", tmp_path / "out").path
    before = (out / "export.json").read_bytes()

    def write(bundle, path):
        path.write_bytes(b"half")
        raise error

    use_writer(monkeypatch, write)
    with pytest.raises((KeyboardInterrupt, CinesentError)):
        export_model(models["default"], "onnx", out, overwrite=True)
    assert (out / "export.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("wrong", [float("nan"), 2e-5])
def test_the_check_sees_small_differences_and_what_is_no_number(models, wrong):
    classifier = load(models["default"])
    path = models["default"] / "tokenizer.json"
    score = FORMATS["onnx"].open(classifier.bundle, models["default"] / "model.onnx")
    count, largest = check_export(classifier, score, path)
    assert count > 20
    assert largest <= 1e-7
    with pytest.raises(BundleError, match="differs"):
        check_export(classifier, lambda ids: score(ids) + wrong * (ids.shape[0] > 1), path)


def test_an_export_is_replaced_only_when_asked(models, tmp_path):
    out = export_model(models["default"], "onnx", tmp_path / "out").path
    with pytest.raises(CinesentError, match="--overwrite"):
        export_model(models["classic"], "onnx", out)
    export_model(models["classic"], "onnx", out, overwrite=True)
    assert (out / "model.onnx").read_bytes() == (models["classic"] / "model.onnx").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("kind", ["model", "other", "file", "foreign"])
def test_what_is_no_export_is_never_replaced(models, tmp_path, kind):
    out = tmp_path / "out"
    if kind == "file":
        out.write_text("mine")
    elif kind == "model":
        write_bundle(out)
    else:
        if kind == "foreign":
            export_model(models["default"], "onnx", out)
        out.mkdir(exist_ok=True)
        (out / "notes.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CinesentError, match="not replaced"):
        export_model(models["default"], "onnx", out, overwrite=True)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_is_filled(models, tmp_path):
    (tmp_path / "out").mkdir()
    assert export_model(models["default"], "onnx", tmp_path / "out").path.is_dir()


def test_a_folder_that_cannot_be_made_is_said(models, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CinesentError, match="cannot be written"):
        export_model(models["default"], "onnx", tmp_path / "file" / "out")


@pytest.mark.parametrize("word", ["onx", "savedmodl", "kears"])
def test_a_wrong_format_names_the_nearest(models, tmp_path, word):
    with pytest.raises(ConfigError, match="Did you mean"):
        export_model(models["default"], word, tmp_path / "out")


@pytest.mark.parametrize(
    ("format", "missing"),
    [
        ("keras", ["keras"]),
        ("keras", ["tensorflow", "jax", "torch"]),
        ("savedmodel", ["tensorflow"]),
        ("savedmodel", ["safetensors"]),
    ],
)
def test_a_missing_package_is_one_message(models, tmp_path, monkeypatch, format, missing):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    for module in missing:
        monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'cinesent[train]'")):
        export_model(models["default"], format, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cinesent", "export", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_the_command_prints_what_it_wrote(models, tmp_path):
    out = tmp_path / "out"
    done = run("--model", models["default"], "--format", "onnx", out)
    assert done.returncode == 0
    names = ["README.md", "export.json", "model.onnx", "tokenizer.json"]
    assert done.stdout.splitlines() == [str(out / name) for name in names]
    assert "checked on" in done.stderr
    done = run("--model", models["default"], "--format", "onnx", out)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert "--overwrite" in done.stderr
    assert run("--model", models["default"], "--format", "onnx", out, "--overwrite").returncode == 0


def test_the_command_s_mistakes(models, tmp_path):
    done = run("--model", models["default"], "--format", "onx", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'onnx'?" in done.stderr
    done = run("--model", tmp_path / "none", "--format", "onnx", tmp_path / "out")
    assert done.returncode == 1
    assert "there is no folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_onnx_export_takes_no_framework(models, tmp_path):
    code = (
        "import sys\n"
        "from cinesent.export import export_model\n"
        f"export_model({str(models['default'])!r}, 'onnx', {str(tmp_path / 'out')!r})\n"
        "print(sorted({'keras', 'tensorflow', 'onnx', 'safetensors'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

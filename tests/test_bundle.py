from __future__ import annotations

import hashlib
import json
import pickle
import re
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest
from bundles import bundle_parts, random_weights, relist, small_config, write_bundle

from cinesent.bundle import (
    is_bundle,
    layout,
    load_bundle,
    open_files,
    save_bundle,
    saving,
)
from cinesent.errors import BundleError, ConfigError

FILES = (
    "README.md",
    "config.json",
    "history.csv",
    "manifest.json",
    "metrics.json",
    "model.onnx",
    "model.safetensors",
    "tokenizer.json",
)


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_bundle(tmp_path / "model")


def rewrite(folder: Path, name: str, change, listed: bool = True) -> None:
    """Change a JSON file of a bundle and, unless told not to, its entry in the manifest."""
    path = folder / name
    payload = json.loads(path.read_text())
    path.write_text(json.dumps(change(payload) or payload))
    if listed and name != "manifest.json":
        relist(folder, name)


def test_what_was_saved_is_loaded(tmp_path):
    parts = bundle_parts(pooling="max+mean")
    saved = save_bundle(
        tmp_path / "deep" / "model", **parts, temperature=1.5, thresholds=(0.4, 0.6)
    )
    bundle = load_bundle(saved, verify="full")
    assert bundle.path == saved == tmp_path / "deep" / "model"
    assert (bundle.name, bundle.config) == ("small", parts["config"])
    assert bundle.tokenizer == parts["tokenizer"]
    assert bundle.labels == ("negative", "positive")
    assert (bundle.temperature, bundle.thresholds) == (1.5, (0.4, 0.6))
    assert bundle.metrics == parts["metrics"]
    weights = bundle.weights()
    assert weights.keys() == parts["weights"].keys()
    for name, value in weights.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, parts["weights"][name])


def test_the_folder_holds_what_the_manifest_lists(folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["data"]["name"] == "own sentences"
    assert manifest["seed"] == 0
    assert manifest["created"].endswith("+00:00")
    assert {"cinesent", "python", "numpy", "onnx"} <= set(manifest["versions"])
    assert sorted(manifest["files"]) == sorted(set(FILES) - {"manifest.json"})
    for name, entry in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert entry == {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_every_file_has_the_mode_of_the_folder_it_lies_in(folder):
    modes = {stat.S_IMODE((folder / name).stat().st_mode) for name in FILES}
    assert len(modes) == 1
    assert stat.S_IMODE(folder.stat().st_mode) & 0o777 == next(iter(modes)) | 0o111


def test_history_is_a_table(folder):
    assert (folder / "history.csv").read_text() == "epoch,loss,val_loss\n1,0.7,\n2,0.6,0.65\n"


def test_plots_are_kept(tmp_path):
    picture = tmp_path / "curve.png"
    picture.write_bytes(b"png")
    plots = {"history.png": b"bytes", "curve.png": picture}
    folder = save_bundle(tmp_path / "model", **bundle_parts(), plots=plots)
    assert (folder / "plots" / "history.png").read_bytes() == b"bytes"
    assert (folder / "plots" / "curve.png").read_bytes() == b"png"
    assert load_bundle(folder, verify="full").manifest["files"]["plots/curve.png"]["size"] == 3
    with pytest.raises(BundleError, match="'../out.png'"):
        save_bundle(tmp_path / "other", **bundle_parts(), plots={"../out.png": b""})


def test_the_card_says_what_was_measured(tmp_path):
    parts = bundle_parts()
    parts["metrics"] = {"test": {"accuracy": 0.8125, "roc_auc": None, "num_reviews": 25_000}}
    parts["manifest"] = {"data": {"name": "imdb"}, "seed": 7}
    card = (save_bundle(tmp_path / "model", **parts) / "README.md").read_text()
    assert card.startswith('---\nlanguage: "en"\n')
    assert '"value": 0.8125' in card
    assert "stanfordnlp/imdb" in card
    assert "| accuracy | 0.8125 |" in card
    assert "| num reviews | 25,000 |" in card
    assert "| seed | 7 |" in card


def test_numpy_numbers_are_numbers_and_nan_is_refused(tmp_path):
    parts = bundle_parts()
    parts["metrics"] = {"loss": np.float32(0.5), "matrix": np.eye(2, dtype=int), "path": Path("x")}
    folder = save_bundle(tmp_path / "model", **parts)
    found = load_bundle(folder).metrics
    assert found == {"loss": 0.5, "matrix": [[1, 0], [0, 1]], "path": "x"}
    for value in (float("nan"), object()):
        parts["metrics"] = {"loss": value}
        with pytest.raises(BundleError, match="JSON cannot hold"):
            save_bundle(tmp_path / "other", **parts)


def test_a_bundle_is_replaced_by_the_next(folder):
    (folder / "notes.txt").write_text("mine")
    save_bundle(folder, **bundle_parts(seed=1))
    assert load_bundle(folder, verify="full").manifest["seed"] == 1
    assert (folder / "notes.txt").read_text() == "mine"
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_damaged_bundle_is_replaced_too(folder):
    (folder / "model.onnx").unlink()
    (folder / "manifest.json").write_text("{")
    save_bundle(folder, **bundle_parts(seed=1))
    assert load_bundle(folder, verify="full").manifest["seed"] == 1


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "model").mkdir()
    assert is_bundle(save_bundle(tmp_path / "model", **bundle_parts()))


def test_what_is_no_bundle_is_left_alone(tmp_path):
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.txt").write_text("years of work")
    (tmp_path / "file").write_text("a file")
    for target in (thesis, tmp_path / "file"):
        with pytest.raises(BundleError, match="it is not replaced"):
            save_bundle(target, **bundle_parts())
    assert (thesis / "chapter.txt").read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "thesis"]


def renames_that_fail_at(monkeypatch, number: int) -> None:
    """Let the `number`-th rename of a path fail, counted from 1."""
    genuine, calls = Path.rename, []

    def rename(self, target):
        calls.append(target)
        if len(calls) == number:
            raise OSError(5, "the disk is gone")
        return genuine(self, target)

    monkeypatch.setattr(Path, "rename", rename)


def fail(*args, **kwargs):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("stage", ["graph", "tokenizer", "manifest", "verify", "aside", "into"])
def test_a_crash_leaves_the_model_that_was_there(folder, monkeypatch, stage):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    if stage == "graph":
        monkeypatch.setattr("cinesent.network.write_graph", fail)
    elif stage == "tokenizer":
        monkeypatch.setattr("cinesent.text.tokenizer.Tokenizer.save", fail)
    elif stage == "manifest":
        monkeypatch.setattr(saving, "_write_manifest", fail)
    elif stage == "verify":
        monkeypatch.setattr(saving, "load_bundle", fail)
    else:
        renames_that_fail_at(monkeypatch, {"aside": 1, "into": 2}[stage])
    with pytest.raises(BundleError, match=r"cannot be written: .*(No space|disk is gone)"):
        save_bundle(folder, **bundle_parts(seed=1))
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_ctrl_c_leaves_the_model_that_was_there(folder, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(saving, "_write_manifest", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_bundle(folder, **bundle_parts(seed=1))
    assert load_bundle(folder, verify="full").manifest["seed"] == 0
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_save_that_was_killed_is_spoken_of(folder):
    folder.rename(folder.with_name(".model.0123456789ab.tmp"))
    with pytest.raises(BundleError, match=r"interrupted save left .*\.model\.0123456789ab\.tmp"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"temperature": 0.0}, "'temperature'"),
        ({"temperature": float("inf")}, "'temperature'"),
        ({"thresholds": (0.6, 0.4)}, "'thresholds'"),
        ({"thresholds": (-0.1, 0.4)}, "'thresholds'"),
        ({"weights": random_weights(small_config(units=6))}, "is float32"),
        ({"config": small_config(vocabulary_size=3)}, "expected float32"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(tmp_path, wrong, says):
    with pytest.raises(BundleError, match=says):
        save_bundle(tmp_path / "model", **{**bundle_parts(), **wrong})
    assert not list(tmp_path.iterdir())


def test_too_many_tokens_are_not_saved(tmp_path):
    parts = bundle_parts()
    config = small_config(vocabulary_size=10)
    with pytest.raises(BundleError, match=r"tokenizer\.json has \d+ tokens"):
        save_bundle(
            tmp_path / "m", **{**parts, "config": config, "weights": random_weights(config)}
        )


@pytest.mark.parametrize("name", [name for name in FILES if name != "manifest.json"])
@pytest.mark.parametrize("damage", ["changed", "cut", "gone", "longer"])
def test_damage_is_named(folder, name, damage):
    path = folder / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "changed":
        path.write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
    else:
        path.write_bytes(content[:-1] if damage == "cut" else content + b" ")
    with pytest.raises(BundleError, match=name.replace(".", r"\.")):
        load_bundle(folder, verify="full")
    if name in ("tokenizer.json", "model.onnx"):
        with pytest.raises(BundleError, match=name.replace(".", r"\.")):
            load_bundle(folder)


def test_what_predicting_does_not_read_is_verified_on_demand_only(folder):
    (folder / "README.md").write_text("my own words")
    (folder / "model.safetensors").unlink()
    bundle = load_bundle(folder)
    with pytest.raises(BundleError, match=r"model\.safetensors"):
        bundle.weights()
    with pytest.raises(BundleError):
        load_bundle(folder, verify="full")


def test_without_verifying_no_checksum_is_compared(folder):
    with (folder / "tokenizer.json").open("ab") as file:
        file.write(b"\n")
    assert load_bundle(folder, verify=False).name == "small"
    with pytest.raises(BundleError, match=r"tokenizer\.json"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.update(format_version=2), r"reads up to 1\. Upgrade"),
        (lambda c: c.update(format_version="1"), "'format_version' is '1'"),
        (lambda c: c.update(format_version=True), "'format_version' is True"),
        (lambda c: c.pop("format_version") and None, "'format_version' is None"),
        (lambda c: c.pop("model") and None, "'model' is None"),
        (lambda c: c["model"].update(units="8"), "units is '8'"),
        (lambda c: c["model"].update(units=10**9), "units is 1000000000"),
        (lambda c: c["model"].update(hidden=1), r"unknown keys \['hidden'\]"),
        (lambda c: c.update(labels=["positive", "negative"]), "'labels' is"),
        (lambda c: c.update(labels=2), "'labels' is 2"),
        (lambda c: c.update(thresholds=[0.5]), "'thresholds' is"),
        (lambda c: c.update(thresholds=[0.5, float("nan")]), "NaN is not a number"),
        (lambda c: c.update(thresholds=[0, 10**400]), "64 bits"),
        (lambda c: c.update(thresholds=[0, 2**62]), "'thresholds' is"),
        (lambda c: c.update(thresholds=["a", "b"]), "'thresholds' is"),
        (lambda c: c.update(temperature=-1), "'temperature' is -1"),
        (lambda c: c.update(temperature=float("inf")), "Infinity is not a number"),
        (lambda c: c.update(temperature=10**400), "64 bits"),
        (lambda c: c.update(temperature=1000), "'temperature' is 1000"),
        (lambda c: c.update(temperature=1e-300), "'temperature' is 1e-300"),
        (lambda c: c.update(name=5), "'name' is 5"),
        (lambda c: c.update(name="\x1b[2J"), "'name' is .*printable"),
        (lambda c: c.update(name="a" * 1000), "'name' is .*at most 200"),
        (lambda c: c.update(name="\ud800"), "half a surrogate pair"),
        (lambda c: c["model"].update(sequence_length=10**12), "sequence_length is 1000000000000"),
        (lambda c: [c], "holds list"),
    ],
)
def test_a_config_that_is_wrong_is_named(folder, change, says):
    rewrite(folder, "config.json", change)
    with pytest.raises(BundleError, match=rf"config\.json.*{says}"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.pop("files") and None, "'files' must list"),
        (lambda m: m.update(files=[]), "'files' must list"),
        (lambda m: m["files"].pop("model.onnx") and None, r"does not list model\.onnx"),
        (lambda m: m["files"].update({"../../etc/passwd": {}}), "is not inside the bundle"),
        (lambda m: m["files"].update({"/etc/passwd": {}}), "is not inside the bundle"),
        (lambda m: m["files"].update({"C:\\x": {}}), "is not inside the bundle"),
        (lambda m: m["files"].update({"": {}}), "is not inside the bundle"),
        (lambda m: m["files"].update({"a\0b": {}}), "is not inside the bundle"),
        (lambda m: m["files"].update({str(n): {} for n in range(1000)}), "at most 1,000"),
        (lambda m: m["files"].update({"more.txt": {"size": 1}}), r"the entry of more\.txt"),
        (lambda m: m["files"]["model.onnx"].update(size=-1), r"the entry of model\.onnx"),
        (lambda m: m["files"]["model.onnx"].update(size=True), r"the entry of model\.onnx"),
        (lambda m: m["files"]["model.onnx"].update(sha256="0"), r"the entry of model\.onnx"),
        (lambda m: m["files"].update({"more.txt": None}), r"the entry of more\.txt"),
    ],
)
def test_a_manifest_that_is_wrong_is_named(folder, change, says):
    rewrite(folder, "manifest.json", change)
    with pytest.raises(BundleError, match=rf"manifest\.json.*{says}"):
        load_bundle(folder)


def test_a_file_that_is_listed_must_be_there(folder):
    entry = {"size": 1, "sha256": "0" * 64}
    rewrite(folder, "manifest.json", lambda m: m["files"].update({"plots/a.png": entry}))
    load_bundle(folder)
    with pytest.raises(BundleError, match=r"a\.png cannot be read"):
        load_bundle(folder, verify="full")


@pytest.mark.parametrize("name", ["config.json", "manifest.json", "metrics.json", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_json_that_is_none_is_named(folder, name, content):
    (folder / name).write_bytes(content)
    if name != "manifest.json":
        relist(folder, name)
    with pytest.raises(BundleError, match=name.replace(".", r"\.")):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["config.json", "manifest.json", "metrics.json", "tokenizer.json"])
def test_json_beyond_its_size_is_not_read(folder, name, monkeypatch):
    limits = {**layout._LIMITS, name: 10}
    monkeypatch.setattr(layout, "_LIMITS", limits)
    with pytest.raises(BundleError, match=rf"{name} has .* expected at most 10"):
        load_bundle(folder)


def test_weights_are_checked_though_the_manifest_lists_them(folder):
    from safetensors.numpy import save_file

    path = folder / "model.safetensors"
    weights = load_bundle(folder).weights()
    wrong = {
        "lack": {name: value for name, value in weights.items() if name != "embedding"},
        "expected float32": {**weights, "head.bias": np.zeros(3, np.float32)},
        "NaN": {**weights, "head.bias": np.array([np.inf], np.float32)},
        "float64": {**weights, "head.bias": np.zeros(1)},
    }
    for says, values in wrong.items():
        save_file(values, path)
        relist(folder, path.name)
        with pytest.raises(BundleError, match=rf"model\.safetensors: .*{says}"):
            load_bundle(folder, verify="full")
    path.write_bytes(b"\x80\x04pickled")
    relist(folder, path.name)
    with pytest.raises(BundleError, match="not a safetensors file"):
        load_bundle(folder).weights()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("model.h5", b"\x89HDF\r\n\x1a\n", "a Keras HDF5 file"),
        ("model", b"\x89HDF\r\n\x1a\n", "a Keras HDF5 file"),
        ("model.h5", b"", "a Keras HDF5 file"),
        ("model.h5", pickle.dumps({}), "a pickle"),
        ("model.joblib", b"", "a pickle"),
        ("model.onnx", b"\x08\x08", "an ONNX file"),
        ("model.tflite", b"\x1c\0\0\0TFL3", "a TensorFlow Lite model"),
        ("model.tar", b"\0" * 257 + b"ustar", "a tar archive"),
        ("model.bin", b"\x1f\x8b\x08", "a compressed file"),
        ("notes.txt", b"", "a file"),
    ],
)
def test_a_file_is_no_model(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BundleError, match=rf"{name} is {says}, not a folder.*cinesent train"):
        load_bundle(tmp_path / name)


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        ("archive/data.pkl", "a PyTorch file"),
        ("metadata.json", "a Keras archive"),
        ("arr_0.npy", "a NumPy archive"),
        ("notes.txt", "a zip archive"),
    ],
)
def test_an_archive_is_no_model(tmp_path, inside, says):
    with zipfile.ZipFile(tmp_path / "model", "w") as archive:
        archive.writestr(inside, b"")
    with pytest.raises(BundleError, match=f"model is {says}, not a folder"):
        load_bundle(tmp_path / "model")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("saved_model.pb", "a TensorFlow SavedModel"),
        ("pytorch_model.bin", "a Hugging Face model"),
        ("checkpoint", "a TensorFlow checkpoint"),
    ],
)
def test_another_kind_of_folder_is_no_model(tmp_path, name, says):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(BundleError, match=rf"is {says} and holds no config\.json.*cinesent train"):
        load_bundle(tmp_path)


def test_the_config_of_another_library_is_no_model(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(BundleError, match=r"config\.json: 'format_version' is None.* no model"):
        load_bundle(tmp_path)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("x" * 5000, "name too long"),
        ("x" * 300, "name too long"),
        ("a\0b", "NUL"),
        ("~nobody-of-this-name/model", "home folder of a user"),
        (1, "found int"),
        (None, "found NoneType"),
        (b"model", "found bytes"),
        (["model"], "found list"),
        (True, "found bool"),
        ("/dev/null", "cinesent reads the folders"),
    ],
)
def test_a_path_that_is_none_is_named(path, says):
    with pytest.raises((BundleError, ConfigError), match=says):
        load_bundle(path)


def test_files_in_memory_are_a_bundle(folder, tmp_path):
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    bundle, graph = open_files(files, verify="full")
    stored = load_bundle(folder)
    assert graph == (folder / "model.onnx").read_bytes()
    assert bundle.manifest_sha256 == stored.manifest_sha256
    assert bundle.provenance == stored.provenance
    assert bundle.folder is None
    assert stored.folder == stored.path == folder
    for name, value in stored.weights().items():
        np.testing.assert_array_equal(bundle.weights()[name], value)
    with pytest.raises(BundleError, match="'small' is in memory and has no folder"):
        bundle.path  # noqa: B018
    with pytest.raises(BundleError, match=r"does not list nothing\.txt"):
        bundle.read("nothing.txt")
    assert bundle.read("README.md") == (folder / "README.md").read_bytes()


@pytest.mark.parametrize("name", ["config.json", "manifest.json", "model.onnx", "tokenizer.json"])
def test_damage_in_memory_is_named(folder, name):
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    changed = {**files, name: files[name].replace(b"a", b"b")}
    missing = {key: value for key, value in files.items() if key != name}
    for wrong in (changed, missing):
        with pytest.raises(BundleError, match=re.escape(name)):
            open_files(wrong)


def test_verify_is_one_of_three(folder):
    with pytest.raises(ConfigError, match="verify is 'fulll'"):
        load_bundle(folder, verify="fulll")


def test_a_file_of_a_bundle_leads_to_the_folder(folder):
    with pytest.raises(BundleError, match=r"Did you mean the folder .*model\?"):
        load_bundle(folder / "model.onnx")


def test_a_folder_without_a_config_is_no_model(tmp_path):
    with pytest.raises(BundleError, match=r"holds no config\.json"):
        load_bundle(tmp_path)
    with pytest.raises(BundleError, match="there is no folder"):
        load_bundle(tmp_path / "none")
    assert not is_bundle(tmp_path)
    assert not is_bundle(tmp_path / "none")

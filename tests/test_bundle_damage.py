"""Damaged and hostile bundles: whatever is wrong with one is a BundleError that names the file."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from bundles import SENTENCES, bundle_parts, relist
from onnx import TensorProto, helper, numpy_helper

import cinesent
from cinesent.bundle import load_bundle, save_bundle
from cinesent.bundle.wire import OPERATORS
from cinesent.errors import BundleError

JSON = ("config.json", "tokenizer.json", "metrics.json")
READ = (*JSON, "model.onnx")
NOT_READ = ("model.safetensors", "README.md", "history.csv", "plots/curve.png")

#: What may befall a file, as a function of its content.
DAMAGES = {
    "empty": lambda content: b"",
    "half": lambda content: content[: len(content) // 2],
    "one byte less": lambda content: content[:-1],
    "one byte more": lambda content: content + b" ",
    "first byte": lambda content: flipped(content, 0),
    "a quarter in": lambda content: flipped(content, len(content) // 4),
    "the middle": lambda content: flipped(content, len(content) // 2),
    "last byte": lambda content: flipped(content, len(content) - 1),
    "a pickle": lambda content: pickle.dumps({"weights": [1, 2, 3]}),
}


def flipped(content: bytes, place: int, bit: int = 0) -> bytes:
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "model"
    return save_bundle(folder, **bundle_parts(pooling="max+mean"), plots={"curve.png": b"png"})


@pytest.fixture(scope="module")
def other(tmp_path_factory) -> Path:
    """A bundle of the same shape with other weights, words and numbers."""
    parts = bundle_parts(seed=1, pooling="max+mean")
    parts["name"], parts["metrics"] = "other", {"best_epoch": 2}
    parts["tokenizer"] = type(parts["tokenizer"]).fit(SENTENCES[:2], 40)
    parts["history"] = parts["history"][:1]
    folder = tmp_path_factory.mktemp("other") / "model"
    return save_bundle(folder, **parts, plots={"curve.png": b"another png"})


@pytest.fixture
def folder(sound, tmp_path) -> Path:
    return shutil.copytree(sound, tmp_path / "model")


def named(name: str) -> str:
    return name.rpartition("/")[2].replace(".", r"\.")


def refuses(folder: Path, name: str, verify=True) -> None:
    with pytest.raises(BundleError, match=named(name)) as caught:
        load_bundle(folder, verify=verify)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


def refuses_what_is_read(folder: Path, name: str) -> None:
    """The file is refused by whatever reads it: "full" reads all of them."""
    refuses(folder, name, "full")
    if name in NOT_READ:
        load_bundle(folder)
    else:
        refuses(folder, name)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", [*READ, *NOT_READ])
def test_damage_is_named(folder, name, damage):
    path = folder / name
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    refuses_what_is_read(folder, name)


@pytest.mark.parametrize("damage", ["empty", "half", "first byte", "last byte", "a pickle"])
def test_damage_to_the_manifest_is_named(folder, damage):
    path = folder / "manifest.json"
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    refuses(folder, "manifest.json")
    refuses(folder, "manifest.json", "full")


@pytest.mark.parametrize("name", ["manifest.json", *READ, *NOT_READ])
@pytest.mark.parametrize("what", ["nothing", "another's", "a directory", "a pipe", "a link out"])
@pytest.mark.timeout(30)  # whoever opens a pipe waits for ever
def test_what_stands_in_place_of_a_file_is_named(folder, other, name, what):
    path = folder / name
    path.unlink()
    if what == "another's":
        shutil.copy(other / name, path)
    elif what == "a directory":
        path.mkdir()
    elif what == "a pipe":
        os.mkfifo(path)
    elif what == "a link out":
        outside = shutil.copy(other / name, folder.parent / path.name)
        path.symlink_to(outside)
    refuses_what_is_read(folder, name)


@pytest.mark.parametrize("target", ["/dev/zero", "nowhere", "model.onnx"])
def test_a_link_to_no_file_is_named(folder, target):
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").symlink_to(target)
    refuses(folder, "model.onnx")


def test_a_link_within_the_folder_is_followed(folder):
    (folder / "model.onnx").rename(folder / "graph")
    (folder / "model.onnx").symlink_to("graph")
    (folder.parent / "link").symlink_to(folder)
    assert load_bundle(folder.parent / "link", verify="full").name == "small"


def test_a_file_that_grows_for_ever_is_not_read(folder):
    """A sparse file of a terabyte, listed as such."""
    path = folder / "model.onnx"
    with path.open("wb") as file:
        file.truncate(2**40)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["model.onnx"]["size"] = 2**40
    (folder / "manifest.json").write_text(json.dumps(manifest))
    refuses(folder, "model.onnx")
    refuses(folder, "model.onnx", verify=False)


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 99, b"\xff" * 99, b"\x80\x04.", b"PK\x03\x04", b"[" * 10**5, b"null"]
)
def test_garbage_that_the_manifest_lists_is_named(folder, name, content):
    (folder / name).write_bytes(content)
    relist(folder, name)
    for verify in (True, False, "full"):
        refuses(folder, name, verify)


@pytest.mark.parametrize("content", [b"", b"\xff" * 99, b"\x80\x04.", b"\x02\0\0\0\0\0\0\0{}"])
def test_weights_that_are_none_are_named(folder, content):
    (folder / "model.safetensors").write_bytes(content)
    relist(folder, "model.safetensors")
    refuses(folder, "model.safetensors", "full")


@pytest.mark.parametrize("name", [*JSON, "manifest.json"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' is there twice"),
        ('{"a": {"b": 1, "b": 1}}', "the key 'b' is there twice"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": -Infinity}', "-Infinity is no number"),
        ('{"a": 1e999}', "1e999 is beyond"),
        ('{"a": ' + "9" * 5000 + "}", "not JSON"),
        ('{"a": ' + "[" * 30_000 + "]" * 30_000 + "}", "not JSON"),
        (r'{"a": "\ud83d"}', "half a surrogate pair"),
        (b'{"a": "\xed\xa0\xbd"}', "not JSON"),
        ('{"a": 1}'.encode("utf-16"), "not JSON"),
    ],
)
def test_json_is_read_strictly(folder, name, content, says):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    if name != "manifest.json":
        relist(folder, name)
    with pytest.raises(BundleError, match=rf"{named(name)}.*{says}"):
        load_bundle(folder)


@pytest.mark.parametrize("name", [*JSON, "manifest.json"])
def test_flipped_bits_in_json_raise_nothing_else(folder, name):
    rng, path = random.Random(0), folder / name
    content, manifest = path.read_bytes(), (folder / "manifest.json").read_bytes()
    answered = 0
    for _ in range(300):
        (folder / "manifest.json").write_bytes(manifest)
        damaged = content
        for _ in range(rng.choice((1, 1, 3))):
            damaged = flipped(damaged, rng.randrange(len(damaged)), rng.randrange(8))
        path.write_bytes(damaged)
        if name != "manifest.json":
            relist(folder, name)
        with contextlib.suppress(BundleError):
            load_bundle(folder)
            answered += 1
    assert 0 < answered < 290


def hostile(folder: Path, change) -> None:
    """Change the graph of a bundle, and the manifest with it."""
    path = folder / "model.onnx"
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())
    relist(folder, path.name)


def initializer(model, name: str):
    return next(tensor for tensor in model.graph.initializer if tensor.name == name)


def external(location: str, **more: int):
    def change(model) -> None:
        tensor = initializer(model, "embedding")
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in {"location": location, **more}.items():
            tensor.external_data.add(key=key, value=str(value))

    return change


def with_node(operator: str, domain: str = "", count: int = 1):
    def change(model) -> None:
        for n in range(count):
            model.graph.node.append(
                helper.make_node(operator, ["token_ids"], [f"more_{n}"], domain=domain)
            )

    return change


def looping(model) -> None:
    body = helper.make_graph([helper.make_node("Identity", ["go"], ["on"])], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["", "explain"], ["never"], body=body))


def nested(model) -> None:
    branch = next(node for node in model.graph.node if node.op_type == "If").attribute[0].g
    inner = helper.make_graph([helper.make_node("Identity", ["shape"], ["x"])], "inner", [], [])
    branch.node.append(
        helper.make_node("If", ["explain"], ["x"], then_branch=inner, else_branch=inner)
    )


def with_function(model) -> None:
    node = helper.make_node("Identity", ["a"], ["b"])
    opsets = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("", "Identity", ["a"], ["b"], [node], opsets))


def reshaped(name: str, *dims: int):
    def change(model) -> None:
        tensor = initializer(model, name)
        del tensor.dims[:]
        tensor.dims.extend(dims)

    return change


def replaced(name: str, value):
    def change(model) -> None:
        old = numpy_helper.to_array(initializer(model, name))
        new = numpy_helper.from_array(np.asarray(value(old.copy())), name)
        initializer(model, name).CopyFrom(new)

    return change


def with_value(place: int, value: float):
    def change(array):
        array.flat[place] = value
        return array

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (external("../secret.bin"), "field 13 of an ONNX TensorProto"),
        (external("/etc/passwd"), "field 13"),
        (external("*/_ORT_MEM_ADDR_/*", offset=4096, length=1440), "field 13"),
        (with_node("Neg"), "the operator 'Neg'"),
        (with_node("Attention"), "the operator 'Attention'"),
        (with_node("Identity", "com.evil"), "the domain 'com.evil'"),
        (with_node("Identity", count=5000), "too many parts"),
        (looping, "the operator 'Loop'"),
        (nested, "nested too deeply"),
        (with_function, "field 25 of an ONNX ModelProto"),
        (lambda m: m.opset_import.append(helper.make_opsetid("com.evil", 1)), "'com.evil'"),
        (lambda m: m.opset_import.append(helper.make_opsetid("", 1)), "one set of operators"),
        (lambda m: m.ClearField("graph"), "one graph"),
        (lambda m: m.metadata_props.add(key="ort_config", value="{}"), "field 14"),
        (lambda m: m.graph.sparse_initializer.add(), "field 15"),
        (reshaped("embedding", 2**30, 2**30), "a tensor of shape"),
        (reshaped("embedding", 0, 2**62), "a tensor of shape"),
        (reshaped("embedding", -60, -6), "a tensor of shape"),
        (reshaped("embedding", 60, 7), "a tensor of shape"),
        (replaced("embedding", with_value(17, np.nan)), "NaN or infinity"),
        (replaced("head_bias", with_value(0, -np.inf)), "NaN or infinity"),
        (replaced("head_bias", lambda a: a.astype(np.float64)), "a tensor of another type"),
        (replaced("head_bias", lambda a: np.array(["text"])), "field 6 of an ONNX TensorP"),
    ],
)
def test_a_hostile_graph_is_refused_unopened(folder, monkeypatch, change, says):
    hostile(folder, change)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(BundleError, match=rf"model\.onnx is no prediction graph.*{says}"):
        load_bundle(folder)
    with pytest.raises(BundleError, match=says):
        cinesent.load(folder, verify=False)


def typed(name: str, kind: int):
    def change(model) -> None:
        for value in (*model.graph.input, *model.graph.output):
            if value.name == name:
                value.type.tensor_type.elem_type = kind

    return change


def constant(model, value: np.ndarray) -> str:
    model.graph.initializer.append(numpy_helper.from_array(value, "more"))
    return "more"


def ending(operator: str, value: np.ndarray):
    """Let the logits be what an operator makes of them and of a constant."""

    def change(model) -> None:
        node = next(node for node in model.graph.node if "logits" in node.output)
        node.output[0] = "before"
        inputs = ["before", constant(model, value)]
        model.graph.node.append(helper.make_node(operator, inputs, ["logits"]))

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.graph.output.pop(), "and writes {'logits': 'tensor.float.'}; expected"),
        (lambda m: m.graph.input.add().CopyFrom(m.graph.input[0]), "not a graph that ONNX Run"),
        (typed("token_ids", TensorProto.INT32), "not a graph that ONNX Runtime reads"),
        (typed("logits", TensorProto.DOUBLE), "not a graph that ONNX Runtime reads"),
        (replaced("embedding", lambda a: a[:30]), "the graph fails on ids of shape"),
        (replaced("embedding", lambda a: a[:, :4]), "model.onnx"),
        (replaced("kernel", lambda a: a[:, :8]), "model.onnx"),
        (ending("Unsqueeze", np.array([0])), "expected .* and"),
        (ending("Div", np.zeros(1, np.float32)), "not finite"),
        (ending("Sum", np.zeros((3, 1), np.float32)), "expected .* and"),
    ],
)
def test_a_graph_that_does_not_fit_is_named_when_it_is_opened(folder, change, says):
    hostile(folder, change)
    with pytest.raises(BundleError, match=says) as caught:
        cinesent.load(folder)
    assert str(folder / "model.onnx") in str(caught.value)


def test_a_graph_that_fails_later_is_named(folder):
    """It answers for one review, as when it is opened, and fails for two."""
    hostile(folder, ending("Reshape", np.array([1])))
    classifier = cinesent.load(folder)
    assert len(classifier.predict(["fine"])) == 1
    with pytest.raises(BundleError, match=rf"{folder / 'model.onnx'}.*fails on ids of shape"):
        classifier.predict(["fine", "not so fine"])


def test_full_compares_the_graph_with_the_weights(folder, other):
    shutil.copy(other / "model.onnx", folder)
    relist(folder, "model.onnx")
    load_bundle(folder)
    with pytest.raises(BundleError, match=r"model\.onnx and model\.safetensors are not one model"):
        load_bundle(folder, verify="full")


@pytest.mark.parametrize("pooling", ["last", "max", "mean", "max+mean", "last+max+mean"])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_every_graph_that_is_built_passes(tmp_path, pooling, bidirectional, precision):
    parts = bundle_parts(pooling=pooling, bidirectional=bidirectional)
    folder = save_bundle(tmp_path / "model", **parts, precision=precision)
    model = onnx.load(folder / "model.onnx")
    graphs = [a.g for node in model.graph.node for a in node.attribute if a.HasField("g")]
    used = {node.op_type for graph in (model.graph, *graphs) for node in graph.node}
    assert used <= OPERATORS
    assert len(cinesent.load(folder, verify="full").predict(SENTENCES)) == len(SENTENCES)


#: Opens a folder again and again, each time with other bits of its graph flipped.
FUZZ = """
import random, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from bundles import relist
import cinesent
folder, rng = Path(sys.argv[2]), random.Random(int(sys.argv[3]))
path = folder / "model.onnx"
content, counts = path.read_bytes(), {"refused": 0, "answered": 0}
for _ in range(int(sys.argv[4])):
    damaged = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8))):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    path.write_bytes(damaged)
    relist(folder, path.name)
    try:
        cinesent.load(folder).explain("a quiet triumph")
        counts["answered"] += 1
    except cinesent.errors.BundleError as error:
        assert "model.onnx" in str(error), error
        counts["refused"] += 1
print(counts["refused"], counts["answered"])
"""


@pytest.mark.slow
def test_flipped_bits_in_the_graph_raise_nothing_else(folder):
    """In a process of its own: a crash of the runtime would take the tests along."""
    command = [sys.executable, "-c", FUZZ, Path(__file__).parent, folder, "0", "600"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    refused, answered = map(int, done.stdout.split())
    assert refused > 100
    assert answered > 100

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
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from bundles import SENTENCES, bundle_parts, relist, write_bundle
from onnx import TensorProto, helper, numpy_helper

import cinesent
from cinesent.bundle import load_bundle, save_bundle
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
        ('{"a": 1, "a": 2}', "the key 'a' is duplicated"),
        ('{"a": {"b": 1, "b": 1}}', "the key 'b' is duplicated"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": -Infinity}', "-Infinity is not a number"),
        ('{"a": 1e999}', "1e999' is beyond"),
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


def rewired(output: str, other: str):
    """Let a node read another value in the place of its first input."""

    def change(model) -> None:
        next(node for node in model.graph.node if output in node.output).input[0] = other

    return change


def attribute(output: str, name: str, value):
    """Give an attribute of a node another value, or a node another attribute."""

    def change(model) -> None:
        node = next(node for node in model.graph.node if output in node.output)
        kept = [item for item in node.attribute if item.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute(name, value)])

    return change


def swapped_branches(model) -> None:
    node = next(node for node in model.graph.node if node.op_type == "If")
    for item in node.attribute:
        item.name = {"then_branch": "else_branch", "else_branch": "then_branch"}[item.name]


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
        (lambda m: m.opset_import.append(helper.make_opsetid("com.evil", 1)), "one set of oper"),
        (lambda m: setattr(m.opset_import[0], "domain", "com.evil"), "the domain 'com.evil'"),
        (lambda m: setattr(m.opset_import[0], "version", 18), r"version \[18\] of the operators"),
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
        (replaced("embedding", lambda a: a[:30]), r"'embedding' is float32 \(30, 6\)"),
        (replaced("embedding", lambda a: a[:, :4]), r"asks for float32 \(60, 6\)"),
        (replaced("kernel", lambda a: a[:, :8]), "constant 'kernel' is"),
        (replaced("low", lambda a: a + 1), "constant 'low' has another value"),
        (replaced("explain", lambda a: ~a), "constant 'explain' has another value"),
        (lambda m: m.graph.initializer.append(m.graph.initializer[0]), "two constants named"),
        (lambda m: constant(m, np.zeros(3, np.float32)), r"its constants are others.*'more'"),
        (lambda m: m.graph.node.pop(), "nodes; expected"),
        (ending("Unsqueeze", np.array([0])), "has the outputs|constants are others"),
        (ending("Reshape", np.array([1])), "has the outputs|constants are others"),
        (rewired("states", "bias"), "has the inputs"),
        (attribute("states", "hidden_size", 6), "another value of the attribute 'hidden_size'"),
        (attribute("states", "direction", "forward"), "another value of the attribute 'direct"),
        (attribute("ids", "perm", [0, 1]), "another value of the attribute 'perm'"),
        (attribute("states", "clip", 3), "has the attributes"),
        (attribute("nothing", "value", numpy_helper.from_array(np.ones(1, "f4"))), "'value'"),
        (swapped_branches, "'shares' .*expected Identity|'Identity'|expected"),
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


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.graph.output.pop(), "and writes {'logits': 'tensor.float.'}; expected"),
        (lambda m: m.graph.input.add().CopyFrom(m.graph.input[0]), "not a graph that ONNX Run"),
        (typed("token_ids", TensorProto.INT32), "not a graph that ONNX Runtime reads"),
        (typed("logits", TensorProto.DOUBLE), "not a graph that ONNX Runtime reads"),
        (replaced("head_max", lambda a: a * np.float32(1e38)), "not finite, or beyond"),
        (replaced("head_max", lambda a: a * np.float32(1e33)), "not finite, or beyond"),
    ],
)
def test_a_graph_that_does_not_fit_is_named_when_it_is_opened(folder, change, says):
    hostile(folder, change)
    with pytest.raises(BundleError, match=says) as caught:
        cinesent.load(folder)
    assert str(folder / "model.onnx") in str(caught.value)


#: Graphs of the allowed operators only, which run for minutes or fill the memory.
def slow_by_broadcasting(model) -> None:
    """Multiply the states with each other, for each pair of tokens."""
    add = model.graph.node.append
    add(helper.make_node("Unsqueeze", ["states", "axes_(1, 3)"], ["spread"]))
    for n in range(40):
        add(helper.make_node("Mul", ["states" if n else "spread", "spread"], [f"more_{n}"]))


def slow_by_a_range(model) -> None:
    limit = constant(model, np.array(2**40))
    inputs = ["padding", limit, "padding"]
    model.graph.node.append(helper.make_node("Range", inputs, ["positions_of_all"]))


def slow_by_a_fill(model) -> None:
    shape = constant(model, np.array([2**20, 2**20]))
    model.graph.node.append(helper.make_node("ConstantOfShape", [shape], ["everything"]))


def slow_by_many_lstms(model) -> None:
    node = next(node for node in model.graph.node if node.op_type == "LSTM")
    for n in range(200):
        more = model.graph.node.add()
        more.CopyFrom(node)
        more.output[0], more.output[1] = f"states_{n}", f"last_{n}"


def slow_by_padding(model) -> None:
    """Let each token be read a million times: the pads of a node that is there, grown."""
    replaced("axes_(0, 1, 0, -1)", lambda a: np.array([0, 10**6, 0, 0]))(model)


@pytest.mark.parametrize(
    "change",
    [
        slow_by_broadcasting,
        slow_by_a_range,
        slow_by_a_fill,
        slow_by_many_lstms,
        slow_by_padding,
    ],
)
def test_a_graph_that_would_take_minutes_is_refused_unopened(tmp_path, monkeypatch, change):
    folder = write_bundle(tmp_path / "model", ngrams=2, ngram_buckets=64, pooling="max+mean")
    hostile(folder, change)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    started = time.process_time()
    with pytest.raises(BundleError, match=r"model\.onnx is no prediction graph"):
        load_bundle(folder)
    assert time.process_time() - started < 5


def test_full_compares_the_graph_with_the_weights(folder, other):
    shutil.copy(other / "model.onnx", folder)
    relist(folder, "model.onnx")
    load_bundle(folder)
    with pytest.raises(BundleError, match=r"model\.onnx and model\.safetensors are not one model"):
        load_bundle(folder, verify="full")


@pytest.mark.parametrize("pooling", ["last", "max", "mean", "max+mean", "last+max+mean"])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("ngrams", [0, 3])
def test_every_graph_that_is_built_passes(tmp_path, pooling, bidirectional, precision, ngrams):
    settings = {"pooling": pooling, "bidirectional": bidirectional}
    parts = bundle_parts(**settings, ngrams=ngrams, ngram_buckets=128)
    folder = save_bundle(tmp_path / "model", **parts, precision=precision)
    assert len(cinesent.load(folder, verify="full").predict(SENTENCES)) == len(SENTENCES)


def test_a_graph_of_another_config_is_refused(tmp_path):
    folder = write_bundle(tmp_path / "model", pooling="max+mean")
    other = write_bundle(tmp_path / "other", pooling="mean")
    shutil.copy(other / "model.onnx", folder)
    relist(folder, "model.onnx")
    with pytest.raises(BundleError, match=r"model\.onnx is no prediction graph"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("config.json", '"temperature": 1.0', '"temperature": 1e-300', "'temperature' is 1e-300"),
        ("config.json", '"temperature": 1.0', '"temperature": 1e300', "'temperature'"),
        ("config.json", '"temperature": 1.0', '"temperature": true', "'temperature'"),
        ("config.json", '"temperature": 1.0', f'"temperature": {10**400}', "64 bits"),
        ("config.json", '"units": 5', f'"units": {10**400}', "64 bits"),
        ("config.json", '"units": 5', f'"units": {10**18}', "units"),
        ("config.json", '"vocabulary_size": 60', f'"vocabulary_size": -{10**400}', "64 bits"),
        ("metrics.json", '"accuracy": 0.75', f'"accuracy": {10**400}', "64 bits"),
        ("metrics.json", '"accuracy": 0.75', '"accuracy": 1' + "0" * 5000, "64 bits"),
        ("metrics.json", '"accuracy": 0.75', '"accuracy": 1e400', "float can hold"),
        ("metrics.json", '"accuracy": 0.75', '"accuracy": -Infinity', "not a number in JSON"),
        ("manifest.json", '"size": ', '"size": 1' + "0" * 400, "64 bits"),
        ("manifest.json", '"seed": 0', f'"seed": {2**63}', "64 bits"),
    ],
)
def test_numbers_out_of_bounds_are_refused(folder, name, old, new, says):
    path = folder / name
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    if name != "manifest.json":
        relist(folder, name)
    with pytest.raises(BundleError, match=says) as caught:
        load_bundle(folder)
    assert name in str(caught.value)
    assert len(str(caught.value)) < 1000


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

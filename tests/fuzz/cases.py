"""What is tried: a function or command, with random arguments and files."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from bundles import relist, write_bundle

import cinesent
from cinesent import cli
from cinesent.doctor import diagnose
from cinesent.text.clean import clean_text
from cinesent.text.tokenizer import tokenize
from fuzz import tables, values


class FaultError(AssertionError):
    """A wrong result, or an exception that should not have come out."""


@dataclass
class Lab:
    """What inputs are tried on.

    Attributes:
        folder: the current folder of an input; emptied for the next.
        models: sound model folders.
        classifiers: of these.
        tried: the calls of the input under way, for the report.
    """

    folder: Path
    models: list[Path]
    classifiers: list[cinesent.Classifier]
    tried: list[str] = field(default_factory=list)

    def call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call a public function; return None if it raises a CinesentError."""
        shown = [f"{one!r:.300}" for one in arguments]
        shown += [f"{name}={value!r:.300}" for name, value in options.items()]
        self.tried.append(f"{function.__qualname__}({', '.join(shown)})")
        try:
            return function(*arguments, **options)
        except cinesent.CinesentError as error:
            check_error(error)
            return None

    def command(self, *arguments: str, stdin: bytes = b"") -> None:
        """Run a command in this process."""
        self.tried.append(f"cinesent {' '.join(map(repr, arguments))} < {stdin[:300]!r}")
        streams = [io.TextIOWrapper(io.BytesIO(given), "utf-8") for given in (stdin, b"", b"")]
        before = sys.stdin, sys.argv
        sys.stdin, sys.argv = streams[0], ["cinesent", *arguments]
        try:
            with contextlib.redirect_stdout(streams[1]), contextlib.redirect_stderr(streams[2]):
                cli.main()
        except SystemExit as stop:
            status = stop.code or 0
        finally:
            sys.stdin, sys.argv = before
        out, err = (stream_bytes(stream) for stream in streams[1:])
        if status not in (0, 1, 2):
            raise FaultError(f"exit status {status!r}: {err!r}")
        for word in (b"Traceback", b"mistake in cinesent"):
            if word in err:
                raise FaultError(err.decode("utf-8", "replace"))
        # What `score` writes to stdout are the user's own cells, as they are.
        for name, content in (("stdout", b"" if "score" in arguments else out), ("stderr", err)):
            if b"\x1b" in content:
                raise FaultError(f"an escape sequence in {name}: {content!r:.300}")


def stream_bytes(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    return stream.buffer.getvalue()  # type: ignore[attr-defined]


def check_error(error: cinesent.CinesentError) -> None:
    for message in (str(error), error.for_command_line()):
        if not message or message == "None" or len(message) > 20_000:
            raise FaultError(f"an unusable message: {message[:200]!r} ({len(message)} characters)")


def open_lab(folder: Path) -> Lab:
    """Write small models for a run."""
    small = write_bundle(folder / "small", pooling="max+mean", ngrams=2, ngram_buckets=128)
    classic = write_bundle(
        folder / "classic", bidirectional=False, pooling="last", sequence_length=8, padding="left"
    )
    models = [small, classic]
    work = folder / "work" / "here"
    work.mkdir(parents=True)
    return Lab(work, models, [cinesent.load(model, threads=1) for model in models])


def begin(lab: Lab) -> None:
    """Give an input an empty folder."""
    lab.tried.clear()
    for entry in os.scandir(lab.folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink()
    (lab.folder / "folder").mkdir()
    (lab.folder / "file").write_text("mine")
    (lab.folder / "loop").symlink_to(lab.folder / "loop")


def try_words(rng: Random, lab: Lab) -> None:
    for _ in range(5):
        given = values.text(rng, 30)
        cleaned = lab.call(clean_text, given)
        tokens = lab.call(tokenize, given)
        if clean_text(cleaned) != cleaned and "&" not in cleaned and "<" not in cleaned:
            raise FaultError(f"cleaning {cleaned!r} again changes it")
        if not all(isinstance(token, str) and token for token in tokens):
            raise FaultError(f"a token is empty: {tokens!r}")


def try_texts(rng: Random, lab: Lab) -> None:
    classifier = rng.choice(lab.classifiers)
    texts = [values.text(rng, 20) for _ in range(rng.randrange(4))]
    found = lab.call(classifier.predict, texts, evidence=rng.choice((0, 0, 3)))
    if found is not None:
        check_predictions(found, len(texts))
    if texts and rng.random() < 0.2:
        lab.call(classifier.explain, texts[0])
    if rng.random() < 0.2:
        lab.call(classifier.predict_proba, np.array(texts, dtype=object))


def check_predictions(found: list[cinesent.Prediction], count: int) -> None:
    if len(found) != count:
        raise FaultError(f"{len(found)} predictions of {count} texts")
    for prediction in found:
        if not (math.isfinite(prediction.probability) and 0 <= prediction.probability <= 1):
            raise FaultError(f"probability {prediction.probability}")
        json.dumps(prediction.to_dict(), allow_nan=False)


def try_strange_texts(rng: Random, lab: Lab) -> None:
    classifier = rng.choice(lab.classifiers)
    method = rng.choice(
        (classifier.predict, classifier.predict_proba, classifier.predict_logits)
        + (classifier.explain,)
    )
    given = values.anything(rng)
    if rng.random() < 0.3:
        given = [given, values.text(rng, 2)]
    options = {"evidence": values.anything(rng)} if rng.random() < 0.3 else {}
    lab.call(method, given, **(options if method == classifier.predict else {}))


def try_label_of(rng: Random, lab: Lab) -> None:
    lab.call(rng.choice(lab.classifiers).label_of, values.anything(rng))


def try_load(rng: Random, lab: Lab) -> None:
    model = rng.choice((values.anything, values.path, lambda rng: lab.models[0]))(rng)
    options = {
        name: rng.choice((make, values.anything))(rng)
        for name, make in {
            "threads": values.number,
            "verify": lambda rng: rng.choice((True, False, "full", "x")),
        }.items()
        if rng.random() < 0.5
    }
    if isinstance(options.get("threads"), int) and options["threads"] > 64:
        options["threads"] = 64
    lab.call(cinesent.load, model, **options)


def try_reviews(rng: Random, lab: Lab) -> None:
    name = tables.write_table(rng, lab.folder)
    options = tables.label_options(rng)
    dataset = lab.call(cinesent.load_dataset, name, **options)
    if dataset is not None and rng.random() < 0.2:
        lab.call(cinesent.evaluate, rng.choice(lab.classifiers), name, **options)


def try_strange_reviews(rng: Random, lab: Lab) -> None:
    name = tables.write_table(rng, lab.folder) if rng.random() < 0.7 else values.path(rng)
    options = tables.label_options(rng)
    strange = rng.choice(
        ("format", "encoding", "delimiter", "header", "text_column", "label_column")
        + ("negative_to", "positive_from", "skip_other_labels", "reporter")
    )
    options[strange] = values.anything(rng)
    given = values.anything(rng) if rng.random() < 0.2 else name
    if given is not None:  # that would read the real data
        function = rng.choice((cinesent.load_dataset, cinesent.load_reviews))
        lab.call(function, given, **options)


def try_score(rng: Random, lab: Lab) -> None:
    name = tables.write_table(rng, lab.folder)
    target = f"out{rng.choice(tables.ENDINGS[:12])}"
    options: dict[str, Any] = tables.read_options(rng)
    for option, chance in (("tokens", 0.2), ("strict", 0.1), ("escape_formulas", 0.2)):
        if rng.random() < chance:
            options[option] = True
    if rng.random() < 0.2:
        options["evidence"] = rng.choice((1, 3, 10**6))
    if rng.random() < 0.1:
        options["out_format"] = rng.choice(("csv", "tsv", "jsonl", "lines", "parquet", "pdf"))
    model = rng.choice(lab.classifiers)
    if lab.call(cinesent.score_file, name, target, model, **options) is None:
        return
    if rng.random() < 0.2:
        lab.call(cinesent.score_file, name, target, model, resume=True, **options)


def try_strange_score(rng: Random, lab: Lab) -> None:
    name = tables.write_table(rng, lab.folder) if rng.random() < 0.7 else values.path(rng)
    source = values.anything(rng) if rng.random() < 0.2 else name
    target = rng.choice((values.path, values.anything, lambda rng: "out.csv"))(rng)
    if target is None or (isinstance(target, str) and target == "-"):
        target = "out.csv"  # standard output is the test's
    options: dict[str, Any] = {
        name: values.anything(rng)
        for name in (
            *("evidence", "tokens", "out_format", "escape_formulas", "strict", "resume"),
            *("overwrite", "workers", "reporter", "format", "encoding", "text_column"),
        )
        if rng.random() < 0.08
    }
    if isinstance(options.get("workers"), (int, np.integer)):
        options["workers"] = min(int(options["workers"]), 1)  # no processes
    model = values.anything(rng) if rng.random() < 0.1 else rng.choice(lab.classifiers)
    lab.call(cinesent.score_file, source, target, model, **options)


def try_split(rng: Random, lab: Lab) -> None:
    name = tables.write_table(rng, lab.folder)
    split = rng.choice(("train", "validation", "test", "unlabelled", values.anything(rng)))
    lab.call(cinesent.load_reviews, name, split, **tables.label_options(rng))


def try_folder(rng: Random, lab: Lab) -> None:
    """A folder or an archive of reviews, as IMDB comes, with something wrong."""
    root = lab.folder / rng.choice(("aclImdb", "mine"))
    for part in rng.sample(("train/pos", "train/neg", "test/pos", "test/neg", "pos", "neg"), 4):
        (root / part).mkdir(parents=True)
        for number in range(rng.randrange(3)):
            name = rng.choice(
                (f"{number}_{rng.randrange(12)}.txt", f"{number}.txt", "x", "9_é.txt")
            )
            content = values.text(rng, 3).encode("utf-8", "surrogatepass")
            (root / part / name).write_bytes(tables.damaged(rng, content))
    if rng.random() < 0.2:
        (root / "link").symlink_to(root)
    given = root
    if rng.random() < 0.5:
        given = lab.folder / "archive.tar.gz"
        with tarfile.open(given, "w:gz") as archive:
            archive.add(root, rng.choice(("aclImdb", "..", "/x", "mine")))
        given.write_bytes(tables.damaged(rng, given.read_bytes()))
    lab.call(cinesent.load_dataset, given, **tables.label_options(rng))


def try_treebank(rng: Random, lab: Lab) -> None:
    """A folder or an archive of parse trees, or the two files of pairs, with something wrong."""
    root = lab.folder / "published"
    root.mkdir()
    if rng.random() < 0.3:
        rows = ["Sentiment\tText", "Positive\ta fine film", "Negative\ta dull film"]
        for name in ("train_original.tsv", "train_edited.tsv"):
            (root / name).write_bytes(tables.damaged(rng, "\n".join(rows).encode()))
        lab.call(cinesent.load_dataset, root)
        return
    words = (values.text(rng, 3).split() or ["a"])[:5]
    tree = "".join(f"({rng.randrange(6)} ({rng.randrange(5)} {word}) " for word in words)
    line = f"{tree}(2 .){')' * len(words)}\n".encode("utf-8", "surrogatepass")
    for name in ("train.txt", "dev.txt", "test.txt"):
        (root / name).write_bytes(tables.damaged(rng, b"(4 good)\n" + line * rng.randrange(3)))
    given = root
    if rng.random() < 0.5:
        given = lab.folder / "trainDevTestTrees_PTB.zip"
        with zipfile.ZipFile(given, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in ("train.txt", "dev.txt", "test.txt"):
                archive.write(root / name, f"trees/{name}")
        given.write_bytes(tables.damaged(rng, given.read_bytes()))
    lab.call(cinesent.load_dataset, given, **tables.label_options(rng))


def try_environment(rng: Random, lab: Lab) -> None:
    datasets = {"CINESENT_DATA": "imdb", "CINESENT_SST": "sst", "CINESENT_CAD": "cad"}
    name = rng.choice(("CINESENT_MODEL", *datasets, "CINESENT_CACHE", "KERAS_BACKEND"))
    kept = os.environ.get(name)
    value = argument(values.path(rng))
    os.environ[name] = value
    lab.tried.append(f"{name}={value!r}")
    try:
        if name == "CINESENT_MODEL":
            lab.call(cinesent.load)
        if name in datasets and value:  # otherwise it would be downloaded
            lab.call(cinesent.load_dataset, datasets[name])
        if rng.random() < 0.2:
            lab.call(diagnose, lab.models[0])
    finally:
        os.environ.pop(name)
        os.environ.update({} if kept is None else {name: kept})


def try_settings(rng: Random, lab: Lab) -> None:
    kind = rng.choice((cinesent.ModelConfig, cinesent.TrainingConfig, cinesent.PretrainingConfig))
    names = [entry.name for entry in fields(kind)]
    chosen = rng.sample(names, rng.randrange(1, 4))
    lab.call(kind, **{name: values.anything(rng) for name in chosen})


def try_provenance(rng: Random, lab: Lab) -> None:
    content = (rng.choice(lab.models) / "manifest.json").read_bytes()
    try:
        manifest = json.loads(edited_json(rng, content))
    except (ValueError, RecursionError):
        return  # no model with such a manifest is opened
    provenance = lab.call(cinesent.Provenance.from_manifest, manifest)
    lab.call(provenance.to_manifest)
    repr((provenance.split, provenance.validation_share, provenance.trained_on("x")))


def try_evaluate(rng: Random, lab: Lab) -> None:
    data = rng.choice((values.path, values.anything))(rng)
    if rng.random() < 0.6 or data is None:
        data = tables.write_table(rng, lab.folder)
    model = values.anything(rng) if rng.random() < 0.3 else rng.choice(lab.classifiers)
    options = {name: values.anything(rng) for name in ("split", "reporter") if rng.random() < 0.2}
    lab.call(cinesent.evaluate, model, data, **options, **tables.label_options(rng))


def try_export(rng: Random, lab: Lab) -> None:
    model = values.anything(rng) if rng.random() < 0.3 else rng.choice(lab.classifiers)
    out = rng.choice((values.path, values.anything))(rng)
    form = values.anything(rng) if rng.random() < 0.3 else "onnx"
    options = {
        name: values.anything(rng) for name in ("overwrite", "reporter") if rng.random() < 0.2
    }
    lab.call(cinesent.export_model, model, out, form, **options)


def one_label(lab: Lab) -> str:
    """A file that no model can be trained on, so that no training begins."""
    (lab.folder / "one.csv").write_text("text,label\nFine.,positive\nGood.,positive\n")
    return "one.csv"


def try_compare(rng: Random, lab: Lab) -> None:
    data = one_label(lab)
    options = {
        name: values.anything(rng)
        for name in ("seed", "settings", "test", "reporter", "text_column")
        if rng.random() < 0.2
    }
    models = values.anything(rng) if rng.random() < 0.7 else ["majority"]
    if models is not None:  # that would be all of them
        lab.call(cinesent.compare, data, models, **options)


def try_train(rng: Random, lab: Lab) -> None:
    data = one_label(lab) if rng.random() < 0.8 else values.anything(rng)
    names = ["settings", "seed", "backend", "mixed_precision", "resume", "overwrite", "reporter"]
    function = rng.choice((cinesent.train, cinesent.train, cinesent.pretrain))
    if function is cinesent.train:
        names += ["initial", "teachers", "validation", "tensorboard", "command"]
    options = {name: values.anything(rng) for name in names if rng.random() < 0.15}
    options["out"] = rng.choice((values.path, values.anything, lambda rng: "model"))(rng)
    preset = rng.choice(("default", "classic", values.anything(rng)))
    lab.call(function, one_label(lab) if data is None else data, preset, **options)


def try_recipe(rng: Random, lab: Lab) -> None:
    recipe = lab.call(cinesent.Recipe.from_preset, rng.choice(("default", values.anything(rng))))
    keys = ("units", "model.units", "epochs", "validation", "pooling", "learning_rate", "precision")
    settings = {
        rng.choice((*keys, values.text(rng, 1)[:30])): values.anything(rng)
        for _ in range(rng.randrange(4))
    }
    if recipe is not None:
        lab.call(recipe.overlay, settings)
    path = lab.folder / "recipe.toml"
    content = "\n".join(f"{key} = {rng.choice(SETTING_VALUES)}" for key in settings)
    path.write_bytes(tables.damaged(rng, content.encode("utf-8", "replace")))
    lab.call(cinesent.Recipe.from_toml, path)


SETTING_VALUES = (
    *("1", "1.5", '"max"', "true", "[]", "{}", "inf", "nan", "1e400", "9" * 400, "'a'", "[[1]]"),
    *("0x10", "1979-05-27", '"', "-1", "0", '"max+mean"', "[" * 2000),
)


def try_columns(rng: Random, lab: Lab) -> None:
    texts = rng.choice(([], ["a"], ["a", "b"], values.anything(rng)))
    labels = rng.choice((np.array([1]), np.array([0, 1]), values.anything(rng)))
    reviews = lab.call(cinesent.Reviews, texts, labels)
    if reviews is not None:
        lab.call(cinesent.evaluate, rng.choice(lab.classifiers), reviews)


def try_tokenizer(rng: Random, lab: Lab) -> None:
    path = lab.folder / "tokenizer.json"
    content = (lab.models[0] / "tokenizer.json").read_bytes()
    path.write_bytes(tables.damaged(rng, content))
    given = values.anything(rng) if rng.random() < 0.2 else path
    tokenizer = lab.call(cinesent.Tokenizer.load, given)
    if tokenizer is not None:
        lab.call(tokenizer.encode, values.text(rng, 4))


JSON_VALUES = (
    *("null", "true", "0", "-1", "1e400", "9" * 400, "9" * 5000, '""', '"x"', "[]", "{}", "NaN"),
    *(
        "1e-300",
        "[0.1, 0.9]",
        '"\\u001b]0;x\\u0007"',
        '"\\ud800"',
        "[" * 2000,
        "0.5",
        "1",
        '"int8"',
    ),
)


def edited_json(rng: Random, content: bytes) -> bytes:
    """A JSON object with one value, at any depth, replaced by another."""
    payload = json.loads(content)
    places: list[tuple[Any, Any]] = []

    def visit(node: Any) -> None:
        entries = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in list(entries):
            places.append((node, key))
            if isinstance(value, (dict, list)) and len(value) < 100:
                visit(value)

    visit(payload)
    node, key = rng.choice(places)
    if rng.random() < 0.15 and isinstance(node, dict):
        del node[key]
        return json.dumps(payload).encode()
    node[key] = "REPLACED"
    return json.dumps(payload).replace('"REPLACED"', rng.choice(JSON_VALUES)).encode()


def try_bundle(rng: Random, lab: Lab) -> None:
    model = lab.folder / "model"
    shutil.copytree(rng.choice(lab.models), model)
    names = sorted(path.name for path in model.iterdir() if path.is_file())
    name = rng.choice((*names, "config.json", "manifest.json", "metrics.json", "model.onnx"))
    content = (model / name).read_bytes()
    if name.endswith(".json") and rng.random() < 0.7:
        content = edited_json(rng, content)
    else:
        content = tables.damaged(rng, content)
    (model / name).write_bytes(content)
    if name != "manifest.json" and rng.random() < 0.9:
        relist(model, name)
    lab.tried.append(f"{name} of a bundle: {content[:200]!r}")
    if rng.random() < 0.03:
        lab.command("doctor", "--model", "model")
    classifier = lab.call(cinesent.load, model, verify=rng.choice((True, "full", False)))
    if classifier is not None:
        found = lab.call(classifier.predict, ["A quiet triumph.", "Dull."])
        if found is not None:
            check_predictions(found, 2)
        lab.call(classifier.explain, "A quiet triumph.")
        repr(classifier.bundle.provenance)


def try_predict_command(rng: Random, lab: Lab) -> None:
    arguments = ["predict"]
    if rng.random() < 0.9:
        arguments += ["--model", str(rng.choice(lab.models))]
    for flag in ("--json", "--explain", "--quiet", "-", "--", "--model", "--nonsense"):
        if rng.random() < (0.2 if flag in ("--json", "--explain", "--quiet") else 0.03):
            arguments.append(flag)
    if rng.random() < 0.2:
        arguments += ["--encoding", rng.choice(values.ENCODINGS)]
    arguments += [argument(values.text(rng, 3)) for _ in range(rng.randrange(3))]
    lab.command(*arguments, stdin=tables.damaged(rng, tables.plain(rng, *tables.rows(rng))))


# Python has U+DC80 to U+DCFF for bytes that are not UTF-8, and nothing for other surrogates.
NOT_IN_ARGUMENTS = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")


def argument(given: object) -> str:
    """What can be an argument of a process."""
    return NOT_IN_ARGUMENTS.sub("", str(given))


def flags(rng: Random, options: dict[str, Any]) -> list[str]:
    """The keywords of a public function as flags of a command."""
    found = []
    for name, value in options.items():
        if name == "header":
            found += [] if value else ["--no-header"]
        elif value is True:
            found.append(f"--{name.replace('_', '-')}")
        elif value is not False:
            found += [f"--{name.replace('_', '-')}", argument(value)]
    if rng.random() < 0.3:
        found.append("--json")
    if rng.random() < 0.2:
        found.append("--quiet")
    if rng.random() < 0.03:
        found.append(rng.choice(("--help", "--nonsense", "-x", "--data", "--model", "")))
    return found


def try_score_command(rng: Random, lab: Lab) -> None:
    name = tables.write_table(rng, lab.folder)
    target = rng.choice((f"out{rng.choice(tables.ENDINGS[:12])}", "-", argument(values.path(rng))))
    given = flags(rng, tables.read_options(rng))
    given += [flag for flag in ("--strict", "--tokens", "--overwrite") if rng.random() < 0.1]
    model = ["--model", str(rng.choice(lab.models))]
    source = "-" if rng.random() < 0.15 else name
    content = (lab.folder / name).read_bytes() if source == "-" else b""
    lab.command("score", source, target, *model, *given, stdin=content)


def try_check_command(rng: Random, lab: Lab) -> None:
    name = tables.write_table(rng, lab.folder) if rng.random() < 0.9 else argument(values.path(rng))
    command = ["describe", "--data"] if rng.random() < 0.2 else ["check"]
    if name:
        lab.command("data", *command, name, *flags(rng, tables.label_options(rng)))


def try_evaluate_command(rng: Random, lab: Lab) -> None:
    name = tables.write_table(rng, lab.folder) if rng.random() < 0.9 else argument(values.path(rng))
    given = flags(rng, tables.label_options(rng))
    if rng.random() < 0.1:
        given += ["--split", rng.choice(("test", "train", "validation", "tset", ""))]
    lab.command("evaluate", "--model", str(rng.choice(lab.models)), "--data", name or "x", *given)


def try_other_command(rng: Random, lab: Lab) -> None:
    one = one_label(lab)
    made = rng.choice(
        (
            ["settings", argument(values.text(rng, 1)[:20])],
            ["settings", "--preset", rng.choice(("default", "classic", "x"))],
            ["train", "--data", one, "--set", argument(values.text(rng, 1)[:30])],
            ["train", "--data", one, "--preset", argument(values.text(rng, 1)[:30])],
            ["train", "--data", one, "--from", argument(values.path(rng))],
            ["train", "--data", one, "--validation", argument(values.path(rng))],
            ["pretrain", "--data", one, "--seed", str(number := values.number(rng))],
            ["compare", "--data", one, "--models", argument(values.text(rng, 1)[:30])],
            ["compare", "--data", one, "--models", "majority", "--seed", str(number)],
            ["export", "--format", "onnx", "--out", argument(values.path(rng))],
            ["export", "--format", argument(values.text(rng, 1)[:9]), "--out", "out"],
            [argument(values.text(rng, 1)[:9])],
        )
    )
    lab.command(*made)


def try_doctor(rng: Random, lab: Lab) -> None:
    lab.call(diagnose, rng.choice((values.path, values.anything))(rng))


#: What is tried, and how often in relation to the others.
TARGETS: dict[str, tuple[Callable[[Random, Lab], None], float]] = {
    "words": (try_words, 10),
    "texts": (try_texts, 10),
    "strange-texts": (try_strange_texts, 6),
    "label-of": (try_label_of, 0.5),
    "load": (try_load, 2),
    "reviews": (try_reviews, 14),
    "strange-reviews": (try_strange_reviews, 5),
    "score": (try_score, 14),
    "strange-score": (try_strange_score, 5),
    "split": (try_split, 1),
    "folder": (try_folder, 2),
    "treebank": (try_treebank, 2),
    "environment": (try_environment, 1),
    "settings": (try_settings, 2),
    "provenance": (try_provenance, 1),
    "evaluate": (try_evaluate, 3),
    "export": (try_export, 0.3),
    "compare": (try_compare, 0.5),
    "train": (try_train, 1),
    "recipe": (try_recipe, 2),
    "columns": (try_columns, 1),
    "tokenizer": (try_tokenizer, 1),
    "bundle": (try_bundle, 6),
    "predict-command": (try_predict_command, 5),
    "score-command": (try_score_command, 5),
    "check-command": (try_check_command, 5),
    "evaluate-command": (try_evaluate_command, 2),
    "other-command": (try_other_command, 2),
    "doctor": (try_doctor, 0.1),
}

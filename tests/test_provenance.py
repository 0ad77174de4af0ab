from __future__ import annotations

import json
from pathlib import Path

import pytest

import cinesent
from cinesent.bundle import DataSource, ParentModel, Provenance, load_bundle

PACKAGED = Path(cinesent.__file__).with_name("default_model")

STATED = Provenance(
    created="2026-01-02T03:04:05+00:00",
    command="cinesent train",
    data=DataSource("imdb", "ab" * 32),
    validation_data=DataSource("mine", "cd" * 32),
    recipe={"name": "default", "training": {"validation": 0.25}},
    seed=3,
    backend="jax",
    mixed_precision=False,
    initial=ParentModel("accurate", "ef" * 32, "language model"),
    teachers=(ParentModel("large", "01" * 32),),
    seconds=1.5,
    versions={"python": "3.11.7"},
)


def test_a_manifest_is_read_as_it_was_written() -> None:
    written = json.loads(json.dumps(STATED.to_manifest()))
    assert Provenance.from_manifest(written) == STATED


def test_the_packaged_model_says_where_it_comes_from() -> None:
    found = load_bundle(PACKAGED).provenance
    assert found.data is not None
    assert found.data.name == "imdb"
    assert found.trained_on(found.data.sha256 or "")
    assert not found.trained_on("0" * 64)
    assert found.split == (0.1, 0)
    assert found.recipe["name"] == "compact"
    assert found.initial == ParentModel(
        "default",
        "a1792020f0e9f81110f9bfb19fa8c7cfd7ea9ba81e6f37b5cf007fed309b33f5",
        "language model",
    )
    assert found.seconds == 66.4
    assert found.versions["cinesent"] == "0.1.0"
    assert found.mixed_precision is False


def test_reviews_of_their_own_leave_no_split_to_find_again() -> None:
    assert STATED.validation_share == 0.25
    assert STATED.split is None


@pytest.mark.parametrize("odd", [None, True, 5, 1e300, "text", [], [1], {}, {"name": 1}, [{}]])
def test_an_odd_manifest_states_nothing(odd: object) -> None:
    keys = [*STATED.to_manifest(), "validation"]
    found = Provenance.from_manifest(dict.fromkeys(keys, odd))
    assert found.data is None
    assert found.initial is None
    assert found.teachers == ()
    assert found.split is None
    assert found.versions == {}
    assert Provenance.from_manifest({"recipe": {"training": odd}, "seed": 1}).split is None
    wrong = {"recipe": {"training": {"validation": odd}}, "seed": 1}
    assert Provenance.from_manifest(wrong).split is None

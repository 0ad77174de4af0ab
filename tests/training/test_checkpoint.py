"""The checkpoint of a run: its clock, its version, what it keeps and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cinesent.errors import DataError, TrainingError
from cinesent.training.engine.checkpoint import CHECKPOINT_VERSION, Checkpoint


def zeros() -> np.ndarray:
    return np.zeros(1)


def never() -> np.ndarray:
    raise AssertionError("computed although the checkpoint has it")


def test_a_resumed_run_counts_the_time_before_it(tmp_path: Path) -> None:
    first = Checkpoint(tmp_path)
    first.cached("logits", zeros)
    written = json.loads((tmp_path / "seconds.json").read_text())
    assert 0 < written <= first.clock.seconds

    (tmp_path / "seconds.json").write_text("1000.0")
    assert 1000 < Checkpoint(tmp_path).clock.seconds < 1060


def test_a_part_has_the_clock_of_the_run(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path)
    checkpoint.part("network-1").cached("logits", zeros)
    assert (tmp_path / "seconds.json").is_file()
    assert [path.name for path in (tmp_path / "network-1").iterdir()] == ["logits.npz"]


@pytest.mark.parametrize("content", ["", "{}", "null", '"an hour"'])
def test_a_time_that_cannot_be_read_is_zero(tmp_path: Path, content: str) -> None:
    (tmp_path / "seconds.json").write_text(content)
    assert Checkpoint(tmp_path).clock.seconds < 60


def test_a_result_is_computed_once_and_again_if_its_file_is_damaged(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path)
    values = np.arange(5.0)
    np.testing.assert_array_equal(checkpoint.cached("logits", lambda: values), values)
    np.testing.assert_array_equal(checkpoint.cached("logits", never), values)
    content = (tmp_path / "logits.npz").read_bytes()
    for damaged in (b"", content[:40], content[:-60], b"PK" + content[20:], b"[1, 2]"):
        (tmp_path / "logits.npz").write_bytes(damaged)
        np.testing.assert_array_equal(checkpoint.cached("logits", lambda: values), values)


def test_nothing_is_left_of_a_finished_run(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "model.checkpoint")
    with checkpoint.recording({"seed": 0}):
        checkpoint.part("network-1").cached("logits", zeros)
        # What a process that was killed while writing leaves.
        (checkpoint.folder / ".state.npz.0123.tmp").write_bytes(b"half")
    assert checkpoint.exists
    checkpoint.remove()
    assert not any(tmp_path.iterdir())


def test_a_run_that_fails_keeps_its_results_if_it_has_any(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "model.checkpoint")
    with pytest.raises(DataError, match="no reviews"), checkpoint.recording({"seed": 0}):
        raise DataError("no reviews")
    assert not any(tmp_path.iterdir())

    def diverge() -> None:
        with checkpoint.recording({"seed": 0}):
            checkpoint.cached("logits", zeros)
            raise TrainingError("diverged")

    with pytest.raises(TrainingError, match="diverged"):
        diverge()
    assert checkpoint.exists


def test_a_different_run_is_not_resumed(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path)
    checkpoint.start({"seed": 0, "recipe": {"units": 8}, "teachers": ()})
    checkpoint.check({"seed": 0, "recipe": {"units": 8}, "teachers": []})
    with pytest.raises(TrainingError, match=r"different one: recipe.units was 8, is 9; seed was 0"):
        checkpoint.check({"seed": 1, "recipe": {"units": 9}, "teachers": []})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        # 0.1.0 wrote the description alone.
        ('{"seed": 0}', f"has checkpoint version 1; .* resumes version {CHECKPOINT_VERSION}"),
        ('{"version": 3, "run": {"seed": 0}}', "has checkpoint version 3"),
        ("[]", "has checkpoint version None"),
        ("{", "cannot be read"),
    ],
)
def test_a_run_of_another_version_is_not_resumed(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(TrainingError, match=says) as caught, Checkpoint(tmp_path).recording({}):
        raise AssertionError("resumed")
    assert "overwrite=True" in str(caught.value)
    assert "--overwrite" in caught.value.for_command_line()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    checkpoint = Checkpoint(tmp_path / "file" / "model.checkpoint")
    with pytest.raises(TrainingError, match=r"model\.checkpoint cannot be written: Not a dir"):
        checkpoint.start({})

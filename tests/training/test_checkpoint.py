"""The clock of a run and the folder that it leaves behind."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cinesent.training.checkpoint import Checkpoint


def test_a_resumed_run_counts_the_time_before_it(tmp_path) -> None:
    first = Checkpoint(tmp_path)
    first.store("opinion", np.zeros(1))
    written = json.loads((tmp_path / "seconds.json").read_text())
    assert 0 < written <= first.clock.seconds

    (tmp_path / "seconds.json").write_text("1000.0")
    assert 1000 < Checkpoint(tmp_path).clock.seconds < 1060


def test_a_network_on_the_way_has_the_clock_of_the_run(tmp_path) -> None:
    checkpoint = Checkpoint(tmp_path)
    checkpoint.part("network-1").store("opinion", np.zeros(1))
    assert (tmp_path / "seconds.json").is_file()
    assert [path.name for path in (tmp_path / "network-1").iterdir()] == ["opinion.npz"]


@pytest.mark.parametrize("content", ["", "{}", "null", '"an hour"'])
def test_a_time_that_cannot_be_read_is_none(tmp_path, content: str) -> None:
    (tmp_path / "seconds.json").write_text(content)
    assert Checkpoint(tmp_path).clock.seconds < 60


def test_nothing_is_left_of_a_finished_run(tmp_path) -> None:
    checkpoint = Checkpoint(tmp_path / "model.checkpoint")
    checkpoint.start({"seed": 0})
    checkpoint.part("network-1").store("opinion", np.zeros(1))
    checkpoint.remove()
    assert not any(tmp_path.iterdir())

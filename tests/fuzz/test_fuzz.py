from __future__ import annotations

import time

import numpy as np
import pytest

from fuzz import cases, running
from fuzz.running import report, run, run_command

pytestmark = pytest.mark.train

INPUTS, CHUNK = 20_000, 2_000


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("first", range(0, INPUTS, CHUNK))
def test_only_errors_of_cinesent_come_out(first):
    found = list(run(range(first, first + CHUNK)))
    assert not found, "\n".join(report(finding, seed=0) for finding in found[:10])


def use_target(monkeypatch, function) -> None:
    monkeypatch.setattr(running, "TARGETS", {"it": (function, 1.0)})


def test_an_input_can_be_made_again(monkeypatch):
    tried: list[list[str]] = []
    kept = running.TARGETS
    for order in ([3, 4, 5], [5, 3]):
        monkeypatch.setattr(running, "TARGETS", {"words": kept["words"], "texts": kept["texts"]})
        calls: dict[int, list[str]] = {}
        real = running._try

        def remember(name, number, rng, lab, real=real, calls=calls):
            found = real(name, number, rng, lab)
            calls[number] = [name, *lab.tried]
            return found

        monkeypatch.setattr(running, "_try", remember)
        assert list(run(order)) == []
        monkeypatch.setattr(running, "_try", real)
        tried.append([*calls[3], *calls[5]])
    assert tried[0] == tried[1]


def test_faults_are_reported_once_per_kind(monkeypatch, capsys, tmp_path):
    def fail(rng, lab):
        lab.call(len, "abc")
        (lab.folder / "mine").write_text("x")
        raise ZeroDivisionError("of course")

    use_target(monkeypatch, fail)
    assert run_command(3, 7, 1, None, tmp_path) == 1
    out = capsys.readouterr().out
    assert out.count("Traceback") == 1
    assert "python -m tests.fuzz --seed 1 --only 7" in out
    assert "len('abc')" in out
    assert "3 inputs, 1 kinds of faults" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["7", "8", "9"]
    assert (tmp_path / "7/mine").read_text() == "x"


def test_an_input_that_takes_long_is_a_fault(monkeypatch):
    monkeypatch.setattr(running, "TIME_LIMIT", 0.2)
    use_target(monkeypatch, lambda rng, lab: time.sleep(10))
    (found,) = run([0])
    assert "more than 0.2 seconds" in found.error


def test_an_input_that_takes_much_memory_is_a_fault(monkeypatch):
    monkeypatch.setattr(running, "MEMORY_LIMIT", 2**20)
    peak = iter((0, 2 * 2**20, 2 * 2**20))
    monkeypatch.setattr(running, "_peak_memory", lambda: next(peak))
    use_target(monkeypatch, lambda rng, lab: None)
    (found,) = run([0])
    assert "it took 2 MB" in found.error


@pytest.mark.parametrize(
    ("target", "broken"),
    [
        ("cinesent.cli.predict.result", KeyError("x")),
        ("cinesent.cli.predict.result", SystemExit(7)),
    ],
)
def test_a_command_that_breaks_is_a_fault(monkeypatch, target, broken):
    def fail(*pieces):
        raise broken

    monkeypatch.setattr(target, fail)
    use_target(
        monkeypatch, lambda rng, lab: lab.command("predict", "Fine.", "--model", str(lab.models[0]))
    )
    (found,) = run([0])
    assert "FaultError" in found.error


def test_wrong_predictions_are_a_fault(monkeypatch):
    use_target(monkeypatch, lambda rng, lab: cases.check_predictions([], 1))
    (found,) = run([0])
    assert "0 predictions of 1 texts" in found.error
    monkeypatch.setattr(
        "cinesent.classifier.Classifier._probabilities", lambda self, logits: logits + np.nan
    )
    use_target(monkeypatch, cases.try_texts)
    assert any("probability nan" in finding.error for finding in run(range(10)))

"""What a type checker tells a user of the public functions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ACCEPTED = """
from pathlib import Path
import cinesent

class Printing(cinesent.Reporter):
    def message(self, text: str) -> None:
        print(text)

run = cinesent.train(
    "imdb", "default", settings={"epochs": 3}, out=Path("model"), seed=1, reporter=Printing()
)
history: tuple[cinesent.EpochRecord, ...] = run.history
model: cinesent.Classifier = run.classifier()
cinesent.train(cinesent.load_dataset("a.csv"), cinesent.Recipe.from_preset("classic"))
language: cinesent.PretrainingRun = cinesent.pretrain("imdb", out="language", seed=2)
data: cinesent.Dataset = cinesent.load_dataset("a.csv", text_column="body", positive_from=7)
reviews: cinesent.Reviews = cinesent.load_reviews("a.csv", "test", encoding="cp1252")
found: cinesent.Evaluation = cinesent.evaluate(model, data.train, split="train")
accuracy: float = found.metrics.accuracy
cinesent.evaluate(data="a.csv", label_column="stars", skip_other_labels=True)
table: cinesent.Comparison = cinesent.compare("a.csv", ["bow-lr", Path("model")], test=True)
export: cinesent.Export = cinesent.export_model(None, "out", "onnx", overwrite=True)
summary: cinesent.ScoreSummary = cinesent.score_file("a.csv", "b.csv", evidence=3, header=False)
predictions: list[cinesent.Prediction] = cinesent.load().predict(["A quiet triumph."], evidence=2)
label: str = predictions[0].label
"""

REJECTED = """
import cinesent

cinesent.train("imdb", "default", oout="x")
cinesent.train("imdb", "default", epochs=3)
cinesent.train("imdb", seed="1")
cinesent.train("imdb", reporter=print)
cinesent.train(5)
cinesent.pretrain("imdb", initial="model")
cinesent.pretrain("imdb", teachers=["model"])
cinesent.pretrain("imdb", tensorboard="logs")
cinesent.evaluate("model", "a.csv", splt="test")
cinesent.evaluate("model", "a.csv", positive_from="7")
cinesent.evaluate(5, "a.csv")
cinesent.compare("a.csv", 5)
cinesent.compare("a.csv", epochs=3)
cinesent.export_model("model", "out", "onnx", reporter=None)
cinesent.export_model("model", "out")
cinesent.load_dataset("a.csv", encodng="utf-8")
cinesent.load_dataset("a.csv", header="no")
cinesent.load_reviews("a.csv", label_column=3)
cinesent.score_file("a.csv", "b.csv", worker=2)
cinesent.score_file("a.csv", "b.csv", workers="2")
cinesent.load("model", threads="2")
cinesent.load().predict(5)
cinesent.load().predict(["Fine."])[0].lable
"""


def check(folder: Path, code: str) -> dict[int, str]:
    """Run mypy on a program of a user; return the lines with errors."""
    path = folder / "program.py"
    path.write_text(code)
    (folder / "mypy.ini").write_text("[mypy]\nstrict = true\nfollow_imports = silent\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = [line.split(":", 2) for line in done.stdout.splitlines() if ": error:" in line]
    return {int(number): message for name, number, message in found if name == "program.py"}


@pytest.mark.slow
def test_right_calls_are_accepted(tmp_path):
    assert check(tmp_path, ACCEPTED) == {}


@pytest.mark.slow
def test_wrong_calls_are_rejected(tmp_path):
    calls = {
        number: line
        for number, line in enumerate(REJECTED.splitlines(), 1)
        if line.startswith("cinesent.")
    }
    found = check(tmp_path, REJECTED)
    assert {number: line for number, line in calls.items() if number not in found} == {}
    assert set(found) == set(calls)

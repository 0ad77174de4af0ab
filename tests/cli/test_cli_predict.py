from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bundles import SENTENCES, write_bundle
from typer.testing import CliRunner

from cinesent import load
from cinesent.cli import app


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("cli") / "model")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("CINESENT_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)


def predict(*arguments, folder: Path | None = None, stdin: str | bytes | None = None):
    model = ["--model", str(folder)] if folder else []
    return CliRunner().invoke(app, ["predict", *arguments, *model], input=stdin)


def run(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "cinesent", "predict", *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=60,
    )


def test_each_text_has_a_line(folder):
    result = predict(*SENTENCES, folder=folder)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == len(SENTENCES)
    for line, prediction, text in zip(
        lines, load(folder).predict(SENTENCES), SENTENCES, strict=True
    ):
        label, probability = line.split()[:2]
        assert (label, probability) == (prediction.label, f"{prediction.probability:.3f}")
        assert text[:30] in line
    assert len({line.index("0.") for line in lines}) == 1


def test_json_is_one_object_a_line_and_the_same_numbers(folder):
    result = predict(*SENTENCES, "--json", folder=folder)
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["text"] for record in records] == list(SENTENCES)
    expected = load(folder).predict(SENTENCES)
    for record, prediction in zip(records, expected, strict=True):
        assert {key: record[key] for key in prediction.to_dict()} == prediction.to_dict()


def test_explaining_shows_the_tokens(folder):
    shown = predict("A quiet triumph", "--explain", folder=folder).stdout
    for token, value in load(folder).explain("A quiet triumph").top():
        assert token in shown
        assert f"{value:+.3f}" in shown
    line = predict("A quiet triumph", "--explain", "--json", folder=folder).stdout
    record = json.loads(line)
    assert [token for token, _ in record["contributions"]] == ["a", "quiet", "triumph"]
    explanation = load(folder).explain("A quiet triumph")
    total = sum(value for _, value in record["contributions"]) + record["bias"]
    assert total == pytest.approx(explanation.logit, abs=1e-5)


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_a_pipe_is_read_line_by_line(folder, arguments):
    text = "A quiet triumph\r\n\nsimply long\nno newline at the end"
    result = predict(*arguments, "--json", folder=folder, stdin=text)
    assert result.exit_code == 0
    records = [json.loads(line) for line in result.stdout.splitlines()]
    # One line out for each line in, the empty one too.
    assert [record["text"] for record in records] == [
        "A quiet triumph",
        "",
        "simply long",
        "no newline at the end",
    ]
    assert records[1]["num_tokens"] == 0


def test_a_long_pipe_keeps_its_order(folder):
    texts = [f"{SENTENCES[n % 5]} {n}" for n in range(600)]
    result = predict("--json", folder=folder, stdin="\n".join(texts))
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == texts


def test_bytes_that_are_no_utf8_do_not_stop_a_pipe(folder):
    result = predict("-", folder=folder, stdin=b"caf\xe9 was fine\nsimply long\n")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 2


def test_text_is_no_markup_and_steers_no_terminal(folder):
    result = predict("[bold]quiet[/bold] [/] \x1b[31mtriumph\x07", folder=folder)
    assert result.exit_code == 0
    assert "[bold]quiet[/bold] [/]" in result.stdout
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout


def test_doubts_are_spoken_of(folder, tmp_path):
    assert "[no words]" in predict("", folder=folder).stdout
    assert "[mostly unknown words]" in predict("zyzzyva qwxz", folder=folder).stdout
    cut = write_bundle(tmp_path / "cut", sequence_length=2)
    assert "[only a part was read]" in predict("a quiet triumph", folder=cut).stdout


def test_a_long_review_is_shown_in_part(folder):
    (line,) = predict("a quiet triumph " * 50, folder=folder).stdout.splitlines()
    assert len(line) < 90
    assert line.endswith("…")


def test_without_a_text_on_a_terminal_usage_is_wrong(folder, monkeypatch):
    monkeypatch.setattr("cinesent.cli.predict._is_terminal", lambda: True)
    result = predict(folder=folder)
    assert result.exit_code == 2
    assert "no review given" in result.output
    result = predict("-", "fine", folder=folder)
    assert result.exit_code == 2
    assert "stands alone" in result.output


def test_the_model_is_found(folder, monkeypatch):
    packaged = json.loads(predict("fine", "--json").stdout)
    assert packaged == {"text": "fine", **load().predict(["fine"])[0].to_dict()}
    monkeypatch.setenv("CINESENT_MODEL", str(folder))
    named = json.loads(predict("fine", "--json").stdout)
    assert named == {"text": "fine", **load(folder).predict(["fine"])[0].to_dict()}
    assert named["probability"] != packaged["probability"]


def test_a_mistake_is_one_line_and_status_1(tmp_path):
    done = run("fine", "--model", str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.startswith(b"error: there is no folder")
    assert b"Traceback" not in done.stderr


def test_a_process_reads_a_pipe_and_words_of_the_shell(folder):
    done = run(stdin="naïve 😍\n".encode(), CINESENT_MODEL=str(folder), LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout.splitlines()) == 1
    done = run("caf\udce9", "--json", CINESENT_MODEL=str(folder))
    assert (done.returncode, done.stderr) == (0, b"")


def test_help_imports_neither_numpy_nor_a_runtime():
    code = (
        "import sys\n"
        "from cinesent.cli import app, predict\n"
        "print(sorted({'numpy', 'onnxruntime', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_reader_of_the_output_may_leave(folder, tmp_path):
    lines = tmp_path / "lines.txt"
    lines.write_text("fine\n" * 20_000)  # more output than a pipe holds
    with (
        lines.open("rb") as stdin,
        subprocess.Popen(
            [sys.executable, "-m", "cinesent", "predict", "--model", str(folder)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0

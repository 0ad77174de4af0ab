"""Standard streams: used only when the input or the output is one of them, and closed ones."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest
from scored_files import command, read_csv, read_jsonl, write_csv

import cinesent
from cinesent.errors import ScoringError


class NotebookStream(io.TextIOBase):
    """As Jupyter's: it takes text, has no buffer, and no file number."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)


class Untouchable:
    """Fails whatever is asked of it."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the stream was asked for {name}")


@pytest.fixture
def source(tmp_path) -> Path:
    return write_csv(tmp_path / "in.csv", [["text", "n"], ["a fine film, naïve 😍", 1], ["", 2]])


@pytest.mark.parametrize("kind", [lambda: None, Untouchable, NotebookStream])
def test_files_touch_no_stream(classifier, source, tmp_path, monkeypatch, kind):
    stream = kind()
    with monkeypatch.context() as patch:
        for name in ("stdin", "stdout", "stderr"):
            patch.setattr(sys, name, stream)
        cinesent.score_file("in.csv", "out.csv", classifier)
    assert len(read_csv(tmp_path / "out.csv")) == 2


def test_a_notebook_gets_text(classifier, source, tmp_path, monkeypatch):
    cinesent.score_file("in.csv", "out.csv", classifier)
    expected = (tmp_path / "out.csv").read_bytes().decode("utf-8")
    stream = NotebookStream()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        cinesent.score_file("in.csv", None, classifier)
    assert stream.text == expected
    with contextlib.redirect_stdout(io.StringIO()) as redirected:
        cinesent.score_file("in.csv", "-", classifier)
    assert redirected.getvalue() == expected
    with contextlib.redirect_stdout(io.StringIO()) as redirected:
        cinesent.score_file("in.csv", "out.jsonl", classifier)
    assert redirected.getvalue() == ""


def test_what_was_printed_before_comes_first(classifier, source, monkeypatch):
    content = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(content, encoding="utf-8"))
        sys.stdout.write("before\n")
        cinesent.score_file("in.csv", None, classifier)
        sys.stdout.flush()
        written = content.getvalue()
    assert written.startswith(b"before\ntext,n,label,probability,error\r\n")


@pytest.mark.parametrize("closed", ["None", "a closed file"])
def test_a_closed_standard_output_is_one_error(classifier, source, monkeypatch, closed):
    stream = None
    if closed != "None":
        stream = io.StringIO()
        stream.close()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        with pytest.raises(ScoringError, match=r"standard output (is closed|cannot be written)"):
            cinesent.score_file("in.csv", None, classifier)


@pytest.mark.parametrize("streams", [">&-", "<&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_process_with_closed_streams_scores_files(model, source, tmp_path, streams, workers):
    done = score_in_shell(f"'in.csv', 'out.csv', {str(model)!r}, workers={workers}", streams)
    assert done.returncode == 0, done
    assert [row["text"] for row in read_csv(tmp_path / "out.csv")] == ["a fine film, naïve 😍", ""]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def score_in_shell(arguments: str, streams: str) -> subprocess.CompletedProcess[bytes]:
    code = f"import cinesent\nif __name__ == '__main__': cinesent.score_file({arguments})"
    return subprocess.run(
        ["sh", "-c", f'"$0" -c "$1" {streams}', sys.executable, code], capture_output=True
    )


def test_no_byte_of_another_stream_gets_into_the_result(model, source, tmp_path):
    """A file that is opened may get the number of a closed stream, which libraries write to."""
    code = (
        "import os, cinesent\n"
        "from cinesent.progress import Reporter\n"
        "class Noisy(Reporter):\n"
        "    def task(self, *arguments, **options):\n"
        "        for number in (0, 1, 2):\n"
        "            try: os.write(number, b'noise')\n"
        "            except OSError: pass\n"
        "        return super().task(*arguments, **options)\n"
        f"cinesent.score_file('in.csv', 'out.csv', {str(model)!r}, reporter=Noisy())\n"
    )
    done = subprocess.run(
        ["sh", "-c", '"$0" -c "$1" <&- >&- 2>&-', sys.executable, code], capture_output=True
    )
    assert done.returncode == 0
    assert b"noise" not in (tmp_path / "out.csv").read_bytes()
    assert b"noise" not in source.read_bytes()
    assert len(read_csv(tmp_path / "out.csv")) == 2


def test_standard_input_is_used_when_it_is_the_input(model, tmp_path):
    with subprocess.Popen(
        command("-", "--model", model), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        output, _ = process.communicate(b"a fine film\n")
    assert [record["text"] for record in read_jsonl(output)] == ["a fine film"]


def test_a_closed_standard_input_is_one_error(model, tmp_path):
    done = score_in_shell(f"'-', 'out.jsonl', {str(model)!r}", "<&-")
    assert done.returncode == 1
    assert b"standard input" in done.stderr.splitlines()[-1]
    assert b"Error: " in done.stderr.splitlines()[-1]
    assert b"AttributeError" not in done.stderr
    assert list(tmp_path.iterdir()) == []

"""`cinesent predict` as a user meets it: texts, pipes, mistakes."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys

import pytest
from bundles import SENTENCES, write_bundle
from commands import run_process

from cinesent import load


@pytest.fixture
def predict(run, folder):
    """Predict with the small model."""

    def _predict(*arguments, model=folder, **options):
        return run("predict", "--model", model, *arguments, **options)

    return _predict


def records(done) -> list[dict]:
    return [json.loads(line) for line in done.out.splitlines()]


def test_each_text_has_a_line(predict, folder):
    done = predict(*SENTENCES)
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert len(lines) == len(SENTENCES)
    for line, prediction, text in zip(
        lines, load(folder).predict(SENTENCES), SENTENCES, strict=True
    ):
        label, probability = line.split()[:2]
        assert (label, probability) == (prediction.label, f"{prediction.probability:.3f}")
        assert text[:30] in line
    assert len({line.index("0.") for line in lines}) == 1


def test_json_is_one_object_per_line_and_the_same_numbers(predict, folder):
    found = records(predict(*SENTENCES, "--json"))
    assert [record["text"] for record in found] == list(SENTENCES)
    for record, prediction in zip(found, load(folder).predict(SENTENCES), strict=True):
        assert record == {
            "text": record["text"],
            "label": prediction.label,
            "probability": prediction.probability,
            "num_tokens": prediction.num_tokens,
            "num_unknown": prediction.num_unknown,
            "truncated": prediction.truncated,
            "reason": prediction.reason,
            "error": None,
        }


def test_explaining_shows_the_tokens(predict, folder):
    (prediction,) = load(folder).predict(["A quiet triumph"], evidence=10)
    shown = predict("A quiet triumph", "--explain").out
    (record,) = records(predict("A quiet triumph", "--explain", "--json"))
    assert {token for token, _ in record["evidence"]} == {"a", "quiet", "triumph"}
    assert [(token, value) for token, value in record["evidence"]] == list(prediction.evidence)
    for token, value in prediction.evidence:
        assert token in shown
        assert f"{value:+.3f}" in shown


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_a_pipe_is_read_line_by_line(predict, arguments):
    stdin = b"A quiet triumph\r\n\nsimply long\nno newline at the end"
    done = predict(*arguments, "--json", stdin=stdin)
    assert done.status == 0
    found = records(done)
    # One line out for each line in, the empty one too.
    assert [record["text"] for record in found] == [
        "A quiet triumph",
        "",
        "simply long",
        "no newline at the end",
    ]
    assert [record["error"] for record in found] == [None, "the text is empty.", None, None]


def test_an_empty_review_is_an_error_as_score_has_it(predict, folder, run, tmp_path):
    (tmp_path / "in.txt").write_text("fine\n\n   \nnan\nlong\n")
    scored = run("score", "in.txt", "out.jsonl", "--model", folder)
    assert scored.status == 0
    expected = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    found = records(predict("--json", stdin=b"fine\n\n   \nnan\nlong\n"))
    for own, other in zip(found, expected, strict=True):
        assert own["label"] == other["label"]
        # A file names the line too.
        assert other.get("error", "").endswith(own["error"] or "")
        assert (own["error"] is None) == ("error" not in other)
    done = predict("", "fine")
    assert done.status == 0
    assert done.out.splitlines()[0] == "error     –      the text is empty."
    done = predict("  ", "--json")
    assert done.status == 1
    assert records(done) == [
        {"text": "  ", "label": None, "probability": None, "error": "the text is empty."}
    ]


def test_a_long_pipe_keeps_its_order(predict):
    texts = [f"{SENTENCES[n % 5]} {n}" for n in range(600)]
    found = records(predict("--json", stdin="\n".join(texts).encode()))
    assert [record["text"] for record in found] == texts


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
    ],
)
def test_a_pipe_with_a_byte_order_mark_is_read(predict, encoding, mark):
    done = predict("--json", stdin=mark + "naïve 映画\ndull\n".encode(encoding))
    assert [record["text"] for record in records(done)] == ["naïve 映画", "dull"]
    assert done.err == ""


def test_the_encoding_of_a_pipe_is_detected_and_named_or_given(predict):
    lines = [
        "Un café très agréable, et l'été à Paris n'a jamais été aussi gai.",
        "Le réalisateur a créé une œuvre légère, mais l'intrigue est trop prévisible.",
    ]
    stdin = "\n".join(lines).encode("cp1252")
    done = predict("--json", stdin=stdin)
    assert [record["text"] for record in records(done)] == lines
    assert "cp1252" in done.err or "windows" in done.err.lower()
    done = predict("--json", "--encoding", "cp1252", stdin=stdin)
    assert [record["text"] for record in records(done)] == lines
    assert done.err == ""
    done = predict("--encoding", "no-such", stdin=b"fine\n")
    assert done.status == 2
    assert "no-such" in done.err


def test_text_is_no_markup_and_steers_no_terminal(predict):
    done = predict("[bold]quiet[/bold] [/] \x1b[31mtriumph\x07\x9b2J\u202e", "--explain")
    assert done.status == 0
    assert "[bold]quiet[/bold] [/]" in done.out
    for character in "\x1b\x07\x9b\u202e":
        assert character not in done.out
    done = predict("\x1b]0;x\x07\x7f", "--json")
    assert done.out.isascii()
    assert done.out.rstrip("\n").isprintable()


def test_doubts_are_reported(predict, tmp_path):
    assert "[no words]" in predict("   <br/> ").out
    assert "[mostly unknown words]" in predict("zyzzyva qwxz").out
    cut = write_bundle(tmp_path / "cut", sequence_length=2)
    assert "[only a part was read]" in predict("a quiet triumph", model=cut).out


@pytest.mark.parametrize("count", [50, 5000])
def test_a_long_review_is_shown_in_part(predict, count):
    (line,) = predict("a quiet triumph " * count).out.splitlines()
    assert len(line) < 90
    assert line.endswith("…")


def test_without_a_text_on_a_terminal_usage_is_wrong(predict, monkeypatch):
    monkeypatch.setattr("cinesent.cli.predict.stdin_is_terminal", lambda: True)
    done = predict()
    assert done.status == 2
    assert "no review given" in done.err
    done = predict("-", "fine")
    assert done.status == 2
    assert "stands alone" in done.err


@pytest.mark.parametrize("name", ["reviews.csv", "./reviews", "my reviews.txt", "a.jsonl.gz"])
def test_a_file_is_not_taken_for_a_review(predict, tmp_path, name):
    (tmp_path / name).write_text("a fine film\n")
    done = predict(name)
    assert (done.status, done.out) == (2, "")
    assert "is a file, and predict takes the reviews themselves" in done.err
    quoted = f"'{name}'" if " " in name else name
    assert f"cinesent score {quoted}\n" in done.err
    assert f"cinesent predict - < {quoted}\n" in done.err
    # What is advised works.
    assert run_process("predict", "-", stdin=b"a fine film\n").returncode == 0


def test_what_only_looks_like_a_file(predict, tmp_path):
    done = predict("missing.csv")
    assert done.status == 2
    assert "is the name of a file" in done.err
    (tmp_path / "folder").mkdir()
    assert "is a folder" in predict("folder/").err
    for text in (".", "...", "folder", "A film.txt is a film", "x" * 5000, "see example.org"):
        assert predict(text).status == 0


@pytest.mark.parametrize("text", ["- great", "-1 out of 10", "-- a dash -- and more", "—fine"])
def test_a_text_may_begin_with_a_dash(predict, text):
    (record,) = records(predict(text, "--json"))
    assert record["text"] == text


@pytest.mark.parametrize("text", ["-great", "--great", "-5/10"])
def test_a_word_with_a_dash_is_taken_for_an_option_with_a_hint(predict, text):
    done = predict(text)
    assert (done.status, done.out) == (2, "")
    assert "goes after --: cinesent predict -- '- great'" in done.err
    (record,) = records(predict("--json", "--", text))
    assert record["text"] == text


def test_the_model_is_found(run, folder, monkeypatch):
    (packaged,) = records(run("predict", "fine", "--json"))
    expected = load().predict(["fine"])[0]
    assert (packaged["label"], packaged["probability"]) == (expected.label, expected.probability)
    monkeypatch.setenv("CINESENT_MODEL", str(folder))
    (named,) = records(run("predict", "fine", "--json"))
    assert named["probability"] == load(folder).predict(["fine"])[0].probability
    assert named["probability"] != packaged["probability"]
    assert records(run("predict", "fine", "--json", "--model", "packaged")) == [packaged]


def test_a_mistake_is_one_line_and_status_1(tmp_path):
    done = run_process("predict", "fine", "--model", str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.startswith(b"error: there is no folder")
    assert done.stderr.count(b"\n") == 1


def test_a_process_reads_a_pipe_and_words_of_the_shell(folder):
    done = run_process(
        "predict", stdin="naïve 😍\n".encode(), CINESENT_MODEL=str(folder), LC_ALL="C"
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout.splitlines()) == 1
    done = run_process("predict", "caf\udce9", "--json", CINESENT_MODEL=str(folder))
    assert (done.returncode, done.stderr) == (0, b"")


def test_help_imports_neither_numpy_nor_a_runtime():
    code = (
        "import sys\n"
        "from cinesent.cli import app, predict\n"
        "print(sorted({'numpy', 'onnxruntime', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_someone_who_types_gets_each_answer_at_once(folder):
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cinesent", "predict", "-", "--json", "--model", str(folder)],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(theirs)
        try:
            for text in ("a quiet triumph", "simply long"):
                os.write(ours, text.encode() + b"\n")
                assert select.select([process.stdout], [], [], 30)[0], "no answer"
                assert json.loads(process.stdout.readline())["text"] == text
            os.write(ours, b"\x04")  # Ctrl-D
            assert process.wait(timeout=30) == 0
            assert process.stderr.read() == b""
        finally:
            process.kill()
    os.close(ours)


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

"""Runs that end early, in every way there is, and what becomes of them."""

from __future__ import annotations

import gzip
import os
import random
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest
from bundles import write_bundle
from scored_files import Recorder, command, read_csv, write_csv, write_jsonl

import cinesent
from cinesent.errors import ScoringError
from cinesent.scoring import job
from cinesent.scoring.part import Part
from cinesent.tables import rows

#: A result of each kind, and what it is made from.
KINDS = [
    ("in.csv", "out.csv"),
    ("in.jsonl", "out.jsonl"),
    ("in.csv.gz", "out.csv.gz"),
    ("in.jsonl", "out.parquet"),
    ("in.parquet", "out.parquet"),
    ("in.txt", "out.txt"),
]


def write_source(path: Path, texts: list[str]) -> Path:
    """Rows with bad ones and empty lines among them."""

    if path.suffix == ".gz":
        plain = write_source(path.with_suffix(""), texts)
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    elif path.suffix == ".csv":
        write_csv(path, [["id", "review"], *enumerate(texts), ["few"], [], ["", "fine"]])
    elif path.suffix == ".jsonl":
        write_jsonl(path, [{"id": n, "review": text} for n, text in enumerate([*texts, None])])
    elif path.suffix == ".parquet":
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        ids = list(range(len(texts) + 1))
        table = pyarrow.table({"id": ids, "review": [*texts, None]})
        parquet.write_table(table, path, row_group_size=max(1, len(texts) // 3))
    else:
        path.write_text("\n".join(text.replace("\n", " ") for text in texts), encoding="utf-8")
    return path


def same(one: Path, other: Path) -> bool:
    if one.suffix == ".parquet":
        from pyarrow import parquet

        return parquet.read_table(one).equals(parquet.read_table(other))
    return one.read_bytes() == other.read_bytes()


class Killed(BaseException):
    """What no code of the process can answer: from it on, nothing works any more."""


class Death:
    """Ends the process, as far as files are concerned, at the n-th thing it does to one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
        self.left = moment
        monkeypatch.setattr(os, "fsync", self.mortal(os.fsync))
        for name in ("replace", "unlink"):
            monkeypatch.setattr(Path, name, self.mortal(getattr(Path, name)))
        append = Part.append

        def half(part: Part, content: bytes) -> None:
            if self.left <= 1:
                append(part, content[: len(content) // 2])
            self.count()
            append(part, content)

        monkeypatch.setattr(Part, "append", half)

    def count(self) -> None:
        self.left -= 1
        if self.left <= 0:
            raise Killed

    def mortal(self, function):
        def call(*arguments, **options):
            self.count()
            return function(*arguments, **options)

        return call


@pytest.mark.parametrize(("source", "target"), KINDS)
def test_whatever_step_a_run_dies_at_it_resumes(classifier, tmp_path, monkeypatch, source, target):
    monkeypatch.setattr(rows, "CHUNK_ROWS", 3)
    monkeypatch.setattr(job, "COMMIT_SECONDS", 0.0)
    write_source(tmp_path / source, [f"a fine film, part {n}" for n in range(10)])
    whole = tmp_path / f"whole.{target.partition('.')[2]}"
    summary = cinesent.score_file(source, whole, classifier)
    out = tmp_path / target
    moment = 0
    while True:
        moment += 1
        with monkeypatch.context() as patch:
            Death(patch, moment)
            try:
                cinesent.score_file(source, target, classifier)
            except Killed:
                pass
            else:
                assert moment > 10
                break
        if out.exists() and not Part(out).exists:
            assert same(out, whole)  # it died clearing up behind itself
        else:
            found = cinesent.score_file(source, target, classifier, resume=True)
            assert same(out, whole), moment
            assert (found.num_rows, found.num_bad) == (summary.num_rows, summary.num_bad), moment
            assert (found.labels, found.errors) == (summary.labels, summary.errors), moment
        out.unlink()
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source, whole.name])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "target", "options"),
    [
        ("in.csv", "out.csv", ["--workers", "2"]),
        ("in.jsonl", "out.jsonl", []),
        ("in.csv.gz", "out.csv.gz", []),
        ("in.parquet", "out.parquet", []),
    ],
)
def test_a_process_killed_again_and_again_loses_and_repeats_nothing(
    run, model, reviews, tmp_path, source, target, options
):
    write_source(tmp_path / source, [f"{text} {n}" for n in range(20) for text in reviews])
    whole = tmp_path / f"whole.{target.partition('.')[2]}"
    started_at = time.monotonic()
    assert run(source, whole).returncode == 0
    whole_seconds = time.monotonic() - started_at
    chance = random.Random(source)
    kills = 0
    while kills < 5:
        with subprocess.Popen(
            command(source, target, "--model", model, "--resume", *options),
            stderr=subprocess.PIPE,
        ) as process:
            time.sleep(chance.uniform(0.1, 0.4 * whole_seconds))
            process.kill()
            errors = process.stderr.read()
        assert process.returncode in (0, -signal.SIGKILL), errors
        kills += process.returncode != 0
        if (tmp_path / target).exists():
            break
    assert kills >= 2
    if not (tmp_path / target).exists() or Part(tmp_path / target).exists:
        done = run(source, target, "--resume", *options)
        assert done.returncode == 0, done.stderr
    assert same(tmp_path / target, whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source, target, whole.name])


def wait_for_rows(process: subprocess.Popen, target: Path) -> None:
    """Wait until some rows are committed."""
    journal = Part(target).journal
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        if journal.exists and journal.read()[1].num_rows:
            return
        time.sleep(0.05)
    raise TimeoutError("no rows were committed")


@pytest.fixture
def long_csv(reviews, tmp_path) -> Path:
    """Some four seconds of work, where reading a second of it is committed."""
    return write_source(tmp_path / "in.csv", [f"{text} {n}" for n in range(80) for text in reviews])


def started(model: Path, *arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        command("in.csv", "out.csv", "--model", model, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_keeps_what_was_written(run, model, long_csv, tmp_path, workers):
    process = started(model, "--workers", workers)
    wait_for_rows(process, tmp_path / "out.csv")
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"rows are kept: run the same command again with resume to continue." in errors
    assert b"error: interrupted." in errors
    assert b"Traceback" not in errors
    done = run("in.csv", "out.csv")
    assert done.returncode == 1
    assert b"Continue with --resume, or start over with --overwrite." in done.stderr
    done = run("in.csv", "out.csv", "--resume")
    assert done.returncode == 0
    assert b"resuming after" in done.stderr
    assert [row["id"] for row in read_csv(tmp_path / "out.csv")][:6000] == [
        str(n) for n in range(6000)
    ]


def children(pid: int) -> list[int]:
    return [
        int(child)
        for tasks in Path(f"/proc/{pid}/task").glob("*/children")
        for child in tasks.read_text().split()
    ]


def workers_of(pid: int) -> list[int]:
    return [
        child
        for child in children(pid)
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")


@pytest.mark.slow
@needs_proc
def test_a_worker_that_dies_is_reported(run, model, long_csv, tmp_path):
    process = started(model, "--workers", "2")
    wait_for_rows(process, tmp_path / "out.csv")
    os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"one of the 2 worker processes ended unexpectedly" in errors
    assert b"Traceback" not in errors
    assert run("in.csv", "out.csv", "--resume", "--workers", "2").returncode == 0
    assert len(read_csv(tmp_path / "out.csv")) == 80 * 200 + 2


@pytest.mark.slow
@needs_proc
def test_workers_do_not_outlive_the_process(model, long_csv, tmp_path):
    process = started(model, "--workers", "2")
    wait_for_rows(process, tmp_path / "out.csv")
    workers = workers_of(process.pid)
    assert len(workers) == 2
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(map(alive, workers)):
        time.sleep(0.1)
    assert not any(map(alive, workers))


def alive(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.fixture
def unfinished(classifier, tmp_path, monkeypatch) -> Path:
    """A result that an error ended, with rows in it."""
    monkeypatch.setattr(rows, "CHUNK_ROWS", 4)
    write_csv(tmp_path / "in.csv", [["text"], *([f"fine film {n}"] for n in range(20))])
    with (tmp_path / "in.csv").open("a") as file:
        file.write("too,many\n")
    with pytest.raises(cinesent.CinesentError, match=r"in\.csv:22: 2 fields"):
        cinesent.score_file("in.csv", "out.csv", classifier, strict=True)
    return tmp_path / "out.csv"


def test_an_error_keeps_the_rows_before_it(classifier, unfinished):
    assert not unfinished.exists()
    said = Recorder()
    summary = cinesent.score_file("in.csv", "out.csv", classifier, resume=True, reporter=said)
    assert said.messages == ["resuming after 20 rows"]
    assert (summary.num_rows, summary.num_bad) == (21, 1)
    with pytest.raises(ScoringError, match="complete, so there is nothing to resume"):
        cinesent.score_file("in.csv", "out.csv", classifier, resume=True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda: Path("in.csv").write_text("text\nother\n"), "source was .* bytes"),
        (lambda: os.utime("in.csv", (1, 1)), "source was .* changed at"),
        (lambda: {"tokens": True}, "tokens was False, is True"),
        (lambda: {"encoding": "cp1252"}, "encoding was None, is cp1252"),
        (lambda: {"model": write_bundle(Path("other"), seed=1)}, "model was"),
        (lambda: Path(".out.csv.part.json").write_text("{"), "cannot be used: Expecting"),
        (lambda: Path(".out.csv.part").write_text("text"), "has 4 bytes, and its journal counts"),
    ],
)
def test_another_run_is_not_resumed(classifier, unfinished, change, says):
    changed = change()
    options = changed if isinstance(changed, dict) else {}
    before = Part(unfinished).path.read_bytes()
    with pytest.raises(ScoringError, match=f"(?s){says}.*overwrite=True"):
        cinesent.score_file("in.csv", "out.csv", **{"model": classifier, "resume": True, **options})
    assert Part(unfinished).path.read_bytes() == before
    cinesent.score_file("in.csv", "out.csv", classifier, overwrite=True)
    assert unfinished.exists()


def test_one_process_at_a_time(classifier, unfinished):
    fcntl = pytest.importorskip("fcntl")
    with Part(unfinished).path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for how in ("resume", "overwrite"):
            with pytest.raises(ScoringError, match="another process is writing"):
                cinesent.score_file("in.csv", "out.csv", classifier, **{how: True})
    cinesent.score_file("in.csv", "out.csv", classifier, resume=True)


def test_a_source_that_changes_while_it_is_read_is_noticed(classifier, tmp_path):
    write_csv(tmp_path / "in.csv", [["text"], ["fine"]])

    class Growing(Recorder):
        def task(self, *arguments, **options):
            with (tmp_path / "in.csv").open("a") as file:
                file.write("more\n")
            return super().task(*arguments, **options)

    reporter = Growing()
    with pytest.raises(ScoringError, match="was changed while it was being read.*same command"):
        cinesent.score_file("in.csv", "out.csv", classifier, reporter=reporter)
    # Nothing is advised that would fail, and the command can be run again.
    assert reporter.warnings == []
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))


@pytest.mark.slow
@pytest.mark.parametrize("target", ["out.csv", "out.parquet"])
def test_a_full_disk_is_reported_and_can_be_resumed(run, long_csv, tmp_path, target):
    done = run("in.csv", target, preexec_fn=limited)
    assert done.returncode == 1
    assert b"cannot be written: File too large." in done.stderr
    assert b"rows are kept" in done.stderr
    assert b"Traceback" not in done.stderr
    assert not (tmp_path / target).exists()
    assert run("in.csv", target, "--resume").returncode == 0
    assert run("in.csv", f"whole.{target}").returncode == 0
    assert same(tmp_path / target, tmp_path / f"whole.{target}")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_one_line(run, model, tmp_path):
    write_csv(tmp_path / "in.csv", [["text"], ["fine"]])
    done = run("in.csv", "/dev/full", "--out-format", "csv")
    assert done.returncode == 1
    assert done.stderr == b"error: /dev/full cannot be written: No space left on device.\n"
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        piped = subprocess.run(
            command("in.csv", "--model", model), stdout=full, stderr=subprocess.PIPE
        )
    assert piped.returncode == 1
    assert piped.stderr == b"error: standard output cannot be written: No space left on device.\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_said(classifier, tmp_path):
    write_csv(tmp_path / "in.csv", [["text"], ["fine"]])
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(ScoringError, match="cannot be written: Permission denied"):
        cinesent.score_file("in.csv", "closed/out.csv", classifier)

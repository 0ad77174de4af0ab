"""Messages and progress as they look in a log and on a terminal."""

from __future__ import annotations

import io
import sys

import pytest

from cinesent.cli import reporting
from cinesent.cli.reporting import ConsoleReporter
from cinesent.errors import option


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(reporting, "time", clock)
    return clock


@pytest.fixture
def open_terminal(monkeypatch):
    """Put a terminal in the place of stderr; in the test, for pytest changes it before that."""

    def _open(term: str = "xterm") -> Terminal:
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", term)
        monkeypatch.setenv("COLUMNS", "100")
        return stream

    return _open


def test_messages_are_lines(capsys):
    reporter = ConsoleReporter()
    reporter.message("25,000 reviews")
    reporter.warning(f"a guess; else {option('encoding', 'cp1252')}.")
    assert capsys.readouterr() == (
        "",
        "25,000 reviews\nwarning: a guess; else --encoding cp1252.\n",
    )


def test_quiet_keeps_warnings_alone(capsys, clock):
    reporter = ConsoleReporter(quiet=True)
    reporter.message("25,000 reviews")
    with reporter.task("epoch 1/2", total=10) as task:
        clock.now += 60
        task.update(5, "loss 0.4")
    reporter.warning("2 rows were left out.")
    assert capsys.readouterr().err == "warning: 2 rows were left out.\n"


def test_everything_is_escaped(capsys, clock):
    reporter = ConsoleReporter()
    reporter.message("column \x1b[31m")
    reporter.warning("file \x9b\u202e")
    with reporter.task("reading \x1b]0;x\x07", total=1.0) as task:
        clock.now += 11
        task.update(0.5, "of \x1b[2J")
    assert capsys.readouterr().err == (
        "column \\x1b[31m\nwarning: file \\x9b\\u202e\n"
        "reading \\x1b]0;x\\x07: 50%, of \\x1b[2J, 11 s left\n"
    )


def test_a_log_gets_a_line_every_ten_seconds(capsys, clock):
    with ConsoleReporter().task("scoring", total=1.0) as task:
        for second in range(1, 31):
            clock.now += 1
            task.update(second / 100, f"{second * 1000:,} rows")
    assert capsys.readouterr().err.splitlines() == [
        "scoring: 10%, 10,000 rows, 1 min 30 s left",
        "scoring: 20%, 20,000 rows, 1 min 20 s left",
        "scoring: 30%, 30,000 rows, 1 min 10 s left",
    ]


def test_a_resumed_task_is_timed_by_what_is_new(capsys, clock):
    with ConsoleReporter().task("epoch 2/3", total=100, completed=80, unit="steps") as task:
        clock.now += 10
        task.update(90, "loss 0.41")
    assert capsys.readouterr().err == "epoch 2/3: 90%, loss 0.41, 10 s left\n"


def test_bytes_and_rows_are_counted_where_no_total_is_known(capsys, clock):
    reporter = ConsoleReporter()
    with reporter.task("downloading", unit="bytes") as task:
        clock.now += 10
        task.update(12e6)
        clock.now += 10
        task.update(42e6, total=84e6)
    with reporter.task("scoring", unit="rows") as task:
        clock.now += 10
        task.update(12_000)
    assert capsys.readouterr().err.splitlines() == [
        "downloading: 12 MB",
        "downloading: 50%, 42 of 84 MB, 20 s left",
        "scoring: 12,000 rows",
    ]


def test_a_terminal_gets_a_bar_that_goes_away(open_terminal):
    terminal = open_terminal()
    reporter = ConsoleReporter()
    with reporter.task("epoch [1/2]", total=10, unit="steps") as task:
        task.update(5, "loss [0.4] \x1b]0;x\x07")
        reporter.message("a line above")
        with reporter.task("within", total=2) as inner:
            inner.update(1)
    shown = terminal.getvalue()
    assert "epoch [1/2]" in shown
    assert "50%" in shown
    assert "loss [0.4] \\x1b]0;x\\x07" in shown
    assert "a line above" in shown
    assert "\x07" not in shown
    assert reporter._bars._progress is None
    assert sys.stderr is terminal  # Rich has given it back


def test_an_error_takes_the_bar_away(open_terminal):
    terminal = open_terminal()
    reporter = ConsoleReporter()
    with pytest.raises(KeyboardInterrupt), reporter.task("epoch 1/2", total=10):
        raise KeyboardInterrupt
    assert sys.stderr is terminal
    assert "epoch 1/2" in terminal.getvalue()


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_dumb_terminal_gets_lines(open_terminal, term, clock):
    terminal = open_terminal(term)
    with ConsoleReporter().task("epoch 1/2", total=10) as task:
        clock.now += 11
        task.update(5)
    assert terminal.getvalue() == "epoch 1/2: 50%, 11 s left\n"


def test_results_on_a_terminal_are_not_torn_by_bars(open_terminal):
    terminal = open_terminal()
    with ConsoleReporter(progress=False).task("scoring", total=1.0) as task:
        task.update(0.5)
    assert terminal.getvalue() == ""

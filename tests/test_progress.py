from __future__ import annotations

import pytest

from cinesent.progress import SILENT, Reporter, Task


def test_the_base_classes_ignore_everything(capsys):
    SILENT.message("a message")
    SILENT.warning("a warning")
    with SILENT.task("working", total=3, completed=1, unit="rows") as task:
        task.update(2, "two of three", total=4)
    assert capsys.readouterr() == ("", "")


def test_a_subclass_receives_what_it_asks_for():
    received: list[object] = []

    class Recording(Reporter):
        def warning(self, text: str) -> None:
            received.append(text)

    reporter = Recording()
    reporter.message("not asked for")
    reporter.warning("a guess")
    assert received == ["a guess"]


def test_a_task_is_closed_once_and_after_an_error_too():
    closed: list[str] = []

    class Closing(Task):
        def close(self) -> None:
            closed.append("closed")

    with Closing():
        assert not closed
    assert closed == ["closed"]
    with pytest.raises(ZeroDivisionError), Closing():
        _ = 1 / 0
    assert closed == ["closed", "closed"]

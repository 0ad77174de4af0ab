"""`cinesent doctor`: what is installed, what the machine has, and whether predicting works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from cinesent.cli.console import result, result_json
from cinesent.cli.options import JsonOption, ModelOption, QuietOption

if TYPE_CHECKING:
    from cinesent.doctor import Diagnosis


def doctor_command(
    model: ModelOption = None, as_json: JsonOption = False, quiet: QuietOption = False
) -> None:
    """Check the installation: packages, machine, model, cache folder, and a prediction.

    The exit status is 0 if predicting works, else 1. With --quiet only problems
    are printed.

    For example:

      cinesent doctor --model mine
    """
    from cinesent.doctor import diagnose

    diagnosis = diagnose(model)
    if as_json:
        result_json(diagnosis.to_dict())
    else:
        _show(diagnosis, quiet)
    if not diagnosis.ok:
        raise typer.Exit(1)


def _show(diagnosis: Diagnosis, quiet: bool) -> None:
    if not quiet:
        _show_sections(diagnosis)
    for number, problem in enumerate(diagnosis.problems, start=1):
        style = "bold red" if problem.stops_predicting else "bold yellow"
        result((f"{number}. ", style), problem.what)
        result("   ", (problem.fix, "green"))
    if quiet:
        return
    works = (
        ("Predicting works", "bold green")
        if diagnosis.ok
        else ("Predicting does not work", "bold red")
    )
    count = len(diagnosis.problems)
    result(works, f", {count or 'no'} problem{'' if count == 1 else 's'} found.")


def _show_sections(diagnosis: Diagnosis) -> None:
    sections = [(title, list(rows)) for title, rows in _sections(diagnosis)]
    width = max(len(name) for _, rows in sections for name, _ in rows)
    for title, rows in sections:
        result((title, "bold"))
        for name, value in rows:
            result(f"  {name:<{width}}  ", (value, "dim" if "not installed" in value else ""))
        result()


def _sections(diagnosis: Diagnosis) -> Iterator[tuple[str, Iterator[tuple[str, str]]]]:
    yield f"cinesent {diagnosis.version}", _installation_rows(diagnosis)
    yield "packages", _package_rows(diagnosis)
    yield "model", _model_rows(diagnosis)
    yield "cache and variables", _environment_rows(diagnosis)


def _installation_rows(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    yield "installed in", diagnosis.location
    yield "python", f"{diagnosis.python}, {diagnosis.executable}"
    yield "platform", diagnosis.platform
    memory = _size(diagnosis.memory_bytes)
    yield "machine", f"{diagnosis.cores} usable cores, {memory} of memory"


def _package_rows(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    for name, package in diagnosis.packages.items():
        install = f" (pip install 'cinesent[{package.extra}]')" if package.extra else ""
        yield name, package.version or f"not installed{install}"
    if diagnosis.keras_backend is not None:
        yield "Keras runs on", diagnosis.keras_backend


def _model_rows(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    model = diagnosis.model
    if model is None:
        yield "in use", "none that can be opened"
        return
    yield "in use", model.path
    yield "name", f"{model.name}, {model.precision}, {_size(model.size_bytes)}"
    measured = model.test_accuracy is not None
    yield "accuracy", f"{model.test_accuracy:.2%} on test reviews" if measured else "not measured"
    native = f"native library ({model.instruction_set})"
    yield "runtime", f"ONNX Runtime: {model.why_not_native}" if model.why_not_native else native
    yield "speed", f"{model.load_ms:.0f} ms to load, {model.predict_ms:.2f} ms per sentence"


def _environment_rows(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    if diagnosis.cache is not None:
        writable = "" if diagnosis.cache.writable else ", cannot be written to"
        free = f"{_size(diagnosis.cache.free_bytes)} free on its disk{writable}"
        yield "cache", f"{diagnosis.cache.path} ({free})"
    yield from diagnosis.environment.items()
    if not diagnosis.environment:
        yield "variables", "none of CINESENT_* and KERAS_BACKEND is set"


def _size(count: int | None) -> str:
    """Return bytes in powers of 1000."""
    if count is None:
        return "unknown"
    if count >= 10**9:
        return f"{count / 10**9:,.1f} GB"
    return f"{count / 10**6:,.1f} MB" if count >= 10**5 else f"{count / 10**3:,.1f} kB"

"""`cinesent doctor`: what is installed, what the machine is, and whether predicting works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from cinesent.cli.console import stdout
from cinesent.cli.options import ModelOption

if TYPE_CHECKING:
    from cinesent.doctor import Diagnosis

# Name, value and note of a line, below a heading.
_Row = tuple[str, str, str]


def doctor_command(
    model: ModelOption = None,
    frameworks: Annotated[
        bool,
        typer.Option(
            "--frameworks",
            help="Import TensorFlow, JAX and torch and list their devices; takes seconds.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check the installation: versions, machine, model, folders, and a prediction.

    Exit status 0 if predicting works, else 1.
    """
    from cinesent.doctor import diagnose

    diagnosis = diagnose(model, frameworks=frameworks)
    if as_json:
        typer.echo(json.dumps(diagnosis.to_dict(), ensure_ascii=False))
    else:
        _show(diagnosis)
    if not diagnosis.ok:
        raise typer.Exit(1)


def _show(diagnosis: Diagnosis) -> None:
    from rich.text import Text

    console = stdout()

    def line(*parts: str | tuple[str, str]) -> None:
        # Neither markup nor line breaks: paths stay whole, for whoever copies them.
        console.print(Text.assemble(*parts), soft_wrap=True)

    sections = list(_sections(diagnosis))
    width = max(len(name) for _, rows in sections for name, _, _ in rows)
    noted = [len(value) for _, rows in sections for _, value, note in rows if note]
    values = max(noted, default=0)
    for title, rows in sections:
        line((title, "bold"))
        for name, value, note in rows:
            missing = "dim" if value == "not installed" else ""
            padded = f"{value:<{values}}" if note else value
            line(f"  {name:<{width}}  ", (padded, missing), (f"  {note}" if note else "", "dim"))
        line("")
    for number, problem in enumerate(diagnosis.problems, start=1):
        style = "bold red" if problem.stops_predicting else "bold yellow"
        line((f"{number}. ", style), problem.what)
        line("   ", (problem.mend, "green"))
    works = (
        ("Predicting works", "bold green") if diagnosis.ok else ("Nothing can be predicted", "red")
    )
    count = len(diagnosis.problems)
    line(works, f", {count or 'no'} problem{'' if count == 1 else 's'} found.")


def _sections(diagnosis: Diagnosis) -> Iterator[tuple[str, list[_Row]]]:
    version, python = diagnosis.cinesent["version"], diagnosis.python
    yield (
        f"cinesent {version}",
        [
            ("installed in", diagnosis.cinesent["path"], ""),
            ("python", f"{python['version']} ({python['implementation']}), {python['path']}", ""),
            ("platform", diagnosis.platform, ""),
        ],
    )
    yield "packages", list(_package_rows(diagnosis))
    yield "machine", list(_machine_rows(diagnosis))
    yield "model", list(_model_rows(diagnosis))
    yield "folders and variables", list(_place_rows(diagnosis))


def _package_rows(diagnosis: Diagnosis) -> Iterator[_Row]:
    for name, package in diagnosis.packages.items():
        if package.version is not None:
            yield name, package.version, ""
        else:
            bring = f"pip install 'cinesent[{package.extra}]'" if package.extra else ""
            yield name, "not installed", bring
    if diagnosis.keras is not None:
        chosen = "KERAS_BACKEND" if diagnosis.keras.chosen_by != "default" else "the default"
        yield "Keras runs on", f"{diagnosis.keras.name} ({chosen})", ""
    for name, framework in (diagnosis.frameworks or {}).items():
        found = framework.error or ", ".join(framework.devices)
        yield f"{name} devices", f"{found} (imported in {framework.seconds:.1f} s)", ""


def _machine_rows(diagnosis: Diagnosis) -> Iterator[_Row]:
    cpu, memory = diagnosis.cpu, diagnosis.memory
    yield "processor", cpu.model, ""
    limit = f", the container grants {cpu.core_limit:g}" if cpu.core_limit is not None else ""
    yield "cores", f"{cpu.cores}, of which {cpu.usable_cores} usable{limit}", ""
    if cpu.instruction_sets is not None:
        yield "instructions", " ".join(cpu.instruction_sets) or "none of the fast ones", ""
    limit = f", the container grants {_size(memory.limit_bytes)}" if memory.limit_bytes else ""
    yield (
        "memory",
        f"{_size(memory.total_bytes)}, {_size(memory.available_bytes)} available{limit}",
        "",
    )
    yield "threads", f"{diagnosis.threads} when many reviews are predicted", ""


def _model_rows(diagnosis: Diagnosis) -> Iterator[_Row]:
    model, test = diagnosis.model, diagnosis.self_test
    if model is None:
        yield "in use", "none that can be opened", ""
        return
    yield "in use", model.path, ""
    yield "name", f"{model.name}: {model.network}", ""
    yield (
        "stored as",
        f"format {model.format_version}, {model.precision}, {_size(model.size_bytes)}",
        "",
    )
    checked = "all files" if model.verified == "all" else "the files that predicting reads"
    yield "checksums", f"right, {checked}", ""
    yield "accuracy", _accuracy(model.test_accuracy, model.validation_accuracy), ""
    if test is not None:
        yield (
            "predicting",
            f"{test.predict_ms:.2f} ms a sentence, the first {test.first_ms:.1f}",
            "",
        )
        yield "starting", f"{test.import_ms:.0f} ms to import, {test.load_ms:.0f} to load", ""


def _accuracy(test: float | None, validation: float | None) -> str:
    if test is not None:
        return f"{test:.2%} on test reviews"
    if validation is not None:
        return f"{validation:.2%} on validation reviews, not measured on test reviews"
    return "not measured"


def _place_rows(diagnosis: Diagnosis) -> Iterator[_Row]:
    cache = diagnosis.cache
    yield "cache", cache.path, ""
    if cache.exists:
        least = "" if cache.counted_all else "at least "
        files = "file" if cache.num_files == 1 else "files"
        held = f"{least}{cache.num_files:,} {files}, {least}{_size(cache.size_bytes)}"
    else:
        held = "nothing yet"
    writable = "can be written" if cache.writable else "cannot be written"
    yield "  holds", f"{held}, {_size(cache.free_bytes)} free on its disk, {writable}", ""
    for name, value in diagnosis.environment.items():
        yield name, value, ""
    if not diagnosis.environment:
        yield "variables", "none of CINESENT_* and KERAS_BACKEND is set", ""


def _size(count: int | None) -> str:
    """Return bytes as people read them, in powers of 1000."""
    if count is None:
        return "unknown"
    if count >= 10**9:
        return f"{count / 10**9:,.1f} GB"
    return f"{count / 10**6:,.1f} MB" if count >= 10**5 else f"{count / 10**3:,.1f} kB"

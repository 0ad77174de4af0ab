"""Exports a model to a folder that another runtime reads; it is checked before it gets its name."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cinesent._version import __version__
from cinesent.bundle import Bundle, layout
from cinesent.classifier import Classifier, load
from cinesent.environment import expand_user
from cinesent.errors import CinesentError, ConfigError, ExportError, check_type, nearest, option
from cinesent.export.readme import export_readme
from cinesent.export.targets import FORMATS
from cinesent.export.verify import check_export
from cinesent.files import replace_folder, temporary_sibling
from cinesent.progress import SILENT, Reporter

#: The file that marks a folder as an export, and lists the files that belong to it.
RECORD = "export.json"


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes:
        path: the folder, absolute.
        format: "onnx", "keras" or "savedmodel".
        files: the files in the folder, relative to it.
        num_reviews: how many reviews the exported file and the model were compared on.
        largest_difference: between their probabilities, 0 to 1.
    """

    path: Path
    format: str
    files: tuple[str, ...]
    num_reviews: int
    largest_difference: float


def export_model(
    model: str | Path | Classifier | None,
    out: str | Path,
    format: str,
    *,
    overwrite: bool = False,
    reporter: Reporter = SILENT,
) -> Export:
    """Write a model for another runtime, with its tokenizer and a README that explains their use.

    The exported file is read again and compared with the model before the folder gets its name. An
    error leaves nothing behind, and whatever was at `out` before untouched.

    Args:
        model: the folder that training wrote, or a loaded classifier; None: the model that
            :func:`cinesent.load` opens by default.
        out: the folder to write; its parents are created.
        format: "onnx", for any ONNX runtime; "keras", a `.keras` file for every backend of Keras;
            or "savedmodel", for TensorFlow and TensorFlow Serving.
        overwrite: replace an earlier export at `out`.
        reporter: receives a message per step.

    Raises:
        ConfigError: `format` or `out` is not valid.
        BundleError: the model is missing or damaged.
        ExportError: `out` exists and may not be replaced or cannot be written, or the export
            predicts something else than the model.
        MissingExtraError: the packages that write the format are not installed.

    Example:
        >>> cinesent.export_model("model", "exported", "onnx").files  # doctest: +SKIP
        ('README.md', 'export.json', 'model.onnx', 'tokenizer.json')
    """
    check_type("overwrite", overwrite, bool, "True or False")
    check_type("reporter", reporter, Reporter, "a cinesent.Reporter")
    check_type("format", format, str, "the name of a format")
    if format not in FORMATS:
        raise ConfigError(f"there is no format {format!r}. {nearest(format, FORMATS)}")
    target = Path(os.path.realpath(expand_user(out)))
    try:
        _check_target(target, overwrite)
        FORMATS[format].require()
        classifier = model if isinstance(model, Classifier) else load(model)
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = temporary_sibling(target)
        try:
            staging.mkdir()
            num_reviews, difference = _write(staging, format, classifier, reporter)
            replace_folder(staging, target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise ExportError(f"{target} cannot be written: {error.strerror or error}.") from error
    return Export(target, format, _files(target), num_reviews, difference)


def _check_target(folder: Path, overwrite: bool) -> None:
    """Raise ExportError unless an export may be written to `folder`."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    record = _read_record(folder)
    if record is None:
        raise ExportError(
            f"{folder} exists and is not an export by cinesent, so it is not replaced. "
            "Name a new or an empty folder."
        )
    if not overwrite:
        raise ExportError(
            f"{folder} already holds an export. "
            f"Name another folder, or replace it with {option('overwrite', True)}."
        )
    foreign = sorted(set(_files(folder)) - {RECORD, *record["files"]})
    if foreign:
        raise ExportError(
            f"{folder} holds {foreign[0]}, which is not part of the export, so the folder is not "
            "replaced. Move your own files elsewhere, or name another folder."
        )


def _read_record(folder: Path) -> dict[str, Any] | None:
    """Return the record of an export; None if `folder` is not one."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    is_record = isinstance(record, dict) and "cinesent_export" in record
    return record if is_record and isinstance(record.get("files"), dict) else None


def _files(folder: Path) -> tuple[str, ...]:
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return tuple(sorted(path.relative_to(folder).as_posix() for path in paths))


def _write(
    folder: Path, format: str, classifier: Classifier, reporter: Reporter
) -> tuple[int, float]:
    """Write every file; return on how many reviews it was checked and the largest difference."""
    bundle, kind = classifier.bundle, FORMATS[format]
    path = folder / kind.file
    path.parent.mkdir(parents=True, exist_ok=True)
    reporter.message(f"writing {kind.file}")
    try:
        kind.write(bundle, path)
        bundle.tokenizer.save(folder / layout.TOKENIZER)
        reporter.message("comparing it with the model")
        checked = check_export(classifier, kind.open(bundle, path), folder / layout.TOKENIZER)
    except (CinesentError, OSError):
        raise
    except Exception as error:  # Keras and TensorFlow raise anything
        raise ExportError(
            f"{bundle.name} cannot be exported as {format}: {type(error).__name__}: {error}"
        ) from error
    (folder / layout.CARD).write_text(export_readme(format, bundle), encoding="utf-8")
    files = {name: layout.describe_file((folder / name).read_bytes()) for name in _files(folder)}
    record = {**_record(format, bundle), "files": files}
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return checked


def _record(format: str, bundle: Bundle) -> dict[str, Any]:
    """Return for programs what the README tells people."""
    config = bundle.config
    return {
        "cinesent_export": 1,
        "format": format,
        "cinesent": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": bundle.name,
        "model_sha256": bundle.manifest["files"][layout.MODEL]["sha256"],
        "labels": list(bundle.labels),
        "thresholds": list(bundle.thresholds),
        "temperature": bundle.temperature,
        "temperature_applied": format != "onnx",
        "sequence_length": config.sequence_length,
        "padding": config.padding,
        "truncation": config.truncation,
    }

"""From a model to a folder that another runtime reads: checked before it gets its name."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cinesent._version import __version__
from cinesent.bundle import Bundle, layout
from cinesent.classifier import Classifier, load
from cinesent.errors import CinesentError, ConfigError, nearest
from cinesent.export.check import check_export
from cinesent.export.readme import export_readme
from cinesent.export.targets import FORMATS
from cinesent.files import replace_folder

#: The file that says that a folder is an export, and what in it belongs to it.
RECORD = "export.json"


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes:
        path: the folder, absolute.
        format: "onnx", "keras" or "savedmodel".
        files: what lies in the folder, relative to it.
        num_reviews: how many the exported file was compared on with the model.
        largest_difference: of a probability among them.
    """

    path: Path
    format: str
    files: tuple[str, ...]
    num_reviews: int
    largest_difference: float


def export_model(
    model: str | Path | Classifier | None,
    format: str,
    out: str | Path,
    *,
    overwrite: bool = False,
) -> Export:
    """Write a model for another runtime, with its tokenizer and a README that says how to call it.

    The file is opened again and compared with the model before the folder gets its name. An error
    leaves nothing behind, and what was at `out` before as it was.

    Args:
        model: the folder that training wrote, or a loaded classifier; None: the folder that
            :func:`cinesent.load` takes then.
        format: "onnx", which any ONNX runtime reads; "keras", a `.keras` file for every backend;
            or "savedmodel", for TensorFlow and TensorFlow Serving.
        out: the folder to write; its parents are made.
        overwrite: replace an earlier export that lies there.

    Raises:
        ConfigError: there is no such format.
        BundleError: the model is missing or damaged, or the export says something else than it.
        MissingExtraError: the packages that write the format are not installed.
        CinesentError: `out` exists and may not be replaced, or cannot be written.

    Example:
        >>> from cinesent.export import export_model
        >>> export_model("model", "onnx", "exported").files  # doctest: +SKIP
        ('README.md', 'export.json', 'model.onnx', 'tokenizer.json')
    """
    if format not in FORMATS:
        raise ConfigError(f"there is no format '{format}'. {nearest(format, FORMATS)}")
    target = Path(out).expanduser().resolve()
    _check_target(target, overwrite)
    FORMATS[format].require()
    classifier = model if isinstance(model, Classifier) else load(model)
    staging = target.with_name(f".{target.name}.new-{secrets.token_hex(4)}")
    try:
        staging.mkdir(parents=True)
        num_reviews, difference = _write(staging, format, classifier)
        replace_folder(staging, target)
    except OSError as error:
        raise CinesentError(f"{target} cannot be written: {error}.") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Export(target, format, _files(target), num_reviews, difference)


def _check_target(folder: Path, overwrite: bool) -> None:
    """Raise CinesentError unless an export may be put at `folder`."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    record = _read_record(folder)
    if record is None:
        raise CinesentError(
            f"{folder} exists and is no export of cinesent; it is not replaced. "
            "Name a new or an empty folder."
        )
    if not overwrite:
        raise CinesentError(
            f"{folder} holds an export already, to {record.get('format')}. "
            "Name another folder, or replace it with --overwrite (overwrite=True)."
        )
    foreign = sorted(set(_files(folder)) - {RECORD, *record["files"]})
    if foreign:
        raise CinesentError(
            f"{folder} holds {foreign[0]}, which is no part of the export there, so the folder is "
            "not replaced. Move what is yours elsewhere, or name another folder."
        )


def _read_record(folder: Path) -> dict[str, Any] | None:
    """Return what an export says of itself; None where `folder` is none."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    is_record = isinstance(record, dict) and "cinesent_export" in record
    return record if is_record and isinstance(record.get("files"), dict) else None


def _files(folder: Path) -> tuple[str, ...]:
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    return tuple(sorted(path.relative_to(folder).as_posix() for path in paths))


def _write(folder: Path, format: str, classifier: Classifier) -> tuple[int, float]:
    """Write every file, and return on how many reviews it was checked and how well it did."""
    bundle, kind = classifier.bundle, FORMATS[format]
    path = folder / kind.file
    path.parent.mkdir(parents=True, exist_ok=True)
    kind.write(bundle, path)
    bundle.tokenizer.save(folder / layout.TOKENIZER)
    checked = check_export(classifier, kind.open(bundle, path), folder / layout.TOKENIZER)
    (folder / layout.CARD).write_text(export_readme(format, bundle), encoding="utf-8")
    files = {name: layout.describe_file((folder / name).read_bytes()) for name in _files(folder)}
    record = {**_record(format, bundle), "files": files}
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return checked


def _record(format: str, bundle: Bundle) -> dict[str, Any]:
    """Say for programs what the README says for people."""
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

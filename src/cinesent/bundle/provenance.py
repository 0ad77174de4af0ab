"""Where a model comes from, as its manifest states it: data, recipe, seed, versions, parent models.

The manifest is JSON that several versions of cinesent have written and anybody may have edited.
This is the one place that reads it; what is missing, or is not of the expected type, is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True)
class DataSource:
    """Reviews that a model was trained or validated on.

    Attributes:
        name: of the data set.
        sha256: fingerprint of its training reviews, :meth:`cinesent.data.Reviews.fingerprint`.
    """

    name: str
    sha256: str | None = None


@dataclass(frozen=True)
class ParentModel:
    """A model that another one was trained from or taught by.

    Attributes:
        name: of its recipe.
        manifest_sha256: checksum of its manifest, which holds the checksums of all its files.
        kind: "model" or "language model"; None where it is a teacher.
    """

    name: str
    manifest_sha256: str
    kind: str | None = None

    def to_dict(self) -> dict[str, str]:
        """Return the entry in a manifest."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Provenance:
    """Where a model comes from. Whatever a manifest does not state is None or empty.

    Attributes:
        created: date and time of saving, ISO 8601 with the time zone.
        command: what made the model.
        data: what it was trained on.
        validation_data: separate reviews it was validated on; None where a share of `data` was
            held out.
        sources: outside data that were learned as well, and the labels of a teacher, whose
            fingerprint is that of its weights.
        recipe: the settings by table: "name", "model", "training", "pretraining", "sources".
        seed: of the split and of everything random.
        backend: of Keras.
        mixed_precision: whether it was trained in float16 or bfloat16.
        initial: the model that training started from.
        teachers: the models that labelled reviews for it.
        seconds: that training took.
        versions: of Python and the packages, by name.

    Example:
        >>> manifest = {"seed": 3, "recipe": {"training": {"validation": 0.1}}}
        >>> Provenance.from_manifest(manifest).split
        (0.1, 3)
    """

    created: str | None = None
    command: str | None = None
    data: DataSource | None = None
    validation_data: DataSource | None = None
    sources: tuple[DataSource, ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    backend: str | None = None
    mixed_precision: bool | None = None
    initial: ParentModel | None = None
    teachers: tuple[ParentModel, ...] = ()
    seconds: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> Provenance:
        """Read the manifest of a model or a language model, of this version or an older one."""
        teachers, sources = manifest.get("teachers"), manifest.get("sources")
        versions = _entry(manifest, "versions", dict) or {}
        return cls(
            created=_entry(manifest, "created", str),
            command=_entry(manifest, "command", str),
            data=_data_source(manifest.get("data")),
            validation_data=_data_source(manifest.get("validation")),
            sources=tuple(
                source
                for item in (sources if isinstance(sources, list) else ())
                if (source := _data_source(item))
            ),
            recipe=_entry(manifest, "recipe", dict) or {},
            seed=_entry(manifest, "seed", int),
            backend=_entry(manifest, "backend", str),
            mixed_precision=_entry(manifest, "mixed_precision", bool),
            initial=_parent(manifest.get("initial")),
            teachers=tuple(
                parent
                for item in (teachers if isinstance(teachers, list) else ())
                if (parent := _parent(item))
            ),
            seconds=_number(manifest.get("seconds")),
            versions={name: text for name, text in versions.items() if isinstance(text, str)},
        )

    def to_manifest(self) -> dict[str, Any]:
        """Return the manifest's entries, in its order, without what is None or empty."""
        entries = {
            "created": self.created,
            "recipe": dict(self.recipe),
            "data": asdict(self.data) if self.data else None,
            "validation": asdict(self.validation_data) if self.validation_data else None,
            "sources": [asdict(source) for source in self.sources],
            "seed": self.seed,
            "backend": self.backend,
            "mixed_precision": self.mixed_precision,
            "initial": self.initial.to_dict() if self.initial else None,
            "teachers": [teacher.to_dict() for teacher in self.teachers],
            "seconds": self.seconds,
            "command": self.command,
            "versions": dict(self.versions),
        }
        return {key: value for key, value in entries.items() if value not in (None, [], {})}

    @property
    def validation_share(self) -> float | None:
        """The share of the training reviews that was held out, 0 to 1."""
        training = _entry(self.recipe, "training", dict) or {}
        share = _number(training.get("validation"))
        return share if share is not None and 0 < share < 1 else None

    @property
    def split(self) -> tuple[float, int] | None:
        """Share and seed with which the held-out reviews can be found again; None if unknown.

        Also None where the model was validated on reviews of its own.
        """
        share, seed = self.validation_share, self.seed
        if share is None or seed is None or self.validation_data is not None:
            return None
        return share, seed

    def trained_on(self, sha256: str) -> bool:
        """Return whether the training reviews had this fingerprint."""
        return self.data is not None and self.data.sha256 == sha256


def _entry(payload: Mapping[str, Any], key: str, kind: type[_T]) -> _T | None:
    value = payload.get(key)
    return value if type(value) is kind else None


def _number(value: object) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _data_source(entry: object) -> DataSource | None:
    if not isinstance(entry, dict):
        return None
    name, sha256 = _entry(entry, "name", str), _entry(entry, "sha256", str)
    return None if name is None and sha256 is None else DataSource(name or "unknown", sha256)


def _parent(entry: object) -> ParentModel | None:
    if not isinstance(entry, dict):
        return None
    name, sha256 = _entry(entry, "name", str), _entry(entry, "manifest_sha256", str)
    if name is None or sha256 is None:
        return None
    return ParentModel(name, sha256, _entry(entry, "kind", str))

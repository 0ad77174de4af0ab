"""The outside data of a run, and the labels of a teacher: found before anything slow is done."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cinesent.bundle.provenance import DataSource
from cinesent.distillation.outside import OutsideData, load_outside
from cinesent.distillation.teacher_labels import Labels
from cinesent.environment import expand_user
from cinesent.errors import ConfigError, option
from cinesent.progress import Reporter
from cinesent.recipes import Recipe, TrainingConfig
from cinesent.training.run_options import check_option


@dataclass(frozen=True)
class OutsideInput:
    """Where the outside data of a run are.

    Attributes:
        sst: "sst", or the path of the treebank.
        cad: "cad", or the path of the edited reviews.
        labels: a file that `cinesent teacher label` wrote; None: there is none.

    Raises:
        ConfigError: one of them is of another type.
    """

    sst: str | os.PathLike[str] = "sst"
    cad: str | os.PathLike[str] = "cad"
    labels: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        """Check the types."""
        for name in ("sst", "cad"):
            expected = f'"{name}" or a path'
            check_option(name, getattr(self, name), (str, os.PathLike), expected)
        check_option("labels", self.labels, (str, os.PathLike, type(None)), "a path or None")


@dataclass(frozen=True)
class Outside:
    """The outside data of a run.

    Attributes:
        data: the treebank and the edited reviews.
        labels: of a teacher; None where the recipe wants none.
    """

    data: OutsideData
    labels: Labels | None

    def as_sources(self) -> tuple[DataSource, ...]:
        """Return the entries of the manifest."""
        parts = [DataSource("sst", self.data.sst.train.fingerprint())]
        parts.append(DataSource("cad", self.data.cad.train.fingerprint()))
        if self.labels is not None:
            parts.append(DataSource("labels of a teacher", self.labels.teacher))
        return tuple(parts)


def open_outside(
    where: OutsideInput, recipe: Recipe, seed: int, reporter: Reporter
) -> Outside | None:
    """Load what a recipe wants beside its dataset; None if it wants nothing.

    Args:
        where: the data are.
        recipe: its sources are used.
        seed: of the split of this run.
        reporter: told of downloads, and warned where the teacher has read the validation reviews.

    Raises:
        ConfigError: labels are wanted and no file is given, or one is given and not wanted.
        DataError: something cannot be found or read.
    """
    if where.labels is not None and not recipe.sources.needs_labels:
        raise ConfigError(
            f"{option('labels')} has no effect: the recipe {recipe.name} learns from no teacher's "
            "labels. Set sources.labels or sources.augmented, or leave it out."
        )
    if not recipe.sources.any:
        return None
    labels = None
    if recipe.sources.needs_labels:
        if where.labels is None:
            raise ConfigError(
                f"the recipe {recipe.name} learns from the labels of a teacher. Name their file "
                f"with {option('labels')}, or set sources.labels=0 and sources.augmented=0."
            )
        labels = Labels(expand_user(where.labels))
        split = (recipe.training.validation, seed)
        if split != (TrainingConfig().validation, labels.plan.seed):
            reporter.warning(
                f"the teacher of {Path(where.labels)} has read some of the reviews that are held "
                "out for validation now, so validation scores will be too high. Use "
                f"{option('seed')} {labels.plan.seed} and validation={TrainingConfig().validation}"
            )
    data = load_outside(os.fspath(where.sst), os.fspath(where.cad), reporter=reporter)
    return Outside(data, labels)

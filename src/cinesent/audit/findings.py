"""What an audit found, and the file to review it in."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import DataError
from cinesent.files import write_atomic

Problem = Literal["likely wrong", "contradiction", "leak", "near duplicate"]
#: The kinds of problems, in the order of the file.
PROBLEMS: tuple[Problem, ...] = get_args(Problem)


@dataclass(frozen=True)
class AuditFinding:
    """One thing to look at.

    Attributes:
        problem: "likely wrong": the label; "contradiction": nearly the same text has another label;
            "leak": nearly the same text is in another split; "near duplicate": of the same split.
        split: of the review.
        id: of the review.
        label: "negative" or "positive".
        probability: of positive, out of sample; None where it was not predicted.
        quality: of the label, 0 to 1, the lower the more suspicious; None as above.
        other_split: of the text that it resembles; "" for a label that is likely wrong.
        other_id: as above.
        similarity: of the two texts, 0 to 1: the share of word 5-grams that they have in common.
        text: of the review.
    """

    problem: Problem
    split: str
    id: str
    label: str
    probability: float | None
    quality: float | None
    other_split: str
    other_id: str
    similarity: float | None
    text: str = field(repr=False)


@dataclass(frozen=True, eq=False)
class LabelAudit:
    """The result of :func:`audit_labels`.

    Attributes:
        source: the name of the dataset.
        num_reviews: labelled training reviews.
        folds: of the cross-validation.
        model: the name of the model whose predictions were used beside the n-grams; None if none
            was, because it was trained on these reviews or not asked for.
        probabilities: float64 (n,), of positive for each training review, out of sample.
        quality: float64 (n,), of each label, 0 to 1: its probability.
        findings: what to look at, by problem; likely wrong labels with the most suspicious first.
    """

    source: str
    num_reviews: int
    folds: int
    model: str | None
    probabilities: NDArray[np.float64] = field(repr=False)
    quality: NDArray[np.float64] = field(repr=False)
    findings: tuple[AuditFinding, ...] = field(repr=False)

    def ranking(self) -> NDArray[np.intp]:
        """Return the rows of the labelled training reviews, the most suspicious label first."""
        return np.argsort(self.quality, kind="stable")

    def count(self, problem: str) -> int:
        """Return the number of findings of a problem."""
        return sum(finding.problem == problem for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts for JSON."""
        return {
            "source": self.source,
            "num_reviews": self.num_reviews,
            "folds": self.folds,
            "model": self.model,
            "counts": {problem: self.count(problem) for problem in PROBLEMS},
        }

    def save(self, path: Path) -> None:
        """Write the findings as CSV, one row each, with the texts.

        Raises:
            DataError: the file cannot be written.
        """
        text = io.StringIO(newline="")
        names = [entry.name for entry in fields(AuditFinding)]
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        for finding in self.findings:
            row = asdict(finding)
            for name in ("probability", "quality", "similarity"):
                row[name] = "" if row[name] is None else f"{row[name]:.4f}"
            writer.writerow(row)
        try:
            write_atomic(path, text.getvalue().encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error

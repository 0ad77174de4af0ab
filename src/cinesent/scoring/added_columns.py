"""The columns that scoring adds to each row: their names and their values."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from cinesent.tables.rows import Row

_PREFIX = "cinesent_"


class Score(NamedTuple):
    """The prediction for one review, as it is written.

    Attributes:
        label: "negative", "positive" or "uncertain".
        probability: of positive, rounded to 6 digits: further ones depend on the batch.
        num_tokens: of the review.
        evidence: the tokens that contributed most, each with its contribution to the logit.
        reason: why the prediction means little, where the text tells; else None.
    """

    label: str
    probability: float
    num_tokens: int
    evidence: list[tuple[str, float]]
    reason: str | None


class AddedColumns:
    """The columns that are added, and what they are called in a table that has others.

    Args:
        wanted: attributes of :class:`Score`.
        taken: the names that the table has. A column whose name is taken gets the prefix
            ``cinesent_``, and a number if that is taken as well.
        unit: what stands between file and row number in messages; ":" for lines.

    Attributes:
        names: the name of each column, in order; the last column is "error".

    Example:
        >>> AddedColumns(["label", "probability"], ["id", "Label"]).names
        {'label': 'cinesent_label', 'probability': 'probability', 'error': 'error'}
    """

    def __init__(self, wanted: Collection[str], taken: Iterable[str], unit: str = ":") -> None:
        self._wanted = tuple(wanted)
        self._unit = unit
        self.names: dict[str, str] = {}
        used = {name.strip().casefold() for name in taken}
        for column in (*self._wanted, "error"):
            name, number = column, 1
            while name in used:
                name = f"{_PREFIX}{column}" if number == 1 else f"{_PREFIX}{column}_{number}"
                number += 1
            self.names[column] = name
            used.add(name)

    def beside(self, own: Collection[str]) -> AddedColumns:
        """Return columns whose names differ from the fields `own`; these, where they do so."""
        if not any(name in own for name in self.names.values()):
            return self
        free = AddedColumns(self._wanted, own, self._unit)
        for column, name in self.names.items():
            if name not in own:
                free.names[column] = name
        return free

    def values(self, row: Row, score: Score | None) -> dict[str, Any]:
        """Return the values for one row by their names; "error" only if there is one."""
        if score is None:
            added: dict[str, Any] = dict.fromkeys(self.names.values())
            added[self.names["error"]] = self.error(row)
            return added
        return {self.names[column]: getattr(score, column) for column in self._wanted}

    def fields(self, row: Row, score: Score | None) -> list[str]:
        """Return the values for one row as text, the error last."""
        if score is None:
            return [""] * len(self._wanted) + [self.error(row)]
        return [*(_text(column, getattr(score, column)) for column in self._wanted), ""]

    def error(self, row: Row) -> str:
        """Return why a row could not be scored."""
        return f"{'line' if self._unit == ':' else 'row'} {row.line}: {row.error}"


def _text(column: str, value: Any) -> str:
    if column == "probability":
        return f"{value:.6f}"
    if column == "evidence":
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)

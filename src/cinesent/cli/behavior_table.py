"""The table of `cinesent evaluate --behavior`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cinesent.cli.console import Piece, result, result_table, table_of

if TYPE_CHECKING:
    from cinesent.behavior import BehaviorReport


def show_behavior(report: BehaviorReport) -> None:
    """Print the pass rate of each kind beside its minimum."""
    rows: list[list[Piece]] = []
    for kind in report.kinds:
        name = f"{kind.name} (hard)" if kind.hard else kind.name
        rate = f"{kind.pass_rate:.0%}"
        rows.append(
            [
                name,
                f"{kind.num_cases:,}",
                f"{kind.num_passed:,}",
                rate if kind.meets_minimum else (rate, "red"),
                f"{kind.minimum:.0%}",
                "" if kind.meets_minimum else ("below", "red"),
            ]
        )
    header = ("kind", "cases", "passed", "rate", "minimum", "")
    result_table(table_of(header, rows, title=f"{report.model}: behavior"))
    result(f" {report.num_passed:,} of {report.num_cases:,} cases passed")


def below_minimum(report: BehaviorReport) -> str:
    """Return which kinds miss their minimum, as a message."""
    names = ", ".join(kind.name for kind in report.kinds if not kind.meets_minimum)
    return f"below the minimum pass rate: {names}."

"""Reads tables of every format: :func:`open_table` is what every command reads through."""

from __future__ import annotations

from cinesent.tables.opening import open_table
from cinesent.tables.options import FORMATS, LabelKeywords, TableKeywords, TableOptions
from cinesent.tables.rows import Dialect, Position, Row, TableReader

__all__ = [
    "FORMATS",
    "Dialect",
    "LabelKeywords",
    "Position",
    "Row",
    "TableKeywords",
    "TableOptions",
    "TableReader",
    "open_table",
]

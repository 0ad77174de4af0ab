"""How a CSV or TSV file is written: its delimiter and quotes, found in its first bytes.

There are two rules for a quote inside a quoted field: it is doubled (RFC 4180), or it follows a
backslash (Spark, MySQL). The rule of a file is the one under which fewer of its first rows are bad;
a row that is bad under that one is tried under the other.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from cinesent.tables.options import DELIMITERS

# A field may be as long as a row: the limit of the csv module is for all its users, so it is set
# for each record and put back.
_FIELD_LIMIT = 2**31 - 1
# Rows that are looked at to learn how a file is written.
_SAMPLE_ROWS = 200
_SAMPLE_CHARACTERS = 2**18
# Lines of one field, at most, in those.
_LONG_FIELD = 100
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?[ ,;|\t]*', re.IGNORECASE)
_BACKSLASHES = re.compile(r'(\\+)("?)')


class FieldError(Exception):
    """A record that does not follow the rules of quoting."""


def read_record(lines: Iterator[str], delimiter: str, *, backslash: bool) -> list[str] | None:
    """Return the fields of the record that begins with the next line; None if there is none.

    Args:
        lines: of which as many are taken as the record has.
        delimiter: between fields.
        backslash: whether a backslash, too, makes a quote part of a quoted field. Backslashes
            that stand before no quote are kept.

    Raises:
        FieldError: quotes are not where they may be, or are never closed.

    Example:
        >>> read_record(iter(["a;'b';c"]), ";", backslash=False)
        ['a', "'b'", 'c']
    """
    if backslash:
        lines = (_BACKSLASHES.sub(_protected, line) for line in lines)
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        escape = "\\" if backslash else None
        return next(csv.reader(lines, delimiter=delimiter, strict=True, escapechar=escape), None)
    except csv.Error as error:
        raise FieldError(str(error)) from None
    finally:
        csv.field_size_limit(before)


def read_line(line: str, delimiter: str) -> list[str] | None:
    """Return the fields of a record of one line, quickly; None where it takes a closer look."""
    try:
        return next(csv.reader((line,), delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _protected(found: re.Match[str]) -> str:
    """Double backslashes, except before a quote: there, pairs are one and an odd one escapes."""
    return found[0] if found[2] else found[1] * 2


def separator_line(head: str) -> tuple[str, str]:
    """Return Excel's line ``sep=;`` at the beginning of `head`, and its delimiter, or "" twice."""
    line = re.split("[\r\n]", head, maxsplit=1)[0]
    found = _SEPARATOR.fullmatch(line)
    return (line, found[1]) if found else ("", "")


def find_delimiter(head: str, default: str) -> str:
    r"""Return the delimiter that divides the first rows into equally many fields.

    Args:
        head: the beginning of the file, from the first row on.
        default: is returned where no delimiter divides the first row.

    Example:
        >>> find_delimiter("id;text\n1;good, really\n", ",")
        ';'
    """
    best, most = default, 0.0
    for delimiter in sorted(DELIMITERS, key=lambda one: one != default):
        widths = [len(fields) for fields in sample_records(head, delimiter)]
        if not widths or widths[0] < 2:
            continue
        fitting = sum(width == widths[0] for width in widths) / len(widths)
        if fitting > most:
            best, most = delimiter, fitting
    return best


def escapes_with_backslash(head: str, delimiter: str) -> bool:
    """Return whether more of the first rows are good if a backslash escapes a quote."""
    if '\\"' not in head:
        return False

    def num_good(backslash: bool) -> int:
        records = sample_records(head, delimiter, backslash=backslash)
        return sum(len(fields) == len(records[0]) for fields in records)

    return num_good(True) > num_good(False)


def has_quotes(head: str, delimiter: str, *, whole: bool) -> bool:
    """Return whether quotes enclose fields in a TSV file, where many files know no quotes.

    They do if the first rows have as many fields as the header when quotes are heeded.

    Args:
        head: the beginning of the file, from the first row on.
        delimiter: between fields.
        whole: whether `head` is all of the file.
    """
    if '"' not in head:
        return True
    lines = _whole_lines(head, whole)
    taken = _Taken(lines)
    widths: set[int] = set()
    while True:
        before = taken.place
        try:
            fields = read_record(taken, delimiter, backslash=False)
        except FieldError as error:
            # Where the head ends within a field, the quotes may yet pair up.
            if whole or "unexpected end" not in str(error) or len(lines) - before > _LONG_FIELD:
                return False
            break
        if fields is None:
            break
        widths.add(len(fields))
    return len(widths - {0}) == 1


def sample_records(head: str, delimiter: str, *, backslash: bool = False) -> list[list[str]]:
    """Return the fields of the first rows; none for a row that breaks the rules."""
    lines = _whole_lines(head[:_SAMPLE_CHARACTERS], len(head) <= _SAMPLE_CHARACTERS)
    records: list[list[str]] = []
    place = 0
    while place < len(lines) and len(records) < _SAMPLE_ROWS:
        taken = _Taken(lines, place, place + _LONG_FIELD)
        try:
            fields = read_record(taken, delimiter, backslash=backslash) or []
        except FieldError:
            records.append([])
            place += 1
        else:
            place = taken.place
            if any(fields):
                records.append(fields)
    return records


class _Taken(Iterator[str]):
    """Lines of a list, one after the other, and which comes next."""

    def __init__(self, lines: list[str], place: int = 0, stop: int | None = None) -> None:
        self._lines = lines
        self._stop = len(lines) if stop is None else min(stop, len(lines))
        self.place = place

    def __next__(self) -> str:
        if self.place >= self._stop:
            raise StopIteration
        self.place += 1
        return self._lines[self.place - 1]


def _whole_lines(head: str, whole: bool) -> list[str]:
    """Return the lines of the beginning of a file, without empty ones and one cut short."""
    lines = list(io.StringIO(head, newline=""))
    lines = lines if whole or len(lines) < 2 else lines[:-1]
    return [line for line in lines if not line.isspace()]

"""Time that grows with the size of a file and no faster, and memory that does not grow with it.

Time is counted in what is done, not in seconds: lines that the csv module is fed, and bytes that
are searched for the marks of JSON.
"""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from cinesent.tables import delimited, dialect, open_table

#: Tables of n units, each a way to make a careless reader look ahead again and again.
FAMILIES = {
    "quotes that open and close": lambda n: "text,b,x\n" + 'a",b,"x\n' * n,
    "one unclosed quote": lambda n: 'text,b\n"open,1\n' + "a,1\n" * n,
    "an unclosed quote each": lambda n: "text,b\n" + '"a,1\n' * n,
    "escaped quotes": lambda n: "text,b,x\n" + 'a",b,"x\\""\n' * n,
    "a lone quote at the end": lambda n: "text,b\n" + 'x,"\n' * n,
    "quotes alone": lambda n: "text,b\n" + '"\n' * n,
    "closed late": lambda n: "text,b\n" + '"a,1\n' * n + '"\n',
    "many columns": lambda n: "text,b\n" + ",".join('"' * n) + "\n",
}


class Counter:
    """Counts the lines that the csv module is fed."""

    def __init__(self, monkeypatch) -> None:
        self.lines = 0
        feed = delimited.DelimitedReader._feed

        def counted(reader, taken, bounds):
            for line in feed(reader, taken, bounds):
                self.lines += 1
                yield line

        monkeypatch.setattr(delimited.DelimitedReader, "_feed", counted)


@pytest.mark.parametrize("family", FAMILIES)
def test_lines_are_looked_at_a_few_times_each(read, monkeypatch, family):
    monkeypatch.setattr(delimited, "ROW_LINES", 100)
    counts = []
    for n in (2000, 4000):
        counter = Counter(monkeypatch)
        read("a.csv", FAMILIES[family](n))
        counts.append(counter.lines)
        monkeypatch.undo()
        monkeypatch.setattr(delimited, "ROW_LINES", 100)
    assert counts[1] <= 2.3 * counts[0] + 10
    assert counts[1] <= 5 * 4000


UNITS = ["a", ",", '"', "\\", "\n", 'a"', '",', '""', '\\"', "a,", "\r\n", ' "']


@pytest.mark.slow
@pytest.mark.parametrize("first", UNITS)
def test_repeats_of_three_units(read, monkeypatch, first):
    monkeypatch.setattr(delimited, "ROW_LINES", 50)
    for second in UNITS:
        for third in UNITS:
            counts = []
            for n in (400, 800):
                counter = Counter(monkeypatch)
                read("a.csv", "text,b\n" + (first + second + third) * n)
                counts.append(counter.lines)
                monkeypatch.undo()
                monkeypatch.setattr(delimited, "ROW_LINES", 50)
            assert counts[1] <= 2.3 * counts[0] + 150, (first, second, third)


def test_the_look_at_the_head_is_bounded(monkeypatch):
    count = 0
    read_record = dialect.read_record

    def counted(*arguments, **options):
        nonlocal count
        count += 1
        return read_record(*arguments, **options)

    monkeypatch.setattr(dialect, "read_record", counted)
    for head in ("\n" * 10**6, 'a",b,"x\n' * 10**5, ",\n" * 10**5, '"\n' * 10**5):
        count = 0
        dialect.find_delimiter("text,b,x\n" + head, ",")
        dialect.escapes_with_backslash('text,b,"\\""\n' + head, ",")
        assert count < 2000 if head[0] != "," else count < 10**6


def peak_of(path) -> int:
    tracemalloc.start()
    reader = open_table(path)
    for _ in reader.rows(reader.first()):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    reader.close()
    return peak


@pytest.mark.parametrize(
    ("name", "unit", "head"),
    [
        ("a.csv", "\n", "text,b\n"),
        ("a.csv", "\r\n", "text,b\n"),
        ("a.jsonl", "\n", '{"text": "a"}\n'),
    ],
)
def test_a_gzip_bomb_of_blank_lines(tmp_path, name, unit, head):
    path = tmp_path / f"{name}.gz"
    path.write_bytes(gzip.compress((head + unit * 20_000_000).encode(), 1))
    reader = open_table(path)
    rows = list(reader.rows(reader.first()))
    reader.close()
    assert sum(row.blank for row in rows) == 20_000_000
    # They come in large pieces: one by one, they would take a minute.
    assert len(rows) < 20_000


@pytest.mark.slow
def test_memory_with_an_unclosed_quote_and_short_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('text,b\n"open,1\n' + "a\n" * 300_000)
    assert peak_of(path) < 40 * 2**20


def test_memory_of_an_array(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("[" + ",\n".join('{"text": "fine", "n": [1, 2]}' for _ in range(60_000)) + "]")
    assert peak_of(path) < 40 * 2**20

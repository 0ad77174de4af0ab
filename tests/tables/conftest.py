"""What the tests of tables share."""

from __future__ import annotations

from pathlib import Path

import pytest
from reporters import Recorder

from cinesent.tables import Row, TableOptions, TableReader, open_table


class Opened:
    """A table that was read to its end."""

    def __init__(self, reader: TableReader, told: Recorder) -> None:
        self.reader = reader
        self.told = told
        try:
            self.all = list(reader.rows(reader.first()))
        finally:
            reader.close()

    @property
    def rows(self) -> list[Row]:
        """The rows that are not blank."""
        return [row for row in self.all if not row.blank]

    @property
    def texts(self) -> list[str | None]:
        return [row.text for row in self.rows]

    @property
    def errors(self) -> list[str | None]:
        return [row.error for row in self.rows]

    @property
    def num_blank(self) -> int:
        return sum(row.blank for row in self.all)


@pytest.fixture
def read(tmp_path):
    """Write content to a file and read it as a table."""

    def read(name: str, content: str | bytes, **options) -> Opened:
        path: Path = tmp_path / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        told = Recorder()
        return Opened(open_table(path, TableOptions(**options), reporter=told), told)

    return read

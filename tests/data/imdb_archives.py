"""Makes small archives of the official layout, and finds the real one if it is here."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

SMALL = {"train/neg": 3, "train/pos": 3, "test/neg": 2, "test/pos": 2, "train/unsup": 4}


def small_files() -> dict[str, bytes]:
    """Name and content of every file of a small archive, shuffled as the official one is."""
    files = {"aclImdb/README": b"read me", "aclImdb/imdb.vocab": b"the\nand\n"}
    for part, count in SMALL.items():
        split, kind = part.split("/")
        stars = {"neg": 2, "pos": 9, "unsup": 0}[kind]
        for number in reversed(range(count)):
            text = f"{part} review {number}<br />caf\N{LATIN SMALL LETTER E WITH ACUTE}"
            files[f"aclImdb/{part}/{number}_{stars}.txt"] = text.encode()
        lines = [f"http://www.imdb.com/title/tt{count:03}{n:04}/usercomments" for n in range(count)]
        files[f"aclImdb/{split}/urls_{kind}.txt"] = "\n".join(lines).encode() + b"\n"
    return files


def write_archive(
    path: Path, files: dict[str, bytes], extra: tuple[tarfile.TarInfo, ...] = ()
) -> Path:
    """Pack `files`, and `extra` members without content, into a tar archive."""
    mode = "w:gz" if path.name.endswith("gz") else "w"
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in extra:
            archive.addfile(member, io.BytesIO(b"\0" * member.size))
    return path


def write_folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def _real_archive() -> Path | None:
    beside = Path(__file__).parents[3] / "shared" / "data" / "aclImdb_v1.tar.gz"
    named = [os.environ.get("CINESENT_TEST_IMDB"), os.environ.get("CINESENT_DATA"), str(beside)]
    for path in filter(None, named):
        if Path(path).exists():
            return Path(path)
    return None


REAL = _real_archive()

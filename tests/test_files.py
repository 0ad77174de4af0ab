"""Files that are written whole or not at all, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cinesent.files import (
    atomic_file,
    create_exclusive,
    open_existing,
    replace_folder,
    temporary_sibling,
    write_atomic,
)

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and limits")


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


def test_text_is_utf_8_and_replaces_what_was_there(tmp_path):
    path = tmp_path / "file"
    write_atomic(path, "first")
    write_atomic(path, "déjà vu")
    assert path.read_bytes() == "déjà vu".encode()
    assert names(tmp_path) == ["file"]


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    write_atomic(path, b"old")
    with pytest.raises(ZeroDivisionError), atomic_file(path) as file:
        file.write(b"new" * (1 // 0))
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@posix
def test_a_killed_process_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    write_atomic(path, b"old")
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from cinesent.files import atomic_file\n"
        "with atomic_file(Path(sys.argv[1])) as file:\n"
        "    file.write(b'n' * 10**6)\n"
        "    file.flush()\n"
        "    print('written', flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = run(code, path)
    assert process.stdout.readline() == "written\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert path.read_bytes() == b"old"
    (left,) = set(names(tmp_path)) - {"file"}
    assert left.startswith(".file.")
    assert left.endswith(".tmp")


@posix
def test_a_full_disk_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    write_atomic(path, b"old")
    # A limit on the size of files fails in the same calls as a disk without space.
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from cinesent.files import write_atomic\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_atomic(Path(sys.argv[1]), b'n' * 10**6)\n"
        "except OSError as error:\n"
        "    print(type(error).__name__)\n"
    )
    assert run(code, path).communicate()[0] == "OSError\n"
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_symbolic_link_is_replaced_and_its_target_kept(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("mine")
    link.symlink_to(target)
    write_atomic(link, "new")
    assert (target.read_text(), link.read_text(), link.is_symlink()) == ("mine", "new", False)


@pytest.mark.parametrize("letter", ["a", "é", "字", "🎬"])
def test_the_longest_names_work(tmp_path, letter):
    path = tmp_path / (letter * (255 // len(letter.encode())))
    write_atomic(path, "content")
    assert path.read_text() == "content"
    assert len(os.fsencode(temporary_sibling(path).name)) <= 255
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("name", [".", "..", "/", "none/file", "folder"])
def test_what_cannot_be_written_is_an_os_error(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):  # noqa: PT011 -- which one depends on the system
        write_atomic(Path(name), "content")
    assert names(tmp_path) == ["folder"]


def test_creating_follows_and_replaces_nothing(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "file").write_text("mine")
    for name in ("link", "file"):
        with pytest.raises(FileExistsError):
            create_exclusive(tmp_path / name)
    assert not (tmp_path / "target").exists()
    assert (tmp_path / "file").read_text() == "mine"
    with create_exclusive(tmp_path / "new") as file:
        file.write(b"content")
        file.seek(0)
        assert file.read() == b"content"


@posix
def test_only_regular_files_are_opened_again(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "folder", "pipe"):
        with pytest.raises(OSError, match="not a regular file"):
            open_existing(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        open_existing(tmp_path / "none")
    with open_existing(tmp_path / "file") as file:
        assert file.read() == b"content"
        file.write(b", and more")
    assert (tmp_path / "file").read_bytes() == b"content, and more"


@posix
def test_a_pipe_or_device_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        write_atomic(tmp_path / "pipe", "content")
    assert (tmp_path / "pipe").is_fifo()
    assert names(tmp_path) == ["pipe"]


@posix
def test_a_file_replaced_while_it_is_opened_is_noticed(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    real = os.open

    def open_late(name, flags, *mode):
        path.unlink()
        os.mkfifo(path)
        return real(name, flags, *mode)

    monkeypatch.setattr("cinesent.files.os.open", open_late)
    with pytest.raises(OSError, match="not a regular file"):
        open_existing(path)


def folder(path: Path, content: str) -> Path:
    path.mkdir()
    (path / "file").write_text(content)
    return path


@pytest.mark.parametrize("before", ["nothing", "folder", "link"])
def test_a_folder_takes_the_name(tmp_path, before):
    new, target = folder(tmp_path / "new", "new"), tmp_path / "target"
    if before == "folder":
        folder(target, "old")
    if before == "link":
        target.symlink_to(folder(tmp_path / "elsewhere", "old"))
    replace_folder(new, target)
    assert (target / "file").read_text() == "new"
    assert not target.is_symlink()
    kept = {"elsewhere"} if before == "link" else set()
    assert set(names(tmp_path)) == {"target"} | kept
    assert all((tmp_path / name / "file").read_text() == "old" for name in kept)


def test_a_file_or_dangling_link_is_not_replaced_by_a_folder(tmp_path):
    new = folder(tmp_path / "new", "new")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "none")
    for name in ("file", "dangling"):
        with pytest.raises(NotADirectoryError):
            replace_folder(new, tmp_path / name)
    assert (tmp_path / "file").read_text() == "mine"
    assert set(names(tmp_path)) == {"new", "file", "dangling"}


def test_a_failed_rename_gives_the_old_folder_its_name_back(tmp_path):
    folder(tmp_path / "target", "old")
    with pytest.raises(FileNotFoundError):
        replace_folder(tmp_path / "none", tmp_path / "target")
    assert (tmp_path / "target/file").read_text() == "old"
    assert names(tmp_path) == ["target"]

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from cinesent.environment import (
    cache_dir,
    cad_path,
    data_path,
    expand_user,
    model_path,
    sst_path,
    usable_cores,
)
from cinesent.errors import ConfigError


@pytest.mark.parametrize(
    "path",
    ["a", "../a", "folder/ä b", Path("a"), Path(), "none/none", "file/none", "\udcff", "-", "%s"],
)
def test_a_path_that_can_exist_is_returned(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert expand_user(path) == Path(path)


def test_the_home_folder_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert expand_user("~/reviews.csv") == tmp_path / "reviews.csv"
    assert expand_user(Path("~")) == tmp_path


class BytesPath:
    def __fspath__(self) -> bytes:
        return b"a"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (1, "found int"),
        (True, "found bool"),
        (None, "found NoneType"),
        (b"a", "found bytes"),
        (BytesPath(), "found bytes"),
        (["a"], "found list"),
        ("", "is empty"),
        ("a\0b", "NUL"),
        ("\ud800", "cannot hold"),
        ("~nobody-of-this-name/x", "user who does not exist"),
        ("a" * 300, "cannot be used"),
        ("a/" * 3000, "cannot be used"),
    ],
)
def test_what_no_file_can_be_called_is_refused(path, message):
    with pytest.raises(ConfigError, match=message) as caught:
        expand_user(path)
    assert len(str(caught.value)) < 300


def test_symbolic_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(ConfigError, match="cannot be used"):
        expand_user(tmp_path / "a" / "file")


def test_a_folder_that_may_not_be_entered_is_refused(monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("cinesent.environment.os.lstat", refuse)  # the superuser may enter any
    with pytest.raises(ConfigError, match="'closed/file' cannot be used: Permission denied"):
        expand_user("closed/file")


@pytest.mark.parametrize(
    ("variable", "read"),
    [
        ("CINESENT_MODEL", model_path),
        ("CINESENT_CACHE", cache_dir),
        ("CINESENT_DATA", data_path),
        ("CINESENT_SST", sst_path),
        ("CINESENT_CAD", cad_path),
    ],
)
def test_variables_name_folders(variable, read, monkeypatch):
    monkeypatch.setenv(variable, "some/folder")
    assert read() == Path("some/folder")
    monkeypatch.setenv(variable, "")
    assert read() != Path()
    monkeypatch.setenv(variable, "~nobody-of-this-name/x")
    with pytest.raises(ConfigError, match="does not exist here"):
        read()


def test_there_is_a_core():
    assert usable_cores() >= 1

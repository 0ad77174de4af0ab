from __future__ import annotations

import gzip
import tarfile

import numpy as np
import pytest
from imdb_archives import REAL, SMALL, small_files, write_archive, write_folder

from cinesent.data import archive as archive_module
from cinesent.data import load_dataset
from cinesent.data.duplicates import without_duplicates
from cinesent.data.imdb import find_imdb, is_imdb, load_imdb
from cinesent.errors import DataError


def _same(one, other):
    for split in ("train", "test", "unlabelled"):
        a, b = getattr(one, split), getattr(other, split)
        assert list(a.texts) == list(b.texts)
        assert list(a.ids) == list(b.ids)
        assert a.name == b.name
        for column in ("labels", "ratings", "movie_ids"):
            left, right = getattr(a, column), getattr(b, column)
            np.testing.assert_array_equal(left, right)
            assert left.dtype.kind == right.dtype.kind


def test_archive_is_read_with_labels_ratings_and_movies(small_archive):
    data = load_imdb(small_archive)
    assert data.name == "imdb"
    assert data.train.name == "imdb/train"
    assert data.train.ids == [
        f"train/{k}/{n}_{s}" for k, s in (("neg", 2), ("pos", 9)) for n in range(3)
    ]
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.train.ratings.tolist() == [2, 2, 2, 9, 9, 9]
    assert data.train.movie_ids.tolist() == ["tt0030000", "tt0030001", "tt0030002"] * 2
    assert data.train.texts[0] == "train/neg review 0<br />caf\xe9"
    assert data.unlabelled.labels.tolist() == [-1] * 4
    assert data.unlabelled.ratings.tolist() == [0] * 4


@pytest.mark.parametrize("below", [True, False])
def test_folder_gives_what_the_archive_gives(small_archive, tmp_path, below):
    root = write_folder(tmp_path / "unpacked", small_files())
    _same(load_imdb(root if below else root / "aclImdb"), load_imdb(small_archive))


def test_archive_without_top_folder_and_uncompressed(small_archive, tmp_path):
    bare = {name.removeprefix("aclImdb/"): content for name, content in small_files().items()}
    _same(load_imdb(write_archive(tmp_path / "bare.tar", bare)), load_imdb(small_archive))


def test_folder_that_holds_the_archive(small_archive):
    assert is_imdb(small_archive.parent)
    _same(load_imdb(small_archive.parent), load_imdb(small_archive))


def test_files_that_a_mac_adds_are_passed_over(small_archive, tmp_path):
    files = small_files() | {"aclImdb/train/pos/._0_9.txt": b"\0", "aclImdb/.DS_Store": b"\0"}
    _same(load_imdb(write_archive(tmp_path / "mac.tgz", files)), load_imdb(small_archive))


def test_removed_unsup_is_no_error(tmp_path, small_counts):
    files = {name: c for name, c in small_files().items() if "unsup" not in name}
    data = load_imdb(write_archive(tmp_path / "a.tar.gz", files))
    assert data.unlabelled is None
    assert len(data.train) == 6


def test_without_address_lists_movies_are_unknown(tmp_path, small_counts):
    files = {name: c for name, c in small_files().items() if "urls" not in name}
    assert load_imdb(write_archive(tmp_path / "a.tar.gz", files)).train.movie_ids is None


def _without(name):
    return {key: content for key, content in small_files().items() if key != f"aclImdb/{name}"}


def _with(name, content):
    return small_files() | {f"aclImdb/{name}": content}


BROKEN = {
    "missing": (_without("train/pos/1_9.txt"), r"train/pos has 2 \(expected 3\)"),
    "surplus": (_with("test/neg/7_1.txt", b"x"), r"test/neg has 3 \(expected 2\)"),
    "gap": (
        _without("train/pos/1_9.txt") | {"aclImdb/train/pos/7_9.txt": b"x"},
        "train/pos are not numbered from 0 to 2",
    ),
    "latin": (_with("train/pos/1_9.txt", b"caf\xe9 is"), r"train/pos/1_9\.txt is not UTF-8"),
    "urls": (
        _with("train/urls_pos.txt", b"http://x\n"),
        r"train/urls_pos\.txt names 0 films for 3",
    ),
    "other": ({"some/thing.txt": b"x"}, "holds no reviews where the IMDB archive has them"),
    "climbs": (_with("../../evil.txt", b"x"), "leads out of the archive"),
    "absolute": ({"/etc/evil.txt": b"x"}, "leads out of the archive"),
    "backslash": ({"..\\..\\evil.txt": b"x"}, "leads out of the archive"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_archive_is_refused(case, tmp_path, small_counts):
    files, message = BROKEN[case]
    with pytest.raises(DataError, match=message):
        load_imdb(write_archive(tmp_path / "a.tar.gz", files))
    assert not (tmp_path / "evil.txt").exists()


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_refused(kind, tmp_path, small_counts):
    member = tarfile.TarInfo("aclImdb/train/pos/99_9.txt")
    member.type, member.linkname = kind, "/etc/passwd"
    with pytest.raises(DataError, match="a link or a device"):
        load_imdb(write_archive(tmp_path / "a.tar.gz", small_files(), (member,)))


def test_absurd_sizes_are_refused(tmp_path, small_counts, monkeypatch):
    large = tarfile.TarInfo("aclImdb/train/pos/99_9.txt")
    large.size = archive_module.MAX_REVIEW_BYTES + 1
    path = write_archive(tmp_path / "a.tar.gz", small_files(), (large,))
    with pytest.raises(DataError, match=r"has 1,048,577 bytes, expected at most 1,048,576"):
        load_imdb(path)
    monkeypatch.setattr(archive_module, "MAX_TOTAL_BYTES", 500)
    with pytest.raises(DataError, match="unpacks to more than 500 bytes"):
        load_imdb(path)
    monkeypatch.setattr(archive_module, "MAX_TOTAL_BYTES", 1 << 30)
    monkeypatch.setattr(archive_module, "MAX_MEMBERS", 5)
    with pytest.raises(DataError, match="or 5 files"):
        load_imdb(path)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.95])
def test_archive_cut_short_is_refused_with_a_remedy(small_archive, share):
    content = small_archive.read_bytes()
    small_archive.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match="cinesent data fetch"):
        load_imdb(small_archive)


def test_damaged_archive_is_refused(small_archive):
    content = bytearray(small_archive.read_bytes())
    content[len(content) // 2] ^= 0xFF
    small_archive.write_bytes(content)
    with pytest.raises(DataError, match="cinesent data fetch"):
        load_imdb(small_archive)


def test_tar_cut_between_members_is_noticed_by_its_counts(tmp_path, small_counts):
    path = write_archive(tmp_path / "a.tar", small_files())
    path.write_bytes(path.read_bytes()[: 512 * 20])
    with pytest.raises(DataError, match="not the whole IMDB dataset"):
        load_imdb(path)


def test_missing_archive_says_so(tmp_path):
    with pytest.raises(DataError, match="there is no archive"):
        load_imdb(tmp_path / "none.tar.gz")


class TestFinding:
    def test_nothing_here(self):
        assert find_imdb() is None

    def test_variable_goes_before_the_cache(self, small_archive, own_environment, monkeypatch):
        cached = own_environment / "aclImdb_v1.tar.gz"
        cached.write_bytes(small_archive.read_bytes())
        assert find_imdb() == cached
        monkeypatch.setenv("CINESENT_DATA", str(small_archive))
        assert find_imdb() == small_archive
        assert len(load_dataset("imdb").train) == 6
        assert len(load_dataset().test) == 4

    @pytest.mark.parametrize(("name", "found"), [("none", "does not exist"), (".", "is no IMDB")])
    def test_wrong_variable_is_an_error(self, tmp_path, monkeypatch, name, found):
        monkeypatch.setenv("CINESENT_DATA", str(tmp_path / name))
        with pytest.raises(DataError, match=f"CINESENT_DATA is .* which {found}"):
            load_dataset()

    def test_somebodys_own_train_and_test_folders_are_not_taken_for_it(self, tmp_path):
        write_folder(tmp_path, {"train/pos/a.txt": b"x", "test/pos/a.txt": b"x"})
        assert not is_imdb(tmp_path)


def test_gzip_that_is_no_tar(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(b"no tar" * 1000))
    with pytest.raises(DataError, match="cannot be read as a tar archive"):
        load_imdb(path)


@pytest.mark.slow
@pytest.mark.skipif(REAL is None, reason="no IMDB archive here")
class TestRealArchive:
    def test_counts_ratings_and_movies(self, real_imdb):
        assert [len(r) for r in (real_imdb.train, real_imdb.test, real_imdb.unlabelled)] == [
            25_000,
            25_000,
            50_000,
        ]
        for reviews in (real_imdb.train, real_imdb.test):
            assert set(reviews.ratings[reviews.labels == 0].tolist()) == {1, 2, 3, 4}
            assert set(reviews.ratings[reviews.labels == 1].tolist()) == {7, 8, 9, 10}
        assert not real_imdb.unlabelled.ratings.any()
        train, test = (set(r.movie_ids.tolist()) for r in (real_imdb.train, real_imdb.test))
        assert len(train) == 3456
        assert real_imdb.train.texts[0].startswith("Story of a man who has unnatural feelings")
        assert len(train & test) == 1

    def test_123_test_reviews_are_in_train(self, real_imdb):
        kept = without_duplicates(real_imdb.test, of=real_imdb.train)
        assert len(kept) == 25_000 - 123

    def test_packaged_reviews_are_the_training_reviews(self, real_imdb):
        packaged = load_dataset("imdb-train").train
        official = zip(real_imdb.train.texts, real_imdb.train.labels.tolist(), strict=True)
        assert sorted(zip(packaged.texts, packaged.labels.tolist(), strict=True)) == sorted(
            official
        )


def test_small_counts_are_those_of_the_files():
    assert sum(SMALL.values()) == sum(
        "_" in n.rsplit("/", 1)[1] and "urls" not in n for n in small_files()
    )

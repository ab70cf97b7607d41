"""A model file from an address: whole, continued, changed meanwhile, with a wrong hash; addresses that are refused."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nodeworker.errors import BadRequest, DownloadFailed, EngineError, ModelDamaged, NoSpace, Unsupported
from nodeworker.models.address import download, wanted
from nodeworker.models.fetch import Cancelled, FetchProgress

BYTES = bytes(range(256)) * 16_384  # 4 MiB
RIGHT = hashlib.sha256(BYTES).hexdigest()


class Publisher(ThreadingHTTPServer):
    """Serves BYTES with an ETag and byte ranges; `cut` ends the first answers early."""

    etag = '"one"'
    cut = 0
    asked: list[str]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/models/tiny.gguf"


class _Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        ranged = self.headers.get("Range", "")
        self.server.asked.append(ranged)
        if "leads-away" in self.path:
            self.send_response(302)
            self.send_header("Location", "ftp://example.org/tiny.gguf")
            self.end_headers()
            return
        start = int(ranged[6:-1]) if ranged and self.headers.get("If-Range") == self.server.etag else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(BYTES) - 1}/{len(BYTES)}")
        self.send_header("Content-Length", str(len(BYTES) - start))
        self.send_header("ETag", self.server.etag)
        self.end_headers()
        end = len(BYTES)
        if self.server.cut:
            self.server.cut -= 1
            end = start + 2 * 1024 * 1024
        self.wfile.write(BYTES[start:end])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    server = Publisher()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def get(source: str, folder: Path, cancelled: threading.Event | None = None, free: int = 10**12) -> bytes:
    told: list[FetchProgress] = []
    stop = cancelled or threading.Event()
    return download(wanted(source), folder, told.append, stop, lambda _folder: free).read_bytes()


def test_it_comes_whole_and_goes_on_where_it_was_cut(publisher: Publisher, tmp_path: Path) -> None:
    publisher.cut = 1
    assert get(f"{publisher.url}#sha256={RIGHT}", tmp_path) == BYTES
    assert publisher.asked == ["", f"bytes={2 * 1024 * 1024}-"]


def test_what_is_stopped_goes_on_later_and_anew_where_the_file_is_another(publisher: Publisher, tmp_path: Path) -> None:
    stop = threading.Event()

    def told(step: FetchProgress) -> None:
        if step.done:
            stop.set()

    with pytest.raises(Cancelled):
        download(wanted(publisher.url), tmp_path, told, stop, lambda _folder: 10**12)
    had = (tmp_path / "download").stat().st_size
    assert 0 < had < len(BYTES)
    publisher.etag = '"two"'
    assert get(publisher.url, tmp_path) == BYTES
    assert publisher.asked == ["", f"bytes={had}-"]


def test_a_wrong_hash_a_full_disk_and_a_redirect_elsewhere(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged):
        get(f"{publisher.url}#sha256={'0' * 64}", tmp_path)
    assert not (tmp_path / "download").exists()
    with pytest.raises(NoSpace):
        get(publisher.url, tmp_path, free=1000)
    with pytest.raises(DownloadFailed):
        get(publisher.url.replace("/models/", "/leads-away/"), tmp_path)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("http://example.org/a.gguf", BadRequest),
        ("https://me:secret@example.org/a.gguf", BadRequest),
        ("https:///a.gguf", BadRequest),
        ("https://example.org/a.bin", Unsupported),
        ("https://example.org/a.gguf#sha256=12", BadRequest),
    ],
)
def test_addresses_that_are_refused(source: str, error: type[EngineError]) -> None:
    with pytest.raises(error):
        wanted(source)

"""What has left the user's network is counted."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.outside import Outside, is_outside

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux is asked")


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("127.0.0.1", False), ("192.168.1.7", False), ("10.1.2.3", False), ("172.20.0.1", False), ("::1", False),
        ("fe80::1%eth0", False), ("fd00::5", False), ("224.0.0.251", False), ("ff02::fb", False), ("0.0.0.0", False),
        ("100.100.1.1", False), ("169.254.1.1", False), ("::ffff:192.168.1.1", False), ("localhost", False),
        ("8.8.8.8", True), ("172.32.0.1", True), ("2606:4700::1111", True), ("::ffff:8.8.8.8", True),
        ("example.org", True),
    ],
)  # fmt: skip
def test_what_is_outside(address: str, outside: bool) -> None:
    assert is_outside(address) is outside


@contextmanager
def connected() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        far, _ = server.accept()
        with far:
            yield near, far


@linux
def test_bytes_are_counted_once_and_kept(tmp_path: Path) -> None:
    """The loopback stands for the world: nothing else may be reached in a test."""
    file = tmp_path / "outside.json"
    counter = Outside(file, lambda address: address == "127.0.0.1")
    assert counter.look().bytes == 0
    with connected() as (near, far):
        near.sendall(b"x" * 1000)
        assert far.recv(2000)
        assert counter.look().bytes == 1000
        assert counter.look().bytes == 1000
        near.sendall(b"y" * 24)
        assert far.recv(2000)
        assert counter.look().bytes == 1024
    seen = Outside(file, lambda address: False).look()
    assert seen.bytes == 1024 and seen.last == "127.0.0.1" and seen.counts_bytes


@linux
def test_what_a_process_that_was_started_sends_counts_too(tmp_path: Path) -> None:
    counter = Outside(tmp_path / "outside.json", lambda address: address == "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = (
            "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1])));"
            "s.sendall(b'z' * 77); sys.stdin.read()"
        )
        child = subprocess.Popen([sys.executable, "-c", code, str(server.getsockname()[1])], stdin=subprocess.PIPE)
        far, _ = server.accept()
        with far:
            assert far.recv(100)
            assert counter.look().bytes == 77
        child.communicate(timeout=20)


def test_a_connection_that_python_opens_is_counted_although_it_ends_at_once(tmp_path: Path) -> None:
    counter = Outside(tmp_path / "outside.json", lambda address: address == "192.0.2.1")
    counter._audit("socket.connect", (None, ("192.0.2.1", 443)))
    counter._audit("socket.connect", (None, ("127.0.0.1", 443)))
    counter._audit("open", ("file", "r", 0))
    assert counter.look().connections == 1 and counter.look().last == "192.0.2.1"


def test_since_when_is_kept_and_a_broken_file_begins_anew(tmp_path: Path) -> None:
    file = tmp_path / "outside.json"
    began = Outside(file).look().since
    assert json.loads(file.read_text())["since"] == began == Outside(file).look().since
    for text in ("{", "[]", '{"bytes": "many", "connections": -3, "since": ""}'):
        file.write_text(text)
        found = Outside(file).look()
        assert (found.bytes, found.connections) == (0, 0) and found.since

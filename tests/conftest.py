"""What every test gets: an empty home, no network beyond loopback, offscreen Qt."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if Path("/usr/share/fonts/truetype/dejavu").is_dir():  # the same letters on every machine
    os.environ.setdefault("QT_QPA_FONTDIR", "/usr/share/fonts/truetype/dejavu")
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", NO_COLOR="1")

_connect = socket.socket.connect


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    try:
        ip = ipaddress.ip_address(address[0].split("%")[0])
    except ValueError:
        return bool(address[0] == "localhost")
    return ip.is_loopback or ip.is_unspecified or ip.is_multicast or str(ip) in _own_addresses()


def _own_addresses() -> set[str]:
    """Addresses of this very machine: mDNS announces them and the packets never leave it."""
    import ifaddr

    found: set[str] = set()
    for adapter in ifaddr.get_adapters():
        found |= {ip.ip if isinstance(ip.ip, str) else ip.ip[0] for ip in adapter.ips}
    return found


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anything but this machine fails the test that makes it."""

    def connect(self: socket.socket, address: Any) -> None:
        if not _is_local(address):
            raise RuntimeError(f"a test tried to reach {address!r}")
        _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """TANGNET_HOME: an empty folder for this test alone."""
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    monkeypatch.setenv("TANGNET_HOME", str(path))
    yield path

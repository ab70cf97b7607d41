"""How much this program has sent outside the user's own network since it was installed: counted, not promised.

Two counters watch. Python's audit events tell each connection that Python code of this process opens, on every system.
On Linux the kernel is asked for the TCP connections of this process and those it started (inet_diag, as `ss -ti` does)
and for the bytes sent over each, whatever library opened it. What ends between two looks is seen by the first alone.
Outside is what is no private, local, shared (100.64/10, as in Tailscale) or group address: RFC 1918, 4193, 6598.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_SHARED = ipaddress.ip_network("100.64.0.0/10")
_DIAG, _BY_FAMILY, _DUMP, _DONE, _ERROR = 4, 20, 0x301, 3, 2
_INFO = 2
"""Kind of the attribute that holds struct tcp_info."""
_ACKED, _SENT = 120, 200
"""Places of tcpi_bytes_acked and, in newer kernels, tcpi_bytes_sent in it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What has left the network."""

    since: str
    """When counting began, ISO 8601."""
    bytes: int = 0
    connections: int = 0
    last: str = ""
    """Where to, the last time."""
    counts_bytes: bool = True
    """Whether bytes can be counted on this system; else connections alone."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A TCP connection of the machine; `inode` tells whose it is."""

    inode: int
    peer: str
    sent: int


class Outside:
    """Counts, and keeps the count in a file. Use from any thread."""

    def __init__(self, file: Path, outside: Callable[[str], bool] | None = None) -> None:
        """`outside`: tells whether an address is outside; None: `is_outside`."""
        self._file = file
        self._outside = outside or is_outside
        self._lock = threading.Lock()
        self._seen: dict[int, int] = {}
        """Bytes that were counted already, by inode of the connection."""
        self._told: list[str] = []
        self._counts_bytes = sys.platform == "linux"
        known = self._read()
        self._since = str(known.get("since") or datetime.now(UTC).isoformat(timespec="seconds"))
        self._bytes, self._connections = _natural(known.get("bytes")), _natural(known.get("connections"))
        self._last = str(known.get("last", ""))
        if not known:
            self._write()

    def watch(self) -> None:
        """Count the connections that Python code of this process opens, from now on; for the rest of the process."""
        sys.addaudithook(self._audit)

    def look(self) -> Sent:
        """Ask the system, keep the count, and return it. Takes about a millisecond; never raises."""
        with self._lock:
            before = self._bytes, self._connections
            told, self._told = self._told, []
            for peer in told:
                self._connections += 1
                self._last = peer
            if self._counts_bytes:
                with contextlib.suppress(OSError, struct.error):
                    self._count(connections(), _inodes(_family(os.getpid())))
            if (self._bytes, self._connections) != before:
                self._write()
            return Sent(self._since, self._bytes, self._connections, self._last, self._counts_bytes)

    def _count(self, found: Iterable[Connection], ours: set[int]) -> None:
        there: dict[int, int] = {}
        for one in found:
            if one.inode in ours and self._outside(one.peer):
                there[one.inode] = one.sent
                new = one.sent - self._seen.get(one.inode, 0)
                if new > 0:
                    self._bytes += new
                    self._last = one.peer
        self._seen = there

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            if isinstance(address, tuple) and address and isinstance(address[0], str) and self._outside(address[0]):
                self._told.append(address[0])

    def _read(self) -> dict[str, Any]:
        try:
            known = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _write(self) -> None:
        known = {"since": self._since, "bytes": self._bytes, "connections": self._connections, "last": self._last}
        temporary = self._file.with_suffix(f".{os.getpid()}.tmp")
        with contextlib.suppress(OSError):  # a full disk is told by those whose files matter
            temporary.write_text(json.dumps(known), encoding="utf-8")
            os.replace(temporary, self._file)


def is_outside(address: str) -> bool:
    """Tell whether an address is outside the user's own networks; a name that is no address counts as outside."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address not in ("", "localhost", "<broadcast>")
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast and not (ip.version == 4 and ip in _SHARED)


def connections() -> Iterator[Connection]:
    """Yield the TCP connections of this machine. Linux only. Raises OSError."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _DIAG) as link:
            link.settimeout(1.0)
            wanted = struct.pack("=BBBBI48x", family, socket.IPPROTO_TCP, 1 << (_INFO - 1), 0, 0xFFFFFFFF)
            link.send(struct.pack("=IHHII", 16 + len(wanted), _BY_FAMILY, _DUMP, 1, 0) + wanted)
            while True:
                data, more = link.recv(1 << 17), True
                while len(data) >= 16:
                    length, kind = struct.unpack_from("=IH", data)
                    if kind in (_DONE, _ERROR) or length < 16:
                        more = False
                        break
                    yield _connection(family, data[16:length])
                    data = data[(length + 3) & ~3 :]
                if not more:
                    break


def _connection(family: int, data: bytes) -> Connection:
    size = 4 if family == socket.AF_INET else 16
    peer = socket.inet_ntop(family, data[24 : 24 + size])
    (inode,) = struct.unpack_from("=I", data, 68)
    at, sent = 72, 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            break
        if kind == _INFO:
            place = _SENT if length - 4 >= _SENT + 8 else _ACKED
            if length - 4 >= place + 8:
                (sent,) = struct.unpack_from("=Q", data, at + 4 + place)
        at += (length + 3) & ~3
    return Connection(inode, peer, sent)


def _family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    found = [pid]
    for one in found:  # it grows meanwhile
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{one}/task"):
                found += map(int, Path(f"/proc/{one}/task/{task}/children").read_text().split())
    return found


def _inodes(pids: Iterable[int]) -> set[int]:
    """Return the inodes of the sockets that these processes have."""
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    target = os.readlink(f"/proc/{pid}/fd/{name}")
                    if target.startswith("socket:["):
                        found.add(int(target[8:-1]))
    return found


def _natural(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0

"""What hostile neighbours do to a port: TLS handshakes that come to nothing, from any number of loopback addresses."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence

from nodeworker.protocol import TLS_NAME


def client_hello() -> bytes:
    """The first flight of a real TLS handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(coming, going, server_hostname=TLS_NAME).do_handshake()
    return going.read()


@contextlib.contextmanager
def flood(port: int, addresses: Sequence[str], *, a_second: float = 0.0, opening: bytes = b"") -> Iterator[list[int]]:
    """Begin handshakes from these addresses, so many a second (0: as many as one thread can); yields their number."""
    stop, made, hello = threading.Event(), [0], opening or client_hello()

    def press() -> None:
        held: deque[tuple[float, socket.socket]] = deque()
        began = time.monotonic()
        while not stop.is_set():
            stranger = socket.socket()
            stranger.setblocking(False)
            try:
                stranger.bind((addresses[made[0] % len(addresses)], 0))
                stranger.connect(("127.0.0.1", port))
            except BlockingIOError:
                pass
            except OSError:
                time.sleep(0.01)
            made[0] += 1
            held.append((time.monotonic(), stranger))
            with contextlib.suppress(OSError):
                stranger.send(hello)
            while len(held) > 200 or (held and held[0][0] < time.monotonic() - 1):
                _, oldest = held.popleft()
                with contextlib.suppress(OSError):
                    oldest.send(hello)
                oldest.close()
            if a_second:
                time.sleep(max(0.0, began + made[0] / a_second - time.monotonic()))
        for _, stranger in held:
            stranger.close()

    thread = threading.Thread(target=press, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        stop.set()
        thread.join(10)


def resident(pid: int) -> int:
    """Resident memory of a process in MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as listed:
        return [int(child) for child in listed.read().split()]

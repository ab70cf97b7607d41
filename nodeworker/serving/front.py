"""The program in front of a node's port: accepts, rations handshakes by `limits`, and hands bytes on as they are.

Run as `python -m nodeworker.serving.front` by `fronted`, with the listening sockets and one end of a pipe as
descriptors. It sees no plain text and holds no key: TLS is between the caller and the node behind it. A process of its
own, so that a flood takes nothing from the loop that streams answers; it imports neither gRPC nor asyncio.

What it hands on comes to the node from a named socket, and the node says over the pipe which of these names a pinned
machine called from. Whoever sends anything but the beginning of a TLS handshake is never handed on.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable

from nodeworker.serving.limits import Accounts, Limits, account_of

BUFFER_BYTES = 64 * 1024
"""What may wait for a peer that reads slowly, in each direction."""
TICK_SECONDS = 0.02
ACCEPTS = 64
"""In a row, before what is connected gets its turn."""
NAME_PREFIX = "tangnet-front-"
HANDSHAKE = b"\x16\x03"
"""The first bytes of every TLS handshake."""
DESCRIPTORS = 4096
_RESET = struct.pack("ii", 1, 0)


class _Waiting:
    __slots__ = ("account", "heard", "ready", "since", "socket")

    def __init__(self, peer: socket.socket, account: str, now: float) -> None:
        self.socket = peer
        self.account = account
        self.since = now
        self.heard = True
        """Whether the selector watches it."""
        self.ready = False


class _Link:
    """Two sockets whose bytes go across."""

    __slots__ = ("account", "done", "name", "pending", "since", "sockets", "stranger", "unproven")

    def __init__(self, outer: socket.socket, inner: socket.socket, name: str, account: str, now: float) -> None:
        self.sockets = (outer, inner)
        self.name = name
        self.account = account
        self.since = now
        self.unproven = True
        self.stranger = False
        self.pending = [b"", b""]
        """What the outer side and the inner side could not take yet."""
        self.done = [False, False]
        """Which side has said that it sends no more."""


class Front:
    """One port. `run` goes on until the pipe ends."""

    def __init__(
        self,
        listening: list[socket.socket],
        pipe: socket.socket,
        inner: str,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`inner` is the path of the node's Unix socket; `pipe` brings the names that have proven themselves."""
        self._listening = listening
        self._pipe = pipe
        self._inner = inner
        self._limits = limits
        self._clock = clock
        self._accounts = Accounts(limits, clock())
        self._selector = selectors.DefaultSelector()
        self._waiting: dict[socket.socket, _Waiting] = {}
        """In the order of their coming."""
        self._ready: dict[str, deque[_Waiting]] = {}
        """Those of them that have begun a handshake, by account."""
        self._links: dict[str, _Link] = {}
        self._unproven: dict[str, _Link] = {}
        """Those of them without a pinned call yet, oldest first."""
        self._begun: list[_Waiting] = []
        """Those that have sent too little to be judged: looked at again at the next tick, for they always have data."""
        self._paused: list[socket.socket] = []
        """Listening sockets that are left alone for a tick: no descriptors were left."""
        self._number = 0
        self._token = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._heard = b""
        self._over = False
        self._buffer = memoryview(bytearray(BUFFER_BYTES))

    def run(self) -> None:
        """Serve until the other end of the pipe is closed."""
        for listening in self._listening:
            listening.setblocking(False)
            self._selector.register(listening, selectors.EVENT_READ, (self._accept, listening))
        self._pipe.setblocking(False)
        self._selector.register(self._pipe, selectors.EVENT_READ, (self._hear,))
        ticked = 0.0
        while not self._over:
            busy = self._waiting or self._unproven or self._paused
            for key, mask in self._selector.select(TICK_SECONDS if busy else None):
                call, *what = key.data
                call(mask, *what)
            now = self._clock()
            if self._ready:
                self._let_through(now)
            if now - ticked >= TICK_SECONDS:
                ticked = now
                self._expire(now)

    # Coming in

    def _accept(self, _: int, listening: socket.socket) -> None:
        now = self._clock()
        for _ in range(ACCEPTS):
            try:
                peer, address = listening.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError:
                self._selector.unregister(listening)
                self._paused.append(listening)
                return
            account = account_of(address[0])
            if not self._accounts.came(account, now):
                _cut(peer)
                continue
            peer.setblocking(False)
            waiting = _Waiting(peer, account, now)
            self._waiting[peer] = waiting
            self._selector.register(peer, selectors.EVENT_READ, (self._first_bytes, waiting))

    def _first_bytes(self, _: int, waiting: _Waiting) -> None:
        try:
            first = waiting.socket.recv(len(HANDSHAKE), socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        if not first or not HANDSHAKE.startswith(first):
            self._turn_away(waiting)
            return
        self._selector.unregister(waiting.socket)
        waiting.heard = False
        if len(first) < len(HANDSHAKE):
            self._begun.append(waiting)
        else:
            waiting.ready = True
            self._ready.setdefault(waiting.account, deque()).append(waiting)

    def _let_through(self, now: float) -> None:
        while self._ready and len(self._links) < self._limits.connections:
            account = self._accounts.next(self._ready, now)
            if account is None:
                return
            waiting = self._ready[account][0]
            if _gone(waiting.socket):  # it costs nothing
                self._turn_away(waiting)
            else:
                self._forget(waiting)
                self._connect(waiting, now)

    def _connect(self, waiting: _Waiting, now: float) -> None:
        if self._accounts.crowded:
            oldest = next((link for link in self._unproven.values() if link.stranger), None)
            if oldest is not None:
                self._close(oldest)
        self._number += 1
        name = f"{NAME_PREFIX}{self._token}-{self._number}"
        link = _Link(waiting.socket, socket.socket(socket.AF_UNIX), name, waiting.account, now)
        link.stranger = self._accounts.passed(link.account, now)
        # An address that is known does not vouch for each connection: all must prove themselves in time.
        self._links[link.name] = self._unproven[link.name] = link
        outer, inner = link.sockets
        try:
            _connect_named(inner, link.name, self._inner)
            outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # the node is ending, or has more connections than it can take up at once
            self._close(link)
            return
        for side in (0, 1):
            self._selector.register(link.sockets[side], selectors.EVENT_READ, (self._across, link, side))

    def _turn_away(self, waiting: _Waiting) -> None:
        if waiting.heard:
            self._selector.unregister(waiting.socket)
        self._forget(waiting)
        self._accounts.left(waiting.account, self._clock())
        _cut(waiting.socket)

    def _forget(self, waiting: _Waiting) -> None:
        del self._waiting[waiting.socket]
        if waiting.ready:
            queue = self._ready[waiting.account]
            queue.remove(waiting)
            if not queue:
                del self._ready[waiting.account]

    def _expire(self, now: float) -> None:
        for waiting in list(self._waiting.values()):
            if now - waiting.since < self._limits.silent_seconds:
                break
            self._turn_away(waiting)
        for link in list(self._unproven.values()):
            if now - link.since < self._limits.handshake_seconds:
                break
            self._close(link)
        for waiting in self._begun:
            if waiting.socket in self._waiting:
                waiting.heard = True
                self._selector.register(waiting.socket, selectors.EVENT_READ, (self._first_bytes, waiting))
        self._begun.clear()
        for listening in self._paused:
            self._selector.register(listening, selectors.EVENT_READ, (self._accept, listening))
        self._paused.clear()

    # Proven

    def _hear(self, _: int) -> None:
        try:
            data = self._pipe.recv(65_536)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        self._over = not data
        *names, self._heard = (self._heard + data).split(b"\n")
        now = self._clock()
        for name in names:
            link = self._links.get(name.decode("ascii", "replace"))
            if link is not None:
                self._settle(link, now)
                self._accounts.met(link.account, now)

    def _settle(self, link: _Link, now: float) -> None:
        if link.unproven:
            link.unproven = False
            del self._unproven[link.name]
            self._accounts.settled(link.account, now, stranger=link.stranger)

    # Going across

    def _across(self, mask: int, link: _Link, side: int) -> None:
        try:
            if mask & selectors.EVENT_WRITE:
                self._flush(link, side)
            if mask & selectors.EVENT_READ and not link.done[side] and not link.pending[1 - side]:
                self._read(link, side)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._close(link)

    def _read(self, link: _Link, side: int) -> None:
        other = 1 - side
        size = link.sockets[side].recv_into(self._buffer)
        if not size:
            link.done[side] = True
            self._interests(link)
            self._ending(link, other)
            return
        try:
            sent = link.sockets[other].send(self._buffer[:size])
        except (BlockingIOError, InterruptedError):
            sent = 0
        if sent < size:
            link.pending[other] = bytes(self._buffer[sent:size])
            self._interests(link)

    def _flush(self, link: _Link, side: int) -> None:
        sent = link.sockets[side].send(link.pending[side])
        link.pending[side] = link.pending[side][sent:]
        if not link.pending[side]:
            self._interests(link)
            if link.done[1 - side]:
                self._ending(link, side)

    def _ending(self, link: _Link, side: int) -> None:
        """Tell a side that nothing more comes, once it has everything; close when both are done."""
        if link.pending[side]:
            return
        if link.done[side]:
            self._close(link)
        else:
            link.sockets[side].shutdown(socket.SHUT_WR)

    def _interests(self, link: _Link) -> None:
        registered = self._selector.get_map()
        for side in (0, 1):
            wanted = selectors.EVENT_WRITE if link.pending[side] else 0
            if not link.done[side] and not link.pending[1 - side]:
                wanted |= selectors.EVENT_READ
            peer, data = link.sockets[side], (self._across, link, side)
            if peer not in registered:
                if wanted:
                    self._selector.register(peer, wanted, data)
            elif wanted:
                self._selector.modify(peer, wanted, data)
            else:
                self._selector.unregister(peer)

    def _close(self, link: _Link) -> None:
        if self._links.pop(link.name, None) is None:
            return  # closed while its other side had an event, too
        now = self._clock()
        self._settle(link, now)
        self._accounts.ended(link.account, now)
        for peer in link.sockets:
            with contextlib.suppress(KeyError):
                self._selector.unregister(peer)
            peer.close()


def _gone(peer: socket.socket) -> bool:
    """Whether a peer that had sent something was cut since; a silent end is seen only after that."""
    try:
        return not peer.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _cut(peer: socket.socket) -> None:
    """End a connection at once, with nothing left of it in the kernel."""
    with contextlib.suppress(OSError):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    peer.close()


def _connect_named(inner: socket.socket, name: str, path: str) -> None:
    """Connect so that the other side sees `name` as the peer. Raises OSError."""
    inner.setblocking(False)
    if os.uname().sysname == "Linux":
        inner.bind(f"\0{name}")
        inner.connect(path)
        return
    place = os.path.join(os.path.dirname(path), name)  # no names without files there
    inner.bind(place)
    try:
        inner.connect(path)
    finally:
        os.unlink(place)


def main() -> None:
    """Serve as the one argument, a JSON object, says: listening sockets, pipe, path behind, limits."""
    given = json.loads(sys.argv[1])
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    # A terminal's Ctrl-C reaches the whole group; the pipe says when it is over.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listening = [socket.socket(fileno=number) for number in given["listening"]]
    Front(listening, socket.socket(fileno=given["pipe"]), given["inner"], Limits(**given["limits"])).run()


if __name__ == "__main__":
    main()

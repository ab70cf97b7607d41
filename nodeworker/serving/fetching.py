"""Brings the pieces of one model here, from several peers at once over mutual TLS; see models/swarm.py for the choice.

Each peer that is used has one connection: `Pieces` says what it has, `ReadPiece` brings one piece. What goes wrong with
a peer costs the pieces that were under way from it and nothing else. One that sends a wrong piece is never asked again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc

from nodeworker.errors import EngineError
from nodeworker.models.pieces import Gathering
from nodeworker.models.swarm import AT_ONCE, Cap, Peer, Swarm
from nodeworker.protocol import CHANNEL_OPTIONS, CODE_KEY, RETRY_KEY, TLS_NAME, Code, node_pb2_grpc
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.manifest import PIECE_BYTES, piece_size
from nodeworker.threads import Crew

log = logging.getLogger(__name__)

LINKS = 8
"""Peers that a node is connected to at a time, beside the administrator's machine."""
FAR_LINKS = 2
"""Of these, from other zones, so that no zone is cut off from the rest."""
CONNECT_SECONDS = 3.0
PIECE_SECONDS = 20.0
"""1 MiB in that time is the slowest that a peer may be."""
PIECES_SECONDS = 24 * 3600.0
TICK_SECONDS = 0.25
REFUSED_SECONDS = 1.0
FIRST_DELAY, LONGEST_DELAY = 0.5, 10.0
"""Between two attempts to connect to the same peer."""
RATE_SECONDS = 3.0


class _Known:
    """One introduced peer: whether and when it may be connected to."""

    def __init__(self, peer: pb.Peer, zone: str, first: bool) -> None:
        self.peer = peer
        self.near = peer.zone == zone
        self.first = first
        self.failures = 0
        self.next_try = 0.0


@dataclass(slots=True)
class _Link:
    """A connection that is being made or used."""

    task: asyncio.Task[None]
    stub: node_pb2_grpc.NodeAsyncStub | None = None


class Fetching:
    """One model on its way. `run` ends when every piece is here."""

    def __init__(
        self,
        gathering: Gathering,
        *,
        peers: Sequence[pb.Peer],
        signer: str,
        identity: Identity,
        zone: str,
        bytes_per_second: int,
        crew: Crew,
    ) -> None:
        """`signer` is the id of the administrator's machine, which is asked last."""
        self.fetched = 0
        """Bytes that came, those of pieces that came twice too."""
        self.dropped: dict[str, str] = {}
        """Id -> name of peers that sent a wrong piece."""
        self._gathering = gathering
        self._signer = signer
        self._identity = identity
        self._zone = zone
        self._crew = crew
        self._cap = Cap(bytes_per_second)
        # Capped, few pieces are under way: what was asked for comes whatever the cap says.
        at_once = min(AT_ONCE, max(1, bytes_per_second // PIECE_BYTES)) if bytes_per_second else AT_ONCE
        self._swarm = Swarm(gathering.count, gathering.have, at_once=at_once)
        self._known: dict[str, _Known] = {}
        self._links: dict[str, _Link] = {}
        self._asking: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self._failure: EngineError | None = None
        self._arrivals: deque[tuple[float, int]] = deque()
        self.introduce(peers)

    @property
    def bytes_per_second(self) -> float:
        """How quickly pieces arrived lately."""
        self._forget_arrivals(time.monotonic())
        return sum(size for _, size in self._arrivals) / RATE_SECONDS

    @property
    def connected(self) -> int:
        """Peers that pieces can be asked from now."""
        return len(self._swarm.peers)

    @property
    def waits_for(self) -> str:
        """One sentence when nothing can be fetched now; "" otherwise."""
        if not self._swarm.peers:
            return "None of the machines that have pieces can be reached."
        return "" if self._swarm.reachable else "Some pieces are at no machine that can be reached."

    def introduce(self, peers: Sequence[pb.Peer]) -> None:
        """Replace the peers that may be asked; those that lied before stay out."""
        listed = {peer.id: peer for peer in peers if peer.id != self._identity.id}
        for id in [id for id in self._known if id not in listed]:
            del self._known[id]
            self._unlink(id)
        for id, peer in listed.items():
            if id not in self._known or self._known[id].peer != peer:
                self._known[id] = _Known(peer, self._zone, id == self._signer)
        self._news.set()

    async def run(self) -> None:
        """Fetch until every piece is here. Raises NoSpace; what is here stays when it is cancelled."""
        try:
            while not self._swarm.complete:
                if self._failure is not None:
                    raise self._failure
                self._tend()
                wait = self._fill()
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._news.wait()
        finally:
            await self._end()

    def _fill(self) -> float:
        """Ask for pieces as long as there is room; returns the seconds after which to look again."""
        now = time.monotonic()
        while not (wait := self._cap.wait(now)):
            chosen = self._swarm.choose(now)
            if chosen is None:
                return TICK_SECONDS
            id, index = chosen
            self._cap.took(piece_size(self._gathering.manifest, index), now)
            self._asking[chosen] = asyncio.create_task(self._ask(id, index))
        return min(wait, TICK_SECONDS)

    async def _ask(self, id: str, index: int) -> None:
        arrived = False
        try:
            data = await self._read(id, index)
            if data is not None:
                self.fetched += len(data)
                arrived = await self._crew.submit(lambda: self._gathering.put(index, data))
                if arrived:
                    self._arrived(id, index, len(data))
                else:
                    self._drop(id)
        except EngineError as error:
            self._failure = error
        finally:
            self._swarm.ended(id, index, arrived=arrived)
            self._asking.pop((id, index), None)
            self._news.set()

    async def _read(self, id: str, index: int) -> bytes | None:
        """Return what the peer sends as that piece, right or wrong; None when it sends nothing."""
        link = self._links.get(id)
        if link is None or link.stub is None:
            return None
        wanted = piece_size(self._gathering.manifest, index)
        request = pb.ReadPieceRequest(sha256=self._gathering.manifest.sha256, index=index)
        call = link.stub.ReadPiece(request, timeout=PIECE_SECONDS)
        data = b""
        try:
            async for part in call:
                data = data + part.data if data else part.data
                if len(data) > wanted:
                    break
            return data
        except grpc.aio.AioRpcError as error:
            self._no_piece(id, index, error)
        except (grpc.aio.UsageError, grpc.aio.InternalError):  # the channel was closed under the call
            self._unlink(id)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self._unlink(id)
        finally:
            call.cancel()
        return None

    def _no_piece(self, id: str, index: int, error: grpc.aio.AioRpcError) -> None:
        trailing = {str(key): str(value) for key, value in error.trailing_metadata() or ()}
        if trailing.get(CODE_KEY) in (Code.BUSY, Code.MODEL_MISSING, Code.BAD_REQUEST):
            retry = trailing.get(RETRY_KEY, "")
            seconds = min(int(retry) / 1000, PIECE_SECONDS) if retry.isdecimal() else REFUSED_SECONDS
            self._swarm.refuse(id, index, time.monotonic() + seconds)
        else:
            self._failed(id)

    def _arrived(self, id: str, index: int, size: int) -> None:
        now = time.monotonic()
        self._arrivals.append((now, size))
        self._forget_arrivals(now)
        if (known := self._known.get(id)) is not None:
            known.failures = 0
        for other in self._swarm.others(index):
            if other != id and (task := self._asking.get((other, index))) is not None:
                task.cancel()

    def _drop(self, id: str) -> None:
        """Never ask this peer again: it sent something else than the piece."""
        known = self._known.get(id)
        name = known.peer.name if known is not None else id[:16]
        log.warning("%s (%s) sent a wrong piece of %s", name, id[:16], self._gathering.manifest.name)
        self.dropped[id] = name
        self._unlink(id)

    # -- connections -------------------------------------------------------------------------------------------------

    def _tend(self) -> None:
        """Connect to as many peers as there is room for: of the own zone first, a few of others, the first source."""
        now = time.monotonic()
        ready = [
            known
            for id, known in self._known.items()
            if id not in self._links and id not in self.dropped and known.next_try <= now
        ]
        random.shuffle(ready)
        ready.sort(key=lambda known: known.failures)
        linked = [self._known[id] for id in self._links if id in self._known]
        far = sum(not known.near and not known.first for known in linked)
        near = sum(known.near and not known.first for known in linked)
        near_ready = sum(known.near and not known.first for known in ready)
        far_room = max(LINKS - near - near_ready, FAR_LINKS) - far
        near_room = LINKS - near - min(far, LINKS - near)
        for known in ready:
            if known.first:
                self._link(known)
            elif known.near and near_room > 0:
                near_room -= 1
                self._link(known)
            elif not known.near and far_room > 0:
                far_room -= 1
                self._link(known)

    def _link(self, known: _Known) -> None:
        id = known.peer.id
        self._links[id] = _Link(asyncio.create_task(self._follow(known), name=f"pieces from {known.peer.name}"))

    async def _follow(self, known: _Known) -> None:
        """Hold a connection to one peer and note what it has, until it breaks."""
        id = known.peer.id
        try:
            for address in known.peer.addresses:
                async with _channel(address, known.peer.certificate, self._identity) as channel:
                    if await self._listen(known, node_pb2_grpc.NodeStub(channel)):
                        break
        finally:
            if (link := self._links.get(id)) is not None and link.task is asyncio.current_task():
                self._failed(id)

    async def _listen(self, known: _Known, stub: node_pb2_grpc.NodeAsyncStub) -> bool:
        """Read what a peer has until the connection ends; returns whether there was one."""
        id = known.peer.id
        call = stub.Pieces(pb.PiecesRequest(sha256=self._gathering.manifest.sha256), timeout=PIECES_SECONDS)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reply = await call.read()
            while isinstance(reply, pb.PiecesReply):
                have = int.from_bytes(reply.have[: -(-self._gathering.count // 8)], "little")
                if (link := self._links.get(id)) is None or link.task is not asyncio.current_task():
                    return True
                link.stub = stub
                peer = self._swarm.peers.setdefault(id, Peer(id, near=known.near, first=known.first))
                peer.have = have & ((1 << self._gathering.count) - 1)
                self._news.set()
                reply = await call.read()
            return True
        except (TimeoutError, grpc.aio.AioRpcError, grpc.aio.UsageError, grpc.aio.InternalError) as error:
            log.debug("%s: %s", known.peer.name, error)
            return id in self._swarm.peers
        finally:
            call.cancel()

    def _failed(self, id: str) -> None:
        if (known := self._known.get(id)) is not None:
            known.next_try = time.monotonic() + min(FIRST_DELAY * 2 ** min(known.failures, 10), LONGEST_DELAY)
            known.failures += 1
        self._unlink(id)

    def _unlink(self, id: str) -> None:
        """Close a connection; what was under way from there is asked elsewhere at once."""
        link = self._links.pop(id, None)
        if link is not None:
            link.task.cancel()
        self._swarm.peers.pop(id, None)
        current = asyncio.current_task()
        for (other, _), task in list(self._asking.items()):
            if other == id and task is not current:
                task.cancel()
        self._news.set()

    async def _end(self) -> None:
        tasks = [*self._asking.values(), *(link.task for link in self._links.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._links.clear()
        self._swarm.peers.clear()

    def _forget_arrivals(self, now: float) -> None:
        while self._arrivals and self._arrivals[0][0] < now - RATE_SECONDS:
            self._arrivals.popleft()


def _channel(address: str, certificate: str, identity: Identity) -> grpc.aio.Channel:
    """A connection to the holder of that certificate's key, and to nobody else."""
    credentials = grpc.ssl_channel_credentials(
        root_certificates=certificate.encode(),
        private_key=identity.key,
        certificate_chain=identity.certificate.encode(),
    )
    options: Sequence[tuple[str, str | int]] = (
        *CHANNEL_OPTIONS,
        ("grpc.ssl_target_name_override", TLS_NAME),
        ("grpc.use_local_subchannel_pool", 1),
    )
    host = address.rpartition(":")[0].strip("[]")
    known = f"ipv6:{address}" if ":" in host else f"ipv4:{address}" if host.replace(".", "").isdigit() else ""
    return grpc.aio.secure_channel(known or f"dns:///{address}", credentials, options=options)


def names(dropped: Mapping[str, str]) -> list[str]:
    """Return the names of dropped peers, for people."""
    return sorted(dropped.values())

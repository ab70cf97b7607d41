"""Pairing on the node: `tangnet-node pair` leaves a request in the node's home, the running node answers it.

The listener stands on the port after the node's own, speaks TLS with the node's certificate, asks for no client
certificate, and exists only while a code is valid: 120 seconds, three wrong tries, one success.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc

from nodeworker.errors import BadRequest, EngineError
from nodeworker.protocol import PAIRING_SECONDS, PAIRING_TRIES, node_pb2_grpc
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.files import replace_file
from nodeworker.protocol.identity import Identity, TrustFailure
from nodeworker.protocol.pairing import Pairing, PairingFailed, new_code
from nodeworker.protocol.pins import USE, Pin, Pins, joined
from nodeworker.serving.door import NotPaired, refuse
from nodeworker.serving.fronted import HANDSHAKE_OPTIONS, fronted
from nodeworker.serving.limits import Limits
from nodeworker.settings import Listen

log = logging.getLogger(__name__)
REQUEST_FILE = "pairing.json"
POLL_SECONDS = 0.25
MAX_EXCHANGES = 20
"""Runs begun in one pairing; a run costs 30 ms of processor time and needs no code."""
MAX_OPEN_RUNS = 8
LIMITS = Limits(
    address_rate=2.0,
    address_burst=8.0,
    strangers_rate=10.0,
    strangers_burst=20.0,
    unproven_of_address=4,
    unproven=16,
    waiting_of_address=8,
    waiting=128,
    connections=24,
)
"""Everybody is a stranger here, and a pairing takes a second."""
_OPTIONS = (
    ("grpc.max_receive_message_length", 65_536),
    ("grpc.max_send_message_length", 65_536),
    ("grpc.so_reuseport", 0),
    ("grpc.max_concurrent_streams", 8),
)


@dataclass(frozen=True, slots=True)
class PairingRequest:
    """What stands in pairing.json, written by the command and then by the node in turn."""

    code: str
    """Empty as soon as it is of no more use."""
    seconds: float = PAIRING_SECONDS
    state: str = "asked"
    """asked, open, paired, failed or expired."""
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    tries_left: int = PAIRING_TRIES
    address: str = ""
    """Of the pairing listener's node, to give to the other side."""
    reason: str = ""
    peer_name: str = ""
    peer_id: str = ""
    rights: str = USE
    """What the other side may do then, besides what it may do already."""

    @classmethod
    def new(cls, rights: str = USE) -> PairingRequest:
        """Make a request with a fresh code."""
        return cls(new_code(), rights=rights)

    @classmethod
    def read(cls, home: Path) -> PairingRequest | None:
        """Read the request in a node's home; None when there is none or it makes no sense."""
        try:
            return cls(**json.loads((home / REQUEST_FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, home: Path) -> None:
        """Put it into a node's home, readable only for its user. Raises OSError."""
        replace_file(home / REQUEST_FILE, json.dumps(asdict(self)).encode(), mode=0o600)


def withdraw(home: Path) -> None:
    """Take the request out of a node's home; the node then closes the listener."""
    with contextlib.suppress(FileNotFoundError):
        (home / REQUEST_FILE).unlink()


class PairingDesk:
    """The running node's side: watches for requests and serves one at a time."""

    def __init__(
        self,
        *,
        home: Path,
        identity: Identity,
        name: str,
        pins: Pins,
        listen: Listen,
        address: str,
        opened: Callable[[bool], Awaitable[None]],
    ) -> None:
        """`listen` has the node's real port; `opened` is told when the listener opens and closes."""
        self.identity = identity
        """Whom the next pairing is with."""
        self._home = home
        self._name = name
        self._pins = pins
        self._listen = listen
        self._address = address
        self._opened = opened

    async def run(self) -> None:
        """Serve requests until cancelled. A request from before the node started is thrown away."""
        withdraw(self._home)
        while True:
            request = PairingRequest.read(self._home)
            if request is not None and request.state == "asked":
                await self._serve(request)
            await asyncio.sleep(POLL_SECONDS)

    async def _serve(self, request: PairingRequest) -> None:
        request = replace(request, state="open", address=self._address)
        service = PairingService(self.identity, self._name, self._pins, request)
        server = grpc.aio.server(options=(*_OPTIONS, *HANDSHAKE_OPTIONS), maximum_concurrent_rpcs=16)
        node_pb2_grpc.add_PairingServicer_to_server(service, server)
        pair = (self.identity.key, self.identity.certificate.encode())
        listen = Listen(self._listen.host, self._listen.port + 1)
        where, told = listen.text(), False
        try:
            async with fronted(listen, limits=LIMITS) as port:
                try:
                    server.add_secure_port(port.inner, grpc.ssl_server_credentials([pair]))
                    await server.start()
                    await port.serve()
                    request.write(self._home)
                    log.info("pairing is open on %s for %d s", where, request.seconds)
                    told = True
                    await self._opened(True)
                    await self._until_over(request, service)
                finally:
                    await server.stop(1.0)  # the answer to the last Confirm is still on its way
        except BadRequest:
            log.error("pairing cannot listen on %s", where)
            replace(request, state="failed", code="", reason=f"The port of {where} is taken.").write(self._home)
        except (OSError, RuntimeError) as error:
            log.error("pairing ended: %s", error)
        finally:
            if told:
                await self._opened(False)

    async def _until_over(self, request: PairingRequest, service: PairingService) -> None:
        ends = time.monotonic() + request.seconds
        tries = request.tries_left
        while not service.over.is_set():
            if time.monotonic() >= ends:
                service.close("expired", "Nobody used the code in time.")
                break
            now = PairingRequest.read(self._home)
            if now is None or now.token != request.token:
                service.close("failed", "Pairing was called off.")
                log.info("pairing was called off")
                return
            if service.request.tries_left != tries:
                tries = service.request.tries_left
                service.request.write(self._home)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await service.over.wait()
        result = service.request
        log.info("pairing ended: %s %s", result.state, result.reason or result.peer_name)
        result.write(self._home)


class PairingService(node_pb2_grpc.PairingServicer):
    """Both calls of one pairing. `request` is its state; `over` is set when it is decided."""

    def __init__(self, identity: Identity, name: str, pins: Pins, request: PairingRequest) -> None:
        self._identity = identity
        self._name = name
        self._pins = pins
        self._code = request.code
        self._runs: dict[str, tuple[Pairing, pb.PairExchange]] = {}
        self._begun = 0
        self.request = request
        self.over = asyncio.Event()

    def close(self, state: str, reason: str = "") -> None:
        """Decide the pairing; nothing is accepted afterwards."""
        if not self.over.is_set():
            self.request = replace(self.request, state=state, reason=reason, code="")
            self._runs.clear()
            self.over.set()

    async def Exchange(self, request: pb.PairExchange, context: grpc.aio.ServicerContext[Any, Any]) -> pb.PairExchange:
        """Take the client's SPAKE2 element and certificate, give ours."""
        try:
            self._begun += 1
            if self.over.is_set() or self._begun > MAX_EXCHANGES:
                self.close("failed", "Too many machines tried to pair.")
                raise NotPaired("Pairing is over.", "Run `tangnet-node pair` again.")
            run = await asyncio.to_thread(self._begin, request)
        except TrustFailure as error:  # the code is not tried here, so this is never "wrong code"
            await refuse(context, BadRequest(error.message, error.hint))
        except EngineError as error:
            await refuse(context, error)
        while len(self._runs) >= MAX_OPEN_RUNS:
            del self._runs[next(iter(self._runs))]
        self._runs[context.peer()] = (run, request)  # one run for each connection
        return pb.PairExchange(spake=run.message, certificate=self._identity.certificate.encode(), name=self._name)

    async def Confirm(self, request: pb.PairConfirm, context: grpc.aio.ServicerContext[Any, Any]) -> pb.PairConfirm:
        """Check the client's MAC, pin its certificate, give our MAC."""
        run, hello = self._runs.pop(context.peer(), (None, None))
        try:
            if run is None or hello is None or self.over.is_set():
                raise NotPaired("There is no pairing to confirm.", "Begin again with `tangnet pair`.")
            try:
                run.check(request.mac)
                if request.id != run.peer_id:
                    raise PairingFailed("The other side names another key than it showed.")
            except PairingFailed as error:
                raise self._wrong(error) from error
            name = hello.name or "desktop"
            known = next((pin.rights for pin in self._pins.all() if pin.id == run.peer_id), "")
            rights = joined(known, self.request.rights)
            pin = self._pins.add(Pin(run.peer_id, name, hello.certificate.decode("ascii"), rights=rights))
        except TrustFailure as error:
            await refuse(context, EngineError(error.message, error.hint))
        except EngineError as error:
            await refuse(context, error)
        self.request = replace(self.request, peer_name=pin.name, peer_id=pin.id)
        self.close("paired")
        return pb.PairConfirm(mac=run.mac, id=self._identity.id)

    def _begin(self, request: pb.PairExchange) -> Pairing:
        run = Pairing("server", self._code, self._identity.certificate)
        run.finish(request.spake, request.certificate)
        return run

    def _wrong(self, error: PairingFailed) -> NotPaired:
        left = self.request.tries_left - 1
        self.request = replace(self.request, tries_left=left)
        log.warning("a wrong pairing code was tried; %d tries left", left)
        if left <= 0:
            self.close("failed", "The code was wrong three times.")
            return NotPaired("The code was wrong too often; pairing is closed.", "Run `tangnet-node pair` again.")
        return NotPaired(error.message, error.hint)

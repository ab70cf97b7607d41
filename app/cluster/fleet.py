"""Taking in a fleet: join tokens, of which only a hash is kept, and the call by which nodes join with them."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import grpc

from app.cluster.trust import TrustStore, join_address, machine_name, trust_errors
from app.cluster.wire import one_line
from app.errors import TrustError
from nodeworker.protocol import CODE_KEY, HINT_KEY, Code, node_pb2_grpc
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.files import locked, replace_file
from nodeworker.protocol.identity import TrustFailure, id_of_certificate, signed_by
from nodeworker.protocol.links import MOST_ADDRESSES, JoinToken, join_statement, matches
from nodeworker.protocol.pins import Pin

FLEET_FILE = "fleet.json"
MOST_TOKENS = 32
MOST_USES = 10_000
MOST_CALLS = 64
"""At the same time, of all that join."""
LOOK_SECONDS = 0.5
_OPTIONS = (
    ("grpc.max_receive_message_length", 65_536),
    ("grpc.max_send_message_length", 65_536),
    ("grpc.so_reuseport", 0),
    ("grpc.max_concurrent_streams", 4),
)

log = logging.getLogger(__name__)


class JoinRefused(Exception):
    """A node is not taken in; the sentence and the hint are for it."""

    def __init__(self, message: str, hint: str, *, code: Code = Code.NOT_ALLOWED) -> None:
        super().__init__(message)
        self.message, self.hint, self.code = message, hint, code


@dataclass(frozen=True, slots=True)
class KeptToken:
    """What the controller remembers of a token: enough to know it again, not enough to make it."""

    id: str
    secret_sha256: str
    rights: str
    uses_left: int
    expires_at: float
    """Seconds since 1970, by this machine's clock."""
    joined: tuple[str, ...] = ()
    """Ids of the nodes that used it."""

    def live(self, now: float) -> bool:
        """Whether it is of use at that time."""
        return self.uses_left > 0 and now < self.expires_at


class Fleet:
    """The tokens in `fleet.json` and the nodes that they let in. Methods block; safe in several processes."""

    def __init__(self, home: Path, store: TrustStore, now: Callable[[], float] = time.time) -> None:
        self.identity = store.identity
        self._path = home / FLEET_FILE
        self._lock = home / f"{FLEET_FILE}.lock"
        self._store = store
        self._now = now

    def tokens(self) -> tuple[KeptToken, ...]:
        """Return the tokens that are of use still. Raises TrustError."""
        return tuple(token for token in self._read() if token.live(self._now()))

    def make(self, addresses: Sequence[str], *, rights: str, uses: int, hours: float) -> JoinToken:
        """Make a token; it is in what is returned and nowhere else. Raises TrustError."""
        with trust_errors():
            token = JoinToken.new(tuple(addresses), self._store.identity().id, rights)
        if not (0 < uses <= MOST_USES and 0 < hours <= 24 * 366):
            raise TrustError("So many uses or hours make no sense.", code="trust", hint="--uses 100 --hours 24")
        kept = KeptToken(token.id, token.hashed(), token.rights, uses, self._now() + 3600 * hours)
        with self._changing():
            live = self.tokens()
            if len(live) >= MOST_TOKENS:
                raise TrustError("There are too many join tokens.", code="trust", hint="tangnet pair --fleet --close")
            self._write((*live, kept))
        return token

    def close(self) -> int:
        """Make every token worthless; returns how many there were. Raises TrustError."""
        with self._changing():
            closed = len(self.tokens())
            self._write(())
        return closed

    def admit(self, request: pb.JoinRequest, host: str) -> tuple[Pin, str, bool]:
        """Trust the node that asks, if its token is good; returns its pin, the token's rights, and whether it is new.

        A node that asks again, because it did not hear the answer, gets the same answer and uses nothing up.

        Raises:
            JoinRefused: token, certificate or port is not good.
            TrustError: this machine's own files fail.
        """
        unknown = JoinRefused(
            "This join token is not known here, used up, or too old.",
            "Make a new one on the controller: tangnet pair --fleet",
        )
        with self._changing():
            token = next((token for token in self._read() if token.id == request.token_id), None)
            if token is None or not matches(request.secret, token.secret_sha256) or self._now() >= token.expires_at:
                raise unknown
            identity = self._store.identity()
            try:
                id = id_of_certificate(request.certificate)
                statement = join_statement(identity.id, token.id)
                own = signed_by(request.certificate, statement, request.signature)
            except TrustFailure as error:
                raise JoinRefused(error.message, "", code=Code.BAD_REQUEST) from error
            if not own or id == identity.id or not 0 < request.port < 65_536:
                raise JoinRefused("That is not the node's own certificate, or no port.", "", code=Code.BAD_REQUEST)
            pins = {pin.id: pin for pin in self._store.pins()}
            if id in token.joined:
                if id not in pins:
                    raise JoinRefused("This node was unpaired.", "It takes a new token to come back.")
                return pins[id], token.rights, False
            if token.uses_left < 1:
                raise unknown
            # The pin first: killed in between, the node asks again, and then it is counted.
            name = _free_name(one_line(request.name, 40) or "node", [pin.name for pin in pins.values() if pin.id != id])
            address = join_address(host, request.port)
            pin = self._store.add(Pin(id, name, request.certificate, address=address, rights="", knows=identity.id))
            used = replace(token, uses_left=token.uses_left - 1, joined=(*token.joined, id))
            self._write(tuple(used if other.id == token.id else other for other in self._read()))
        return pin, token.rights, True

    @asynccontextmanager
    async def serving(
        self, listen: tuple[str, int], joined: Callable[[Pin, str], None]
    ) -> AsyncGenerator[tuple[str, int], None]:
        """Let nodes join while the block runs; yields where it listens. `joined` gets each new pin and its zone.

        Raises:
            TrustError: the address cannot be listened on, or the own identity cannot be read.
        """
        identity = await asyncio.to_thread(self._store.identity)
        server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=MOST_CALLS)
        node_pb2_grpc.add_FleetServicer_to_server(_Joining(self, joined), server)
        credentials = grpc.ssl_server_credentials([(identity.key, identity.certificate.encode())])
        where = join_address(*listen)
        try:
            port = server.add_secure_port(where, credentials)
            await server.start()
        except RuntimeError as error:
            raise TrustError(
                f"{where} cannot be listened on.", code="address", hint="Choose another with --listen HOST:PORT."
            ) from error
        try:
            yield listen[0], port
        finally:
            await server.stop(1.0)  # an answer may still be on its way

    async def until_used_up(self) -> None:
        """Wait until no token is of use any more. Raises TrustError."""
        live = await asyncio.to_thread(self.tokens)
        while live:
            await asyncio.sleep(LOOK_SECONDS)
            live = await asyncio.to_thread(self.tokens)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            with locked(self._lock):
                yield
        except OSError as error:
            raise TrustError(f"{self._path} cannot be changed: {error.strerror}.", code="trust") from error

    def _read(self) -> tuple[KeptToken, ...]:
        try:
            entries = json.loads(self._path.read_text(encoding="utf-8"))
            return tuple(KeptToken(**{**entry, "joined": tuple(entry["joined"])}) for entry in entries)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise TrustError(
                f"{self._path} cannot be read.", code="trust", hint="Delete it; tokens made before are then worthless."
            ) from error

    def _write(self, tokens: tuple[KeptToken, ...]) -> None:
        try:
            replace_file(self._path, json.dumps([asdict(token) for token in tokens], indent=1).encode())
        except OSError as error:
            raise TrustError(f"{self._path} cannot be written: {error.strerror}.", code="trust") from error


class _Joining(node_pb2_grpc.FleetServicer):
    def __init__(self, fleet: Fleet, joined: Callable[[Pin, str], None]) -> None:
        self._fleet = fleet
        self._joined = joined

    async def Join(self, request: pb.JoinRequest, context: grpc.aio.ServicerContext[Any, Any]) -> pb.JoinReply:
        """Take a node in."""
        try:
            pin, rights, new = await asyncio.to_thread(self._fleet.admit, request, _host(context.peer()))
        except JoinRefused as refusal:
            log.warning("a node was not let in: %s", refusal.message)
            status = grpc.StatusCode.PERMISSION_DENIED
            if refusal.code == Code.BAD_REQUEST:
                status = grpc.StatusCode.INVALID_ARGUMENT
            trailing = ((CODE_KEY, str(refusal.code)), (HINT_KEY, quote(refusal.hint)))
            await context.abort(status, refusal.message, trailing)
        except TrustError as error:
            log.error("a node was not let in: %s", error.message)
            await context.abort(grpc.StatusCode.UNAVAILABLE, "The controller cannot take nodes in now.")
        if new:
            self._joined(pin, one_line(request.zone, 40))
        identity = self._fleet.identity()
        return pb.JoinReply(certificate=identity.certificate, name=machine_name(), rights=rights.split())


def own_addresses(host: str, port: int) -> list[str]:
    """Return host:port for each address under which others may reach what listens on `host`; IPv4 first."""
    import ifaddr

    if host not in ("0.0.0.0", "::"):
        return [join_address(host, port)]
    found = {ip.ip if isinstance(ip.ip, str) else ip.ip[0] for adapter in ifaddr.get_adapters() for ip in adapter.ips}
    usable = [ip for ip in map(ipaddress.ip_address, found) if not (ip.is_loopback or ip.is_link_local)]
    told = [ip for ip in usable if ip.version == 4 or host == "::"]
    ordered = sorted(told, key=lambda ip: (ip.version, not ip.is_private, ip.packed))
    return [join_address(str(ip), port) for ip in ordered[:MOST_ADDRESSES]] or [join_address("127.0.0.1", port)]


def _host(peer: str) -> str:
    """Return the address in what gRPC says of a peer: "ipv4:1.2.3.4:567", "ipv6:%5Bfd00::1%5D:567"."""
    return unquote(peer.partition(":")[2]).rpartition(":")[0].strip("[]")


def _free_name(wanted: str, taken: Sequence[str]) -> str:
    """Return the name, with a number behind it where another node has it: a fleet's images are often alike."""
    names = {name.lower() for name in taken}
    name, number = wanted, 2
    while name.lower() in names:
        name, number = f"{wanted}-{number}", number + 1
    return name

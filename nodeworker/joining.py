"""Joining a fleet with a token: find the controller, check its key, and only then show it the secret."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import time
import urllib.parse
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import grpc

from nodeworker.errors import EngineError
from nodeworker.protocol import CHANNEL_OPTIONS, HINT_KEY, TLS_NAME, Code, node_pb2_grpc
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.files import replace_file
from nodeworker.protocol.identity import Identity, TrustFailure, follows, id_of_certificate
from nodeworker.protocol.links import JoinToken, join_statement
from nodeworker.protocol.peeking import certificate_at
from nodeworker.protocol.pins import Pin, Pins, joined

if TYPE_CHECKING:
    from nodeworker.protocol.node_pb2_grpc import FleetAsyncStub

log = logging.getLogger(__name__)
JOINED_FILE = "joined.json"
TOKEN_VARIABLE = "TANGNET_JOIN_TOKEN"
FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
CALL_SECONDS = 10.0
MOST_REMEMBERED = 16
_FINAL = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNIMPLEMENTED)


class JoinRefused(EngineError):
    """The controller does not take this node with this token: trying again is of no use."""

    code: ClassVar[Code] = Code.NOT_ALLOWED


class ControllerAway(EngineError):
    """The controller does not answer now, or somebody else answers in its place."""

    code: ClassVar[Code] = Code.NOT_PAIRED


@dataclass(frozen=True, slots=True)
class Joiner:
    """One node that joins: who it is, and where its things are."""

    home: Path
    pins: Pins
    name: str
    zone: str
    port: int

    def has_joined(self, token: JoinToken) -> bool:
        """Whether this token was used here before: once is enough, also over restarts."""
        return token.id in self._used()

    async def join(self, token: JoinToken) -> Pin:
        """Try every address of the token once; returns the controller as it is pinned now.

        Raises:
            JoinRefused: the token is used up, expired, or unknown there.
            ControllerAway: nobody with the token's key answers.
            TrustFailure: the own identity or pins cannot be read or written.
        """
        identity = await asyncio.to_thread(Identity.load_or_create, self.home)
        reasons = []
        for address in token.addresses:
            try:
                return await self._at(address, token, identity)
            except ControllerAway as error:
                reasons.append(error.message)
        raise ControllerAway(" ".join(reasons), "Is `tangnet pair --fleet` running there, on this network?")

    async def join_until(
        self, token: JoinToken, seconds: float, waiting: Callable[[str, float], None], *, first: float = FIRST_DELAY
    ) -> Pin:
        """Try again and again for `seconds`, less and less often; `waiting` is told why and for how long.

        Raises:
            JoinRefused, ControllerAway, TrustFailure: as `join`.
        """
        ends, delay = time.monotonic() + seconds, first
        while True:
            try:
                return await self.join(token)
            except ControllerAway as error:
                if time.monotonic() + delay > ends:
                    raise
                waiting(error.message, delay)
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)

    @contextlib.asynccontextmanager
    async def in_background(self, token: JoinToken | None) -> AsyncIterator[None]:
        """Join while the block runs, unless that was done before; what comes of it is logged."""
        if token is None or await asyncio.to_thread(self.has_joined, token):
            yield
            return
        task = asyncio.create_task(self._for_ever(token))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _for_ever(self, token: JoinToken) -> None:
        def waiting(reason: str, seconds: float) -> None:
            log.info("not in the fleet yet: %s Again in %.0f s.", reason, seconds)

        try:
            pin = await self.join_until(token, float("inf"), waiting)
            log.info("joined the fleet of %s, which may here: %s", pin.name, pin.rights)
        except (EngineError, TrustFailure) as error:
            log.error("this node does not join: %s %s", error.message, error.hint)

    async def _at(self, address: str, token: JoinToken, identity: Identity) -> Pin:
        host, _, port = address.rpartition(":")
        try:
            seen = await asyncio.to_thread(certificate_at, host.strip("[]"), int(port))
            shown = id_of_certificate(seen)
            expected = shown == token.key or follows(seen, token.key)
        except (OSError, OverflowError, TrustFailure) as error:
            raise ControllerAway(f"Nobody answers at {address}.") from error
        if not expected:
            raise ControllerAway(f"The machine at {address} has another key than the token says.")
        request = pb.JoinRequest(
            token_id=token.id,
            secret=token.secret,
            certificate=identity.certificate,
            name=self.name,
            zone=self.zone,
            port=self.port,
            signature=identity.sign(join_statement(shown, token.id)),
        )
        # Only a server with that very key completes this channel's handshake: the secret goes to nobody else.
        credentials = grpc.ssl_channel_credentials(root_certificates=seen.encode())
        options = (*CHANNEL_OPTIONS, ("grpc.ssl_target_name_override", TLS_NAME), ("grpc.use_local_subchannel_pool", 1))
        async with grpc.aio.secure_channel(address, credentials, options=options) as channel:
            stub: FleetAsyncStub = node_pb2_grpc.FleetStub(channel)
            try:
                reply = await stub.Join(request, timeout=CALL_SECONDS)
            except grpc.aio.AioRpcError as error:
                raise _failure(address, error) from error
        return await asyncio.to_thread(self._pin, token, shown, seen, reply.name)

    def _pin(self, token: JoinToken, id: str, certificate: str, name: str) -> Pin:
        known = next((pin.rights for pin in self.pins.all() if pin.id == id), "")
        # The rights are those of the token that was given to this node, whatever the controller would like to have.
        pin = self.pins.add(Pin(id, name or "controller", certificate, rights=joined(known, token.rights)))
        used = [*self._used(), token.id][-MOST_REMEMBERED:]
        try:
            replace_file(self.home / JOINED_FILE, json.dumps(used).encode())
        except OSError as error:
            raise TrustFailure(f"{self.home / JOINED_FILE} cannot be written: {error.strerror}.") from error
        return pin

    def _used(self) -> list[str]:
        try:
            used = json.loads((self.home / JOINED_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        return [id for id in used if isinstance(id, str)] if isinstance(used, list) else []


def token_from(given: str) -> JoinToken | None:
    """Return the token of `--join`, else that of TANGNET_JOIN_TOKEN; `@FILE` reads it from a file; None without one.

    Raises:
        TrustFailure: it is no token, or the file cannot be read.
    """
    text = given or os.environ.get(TOKEN_VARIABLE, "")
    if text.startswith("@"):
        path = Path(text[1:]).expanduser()
        try:
            text = path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise TrustFailure(
                f"The join token in {path} cannot be read.", "The file holds the token and nothing else."
            ) from error
    return JoinToken.parse(text) if text.strip() else None


def _failure(address: str, error: grpc.aio.AioRpcError) -> EngineError:
    sentence = "".join(character for character in (error.details() or "")[:400] if character.isprintable())
    if error.code() not in _FINAL:
        return ControllerAway(f"{address} did not answer: {sentence or error.code().name}.")
    trailing = {key: value for key, value in error.trailing_metadata() or () if isinstance(value, str)}
    hint = urllib.parse.unquote(trailing.get(HINT_KEY, ""))[:400]
    return JoinRefused(sentence or "The controller refused this node.", "".join(filter(str.isprintable, hint)))

"""New keys on a running node: those of its callers, and its own when `tangnet-node rotate` has changed it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from nodeworker.errors import BadRequest
from nodeworker.protocol.identity import KEY_FILE, Identity, TrustFailure, follows, handed_over
from nodeworker.protocol.pins import Pins
from nodeworker.trust import Trust

log = logging.getLogger(__name__)


class Rotation:
    """Follows keys as they change. `accept` is for gRPC's Rotate, `look` is to be called now and then."""

    def __init__(
        self, home: Path, identity: Identity, pins: Pins, trust: Trust, changed: Callable[[Identity], Awaitable[None]]
    ) -> None:
        """`changed` is told the node's new identity when the one in `home` has become another."""
        self._home = home
        self._identity = identity
        self._pins = pins
        self._trust = trust
        self._changed = changed
        self._stamp = self._look_at_key()
        self._complained = False

    def accept(self, caller: str, certificate: str, signature: bytes) -> str:
        """Trust the key of `certificate` as that of the caller with this id, and return its id; blocking.

        The old key holds until the new one is used, so that an answer that is lost on its way costs nothing.

        Raises:
            BadRequest: the signature is not the old key's, or the caller is not one that was paired here.
        """
        try:
            old = next((pin for pin in self._pins.all() if pin.id == caller), None)
            if old is None:
                raise BadRequest("Only a machine that was paired with this node can change its key here.")
            # Both keys must agree: the old one signs the new certificate, which itself names the old one.
            if not handed_over(old.certificate, certificate, signature) or not follows(certificate, caller):
                raise BadRequest("The new key is not signed by the old one, or does not say that it follows it.")
            new = self._pins.hand_over(caller, certificate)
        except TrustFailure as error:
            raise BadRequest(error.message, error.hint) from error
        if new is None:
            raise BadRequest("This machine has just been unpaired.")
        log.info("%s has a new key: %s", new.name, new.id[:16])
        return new.id

    async def look(self) -> None:
        """Drop keys whose successors were used; take up the node's own new key if there is one."""
        try:
            if any(pin.replaces and pin.id in self._trust.used for pin in self._trust.pins().values()):
                await asyncio.to_thread(self._pins.settle, self._trust.used)
            stamp = self._look_at_key()
            if stamp != self._stamp:
                now = await asyncio.to_thread(Identity.load_or_create, self._home)
                self._stamp = stamp
                if now.id != self._identity.id:
                    self._identity = now
                    self._trust.use(now)
                    await self._changed(now)
            self._complained = False
        except TrustFailure as error:
            if not self._complained:
                log.error("%s %s", error.message, error.hint)
            self._complained = True

    def _look_at_key(self) -> tuple[int, int]:
        try:
            status = (self._home / KEY_FILE).stat()
        except OSError:
            return (0, 0)
        return (status.st_mtime_ns, status.st_ino)

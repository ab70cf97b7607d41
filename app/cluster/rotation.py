"""New keys: telling every node of this machine's, and following nodes to theirs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from app.cluster import trust
from app.cluster.key_change import KeyChange
from app.errors import NodeError, TrustError
from nodeworker.protocol import DEFAULT_PORT
from nodeworker.protocol.peeking import certificate_at

if TYPE_CHECKING:
    from app.cluster.client import NodeClient
    from nodeworker.protocol.identity import Identity
    from nodeworker.protocol.pins import Pin

AGAIN_SECONDS = 30.0
"""Before a node that would not take the new key is asked again."""
FIRST_LOOK = 1.0
LONGEST_LOOK = 60.0
LOOK_TIMEOUT = 2.0
MOST_LOOKS = 4
"""At the same time: each takes a thread for a moment."""

log = logging.getLogger(__name__)


class Rotation:
    """Keeps both sides' keys up to date; `step` is to be called now and then."""

    def __init__(
        self,
        store: trust.TrustStore,
        client_of: Callable[[str], NodeClient | None],
        addresses_of: Callable[[Pin], Iterable[str]],
    ) -> None:
        """`client_of` gives the connection to a node by id, `addresses_of` where else a node may be."""
        self._store = store
        self._client_of = client_of
        self._addresses_of = addresses_of
        self._not_before: dict[str, float] = {}
        self._looks: dict[str, tuple[float, float]] = {}
        """Of nodes without connection: when to look again, and how long to wait after that."""
        self._looking = asyncio.Semaphore(MOST_LOOKS)

    async def step(self) -> None:
        """Tell connected nodes of a new own key, and look whether nodes that are lost have new ones.

        Raises:
            TrustError: own files cannot be read or written.
        """
        following = self._store.following()
        if following is not None:
            await self._tell(following)
        await self._follow()

    def change(self, was: str, following: str) -> KeyChange:
        """Return how far the rotation to the key with the id `following` is."""
        pins = self._store.pins()
        return KeyChange(
            following,
            was,
            tuple(pin.name for pin in pins if pin.knows == following),
            tuple(pin.name for pin in pins if pin.knows != following),
            finished=self._store.following() is None,
        )

    async def _tell(self, following: Identity) -> None:
        untold = [pin for pin in self._store.pins() if pin.knows != following.id]
        signature = self._store.identity().hand_over(following.certificate)
        await asyncio.gather(*(self._tell_one(pin, following, signature) for pin in untold))
        if all(pin.knows == following.id for pin in self._store.pins()):
            await asyncio.to_thread(self._store.finish_rotation)
            log.info("every node knows this machine's new key: %s", following.fingerprint)

    async def _tell_one(self, pin: Pin, following: Identity, signature: bytes) -> None:
        client = self._client_of(pin.id)
        if client is None or time.monotonic() < self._not_before.get(pin.id, 0.0):
            return
        try:
            known = await client.rotate(following.certificate, signature)
        except NodeError as error:
            log.warning("%s does not know the new key yet: %s", pin.name, error.message)
            self._not_before[pin.id] = time.monotonic() + AGAIN_SECONDS
            return
        if known == following.id:
            await asyncio.to_thread(self._store.told, pin.id, following.id)

    async def _follow(self) -> None:
        lost = [pin for pin in self._store.pins() if self._client_of(pin.id) is None]
        ids = {pin.id for pin in lost}
        for id in [id for id in self._looks if id not in ids]:
            del self._looks[id]
        now = time.monotonic()
        due = [pin for pin in lost if now >= self._looks.get(pin.id, (0.0, 0.0))[0]]
        for pin in due:
            pause = self._looks.get(pin.id, (0.0, FIRST_LOOK))[1]
            self._looks[pin.id] = (now + pause, min(2 * pause, LONGEST_LOOK))
        await asyncio.gather(*(self._look_for(pin) for pin in due))

    async def _look_for(self, pin: Pin) -> None:
        for address in dict.fromkeys([pin.address, *self._addresses_of(pin)]):
            if not address:
                continue
            async with self._looking:
                try:
                    host, port = trust.split_address(address, DEFAULT_PORT)
                    shown = await asyncio.to_thread(certificate_at, host, port, timeout=LOOK_TIMEOUT)
                except (OSError, TrustError):
                    continue
            new = await asyncio.to_thread(self._store.followed, pin.id, shown)
            if new is not None:
                log.info("%s has a new key, signed with its old one: %s", pin.name, new.id[:16])
                return


def own_for(pin: Pin, present: Identity, following: Identity | None) -> Identity:
    """Return the own identity to show to a node: the following one as soon as it was told."""
    return following if following is not None and pin.knows == following.id else present

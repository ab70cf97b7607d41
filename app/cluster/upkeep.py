"""What people do with nodes beside asking them: look at the last hour, let one rest, name it, say where it is."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.cluster.history import STEP_SECONDS, History, Past
from app.errors import NodeLost, TrustError, UsageError
from nodeworker.protocol import FLEET_PORT

if TYPE_CHECKING:
    from app.cluster.fleet import Fleet
    from app.cluster.network import Network
    from app.cluster.registry import Roster
    from app.events import NodeInfo

EVERYWHERE = "0.0.0.0"
TOKEN_HOURS = 24.0
FIRST_SECONDS = 5.0
"""From listening to looking whether any token is left."""
LONGEST = 40
"""Characters of a name or zone."""
RESTED_SECONDS = 3.0
"""How long a node is waited for until it says that it rests."""

log = logging.getLogger(__name__)


class Upkeep:
    """Belongs to one cluster; use it in the asyncio thread."""

    def __init__(self, home: Path, roster: Roster, network: Callable[[], Awaitable[Network]]) -> None:
        self._home = home
        self._roster = roster
        self._letting_in: asyncio.Task[None] | None = None
        self.port = FLEET_PORT
        """Where new machines are let in; 0 = a free one, which stands here once it listens."""
        self._network = network
        self._history = History()

    async def run(self) -> None:
        """Look at the nodes until cancelled; then nobody is let in any more."""
        try:
            while True:
                self._history.look(self._roster.snapshot(), time.monotonic())
                await asyncio.sleep(STEP_SECONDS)
        finally:
            if self._letting_in is not None:
                self._letting_in.cancel()
                await asyncio.wait({self._letting_in})

    async def take_in(self, *, hours: float = TOKEN_HOURS) -> str:
        """Return a token with which one new machine may join within `hours`, and let it in when it comes.

        It is let in while this program runs, over TLS and only with the secret in the token; see docs/trust.md.

        Raises:
            TrustError: the port cannot be listened on, or this machine's own files fail.
        """
        from app.cluster.fleet import own_addresses

        await self.let_in(always=True)
        fleet = await self._fleet()
        addresses = await asyncio.to_thread(own_addresses, EVERYWHERE, self.port)
        token = await asyncio.to_thread(fleet.make, addresses, rights="use", uses=1, hours=hours)
        return token.text()

    async def let_in(self, *, always: bool = False) -> bool:
        """Let machines in whose tokens are still good; returns whether there are any, or `always`.

        Raises:
            TrustError: as `take_in`.
        """
        fleet = await self._fleet()
        if not always and not await asyncio.to_thread(fleet.tokens):
            return False
        if self._letting_in is None or self._letting_in.done():
            listening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._letting_in = asyncio.create_task(self._serve(fleet, listening), name="let machines in")
            await listening
        return True

    async def _serve(self, fleet: Fleet, listening: asyncio.Future[None]) -> None:
        try:
            joined = "%s has joined"
            async with fleet.serving((EVERYWHERE, self.port), lambda pin, _zone: log.info(joined, pin.name)) as where:
                self.port = where[1]
                listening.set_result(None)
                await asyncio.sleep(FIRST_SECONDS)  # the token is made once this listens
                await fleet.until_used_up()
        except TrustError as error:
            if not listening.done():
                listening.set_exception(error)
            else:
                log.warning("no machine is let in any more: %s", error.message)

    async def _fleet(self) -> Fleet:
        from app.cluster.fleet import Fleet

        network = await self._network()
        return Fleet(self._home, network.store)

    def first_token(self, milliseconds: float) -> None:
        """Note how long somebody waited for the first word of an answer."""
        self._history.first_token(milliseconds, time.monotonic())

    async def history(self) -> Past:
        """Return what is known of the last hour; times are those of time.monotonic()."""
        return self._history.past(time.monotonic())

    async def rest(self, id: str, resting: bool) -> NodeInfo:
        """Have a node take no new work, or take it again; what runs there goes on.

        Raises:
            TrustError: other machines cannot be used.
            NodeError: it cannot be reached, or this machine may not administer it.
        """
        client = (await self._network()).client(id)
        known = self._roster.get(id)
        if client is None or known is None:
            raise NodeLost(
                f"{known.name if known else 'The node'} cannot be reached.", hint="Try again when it is there."
            )
        await client.rest(resting)

        def told() -> bool:
            info = self._roster.get(id)
            return info is None or info.resting == resting

        await self._roster.until(told, RESTED_SECONDS)
        return self._roster.get(id) or known

    async def relabel(self, id: str, name: str, zone: str) -> NodeInfo:
        """Call a paired node `name` on this machine; `zone` is where it stands, "" = where it says itself.

        Rules about documents speak of zones: who changes a zone changes what the node may see.

        Raises:
            UsageError: no such name or zone can be given.
            TrustError: there is no such node, or another one is called so.
        """
        name, zone = _clean(name, "name"), _clean(zone, "zone")
        if not name:
            raise UsageError("A node needs a name.", hint="Letters, digits, blanks, dashes.")
        return await (await self._network()).relabel(id, name, zone)


def _clean(text: str, what: str) -> str:
    words = " ".join(text.split())
    if len(words) > LONGEST or not words.isprintable() or any(mark in words for mark in ",="):
        raise UsageError(f"That {what} cannot be used.", hint=f"At most {LONGEST} characters, no comma, no =.")
    if words.lower() == "local":
        raise UsageError(f"“local” always means this machine, so it is no {what}.", hint="Choose another one.")
    return words

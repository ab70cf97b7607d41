"""What is known of each node now, and the watchers that keep it true: one per trusted node, connecting for ever."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from app.errors import NodeError, NodeLost
from app.events import NodeInfo

if TYPE_CHECKING:
    from app.cluster.client import NodeClient
    from nodeworker.protocol.identity import Identity
    from nodeworker.protocol.pins import Pin

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
HEALTHY_SECONDS = 60.0
PROBE_SECONDS = 2.0
"""A node that is simply not there is tried so often: one that comes back must be in use within 5 s."""
CALM_SECONDS = 10.0
"""A connection that lasts so long makes up for one that broke soon."""
LEAST_DELAY = 0.25
"""Between attempts, however often somebody announces the node."""
MAX_ADDRESSES = 16
CONNECT_SECONDS = 5.0
HEARTBEAT_SECONDS = 6.0
"""A node that works says something every second; silent for this long, it is lost."""
REST_SECONDS = 10.0
"""One at rest need not say more often that it lives: its connection is watched, and a change is told at once."""
SNAPSHOT_SECONDS = 0.25
"""At least this long between two snapshots of `watch`."""
FIGURES_SECONDS = 1.0
"""What sensors of nodes say is told so much later at most: by itself nobody waits for it."""

_said = attrgetter(
    *("name", "id", "address", "zone", "trusted", "pairing", "state", "rights", "models", "labels", "slots", "engines"),
    *("active", "queued", "work", "tokens_made", "throttled", "under_voltage", "resting", "latency_ms"),
)
"""What of a node is told at once when it is new."""

log = logging.getLogger(__name__)


def delay_after(failures: int) -> float:
    """Return the seconds to wait before the next try: 0.5 × 2ⁿ, at most 30."""
    return float(min(FIRST_DELAY * 2 ** min(max(failures - 1, 0), 16), LONGEST_DELAY))


class Patience:
    """How long to leave a node alone before the next try: pure.

    One that cannot be reached is tried every two seconds, for the attempt costs little and the node may be back. One
    that comes and goes, or answers and refuses, is left alone for longer and longer: 0.5 s × 2ⁿ, at most 30 s.
    """

    def __init__(self) -> None:
        self._lost = 0
        self._refused = 0
        self._unreached = 0

    @property
    def hurried(self) -> bool:
        """Whether an announcement of the node is reason to try at once: not if it comes and goes all the time."""
        return self._lost <= 1

    def broke(self, seconds: float, *, planned: bool) -> float:
        """Return the pause after a connection that lasted for `seconds`; `planned`: the node had said that it goes."""
        self._refused = self._unreached = 0
        calm = int(min(seconds, HEALTHY_SECONDS) / CALM_SECONDS)
        self._lost = 0 if seconds > HEALTHY_SECONDS else max(0, self._lost - calm)
        self._lost += 0 if planned else 1
        return delay_after(self._lost)

    def refused(self) -> float:
        """Return the pause after a node said that it does not want this machine."""
        self._refused += 1
        return delay_after(self._refused)

    def unreached(self) -> float:
        """Return the pause after nobody answered."""
        self._unreached += 1
        if self._unreached > 3 and self._lost:
            self._lost -= 1  # it is gone, not flapping
        return max(min(delay_after(self._unreached), PROBE_SECONDS), delay_after(self._lost) if self._lost > 1 else 0.0)


class Roster:
    """The latest NodeInfo under each key, in order of first appearance; tells those who wait of every change."""

    def __init__(self) -> None:
        self._infos: dict[str, NodeInfo] = {}
        self._changed = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None

    def put(self, key: str, info: NodeInfo) -> None:
        """Store `info`; wakes the waiters: at once, or within FIGURES_SECONDS if nothing but figures is new."""
        before = self._infos.get(key)
        self._infos[key] = info
        if before is None or _said(before) != _said(info):
            self._wake()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(FIGURES_SECONDS, self._wake)

    def drop(self, key: str) -> None:
        """Forget a node; unknown keys are fine."""
        if self._infos.pop(key, None) is not None:
            self._wake()

    def get(self, key: str) -> NodeInfo | None:
        """Return what is known under `key`."""
        return self._infos.get(key)

    def snapshot(self) -> tuple[NodeInfo, ...]:
        """Return all nodes: this machine first, then trusted ones, then strangers, each by name."""
        return tuple(sorted(self._infos.values(), key=lambda info: (not info.local, not info.trusted, info.name)))

    async def changed(self) -> None:
        """Wait for the next change."""
        await self._changed.wait()

    async def until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Wait until `true()` holds after a change, for `seconds` at most; returns whether it does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not true():
                    await self.changed()
        return true()

    async def watch(self) -> AsyncGenerator[tuple[NodeInfo, ...], None]:
        """Yield a snapshot now and after changes, at most four a second."""
        while True:
            changed = self._changed
            yield self.snapshot()
            await asyncio.sleep(SNAPSHOT_SECONDS)
            await changed.wait()

    def _wake(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._changed.set()
        self._changed = asyncio.Event()


async def follow(
    client: NodeClient,
    current: Callable[[], NodeInfo],
    put: Callable[[NodeInfo], None],
    *,
    heartbeat: float,
    rest: float = 0.0,
) -> None:
    """Keep a connected node's info up to date until it is lost; describes it again when its engines change.

    It is lost when nothing was heard for `heartbeat` seconds; while it does nothing, it is asked to tell that only each
    `rest` seconds, and is waited for that much longer.

    Raises:
        NodeError: it went away or refuses us.
    """
    engines: list[tuple[str, str, str]] | None = None
    async with aclosing(client.watch(current, heartbeat=heartbeat, rest=rest)) as updates:
        async for info in updates:
            now = [(engine.role, engine.state, engine.model) for engine in info.engines]
            if engines is not None and now != engines:
                info = await client.describe(info)
            engines = now
            put(info)
    raise NodeLost(f"{client.name} has gone.")


class RemoteNode:
    """One trusted node: connects to whichever of its addresses answers with the pinned key, and again when lost."""

    def __init__(
        self,
        pin: Pin,
        identity: Identity,
        roster: Roster,
        reached: Callable[[str, str], None],
        *,
        closely: Callable[[], bool] = lambda: True,
        lost: Callable[[RemoteNode], None] = lambda _: None,
    ) -> None:
        """Prepare; `reached(id, address)` is called when it is connected at another address than the pin says.

        Args:
            pin: The node.
            identity: What this machine shows it.
            roster: Where its state is kept.
            reached: See above.
            closely: Asked when it is connected: whether it is to be watched each second.
            lost: Called when its connection breaks and it had not said that it goes.
        """
        self.pin = pin
        self.client: NodeClient | None = None
        self.settled = False
        """True once the first attempt to connect has succeeded or failed."""
        self._closely = closely
        self._lost = lost
        self._identity = identity
        self._roster = roster
        self._reached = reached
        self._addresses: OrderedDict[str, None] = OrderedDict()
        self._heard = asyncio.Event()
        self._up = 0.0
        """When the connection of now was made."""
        if pin.address:
            self._addresses[pin.address] = None
        self._roster.put(pin.id, NodeInfo(pin.name, pin.id, pin.address, pin.zone, trusted=True, state="unreachable"))

    @property
    def info(self) -> NodeInfo:
        """What is known of it now."""
        known = self._roster.get(self.pin.id)
        return known or NodeInfo(self.pin.name, self.pin.id, self.pin.address, "", trusted=True, state="unreachable")

    def hear(self, addresses: Iterable[str], *, pairing: bool = False) -> None:
        """Take a hint of where it may be; tried at once if it is not connected."""
        for address in addresses:
            if address not in self._addresses and len(self._addresses) >= MAX_ADDRESSES:
                # The first one worked before: strangers must not be able to push it out.
                self._addresses.pop(list(self._addresses)[1])
            self._addresses.setdefault(address, None)
        if self.info.pairing != pairing:
            self._roster.put(self.pin.id, replace(self.info, pairing=pairing))
        self._heard.set()

    async def relabel(self, pin: Pin) -> None:
        """Go by the name and zone of `pin` from now on; a zone that was taken away is asked of the node."""
        asked = bool(self.pin.zone) and not pin.zone
        self.pin = replace(self.pin, name=pin.name, zone=pin.zone)
        info, client = self.info, self.client
        if client is not None:
            client.name = pin.name
            if asked:
                with contextlib.suppress(NodeError):  # then it is asked when it is connected to anew
                    info = await client.describe(info)
        self._put(replace(info, name=pin.name))

    def _put(self, info: NodeInfo) -> None:
        self._roster.put(self.pin.id, replace(info, zone=self.pin.zone) if self.pin.zone else info)

    async def run(self) -> None:
        """Connect and follow until cancelled."""
        patience = Patience()
        while True:
            self._heard.clear()
            began, self._up = time.monotonic(), 0.0
            error = await self._once()
            now = time.monotonic()
            log.info("%s: %s", self.pin.name, error.message)
            refused = error.code == "not_paired"
            planned = self.info.state == "draining"
            self._roster.put(self.pin.id, replace(self.info, state="unpaired" if refused else "unreachable"))
            self.settled = True
            if refused:
                pause = patience.refused()
            elif self._up:
                pause = patience.broke(now - self._up, planned=planned)
                if not planned:
                    self._lost(self)
            else:
                # Counted from when the attempt began: one into the void takes its time anyway.
                pause = patience.unreached() - (now - began)
            await asyncio.sleep(LEAST_DELAY)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(pause - LEAST_DELAY, 0)):
                    await (self._heard if patience.hurried else asyncio.Event()).wait()

    async def _once(self) -> NodeError:
        try:
            address, client, described = await self._connect()
        except NodeError as error:
            return error
        try:
            self.client = client
            if self._closely():
                await client.watch_closely()
            self._up = time.monotonic()
            self._addresses.move_to_end(address, last=False)
            self._put(replace(described, state="ready", address=address))
            self.settled = True
            if address != self.pin.address:
                self._reached(self.pin.id, address)
                self.pin = replace(self.pin, address=address)
            await follow(
                client,
                lambda: self.info,
                self._put,
                heartbeat=HEARTBEAT_SECONDS,
                rest=REST_SECONDS,
            )
        except NodeError as error:
            return error
        finally:
            self.client = None
            await client.close()
        return NodeLost(f"{self.pin.name} has gone.")

    async def _connect(self) -> tuple[str, NodeClient, NodeInfo]:
        """Try all addresses at the same time; a machine announces some that cannot be reached from here."""
        attempts = {asyncio.create_task(self._reach(address)) for address in self._addresses}
        if not attempts:
            raise NodeLost(f"The address of {self.pin.name} is not known yet.")
        failure: NodeError = NodeLost(f"{self.pin.name} cannot be reached.")
        try:
            while attempts:
                done, attempts = await asyncio.wait(attempts, return_when=asyncio.FIRST_COMPLETED)
                won = None
                for task in done:
                    outcome = task.result()
                    if isinstance(outcome, NodeError):
                        failure = outcome if outcome.code == "not_paired" else failure
                    elif won is None:
                        won = outcome
                    else:
                        await outcome[1].close()
                if won is not None:
                    return won
        finally:
            for task in attempts:
                task.cancel()
            for late in await asyncio.gather(*attempts, return_exceptions=True):
                if isinstance(late, tuple):
                    await late[1].close()
        raise failure

    async def _reach(self, address: str) -> tuple[str, NodeClient, NodeInfo] | NodeError:
        from app.cluster.client import NodeClient

        identity = self._identity
        client = NodeClient.remote(
            address,
            self.pin.name,
            pinned=self.pin.certificate,
            certificate=identity.certificate,
            key=identity.key,
        )
        described = None
        try:
            described = await client.describe(self.info, seconds=CONNECT_SECONDS)
            return address, client, described
        except NodeError as error:
            return error
        finally:
            if described is None:
                await client.close()

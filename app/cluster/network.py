"""The other machines: trusted ones are connected to, announced ones are listed, and pairing makes one of the other."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from app.cluster import mesh, trust
from app.cluster.discovery import Discovered, Discovery
from app.cluster.key_change import KeyChange
from app.cluster.registry import RemoteNode, Roster
from app.cluster.rotation import Rotation, own_for
from app.cluster.sentinels import Sentinels
from app.errors import NodeError, TrustError
from app.events import NodeInfo
from nodeworker.protocol import DEFAULT_PORT
from nodeworker.protocol.links import LINK, PairingLink, shared_fingerprint

if TYPE_CHECKING:
    from app.cluster.client import NodeClient
    from app.settings import Settings
    from nodeworker.protocol.identity import Identity
    from nodeworker.protocol.pins import Pin

TRUST_SECONDS = 2.0
"""How often trust.toml is looked at: another process may have paired."""
PROBE_SECONDS = 30.0
"""How often listed addresses are asked who is there."""
ROTATE_SECONDS = 10.0
"""How long nodes are waited for that are to be told of a new key."""
TELL_SECONDS = 0.2
FIND_SECONDS = 5.0
CONNECT_SECONDS = 5.0

log = logging.getLogger(__name__)


class Network:
    """All remote nodes. `run` keeps it going; `close` ends every connection."""

    def __init__(self, store: trust.TrustStore, settings: Settings, roster: Roster) -> None:
        """Begin to connect to the nodes in `store`, which should have been read. Raises TrustError."""
        self._store = store
        self._listed = tuple(settings.nodes_addresses)
        self._mesh = settings.nodes_mesh
        self._roster = roster
        self._remotes: dict[str, RemoteNode] = {}
        self._sentinels = Sentinels(self._remotes)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._probed: dict[str, str] = {}
        """Id of the node at a listed address."""
        self._discovery = Discovery(self._found, self._gone, self._is_pinned)
        self._discovering = False
        self._shown: dict[str, str] = {}
        """Id of the own key that each node is shown."""
        self._moved: dict[str, str] = {}
        """Addresses where nodes were reached that are not written down yet, by id."""
        self._rotation = Rotation(self._store, self.client, self._heard_of)
        self._follow_pins()

    @property
    def store(self) -> trust.TrustStore:
        """Keys and pins of this machine."""
        return self._store

    @property
    def settled(self) -> bool:
        """True once every trusted node has been tried."""
        return all(remote.settled for remote in self._remotes.values())

    def client(self, id: str) -> NodeClient | None:
        """Return the connection to a trusted node, None while it is not connected."""
        remote = self._remotes.get(id)
        return remote.client if remote is not None else None

    async def run(self, *, discover: bool) -> None:
        """Look for nodes and follow changes of trust until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._discovering = discover
            if discover:
                tasks.create_task(self._discovery.run())
            if discover and self._mesh:
                tasks.create_task(mesh.follow(self._ask_who))
            if self._listed:
                tasks.create_task(self._probe())
            tasks.create_task(self._watch_pins())

    async def close(self) -> None:
        """End all watchers and connections."""
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks.values())
        self._tasks.clear()
        await self._sentinels.close()
        await self._keep_addresses()

    async def pair(self, target: str, code: str) -> NodeInfo:
        """Pair with a node by name, id prefix or address; returns it connected if that works at once.

        A target that is a link of `tangnet-node pair` says address, code and key itself.

        Raises:
            TrustError: it isn't there, pairing is not open, or the code is wrong.
        """
        key = ""
        if target.strip().startswith(LINK):
            with trust.trust_errors():
                link = PairingLink.parse(target)
            target, code, key = link.address, link.code, link.key
        own = self._store.following() or self._store.identity()
        addresses = await self._addresses_of(target)
        failure: TrustError | None = None
        for address in addresses:
            try:
                pin = await trust.pair(own, address, DEFAULT_PORT, code, trust.machine_name(), key=key)
                break
            except TrustError as error:
                failure = error
                if error.code != "pairing_closed":
                    raise
        else:
            raise failure or TrustError(f"There is no node called {target}.", code="node_unknown")
        stored = await asyncio.to_thread(self._store.add, pin)
        self._follow_pins()
        self._drop_strangers(stored.id)
        await self._roster.until(lambda: self._info(stored.id).state != "unreachable", CONNECT_SECONDS)
        return self._info(stored.id)

    def shared_fingerprint(self, id: str) -> str:
        """Return what both sides of a pairing show, for the key that the node knows this machine by."""
        pin = next((pin for pin in self._store.pins() if pin.id == id), None)
        return shared_fingerprint(pin.knows if pin is not None and pin.knows else self._store.identity().id, id)

    async def unpair(self, name: str) -> NodeInfo:
        """Stop trusting a node and close its connection. Raises TrustError when there is no such node."""
        pins = self._store.pins()
        low = name.strip().lower()
        found = [pin for pin in pins if pin.name.lower() == low] or [
            pin for pin in pins if len(low) >= 4 and pin.id.startswith(low)
        ]
        if len(found) != 1:
            known = ", ".join(f"{pin.name} ({pin.id[:8]})" for pin in pins) or "none"
            what = "Several paired nodes are" if found else "No paired node is"
            raise TrustError(f"{what} called {name}.", code="node_unknown", hint=f"Paired: {known}.")
        info = self._info(found[0].id)
        await asyncio.to_thread(self._store.remove, found[0].id)
        self._follow_pins()
        return replace(info, trusted=False, state="unpaired")

    async def relabel(self, id: str, name: str, zone: str) -> NodeInfo:
        """Call a paired node `name` here, in `zone` ("" = where it says that it is).

        Raises:
            TrustError: there is no such node, or another one is called so.
        """
        if any(pin.name.lower() == name.lower() and pin.id != id for pin in self._store.pins()):
            raise TrustError(f"Another node is called {name}.", code="node_ambiguous", hint="Choose another name.")
        stored = await asyncio.to_thread(self._store.relabel, id, name, zone)
        if stored is None:
            raise TrustError("That node is not paired any more.", code="node_unknown")
        if id in self._remotes:
            await self._remotes[id].relabel(stored)
        return self._info(id)

    async def rotate(self, *, drop: bool, seconds: float = ROTATE_SECONDS) -> KeyChange:
        """Give this machine a new key, signed with the old one, and tell every node that is reached in time.

        The old key is kept for the others, who are told when they come, unless `drop` gives them up. Raises TrustError.
        """
        was = self._store.identity().id
        following = await asyncio.to_thread(self._store.begin_rotation)
        ends = time.monotonic() + seconds
        while True:
            tried = self.settled
            await self._rotation.step()
            change = self._rotation.change(was, following.id)
            reached = any(pin.knows != following.id and self.client(pin.id) for pin in self._store.pins())
            self._follow_pins()
            if change.finished or (tried and not reached) or time.monotonic() > ends:
                break
            await asyncio.sleep(TELL_SECONDS)
        if drop and not change.finished:
            await asyncio.to_thread(self._store.finish_rotation)
            self._follow_pins()
            change = replace(change, finished=True)
        return change

    def _heard_of(self, pin: Pin) -> list[str]:
        """Where a node may be that announces itself under the name of a lost one: perhaps with a new key."""
        return [address for found in self._discovery.found if found.name == pin.name for address in found.addresses]

    def _info(self, id: str) -> NodeInfo:
        return self._roster.get(id) or NodeInfo("", id, "", "", trusted=True, state="unreachable")

    async def _addresses_of(self, target: str) -> list[str]:
        if ":" in target or target.count(".") == 3:
            return [trust.join_address(*trust.split_address(target, DEFAULT_PORT))]
        low = target.strip().lower()

        def matching() -> list[Discovered]:
            found = self._discovery.found
            return [
                item for item in found if item.name.lower() == low or (len(low) >= 4 and item.id_prefix.startswith(low))
            ]

        if self._discovering:
            await self._roster.until(lambda: bool(matching()), FIND_SECONDS)
        found = matching()
        if len({item.id_prefix for item in found}) > 1:
            ids = ", ".join(item.id_prefix[:8] for item in found)
            raise TrustError(f"Several nodes are called {target}.", code="node_ambiguous", hint=f"Use an id: {ids}.")
        if not found and "." in target:
            return [trust.join_address(*trust.split_address(target, DEFAULT_PORT))]
        if not found:
            raise TrustError(
                f"No node called {target} announces itself here.",
                code="node_unknown",
                hint="Give its address as host:port; `tangnet-node status` on the node prints it.",
            )
        return [address for item in found for address in item.addresses]

    def _is_pinned(self, prefix: str) -> bool:
        return any(id.startswith(prefix) for id in self._remotes)

    def _follow_pins(self) -> None:
        """Start a watcher for each new pin and end those of pins that have gone."""
        pins = {pin.id: pin for pin in self._store.pins()}
        for id in [id for id in self._remotes if id not in pins]:
            self._forget(id)
        present, following = self._store.identity(), self._store.following()
        for pin in pins.values():
            own = own_for(pin, present, following)
            if pin.id in self._remotes and self._shown[pin.id] != own.id:
                self._forget(pin.id)
            if pin.id not in self._remotes:
                self._connect(pin, own)

    def _connect(self, pin: Pin, own: Identity) -> None:
        pin = replace(pin, address=self._moved.get(pin.id, pin.address))
        sentinels = self._sentinels
        remote = RemoteNode(pin, own, self._roster, self._reached, closely=sentinels.closely, lost=sentinels.lost)
        self._remotes[pin.id] = remote
        self._shown[pin.id] = own.id
        for found in self._discovery.found:
            if pin.id.startswith(found.id_prefix):
                remote.hear(found.addresses, pairing=found.pairing)
        remote.hear(address for address, id in self._probed.items() if id == pin.id)
        self._tasks[pin.id] = asyncio.create_task(remote.run(), name=f"node {pin.name}")

    def _forget(self, id: str) -> None:
        del self._remotes[id]
        self._tasks[id].cancel()  # closes its connection, which ends running answers there
        self._roster.drop(id)

    def _reached(self, id: str, address: str) -> None:
        self._moved[id] = address

    async def _keep_addresses(self) -> None:
        """Write down, in one go, where nodes were reached; what a crash loses is found again as it was found."""
        moved = dict(self._moved)
        if not moved:
            return
        try:
            await asyncio.to_thread(self._store.moved, moved)
        except TrustError as error:
            log.warning("new addresses of nodes are not kept: %s", error.message)
        for id in [id for id, address in moved.items() if self._moved.get(id) == address]:
            del self._moved[id]

    async def _watch_pins(self) -> None:
        while True:
            await asyncio.sleep(TRUST_SECONDS)
            await self._keep_addresses()
            try:
                await asyncio.to_thread(self._store.read)
                await self._rotation.step()
                self._follow_pins()
            except TrustError as error:
                log.warning("trust is left as it was: %s", error.message)

    async def _probe(self) -> None:
        while True:
            await asyncio.gather(*(self._ask_who(address) for address in self._listed))
            await asyncio.sleep(PROBE_SECONDS)

    async def _ask_who(self, address: str) -> None:
        try:
            id = await trust.id_at(address, DEFAULT_PORT)
        except (NodeError, TrustError) as error:
            log.info("listed node: %s", error.message)
            return
        address = trust.join_address(*trust.split_address(address, DEFAULT_PORT))
        self._probed[address] = id
        if id in self._remotes:
            self._remotes[id].hear([address])
        else:
            self._roster.put(f"listed {address}", NodeInfo(address, id, address, "", trusted=False, state="unpaired"))

    def _found(self, found: Discovered) -> None:
        pinned = [remote for id, remote in self._remotes.items() if id.startswith(found.id_prefix)]
        for remote in pinned:
            remote.hear(found.addresses, pairing=found.pairing)
        if not pinned:
            self._roster.put(found.service, _stranger(found))

    def _gone(self, found: Discovered) -> None:
        # Only strangers leave the list: a pinned node is gone when its connection is, not when somebody says so.
        self._roster.drop(found.service)

    def _drop_strangers(self, id: str) -> None:
        known: Iterable[Discovered] = self._discovery.found
        for found in known:
            if id.startswith(found.id_prefix):
                self._roster.drop(found.service)
        for address, listed in self._probed.items():
            if listed == id:
                self._roster.drop(f"listed {address}")


def _stranger(found: Discovered) -> NodeInfo:
    return NodeInfo(
        found.name,
        found.id_prefix,
        found.addresses[0],
        found.zone,
        trusted=False,
        state="unpaired",
        pairing=found.pairing,
    )

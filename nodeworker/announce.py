"""Tells the local network by mDNS that this node is here, and takes it back. A hint, never a ground to trust.

Registering without the usual probing (names carry the id, so they cannot clash) makes a node visible at once instead of
after two seconds. The addresses are looked at again now and then: a Pi often starts before its network does.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket

import ifaddr
from zeroconf import Error, IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from nodeworker.protocol import PROTOCOL_VERSION, SERVICE_TYPE
from nodeworker.settings import Listen

log = logging.getLogger(__name__)
LOOK_AGAIN_SECONDS = 10.0


class Announcement:
    """One node's entry. Failing to announce is logged once and tried again; the node serves all the same."""

    def __init__(self, *, id: str, name: str, zone: str, listen: Listen) -> None:
        """`listen` must have the real port."""
        self._id = id
        self._name = name
        self._zone = zone
        self._listen = listen
        self._pairing = False
        self._addresses: tuple[str, ...] = ()
        self._zeroconf: AsyncZeroconf | None = None
        self._info: ServiceInfo | None = None
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._complained = False
        self._standing = False

    @property
    def standing(self) -> bool:
        """Whether the announcement is out, every repetition of it sent."""
        return self._standing

    async def start(self) -> None:
        """Begin to announce, without waiting for it, and go on looking after it until `close`."""
        self._task = asyncio.create_task(self._keep())

    async def set_pairing(self, open: bool) -> None:
        """Change the flag that says whether the node can be paired with now."""
        self._pairing = open
        async with self._turn:
            if self._zeroconf is not None:
                self._info = self._service()
                try:
                    await (await self._zeroconf.async_update_service(self._info))
                except (OSError, Error) as error:
                    self._complain(error)

    async def rename(self, id: str) -> None:
        """Announce another id from now on: the node's key is a new one."""
        async with self._turn:
            announced = self._zeroconf is not None
            await self._withdraw()
            self._id = id
        if announced:
            await self._refresh()

    async def close(self) -> None:
        """Take the announcement back; others learn of it at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        async with self._turn:
            await self._withdraw()

    async def _keep(self) -> None:
        while True:
            await self._refresh()
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _refresh(self) -> None:
        async with self._turn:
            addresses = own_addresses(self._listen)
            if addresses == self._addresses and self._zeroconf is not None:
                return
            await self._withdraw()
            if not addresses:
                self._complain(OSError("no network"))
                return
            self._addresses = addresses
            try:
                six = any(":" in address for address in addresses)
                self._zeroconf = AsyncZeroconf(
                    interfaces=sorted({*addresses, "127.0.0.1"}), ip_version=IPVersion.All if six else IPVersion.V4Only
                )
                self._info = self._service()
                # The inner await ends when the last of the repeated announcements is sent.
                await (await self._zeroconf.async_register_service(self._info, cooperating_responders=True))
                self._complained = False
                self._standing = True
            except (OSError, Error) as error:
                self._complain(error)
                await self._withdraw()

    async def _withdraw(self) -> None:
        zeroconf, self._zeroconf, self._standing = self._zeroconf, None, False
        if zeroconf is None:
            return
        try:
            if self._info is not None:
                await (await zeroconf.async_unregister_service(self._info))
        except (OSError, Error) as error:
            self._complain(error)
        finally:
            await zeroconf.async_close()

    def _service(self) -> ServiceInfo:
        instance = f"{self._name}-{self._id[:8]}"
        return ServiceInfo(
            SERVICE_TYPE,
            f"{instance}.{SERVICE_TYPE}",
            port=self._listen.port,
            properties={
                "v": PROTOCOL_VERSION,
                "id": self._id[:16],
                "zone": self._zone,
                "pairing": "1" if self._pairing else "0",
            },
            server=f"{instance}.local.",
            parsed_addresses=list(self._addresses),
        )

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            log.warning("this node is not announced on the network: %s", error or type(error).__name__)
        self._complained = True


def own_addresses(listen: Listen) -> tuple[str, ...]:
    """Return the addresses under which others reach what listens there, sorted; link-local IPv6 is left out."""
    own: set[str] = set()
    for adapter in ifaddr.get_adapters():
        own |= {ip.ip if isinstance(ip.ip, str) else ip.ip[0] for ip in adapter.ips}
    if not listen.everywhere:
        try:
            named = {str(info[4][0]) for info in socket.getaddrinfo(listen.host, None, type=socket.SOCK_STREAM)}
        except OSError:
            return ()
        return tuple(sorted(named & own))
    return tuple(sorted(address for address in own if _tellable(address, six=listen.host == "::")))


def _tellable(text: str, *, six: bool) -> bool:
    address = ipaddress.ip_address(text)
    if address.version == 6 and (address.is_link_local or not six):
        return False
    return not address.is_loopback

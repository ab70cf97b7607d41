"""Nodes that announce themselves by mDNS. Everything heard is a hint from a stranger: it may be wrong, huge or hostile.

Nothing follows from an announcement but an attempt to connect, in which the node has to prove its pinned key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nodeworker.protocol import SERVICE_TYPE

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

MAX_REMEMBERED = 500
MAX_ADDRESSES = 8
"""Of one node: a machine has a handful."""
MAX_RESOLVING = 32
"""At the same time; the rest waits."""
RESOLVE_MS = 3000
RETRY_SECONDS = 30.0
_SRV = 33

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Discovered:
    """An announcement, cleaned: short printable texts, a hexadecimal id prefix, addresses as host:port."""

    service: str
    name: str
    id_prefix: str
    """First 16 hex digits of the id that it claims."""
    addresses: tuple[str, ...]
    zone: str
    pairing: bool


class Discovery:
    """Listens until closed; `on_found` and `on_gone` are called in the event loop."""

    def __init__(
        self,
        on_found: Callable[[Discovered], None],
        on_gone: Callable[[Discovered], None],
        keep: Callable[[str], bool],
    ) -> None:
        """Prepare; `keep(id_prefix)` names those that a flood of others must not push out."""
        self._on_found = on_found
        self._on_gone = on_gone
        self._keep = keep
        self._found: dict[str, Discovered] = {}
        self._resolving: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._places = asyncio.Semaphore(MAX_RESOLVING)
        self._zeroconf: AsyncZeroconf | None = None

    @property
    def found(self) -> tuple[Discovered, ...]:
        """What is announced now."""
        return tuple(self._found.values())

    async def run(self) -> None:
        """Listen until cancelled; a machine without a network is tried again every RETRY_SECONDS."""
        # The library takes a quarter of a second to import; in a thread it does not hold up the loop.
        library = await asyncio.to_thread(_zeroconf_library)
        try:
            while True:
                try:
                    self._zeroconf = library.AsyncZeroconf()
                    break
                except OSError as error:
                    log.warning("cannot listen for nodes: %s", error)
                    await asyncio.sleep(RETRY_SECONDS)
            browser = library.AsyncServiceBrowser(self._zeroconf.zeroconf, SERVICE_TYPE, handlers=[self._changed])
            self._zeroconf.zeroconf.async_add_listener(library.listener(self._repeated), None)
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.shield(browser.async_cancel())
        finally:
            await self._close()

    async def _close(self) -> None:
        tasks = list(self._resolving.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._zeroconf is not None:
            await self._zeroconf.async_close()

    def _changed(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change.name == "Removed":
            gone = self._found.pop(name, None)
            if gone is not None:
                self._on_gone(gone)
            return
        if name in self._resolving:
            self._again.add(name)
        elif len(self._resolving) < MAX_REMEMBERED:
            self._resolving[name] = asyncio.create_task(self._resolve(name))

    def _repeated(self, name: str) -> None:
        """A node announced itself again and nothing is new, which the browser does not tell: it may have restarted."""
        found = self._found.get(name)
        if found is not None:
            self._on_found(found)

    async def _resolve(self, name: str) -> None:
        try:
            async with self._places:
                while True:
                    self._again.discard(name)
                    found = await self._asked(name)
                    if found is not None:
                        self.remember(found)
                    if name not in self._again:
                        return
        finally:
            del self._resolving[name]

    async def _asked(self, name: str) -> Discovered | None:
        if self._zeroconf is None or len(name) > 255:
            return None
        library = _zeroconf_library()
        info = library.AsyncServiceInfo(SERVICE_TYPE, name)
        try:
            known = await info.async_request(self._zeroconf.zeroconf, RESOLVE_MS)
        except (OSError, ValueError, library.Error) as error:
            log.debug("announcement of %r cannot be resolved: %s", name, error)
            return None
        return parsed(info) if known else None

    def remember(self, found: Discovered) -> None:
        """Take an announcement; beyond MAX_REMEMBERED the oldest goes that need not be kept."""
        self._found.pop(found.service, None)
        while len(self._found) >= MAX_REMEMBERED:
            oldest = next((key for key, old in self._found.items() if not self._keep(old.id_prefix)), found.service)
            if oldest == found.service:
                return
            self._on_gone(self._found.pop(oldest))
        self._found[found.service] = found
        self._on_found(found)


def parsed(info: AsyncServiceInfo) -> Discovered | None:
    """Clean one announcement; None when it names no port, address or id. Never raises for what it holds."""
    texts = {_text(key, 40): _text(value, 60) for key, value in info.properties.items() if value is not None}
    prefix = texts.get("id", "").lower()
    if len(prefix) != 16 or set(prefix) - set("0123456789abcdef"):
        return None
    port = info.port or 0
    hosts = info.parsed_scoped_addresses()[:MAX_ADDRESSES]
    addresses = tuple(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host in hosts)
    if not addresses or not 0 < port < 65536:
        return None
    return Discovered(
        service=info.name,
        name=texts.get("name") or prefix,
        id_prefix=prefix,
        addresses=addresses,
        zone=texts.get("zone", ""),
        pairing=texts.get("pairing") == "1",
    )


def _text(data: bytes | None, limit: int) -> str:
    text = (data or b"")[: 4 * limit].decode("utf-8", errors="replace")
    return "".join(character for character in text if character.isprintable())[:limit].strip()


class _Library:
    """The parts of zeroconf in use, found at the first call."""

    def __init__(self) -> None:
        from zeroconf import Error, RecordUpdate, RecordUpdateListener
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

        self.Error: type[Exception] = Error
        self.AsyncServiceBrowser: Any = AsyncServiceBrowser
        self.AsyncServiceInfo: Any = AsyncServiceInfo
        self.AsyncZeroconf: Any = AsyncZeroconf

        class Listener(RecordUpdateListener):
            """Calls back with the service's name for each location record (SRV) that is heard again."""

            def __init__(self, heard: Callable[[str], None]) -> None:
                super().__init__()
                self._heard = heard

            def async_update_records(self, zc: Zeroconf, now: float, records: list[RecordUpdate]) -> None:
                for record in records:
                    # A lifetime of 0 is a goodbye.
                    if record.old is not None and record.new.type == _SRV and record.new.ttl:
                        self._heard(record.new.name)

        self.listener: Callable[[Callable[[str], None]], RecordUpdateListener] = Listener


def _zeroconf_library() -> _Library:
    return _Library()

"""Nodes that announce themselves by mDNS. Everything heard is a hint from a stranger: it may be wrong, huge or hostile.

Nothing follows from an announcement but an attempt to connect, in which the node has to prove its pinned key. Listening
is done in a thread with a loop of its own, which rests after each few milliseconds of work: a flood of packets is lost
in the kernel's buffer instead of holding up whatever else this program does. What is heard comes over in small batches,
and of each service only the latest.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
import selectors
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nodeworker.protocol import SERVICE_TYPE

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

MAX_REMEMBERED = 500
MAX_OF_ONE = 4
"""Services that claim the same id."""
MAX_ADDRESSES = 8
"""Of one node: a machine has a handful."""
MAX_HEARD = 1000
"""News that may wait to be taken over; the oldest is forgotten, and comes again when it is announced again."""
BATCH = 32
BATCH_SECONDS = 0.02
"""Between two batches."""
MAX_RESOLVING = 32
"""Announcements that came in parts, and are asked about, at the same time; the rest is left until it comes again."""
RESOLVE_MS = 3000
WORK_SECONDS = 0.003
REST_SECONDS = 0.009
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
        self._of: dict[str, dict[str, None]] = {}
        """Services by id prefix."""
        self._strangers: dict[str, None] = {}
        """Services that need not be kept, oldest first."""
        self._heard: dict[str, Discovered | None] = {}
        """By service, the oldest first; None: it has gone."""
        self._lock = threading.Lock()

    @property
    def found(self) -> tuple[Discovered, ...]:
        """What is announced now."""
        return tuple(self._found.values())

    async def run(self) -> None:
        """Listen until cancelled; a machine without a network is tried again every RETRY_SECONDS."""
        loop, news, over = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        listener = _Listener(functools.partial(self._hear, loop, news))

        def ended() -> None:
            over.set()
            news.set()

        def listen() -> None:
            try:
                with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(_Patient())) as runner:
                    runner.run(listener.run())
            except Exception as error:  # the thread's last resort: nodes that are paired go on without it
                log.error("listening for nodes ended", exc_info=error)
            finally:
                loop.call_soon_threadsafe(ended)

        thread = threading.Thread(target=listen, name="discovery", daemon=True)
        thread.start()
        try:
            while not over.is_set():
                await news.wait()
                news.clear()
                if self._take():
                    news.set()
                await asyncio.sleep(BATCH_SECONDS)
        finally:
            listener.stop()
            await asyncio.shield(over.wait())

    def _hear(
        self, loop: asyncio.AbstractEventLoop, news: asyncio.Event, service: str, what: Discovered | None
    ) -> None:
        """Take a piece of news, in the listener's thread."""
        with self._lock:
            first = not self._heard
            self._heard.pop(service, None)
            if len(self._heard) >= MAX_HEARD:
                del self._heard[next(iter(self._heard))]
            self._heard[service] = what
        if first:
            loop.call_soon_threadsafe(news.set)

    def _take(self) -> bool:
        """Carry a batch over; whether there is more."""
        with self._lock:
            batch = [(service, self._heard.pop(service)) for service in list(self._heard)[:BATCH]]
            more = bool(self._heard)
        for service, what in batch:
            if what is not None:
                self.remember(what)
            else:
                self._drop(service)
        return more

    def remember(self, found: Discovered) -> None:
        """Take an announcement; beyond MAX_REMEMBERED the oldest goes that need not be kept."""
        self._forget(found.service)
        same = self._of.get(found.id_prefix, {})
        if len(same) >= MAX_OF_ONE:  # many services in one name: a stranger's doing, and the first need not be right
            self._drop(next(iter(same)))
        if len(self._found) >= MAX_REMEMBERED:
            if not self._strangers:
                return
            self._drop(next(iter(self._strangers)))
        self._found[found.service] = found
        self._of.setdefault(found.id_prefix, {})[found.service] = None
        if not self._keep(found.id_prefix):
            self._strangers[found.service] = None
        self._on_found(found)

    def _drop(self, service: str) -> None:
        gone = self._forget(service)
        if gone is not None:
            self._on_gone(gone)

    def _forget(self, service: str) -> Discovered | None:
        gone = self._found.pop(service, None)
        if gone is not None:
            self._strangers.pop(service, None)
            same = self._of[gone.id_prefix]
            del same[service]
            if not same:
                del self._of[gone.id_prefix]
        return gone


class _Patient(selectors.DefaultSelector):
    """Sleeps before more events are taken when the thread has worked for WORK_SECONDS since it slept last."""

    def __init__(self) -> None:
        super().__init__()
        self._worked = time.thread_time()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        now = time.thread_time()
        if now - self._worked > WORK_SECONDS:
            time.sleep(REST_SECONDS)
            self._worked = now
        elif timeout is None or timeout > REST_SECONDS:
            ready = super().select(0)
            if ready:
                return ready
            self._worked = now  # idle: what comes next begins a new stretch of work
        return super().select(timeout)


class _Listener:
    """The thread's side: zeroconf, and what is made of its records. `hear` is called there."""

    def __init__(self, hear: Callable[[str, Discovered | None], None]) -> None:
        self._hear = hear
        self._told: dict[str, Discovered] = {}
        """What was told of a service, so that the same again is told as what it was."""
        self._resolving: dict[str, asyncio.Task[None]] = {}
        self._zeroconf: AsyncZeroconf | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = threading.Event()
        self._stop: asyncio.Event | None = None

    def stop(self) -> None:
        """End `run`, from any thread."""
        self._stopping.set()
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)

    async def run(self) -> None:
        """Listen until `stop`."""
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        library = _library()
        while not self._stopping.is_set():
            try:
                self._zeroconf = library.AsyncZeroconf()
                break
            except OSError as error:
                log.warning("cannot listen for nodes: %s", error)
                await self._pause(RETRY_SECONDS)
        if self._zeroconf is None:
            return
        try:
            browser = library.AsyncServiceBrowser(self._zeroconf.zeroconf, SERVICE_TYPE, handlers=[self._changed])
            self._zeroconf.zeroconf.async_add_listener(library.listener(self._repeated), None)
            while not self._stopping.is_set():
                await self._pause(3600)
            await browser.async_cancel()
        finally:
            tasks = list(self._resolving.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._zeroconf.async_close()

    async def _pause(self, seconds: float) -> None:
        assert self._stop is not None
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return

    def _changed(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change.name == "Removed":
            if self._told.pop(name, None) is not None:
                self._hear(name, None)
            return
        library = _library()
        try:
            info = library.AsyncServiceInfo(SERVICE_TYPE, name)
            complete = info.load_from_cache(zeroconf)
        except (ValueError, library.Error) as error:
            log.debug("announcement of %r makes no sense: %s", name, error)
            return
        if complete:
            self._tell(info)
        elif name not in self._resolving and len(self._resolving) < MAX_RESOLVING:
            self._resolving[name] = asyncio.create_task(self._resolve(name, info))

    def _repeated(self, name: str) -> None:
        """A node announced itself again and nothing is new, which the browser does not tell: it may have restarted."""
        told = self._told.get(name)
        if told is not None:
            self._hear(name, told)

    async def _resolve(self, name: str, info: AsyncServiceInfo) -> None:
        assert self._zeroconf is not None
        library = _library()
        try:
            if await info.async_request(self._zeroconf.zeroconf, RESOLVE_MS):
                self._tell(info)
        except (OSError, ValueError, library.Error) as error:
            log.debug("announcement of %r cannot be resolved: %s", name, error)
        finally:
            del self._resolving[name]

    def _tell(self, info: AsyncServiceInfo) -> None:
        found = parsed(info)
        if found is None:
            return
        self._told.pop(found.service, None)
        if len(self._told) >= 2 * MAX_REMEMBERED:
            del self._told[next(iter(self._told))]
        self._told[found.service] = found
        self._hear(found.service, found)


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
        name=_name(info.name, prefix),
        id_prefix=prefix,
        addresses=addresses,
        zone=texts.get("zone", ""),
        pairing=texts.get("pairing") == "1",
    )


def _name(service: str, prefix: str) -> str:
    """What a node is called: its service is announced as NAME-ID8."""
    label = _text(service.removesuffix(f".{SERVICE_TYPE}").encode(), 60)
    return re.sub(rf"-{prefix[:8]}\Z", "", label, flags=re.IGNORECASE) or prefix


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


@functools.cache
def _library() -> _Library:
    """Return the library; importing it takes a quarter of a second, so it is done in the listener's thread."""
    return _Library()

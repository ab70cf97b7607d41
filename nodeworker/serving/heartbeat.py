"""A node's load: put together once a tick, however many watch it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from nodeworker.engines import Figures, figures_of
from nodeworker.load.sensors import FRESH_SECONDS, Load, Sensors
from nodeworker.load.tally import Tally
from nodeworker.load.waiting import Rates
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving.engine_call import within
from nodeworker.serving.room import Room
from nodeworker.serving.rooms import EngineRooms
from nodeworker.threads import Crew

log = logging.getLogger(__name__)
TICK_SECONDS = 1.0
"""Between two reports of a node that does something, and of each for watchers that wish no other pace."""
MOST_REST = 10.0
"""Seconds between two reports of a node at rest, whatever a watcher wishes."""
SHORTEST_PAUSE = 0.1
"""Between two reports, however much changes."""
MOST_MESSAGES = 100
"""Reports a second to all watchers together; with many of them changes are told a little later."""
PATIENCE_SECONDS = 0.2
"""How long a report waits for the sensors; then it goes out with the last reading."""
STALE_SECONDS = 10.0
"""An older reading is not shown any more."""
MOST_PREFIXES = 4096


@dataclass(frozen=True, slots=True)
class Report:
    """The load at one moment."""

    status: pb.Status
    load: Load
    restarts: dict[str, int]
    """Engine processes lost since the start, by role."""
    waits: dict[str, tuple[int, int]]
    """Active and queued calls by role, background work included."""

    @property
    def at_rest(self) -> bool:
        """Whether nothing runs, waits or loads: the next report says the same, but for the sensors."""
        loading = any(engine.state == pb.ENGINE_LOADING for engine in self.status.engines)
        return not loading and not any(active or queued for active, queued in self.waits.values())


class Reporter:
    """Puts reports together from rooms, sensors and counts."""

    def __init__(
        self, rooms: EngineRooms, tally: Tally, sensors: Sensors, *, slots: int, draining: Callable[[], bool]
    ) -> None:
        """`slots` answers are made at once, as long as no engine says otherwise."""
        self._rooms = rooms
        self._tally = tally
        self._sensors = sensors
        self._slots = slots
        self._draining = draining
        self._load = Load()
        self._read_at = float("-inf")
        self._reading: asyncio.Future[Load] | None = None

    @property
    def slots(self) -> int:
        """Answers that are made at the same time."""
        engine = self._rooms.chat.engine
        return engine.slots if engine is not None else self._slots

    def chat_wait(self) -> float:
        """Return the seconds until an answer that is asked for now would begin."""
        room = self._rooms.chat
        state = room.status()
        loading = 0.0
        if state.state in (pb.ENGINE_IDLE, pb.ENGINE_LOADING):
            loading = self._tally.load_seconds * (1.0 - state.progress)
        return loading + self._tally.chat_wait(self.slots, self._rates(self._figures()))

    def wait(self, role: str) -> float:
        """Return the seconds until a call of that role would begin, as far as recent ones say."""
        if role == "chat":
            return self.chat_wait()
        return self._tally.other_wait(role, self._rooms.rooms[role].queued + 1)

    async def report(self) -> Report:
        """Look at everything now."""
        await self._rooms.models()
        load = await self._sensed()
        chat, figures = self._rooms.chat, self._figures()
        rates = self._rates(figures)
        rooms = self._rooms.rooms
        status = pb.Status(
            active=chat.active,
            queued=chat.queued,
            slots=self.slots,
            decode_rate=rates.decode,
            prefill_rate=rates.prefill,
            memory_used_bytes=load.memory_used_bytes,
            memory_total_bytes=load.memory_total_bytes,
            cpu_percent=load.cpu_percent,
            temperature_c=load.temperature_c,
            throttled=load.throttled,
            draining=self._draining(),
            engines=self._rooms.statuses(),
            kv_cells=figures.kv_cells,
            free_kv_cells=figures.free_kv_cells,
            cached_prefixes=figures.cached_prefixes[:MOST_PREFIXES],
            predicted_wait_ms=1000 * self.chat_wait(),
            unread_tokens=round(self._tally.unread()),
            under_voltage=load.under_voltage,
            power_watts=load.power.watts,
            engine_restarts=self._rooms.engine_restarts,
            tokens_made=self._tally.tokens_made,
        )
        return Report(
            status,
            load,
            {role: room.lost for role, room in rooms.items()},
            {role: _all_of(room) for role, room in rooms.items()},
        )

    def _figures(self) -> Figures:
        return figures_of(self._rooms.chat.engine)

    def _rates(self, figures: Figures) -> Rates:
        """Rates as the engine measured them; of one that does not tell, as its answers came out."""
        engine = self._rooms.chat.engine
        if engine is None:
            return Rates(0.0, 0.0)
        measured = self._tally.pace * max(1, self._rooms.chat.active)
        return Rates(figures.prefill_rate or engine.prefill_rate, figures.decode_rate or measured or engine.decode_rate)

    async def _sensed(self) -> Load:
        if self._reading is None and time.monotonic() - self._read_at >= FRESH_SECONDS:
            self._reading = _crew().submit(self._sensors.read)
            self._reading.add_done_callback(self._was_read)
        if self._reading is not None:
            await asyncio.wait([self._reading], timeout=PATIENCE_SECONDS)
        return self._load if time.monotonic() - self._read_at < STALE_SECONDS else Load()

    def _was_read(self, reading: asyncio.Future[Load]) -> None:
        self._reading = None
        if reading.cancelled():
            return
        if error := reading.exception():
            log.error("the sensors cannot be read", exc_info=error)
            return
        self._load, self._read_at = reading.result(), time.monotonic()


class Heartbeat:
    """Gives every watcher the same reports: one a second, and one after each change. Rests while nobody watches.

    While the node is at rest, reports come as seldom as the most eager watcher wishes.
    """

    def __init__(
        self,
        make: Callable[[], Awaitable[Report]],
        change: Callable[[], asyncio.Event],
        look: Callable[[], object] = lambda: None,
    ) -> None:
        """`change` returns the event that the next change sets; `look`, each tick, what is told, too, if it differs."""
        self._make = make
        self._change = change
        self._look = look
        self._rests: list[float] = []
        """What each watcher wishes, in seconds."""
        self._ticking: asyncio.Task[None] | None = None
        self._report: Report | None = None
        self._made_at = 0.0
        self._count = 0
        self._arrived = asyncio.Event()
        self._basis = asyncio.Event()
        """Set when something has changed since the last report."""

    async def follow(self, rest_seconds: float = 0.0) -> AsyncGenerator[Report, None]:
        """Yield the load now, and then each new report; one who reads slowly gets the newest only.

        Args:
            rest_seconds: The longest time between two reports of a node at rest; a second to ten of them.
        """
        rest = min(max(TICK_SECONDS, rest_seconds), MOST_REST)  # in this order what is no number becomes a second
        self._rests.append(rest)
        if self._ticking is None:
            self._report = None
            self._ticking = asyncio.get_running_loop().create_task(self._tick())
        seen = -1
        try:
            if self._report is not None and (self._basis.is_set() or time.monotonic() - self._made_at > TICK_SECONDS):
                # It is known to be old, and the next report is not due yet: the others wait, a newcomer does not.
                seen = self._count
                yield await self._make()
            while True:
                arrived, ticking = self._arrived, self._ticking
                if ticking is None or ticking.done():
                    raise RuntimeError("the load cannot be put together") from _error_of(ticking)
                if self._report is None or self._count == seen:
                    await arrived.wait()
                    continue
                seen = self._count
                yield self._report
        finally:
            self._rests.remove(rest)
            if not self._rests and self._ticking is not None:
                self._ticking.cancel()
                self._ticking = None

    async def _tick(self) -> None:
        try:
            while True:
                change = self._basis = self._change()
                seen = self._look()
                report = self._report = await self._make()
                self._made_at = time.monotonic()
                self._count += 1
                self._tell()
                pause = max(SHORTEST_PAUSE, min(TICK_SECONDS, len(self._rests) / MOST_MESSAGES))
                await asyncio.sleep(pause)
                await within(max(0.0, TICK_SECONDS - pause), change)
                while report.at_rest and self._nobody_waits() and not change.is_set() and self._look() == seen:
                    await within(TICK_SECONDS, change)
        finally:
            # Also when it failed: whoever waits must learn of it. Soon, when the task is seen to be done.
            asyncio.get_running_loop().call_soon(self._tell)

    def _nobody_waits(self) -> bool:
        return time.monotonic() < self._made_at + min(self._rests, default=0.0) - TICK_SECONDS / 2

    def _tell(self) -> None:
        arrived, self._arrived = self._arrived, asyncio.Event()
        arrived.set()


def _all_of(room: Room[Any]) -> tuple[int, int]:
    inside, waiting = room.background
    return room.active + inside, room.queued + waiting


def _error_of(task: asyncio.Task[None] | None) -> BaseException | None:
    return task.exception() if task is not None and task.done() and not task.cancelled() else None


@cache
def _crew() -> Crew:
    """The thread that reads sensors: one for all nodes of a process, as the machine is one."""
    return Crew("sensors", most=1)

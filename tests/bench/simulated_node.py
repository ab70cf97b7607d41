"""A node in virtual time: queue, engine, cache, tally and reports.

The parts are the real ones wherever they touch no clock and no socket: the paced engine's batch and cache, the node's
tally and predicted wait, and the desktop's translation of a status. What is simulated is time, the link, and the queue
of a room. A desktop knows of a node only what its last report said, when that arrived.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.cluster.wire import with_status
from app.events import ModelInfo, NodeInfo
from nodeworker.engines import Done
from nodeworker.engines.paced.cells import BLOCK_CELLS, Cells, Lease
from nodeworker.engines.paced.turns import CHUNK, Batch, Pace, Place
from nodeworker.load.tally import Call, Tally
from nodeworker.load.waiting import Rates
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving.heartbeat import TICK_SECONDS
from nodeworker.serving.roles import QUEUE_LIMITS
from tests.bench.conversations import Ask

_SHA = "5a" * 32
_HASHES = 512
"""As many as the paced engine tells."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a node is like."""

    name: str
    decode: float
    prefill: float
    slots: int = 4
    link_ms: float = 1.0
    """There and back."""
    heat: float = 1.0
    """Share of its rates that is left while it throttles."""
    zone: str = ""
    desktop: int | None = None
    """Number of the desktop whose own node it is; nobody else sees it."""
    cells: int = 16_384
    accelerator: str = ""


@dataclass(slots=True)
class _Job:
    ask: Ask
    call: Call
    lease: Lease | None = None
    place: Place | None = None
    told: int = 0


class SimulatedNode:
    """One node: queue, engine, cache, tally and reports, in virtual time."""

    def __init__(self, machine: Machine, now: Callable[[], float], *, report_pause: float) -> None:
        self.machine = machine
        self.pace = Pace(machine.decode * machine.heat, machine.prefill * machine.heat)
        self.batch = Batch(self.pace)
        self.cells = Cells(machine.cells)
        self.tally = Tally(clock=now)
        self.coming: list[Ask] = []
        """Sent, not yet arrived."""
        self.waiting: deque[_Job] = deque()
        self.running: list[_Job] = []
        self._now = now
        self._pause = report_pause
        self._reports: deque[NodeInfo] = deque(maxlen=64)
        self._reported = float("-inf")
        self._changed = True
        model = ModelInfo("m", "chat", _SHA, 1_100_000_000, "Q4", 8192, decode_rate=machine.decode)
        local = machine.desktop is not None
        self._info = NodeInfo(
            machine.name, machine.name, "", machine.zone, trusted=True, state="ready", local=local, models=(model,),
            slots=machine.slots, latency_ms=machine.link_ms, accelerator=machine.accelerator,
        )  # fmt: skip
        self.report()

    @property
    def idle(self) -> bool:
        """Nothing runs or waits."""
        return not self.running and not self.waiting

    def info(self, now: float) -> NodeInfo:
        """Return what a desktop knows at `now`: the newest report that has arrived."""
        way = self.machine.link_ms / 2000
        for info in reversed(self._reports):
            if info.seen_at + way <= now:
                if info is self._reports[-1] and self.idle:  # a node with nothing to do says so each second
                    ticks = int((now - way - info.seen_at) / TICK_SECONDS)
                    return replace(info, seen_at=info.seen_at + way + ticks * TICK_SECONDS)
                return replace(info, seen_at=info.seen_at + way)
        return self._reports[0]

    def report_due(self) -> float:
        """Return when the next report is made: soon after a change, otherwise a second after the last."""
        return self._reported + (self._pause if self._changed else TICK_SECONDS)

    def report(self) -> None:
        """Make a report now."""
        now = self._now()
        self.batch.advance(now)
        for job in self.running:
            assert job.place is not None
            job.call.reads(job.ask.prompt - job.place.prompt + job.place.read, job.ask.prompt)
            if job.place.made > job.told:
                job.call.says(job.place.made - job.told)
                job.told = job.place.made
        decode = self.pace.together(max(1, len(self.running)))
        status = pb.Status(
            active=len(self.running),
            queued=len(self.waiting),
            slots=self.machine.slots,
            decode_rate=decode,
            prefill_rate=self.pace.prefill_rate,
            throttled=self.machine.heat < 1,
            kv_cells=self.cells.cells,
            free_kv_cells=self.cells.free,
            cached_prefixes=self.cells.cached[:_HASHES],
            unread_tokens=round(self.tally.unread()),
            predicted_wait_ms=1000 * self.tally.chat_wait(self.machine.slots, Rates(self.pace.prefill_rate, decode)),
        )
        self._reports.append(replace(with_status(self._info, status), seen_at=now))
        self._reported, self._changed = now, False

    def arrive(self, ask: Ask) -> bool:
        """Take a request; False when the queue is full."""
        self.coming.remove(ask)
        if self.running and len(self.waiting) >= QUEUE_LIMITS["chat"]:
            return False
        call = self.tally.call("chat", limit=ask.request.max_tokens)
        call.__enter__()
        self.waiting.append(_Job(ask, call))
        self._start()
        return True

    def turn(self) -> list[Ask]:
        """Carry out what has ended by now; returns the answers that are complete."""
        now = self._now()
        self.batch.advance(now)
        done: list[Ask] = []
        for job in list(self.running):
            place, ask = job.place, job.ask
            assert place is not None and job.lease is not None
            back = self.machine.link_ms / 2000
            if place.made and not ask.first:
                self.cells.keep(job.lease, ask.hashes)
                ask.first = now + back
                if ask.seen is not None:
                    ask.seen()
            if place.made == place.wanted:
                ask.end = now + back
                self.cells.keep(job.lease, ask.after)
                self.batch.leave(now, place)
                self.cells.give_back(job.lease)
                self.running.remove(job)
                writing = 1000 * (place.made_at - place.read_at)
                cached = ask.prompt - place.prompt
                job.call.done(Done("stop", ask.prompt, cached, place.made, 0.0, writing))
                job.call.__exit__(None, None, None)
                done.append(ask)
        if done:
            self._start()
        return done

    def ahead(self, ask: Ask, now: float, best: float) -> tuple[float, float]:
        """Return when the first and last token of `ask` would be made if nothing else came, knowing everything.

        Gives up, with infinity, once the first is later than `best`.
        """
        left: list[list[float]] = [
            [job.place.prompt - job.place.read, job.place.wanted - job.place.made] for job in self.running if job.place
        ]
        queue = deque([self._plan(job.ask) for job in self.waiting])
        queue.extend(self._plan(other) for other in self.coming)
        mine = self._plan(ask)
        queue.append(mine)
        due = self.batch.due
        at = max(now + self.machine.link_ms / 2000, due if due is not None else 0.0)
        turn = 0
        while True:
            while queue and len(left) < self.machine.slots:
                left.append(queue.popleft())
            readers = [one for one in left if one[0] > 0]
            writers = [one for one in left if one[0] <= 0]
            step = len(writers) / self.pace.together(len(writers)) if writers else 0.0
            times = 1.0
            if readers:
                reader = readers[turn % len(readers)]
                size = min(CHUNK, reader[0])
                step += size / self.pace.prefill_rate
                reader[0] -= size
            else:
                until = min(one[1] for one in writers)
                times = 1.0 if mine in writers and not mine[2] else until
            turn += 1
            at += step * times
            for one in writers:
                one[1] -= times
            if mine in writers and not mine[2]:
                mine[2] = at
            left = [one for one in left if one[0] > 0 or one[1] > 0]
            if mine[0] <= 0 and mine[1] <= 0:
                return mine[2] + self.machine.link_ms / 2000, at + self.machine.link_ms / 2000
            if not mine[2] and at > best:
                return float("inf"), float("inf")

    def _plan(self, ask: Ask) -> list[float]:
        return [ask.prompt - self._cached(ask), ask.answer, 0.0]

    def _cached(self, ask: Ask) -> int:
        held = set(self.cells.cached)
        blocks = 0
        for block in ask.hashes:
            if block not in held:
                break
            blocks += 1
        return min(blocks * BLOCK_CELLS, ask.prompt - 1)

    def _start(self) -> None:
        now = self._now()
        while self.waiting and len(self.running) < self.machine.slots:
            job = self.waiting[0]
            lease = self.cells.take(job.ask.hashes, job.ask.prompt + job.ask.answer)
            if lease is None:
                break
            self.waiting.popleft()
            cached = min(lease.cached * BLOCK_CELLS, job.ask.prompt - 1)
            job.lease, job.place = lease, self.batch.join(now, job.ask.prompt - cached, job.ask.answer)
            job.call.begins(0.0)
            self.running.append(job)
        self._changed = True

"""`tangnet bench cluster`: one desktop with many questions at once over a cluster of simulated nodes on this machine.

What is measured is everything but models: choosing a node, TLS, streams, the watch of all nodes, and the nodes' own
queues. The nodes are processes of their own, and all share the machine with the desktop.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from app.cluster.cluster import Cluster
from app.commands.simulated_fleet import Fleet, fleet
from app.errors import NodeError, TangnetError
from app.events import Generated, Moved, NodeChosen, TokenReceived
from app.settings import Settings
from app.thinking import ChatMessage, ChatRequest

PI, RIG = "paced:12,40,slots=1", "paced:150,2000,slots=1"
"""A Raspberry Pi and a machine with a graphics card; one answer at a time, so that a node's rate is its most."""
QUESTION = "What does the contract say about item {number:06}?"
SHORTEST, LONGEST = 64, 192
"""Tokens of an answer."""
CONNECT_SECONDS = 60.0
QUIET_SECONDS = 10.0
LATE_SECONDS = 60
LAG_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    engines: Sequence[str]
    """One node each, as `--engine`."""
    clients: int
    seconds: float
    """Measured; clients ask again at once until it is over."""
    ramp: float = 5.0
    """Clients begin one after the other within so many seconds."""
    settle: float = 5.0
    """After that, before the measurement begins."""
    processes: int = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """One answered request; seconds of the monotonic clock."""

    number: int
    node: str
    at: float
    first: float
    ended: float
    tokens: int
    moved: int
    text: str


@dataclass(slots=True)
class Run:
    """What was seen."""

    began: float = 0.0
    """Of the measured time."""
    ended: float = 0.0
    connect_seconds: float = 0.0
    """From the start of the desktop's cluster until all nodes could be asked."""
    asked: list[Asked] = field(default_factory=list)
    """Answers that came to their end."""
    waits: dict[int, float] = field(default_factory=dict)
    """Seconds to the first token, by number, of the requests made in the measured time."""
    waiting: dict[int, float] = field(default_factory=dict)
    """When requests were made that have no token yet."""
    failures: list[TangnetError] = field(default_factory=list)
    tokens: int = 0
    """That arrived within the measured time."""
    messages: int = 0
    """Events with tokens that arrived within it."""
    client_cpu: float = 0.0
    """Cores, on average."""
    nodes_cpu: float = 0.0
    nodes_memory: int = 0
    lags: list[float] = field(default_factory=list)
    """How late the desktop's loop was, every 50 ms."""
    deaths: int = 0
    """Times that a living node was taken for dead."""
    tasks_before: int = 0
    tasks_after: int = 0
    unanswered: int = 0
    """Requests of the measured time that still had no token long after it."""
    freed_seconds: float = 0.0
    """From giving up all answers at once until no node had one."""

    @property
    def seconds(self) -> float:
        """Length of the measured time."""
        return self.ended - self.began

    @property
    def rate(self) -> float:
        """Tokens/s of all answers together."""
        return self.tokens / self.seconds

    def measured(self, at: float) -> bool:
        """Whether that moment is within the measured time."""
        return 0 < self.began <= at < self.ended


def request(number: int) -> ChatRequest:
    """Return question `number`; its length and its answer's are the same in every run."""
    digest = hashlib.blake2b(number.to_bytes(8, "big"), digest_size=4).digest()
    tokens = SHORTEST + int.from_bytes(digest, "big") % (LONGEST - SHORTEST + 1)
    return ChatRequest((ChatMessage("user", QUESTION.format(number=number)),), f"bench-{number}", max_tokens=tokens)


async def measure(plan: Plan, note: Callable[[str], None] = lambda _text: None) -> Run:
    """Start the nodes, ask, and return what was seen. Raises NodeError when the nodes cannot be started or reached."""
    note(f"Starting {len(plan.engines)} simulated nodes.")
    async with fleet(plan.engines, processes=plan.processes) as nodes:
        cluster = Cluster(nodes.home, Settings(nodes_prefer="cluster"), discover=False)
        run = Run()
        began = time.monotonic()
        await cluster.start()
        try:
            await _connected(cluster, len(plan.engines))
            run.connect_seconds = time.monotonic() - began
            await _load(plan, cluster, nodes, run, note)
        finally:
            await cluster.close()
    return run


async def _connected(cluster: Cluster, nodes: int) -> None:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            async for known in cluster.watch():
                if sum(node.state in ("ready", "busy") and not node.local for node in known) == nodes:
                    return
    except TimeoutError as error:
        raise NodeError(f"Not all of {nodes} simulated nodes can be reached.", code="bench") from error


async def _load(plan: Plan, cluster: Cluster, nodes: Fleet, run: Run, note: Callable[[str], None]) -> None:
    await asyncio.sleep(1.0)
    run.tasks_before = len(asyncio.all_tasks())
    numbers = iter(range(10**9))
    clients = [
        asyncio.create_task(_client(cluster, numbers, run, plan.ramp * place / plan.clients))
        for place in range(plan.clients)
    ]
    beside = [asyncio.create_task(_lags(run)), asyncio.create_task(_deaths(cluster, run))]
    try:
        await asyncio.sleep(plan.ramp + plan.settle)
        note(f"Measuring for {plan.seconds:.0f} s.")
        before, own = await nodes.used(), time.process_time()
        run.began, run.ended = time.monotonic(), float("inf")
        await asyncio.sleep(plan.seconds)
        run.ended = time.monotonic()
        used, after = time.process_time() - own, await nodes.used()
        run.client_cpu = used / run.seconds
        run.nodes_cpu = (after.cpu_seconds - before.cpu_seconds) / run.seconds
        run.nodes_memory = after.memory_bytes
        # Whoever asked in the measured time is waited for, under the same load: none is left out for being slow.
        for _ in range(LATE_SECONDS):
            if not any(map(run.measured, run.waiting.values())):
                break
            await asyncio.sleep(1.0)
    finally:
        for task in [*clients, *beside]:
            task.cancel()
        stopped = time.monotonic()
        run.unanswered = sum(map(run.measured, run.waiting.values()))
        results = await asyncio.gather(*clients, *beside, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(QUIET_SECONDS):
            async for known in cluster.watch():
                if all(node.local or (node.seen_at > stopped and not node.active + node.queued) for node in known):
                    break
    last = [node.seen_at for node in cluster.nodes() if not node.local]
    run.freed_seconds = max(last) - stopped
    run.tasks_after = len(asyncio.all_tasks())


async def _client(cluster: Cluster, numbers: Iterator[int], run: Run, delay: float) -> None:
    await asyncio.sleep(delay)
    while True:
        number = next(numbers)
        try:
            run.asked.append(await _ask(cluster, number, run))
        except TangnetError as error:
            run.waiting.pop(number, None)
            run.failures.append(error)
            await asyncio.sleep(1.0)


async def _ask(cluster: Cluster, number: int, run: Run) -> Asked:
    at = time.monotonic()
    first, tokens, moved, node, texts = 0.0, 0, 0, "", list[str]()
    run.waiting[number] = at
    async with contextlib.aclosing(cluster.generate(request(number))) as events:
        async for event in events:
            if isinstance(event, TokenReceived):
                now = time.monotonic()
                if not first:
                    first = now
                    if run.measured(run.waiting.pop(number)):
                        run.waits[number] = now - at
                tokens += len(event.ids)
                texts.append(event.text)
                if run.measured(now):
                    run.tokens += len(event.ids)
                    run.messages += 1
            elif isinstance(event, NodeChosen):
                node = event.name
            elif isinstance(event, Moved):
                moved += 1
            elif isinstance(event, Generated):
                break
    return Asked(number, node, at, first, time.monotonic(), tokens, moved, "".join(texts))


async def _lags(run: Run) -> None:
    while True:
        due = time.monotonic() + LAG_SECONDS
        await asyncio.sleep(LAG_SECONDS)
        if run.measured(due):
            run.lags.append(time.monotonic() - due)


async def _deaths(cluster: Cluster, run: Run) -> None:
    """No node dies in a measurement, so each that goes out of use was taken for dead."""
    dead: set[str] = set()
    async with contextlib.aclosing(cluster.watch()) as snapshots:
        async for known in snapshots:
            now = {node.id for node in known if node.state in ("unreachable", "unpaired")}
            run.deaths += len(now - dead)
            dead = now

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
from app.commands.cluster_oracle import Served, Speed, Work, served_best
from app.commands.context import Context
from app.commands.simulated_fleet import Fleet, fleet
from app.errors import NodeError, TangnetError
from app.events import Generated, Moved, NodeChosen, TokenReceived
from app.settings import Settings
from app.thinking import ChatMessage, ChatRequest

EVERY = 11
"""One node of so many is quick."""
PI, RIG = "paced:12,40,slots=1", "paced:150,2000,slots=1"
"""A Raspberry Pi and a machine with a graphics card; one answer at a time, so that a node's rate is its most."""
QUESTION = "What does the contract say about item {number:06}?"
SHORTEST, LONGEST = 64, 192
"""Tokens of an answer."""
CONNECT_SECONDS = 60.0
QUIET_SECONDS = 10.0
LATE_SECONDS = 60
LOOK_SECONDS = 0.02
SECONDS = 20.0
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
    silence: float = 0.0
    """Longest time between two signs of life of any node."""
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


async def run(context: Context) -> int:
    """Measure and print one figure a line; returns the exit status. Raises NodeError."""
    arguments = context.arguments
    rigs = arguments.nodes // EVERY
    plan = Plan(
        engines=[*[PI] * (arguments.nodes - rigs), *[RIG] * rigs],
        clients=arguments.clients,
        seconds=(seconds := arguments.seconds or SECONDS),
        ramp=min(5.0, seconds / 4),
        settle=min(5.0, seconds / 4),
    )
    seen = await measure(plan, context.output.progress)
    context.output.clear()
    for figure in figures(plan, seen):
        if context.output.json:
            context.output.line(figure)
        else:
            context.output.text(_sentence(figure))
    return 0


def figures(plan: Plan, run: Run) -> list[dict[str, object]]:
    """Return what was seen as figures: name, value, unit, and where there is one a reference and the ratio to it."""
    best = _best(plan)
    within = [one for one in best if plan.ramp + plan.settle <= one.asked < plan.ramp + plan.settle + plan.seconds]
    theirs = sorted(one.first - one.asked for one in within)
    ours = sorted(run.waits.values())
    paced = sum(_speed(engine).write for engine in plan.engines)
    lost = len(run.failures) + run.unanswered

    def made(name: str, value: float, unit: str, reference: float | None = None) -> dict[str, object]:
        line: dict[str, object] = {"figure": f"cluster_{name}", "value": round(value, 3), "unit": unit}
        if reference is not None:
            line |= {"reference": round(reference, 3), "ratio": round(value / reference, 3) if reference else 0.0}
        return line | {"nodes": len(plan.engines), "clients": plan.clients, "seconds": round(run.seconds, 1)}

    return [
        made("tokens", run.rate, "tokens/s", paced),
        made("first_token_p50", share(ours, 0.5), "s", share(theirs, 0.5)),
        made("first_token_p99", share(ours, 0.99), "s", share(theirs, 0.99)),
        made("desktop_cpu", run.client_cpu, "cores"),
        made("nodes_cpu", run.nodes_cpu, "cores"),
        made("token_cpu", 1e6 * run.client_cpu / max(run.rate, 1), "us on the desktop"),
        made("tokens_a_message", run.tokens / max(run.messages, 1), "tokens"),
        made("loop_late_p99", 1e3 * share(sorted(run.lags), 0.99), "ms"),
        made("connected", run.connect_seconds, "s"),
        made("freed", run.freed_seconds, "s"),
        made("false_deaths", run.deaths, "nodes"),
        made("moved", sum(one.moved for one in run.asked), "answers"),
        made("failed", lost, "answers"),
        made("made_here", sum(one.node == "local" for one in run.asked), "answers"),
        made("tasks_left", run.tasks_after - run.tasks_before, "tasks"),
    ]


def share(ordered: Sequence[float], part: float) -> float:
    """Return the value that this part of all does not exceed; 0 of none."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def _best(plan: Plan) -> list[Served]:
    def work(number: int) -> Work:
        asked = request(number)
        (message,) = asked.messages
        return Work(len(message.content) // 4 + 4, asked.max_tokens)  # as simulated nodes count a prompt

    speeds = [_speed(engine) for engine in plan.engines]
    return served_best(speeds, plan.clients, work, plan.ramp + plan.settle + plan.seconds, ramp=plan.ramp)


def _speed(engine: str) -> Speed:
    write, read = engine.removeprefix("paced:").split(",")[:2]
    return Speed(float(write), float(read))


def _sentence(figure: dict[str, object]) -> str:
    name = str(figure["figure"]).removeprefix("cluster_").replace("_", " ")
    beside = f" ({figure['ratio']} of {figure['reference']})" if "ratio" in figure else ""
    return f"{name}: {figure['value']} {figure['unit']}{beside}"


async def measure(plan: Plan, note: Callable[[str], None] = lambda _text: None) -> Run:
    """Start the nodes, ask, and return what was seen. Raises NodeError when the nodes cannot be started or reached."""
    note(f"Starting {len(plan.engines)} simulated nodes.")
    async with fleet(plan.engines, processes=plan.processes) as nodes:
        cluster = Cluster(
            nodes.home, Settings(nodes_prefer="cluster"), discover=False, local_arguments=("--engine", plan.engines[0])
        )
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
        busy = {node.id for node in cluster.nodes() if node.active + node.queued}
        stopped = time.monotonic()
        for task in [*clients, *beside]:
            task.cancel()
        run.unanswered = sum(map(run.measured, run.waiting.values()))
        results = await asyncio.gather(*clients, *beside, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
    run.freed_seconds = await _freed(cluster, busy, stopped)
    run.tasks_after = len(asyncio.all_tasks())


async def _freed(cluster: Cluster, busy: set[str], stopped: float) -> float:
    """Return the seconds until each of the `busy` nodes had said that it has nothing to do; QUIET_SECONDS at most."""
    freed = 0.0
    for _ in range(round(QUIET_SECONDS / LOOK_SECONDS)):
        for node in cluster.nodes():
            if node.id in busy and node.seen_at > stopped and not node.active + node.queued:
                busy.discard(node.id)
                freed = max(freed, node.seen_at - stopped)
        if not busy:
            return freed
        await asyncio.sleep(LOOK_SECONDS)
    return QUIET_SECONDS


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
    seen: dict[str, float] = {}
    async with contextlib.aclosing(cluster.watch()) as snapshots:
        async for known in snapshots:
            now = {node.id for node in known if node.state in ("unreachable", "unpaired")}
            run.deaths += len(now - dead)
            dead = now
            for node in known:
                run.silence = max(run.silence, node.seen_at - seen.get(node.id, node.seen_at))
                seen[node.id] = node.seen_at

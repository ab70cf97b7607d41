"""The stage of every chaos test: node processes, proxies before them, and one desktop that trusts them all."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.cluster.cluster import Cluster
from app.cluster.trust import TrustStore
from app.events import NodeInfo, TokenReceived
from app.settings import Settings
from app.thinking import GenerationEvent
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.pins import Pin, Pins
from tests.chaos.history import History
from tests.chaos.proxy import Proxy, proxied
from tests.node_process import NodeProcess, question, state

SEED = int(os.environ.get("TANGNET_CHAOS_SEED", "0")) or time.time_ns() % 1_000_000
"""Of everything that is drawn; printed by each test, and given again by the environment."""


class ChaosNode(NodeProcess):
    """A node process whose home trusts one desktop from the start."""

    def __init__(self, home: Path, name: str, desktop: Identity, *arguments: str) -> None:
        super().__init__(home, name, *arguments, "--no-announce")
        own = home / "node" / name
        own.mkdir(mode=0o700, parents=True)
        home.chmod(0o700)
        self.identity = Identity.load_or_create(own)
        self.kills = 0
        Pins(own / "trust.toml").add(Pin(desktop.id, "desktop", desktop.certificate))

    @property
    def exit(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.returncode if self._process is not None else None

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def drain(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    async def again(self) -> None:
        """Start it again after it has gone."""
        await self.gone()
        await self.start()

    async def stop(self) -> None:
        """Kill it if it still runs: its end is of no interest here."""
        if self._process is not None and self._process.returncode is None:
            self.kill()
            await self.gone()


@dataclass(frozen=True)
class Place:
    """Where a node runs: before its command line, and its address."""

    prefix: tuple[str, ...]
    address: str


@dataclass
class Stage:
    """All that a test needs."""

    make: Callable[[], Cluster]
    desktop: Cluster
    nodes: list[ChaosNode]
    proxies: list[Proxy]
    seed: int
    asked: int = 0
    histories: list[History] = field(default_factory=list)

    async def renew(self) -> None:
        """Start the desktop anew: it has forgotten which nodes came and went, and waits for none of them."""
        await self.desktop.close()
        self.desktop = self.make()
        await self.desktop.start()
        await self.ready()

    async def close(self) -> None:
        """Close the desktop of now."""
        await self.desktop.close()

    def node(self, name: str) -> ChaosNode:
        return next(node for node in self.nodes if node.name == name)

    def proxy(self, name: str) -> Proxy:
        return self.proxies[[node.name for node in self.nodes].index(name)]

    async def ask(
        self,
        *,
        tokens: int = 40,
        node: str = "",
        words: int = 12,
        after: int = 0,
        then: Callable[[str], None] = lambda _: None,
    ) -> History:
        """Ask a question of its own and record it; `then` gets the speaking node's name after `after` tokens."""
        history = self.begin(tokens=tokens, node=node, words=words)

        async def events() -> AsyncGenerator[GenerationEvent, None]:
            seen, done = 0, False
            async with aclosing(self.desktop.generate(history.request)) as answer:
                async for event in answer:
                    seen += len(event.ids) if isinstance(event, TokenReceived) else 0
                    if not done and isinstance(event, TokenReceived) and seen >= after > 0:
                        done = True
                        then(event.node)
                    yield event

        return await history.record(events())

    def begin(self, *, tokens: int = 40, node: str = "", words: int = 12) -> History:
        """Make the history of a question that is about to be asked."""
        self.asked += 1
        text = f"Question {self.asked} of {self.seed}: " + "why " * words
        history = History(question(f"c{self.seed}-{self.asked}", text, max_tokens=tokens, node=node))
        self.histories.append(history)
        return history

    async def ready(self, *names: str) -> list[NodeInfo]:
        """Wait until these nodes, or all, can be used."""
        return [await state(self.desktop, name, "ready") for name in names or [node.name for node in self.nodes]]


@asynccontextmanager
async def stage(
    folder: Path,
    home: Path,
    engines: Sequence[str],
    *,
    local: str = "paced:100,5000",
    through_proxies: bool = False,
    prefer: str = "cluster",
    grace: float = 5.0,
    places: Sequence[Place] = (),
    seed: int = SEED,
) -> AsyncGenerator[Stage, None]:
    """Start a node for each of `engines` (pi-0, pi-1, …), and the desktop; `local` is the engine of its own node."""
    print(f"\nseed {seed}")
    store = TrustStore(home)
    nodes = [
        ChaosNode(folder / f"pi-{n}", f"pi-{n}", store.identity(), "--engine", engine, "--grace", str(grace))
        for n, engine in enumerate(engines)
    ]
    for node, place in zip(nodes, places, strict=False):
        node.prefix, node.address = place.prefix, place.address
    async with AsyncExitStack() as stack:
        for node in nodes:
            stack.push_async_callback(node.stop)
        await asyncio.gather(*(node.start() for node in nodes))
        proxies = []
        for number, node in enumerate(nodes):
            address = node.address
            if through_proxies:
                proxies.append(await stack.enter_async_context(proxied(address, seed + number)))
                address = proxies[-1].address
            store.add(Pin(node.id, node.name, node.identity.certificate, address=address))

        def make() -> Cluster:
            return Cluster(home, Settings(nodes_prefer=prefer), discover=False, local_arguments=("--engine", local))

        one = Stage(make, make(), nodes, proxies, seed)
        await one.desktop.start()
        stack.push_async_callback(one.close)
        await one.ready()
        yield one

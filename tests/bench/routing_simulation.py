"""Desktops that ask nodes, event by event in virtual time, and the policies that choose among the nodes."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.cluster.placing import Placing
from nodeworker.serving.heartbeat import SHORTEST_PAUSE, TICK_SECONDS
from tests.bench.conversations import Ask
from tests.bench.simulated_node import Machine, SimulatedNode

Policy = Callable[["Simulation", Ask, Sequence[SimulatedNode]], list[SimulatedNode]]
"""The order in which an asking desktop tries the nodes that it sees."""


@dataclass
class Simulation:
    """A run: machines, conversations, a policy. Call `run` once."""

    machines: Sequence[Machine]
    conversations: Sequence[tuple[float, list[Ask]]]
    policy: Policy
    desktops: int
    seed: int = 0
    report_pause: float = 0.0
    """Seconds between reports after a change; 0 = what as many watchers make it."""
    now: float = 0.0
    refused: int = 0
    lost: int = 0
    placings: list[Placing] = field(default_factory=list)
    luck: random.Random = field(default_factory=random.Random)

    def run(self) -> list[Ask]:
        """Play everything; returns the questions that were answered, in the order of their ends."""
        self.luck.seed(self.seed)
        pause = self.report_pause or max(SHORTEST_PAUSE, min(TICK_SECONDS, self.desktops / 100))
        self.nodes = [SimulatedNode(machine, lambda: self.now, report_pause=pause) for machine in self.machines]
        self.placings = [Placing(clock=lambda: self.now) for _ in range(self.desktops)]
        self._seen = [
            [node for node in self.nodes if node.machine.desktop in (None, number)] for number in range(self.desktops)
        ]
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._done: list[Ask] = []
        self._next = {
            (ask.conversation, place): asks[place + 1] if place + 1 < len(asks) else None
            for _, asks in self.conversations
            for place, ask in enumerate(asks)
        }
        self._places = {id(ask): place for _, asks in self.conversations for place, ask in enumerate(asks)}
        self._turning: set[int] = set()
        self._reporting: dict[int, float] = {}
        for at, asks in self.conversations:
            self._at(at, lambda ask=asks[0]: self._ask(ask))  # type: ignore[misc]
        while self._events:
            self.now, _, event = heapq.heappop(self._events)
            event()
        return self._done

    def _at(self, time: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(time, self.now), next(self._numbers), event))

    def _ask(self, ask: Ask) -> None:
        ask.asked = self.now
        self._try(ask, self.policy(self, ask, self._seen[ask.desktop]))

    def _try(self, ask: Ask, order: list[SimulatedNode]) -> None:
        if not order:
            self.lost += 1
            return
        node, rest = order[0], order[1:]
        ask.node = node.machine.name
        self.placings[ask.desktop].given(node.info(self.now), self.placings[ask.desktop].question(ask.request))
        node.coming.append(ask)
        self._at(self.now + node.machine.link_ms / 2000, lambda: self._arrive(ask, node, rest))

    def _arrive(self, ask: Ask, node: SimulatedNode, rest: list[SimulatedNode]) -> None:
        if node.arrive(ask):
            self._follow(node)
        else:
            self.refused += 1
            self._at(self.now + node.machine.link_ms / 2000, lambda: self._try(ask, rest))

    def _follow(self, node: SimulatedNode) -> None:
        key = id(node)
        due = node.batch.due
        if due is not None and key not in self._turning:
            self._turning.add(key)
            self._at(due, lambda: self._turn(node))
        report = max(node.report_due(), self.now)
        if report < self._reporting.get(key, float("inf")):
            self._reporting[key] = report
            self._at(report, lambda: self._report(node, report))

    def _turn(self, node: SimulatedNode) -> None:
        self._turning.discard(id(node))
        for ask in node.turn():
            self._done.append(ask)
            self.placings[ask.desktop].learned.answered(ask.answer)
            follow = self._next[ask.conversation, self._places[id(ask)]]
            if follow is not None:
                self._at(ask.end + follow.think, lambda follow=follow: self._ask(follow))  # type: ignore[misc]
        self._follow(node)

    def _report(self, node: SimulatedNode, due: float) -> None:
        if self._reporting.get(id(node)) != due:
            return  # a change made it come sooner
        del self._reporting[id(node)]
        node.report()
        if not node.idle:
            self._follow(node)


def ours(run: Simulation, ask: Ask, seen: Sequence[SimulatedNode]) -> list[SimulatedNode]:
    """`rank`, with what a desktop knows."""
    by_name = {node.machine.name: node for node in seen}
    choices = run.placings[ask.desktop].order([node.info(run.now) for node in seen], ask.request)
    chosen = choices[0]
    ask.seen = lambda: run.placings[ask.desktop].learn(chosen, 1000 * (ask.first - ask.asked))
    return [by_name[choice.node.id] for choice in choices]


def at_random(run: Simulation, ask: Ask, seen: Sequence[SimulatedNode]) -> list[SimulatedNode]:
    """Any node."""
    return run.luck.sample(list(seen), len(seen))


def round_robin() -> Policy:
    """Each desktop takes one after the other."""
    turns: dict[int, int] = {}

    def policy(run: Simulation, ask: Ask, seen: Sequence[SimulatedNode]) -> list[SimulatedNode]:
        turn = turns[ask.desktop] = turns.get(ask.desktop, ask.desktop * 7) + 1
        return [seen[(turn + place) % len(seen)] for place in range(len(seen))]

    return policy


def least_connections(run: Simulation, ask: Ask, seen: Sequence[SimulatedNode]) -> list[SimulatedNode]:
    """The node with the fewest answers running and waiting, as far as the desktop knows."""
    infos = {node: node.info(run.now) for node in seen}
    placed = run.placings[ask.desktop].placed(list(infos.values()))

    def connections(node: SimulatedNode) -> tuple[int, float]:
        info = infos[node]
        since = placed.get(info.id)
        return info.active + info.queued + (since.answers if since else 0), run.luck.random()

    return sorted(seen, key=connections)


def oracle(objective: str) -> Policy:
    """The node where the first token, or the end, would come earliest, all queues, lengths and caches being known."""

    def policy(run: Simulation, ask: Ask, seen: Sequence[SimulatedNode]) -> list[SimulatedNode]:
        best, found = float("inf"), None
        quick = sorted(seen, key=lambda node: (len(node.running) + len(node.waiting), -node.pace.prefill_rate))
        for node in quick:
            node.batch.advance(run.now)
            first, end = node.ahead(ask, run.now, best)
            value = first if objective == "first" else end
            if value < best:
                best, found = value, node
        assert found is not None
        return [found, *(node for node in quick if node is not found)]

    return policy

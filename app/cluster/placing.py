"""Where answers are placed: `rank` with what this desktop has learned of nodes and given to them a moment ago."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from app.cluster.learning import Learned
from app.cluster.prediction import Placed, Question, unread
from app.cluster.routing import Choice, rank
from app.events import NodeInfo
from app.thinking import ChatRequest

MOST_PLACED = 256
"""Answers remembered for each node."""


@dataclass(frozen=True, slots=True)
class _Given:
    at: float
    tokens: int


class Placing:
    """The memory of one desktop between two choices; use it in one thread."""

    def __init__(self, learned: Learned | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with what was `learned` before; `clock` gives the seconds that `NodeInfo.seen_at` is told in."""
        self.learned = learned or Learned()
        self._clock = clock
        self._given: dict[str, deque[_Given]] = {}

    def order(
        self,
        nodes: Sequence[NodeInfo],
        request: ChatRequest,
        *,
        prefer: str = "automatic",
        avoid: Collection[str] = (),
    ) -> list[Choice]:
        """Return the nodes that can answer, best first; see `rank`. Raises NodeError."""
        return rank(
            nodes,
            request,
            prefer=prefer,
            avoid=avoid,
            placed=self.placed(nodes),
            learned=self.learned.factors(),
            typical=self.learned.answer_tokens,
            now=self._clock(),
        )

    def question(self, request: ChatRequest) -> Question:
        """Measure a request, with the length that answers had lately."""
        return Question.of(request, typical=self.learned.answer_tokens)

    def given(self, node: NodeInfo, question: Question) -> None:
        """Note that an answer is asked of a node now."""
        noted = self._given.setdefault(node.id, deque(maxlen=MOST_PLACED))
        noted.append(_Given(self._clock(), unread(node, question)))

    def placed(self, nodes: Sequence[NodeInfo]) -> dict[str, Placed]:
        """Return by id what was given to nodes and is not yet in what they said of themselves."""
        found = {}
        for node in nodes:
            # What a node says was true half its link ago, and what is sent arrives half its link later.
            since = node.seen_at - node.latency_ms / 1000
            new = [given for given in self._given.get(node.id, ()) if given.at > since]
            if new:
                found[node.id] = Placed(len(new), sum(given.tokens for given in new))
        return found

    def learn(self, choice: Choice, milliseconds: float) -> None:
        """Compare what was predicted for a choice with what its first token took."""
        self.learned.note(
            choice.node.id,
            predicted_ms=choice.prediction.uncorrected_ms,
            corrected_ms=choice.prediction.first_ms,
            actual_ms=milliseconds,
        )

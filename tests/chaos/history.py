"""What a reader saw of one answer, with times, and whether it is what one uninterrupted node would have said."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from itertools import pairwise

from app.events import Generated, Moved, NodeChosen, TokenReceived
from app.thinking import ChatRequest, GenerationEvent
from nodeworker.engines import ChatRequest as EngineRequest
from nodeworker.engines import Message, Sampling
from nodeworker.engines.paced.engine import PacedEngine


@dataclass
class History:
    """The events of one answer in order, each with the second at which it came."""

    request: ChatRequest
    began: float = field(default_factory=time.monotonic)
    events: list[tuple[float, GenerationEvent]] = field(default_factory=list)
    error: str = ""

    @property
    def tokens(self) -> list[tuple[float, TokenReceived]]:
        return [(at, event) for at, event in self.events if isinstance(event, TokenReceived)]

    @property
    def ids(self) -> list[int]:
        return [id for _, event in self.tokens for id in event.ids]

    @property
    def text(self) -> str:
        return "".join(event.text for _, event in self.tokens)

    @property
    def moves(self) -> list[Moved]:
        return [event for _, event in self.events if isinstance(event, Moved)]

    @property
    def chosen(self) -> list[str]:
        """Names of the nodes that were asked before there was text."""
        return [event.name for _, event in self.events if isinstance(event, NodeChosen)]

    @property
    def first(self) -> float:
        """Seconds to the first text."""
        return self.tokens[0][0] - self.began

    @property
    def longest_pause(self) -> float:
        """Seconds between two pieces of text."""
        return max((late - soon for (soon, _), (late, _) in pairwise(self.tokens)), default=0.0)

    async def record(self, events: AsyncIterable[GenerationEvent]) -> History:
        """Take all events; an error is noted, not raised."""
        try:
            async for event in events:
                self.events.append((time.monotonic(), event))
        except Exception as error:  # whatever it is, the history must show it
            self.error = f"{type(error).__name__}: {error}"
        return self

    def faults(self) -> list[str]:
        """Return what is wrong; empty for a complete and exact answer of a paced node."""
        wanted = expected(self.request)
        found = [self.error] if self.error else []
        if self.ids != wanted[0]:
            found.append(f"tokens differ from place {_differs(self.ids, wanted[0])} of {len(wanted[0])}")
        if self.text != wanted[1]:
            found.append("the text differs")
        last = self.events[-1][1] if self.events else None
        if not isinstance(last, Generated):
            found.append("it does not end")
        elif last.usage.completion_tokens != len(wanted[0]):
            found.append(f"{last.usage.completion_tokens} tokens are counted, {len(wanted[0])} were made")
        if sum(isinstance(event, Generated) for _, event in self.events) > 1:
            found.append("it ends twice")
        if any(not move.exact for move in self.moves):
            found.append("a move was not exact")
        return found + self._unannounced()

    def _unannounced(self) -> list[str]:
        """Text of another node than before, without Moved: two nodes would be shown at once."""
        speaking, moved_to = "", ""
        for _, event in self.events:
            if isinstance(event, Moved):
                moved_to = event.to
            elif isinstance(event, TokenReceived):
                if speaking and event.node not in (speaking, moved_to):
                    return [f"{event.node} speaks though {speaking} did"]
                speaking = event.node
        return []


def expected(request: ChatRequest) -> tuple[list[int], str]:
    """Return ids and text of a whole answer of a paced engine; `max_tokens` must be what ends it."""
    asked = EngineRequest(
        request_id=request.request_id,
        messages=tuple(Message(message.role, message.content) for message in request.messages),
        sampling=Sampling(max_tokens=request.max_tokens, seed=request.seed),
    )
    ids = [PacedEngine.token(asked, place) for place in range(request.max_tokens)]
    return ids, PacedEngine.whole(asked, request.max_tokens)


def all_exact(histories: list[History], seed: int) -> None:
    """Fail with the seed and the first faults unless every history is complete and exact."""
    wrong = {history.request.request_id: faults for history in histories if (faults := history.faults())}
    assert not wrong, f"seed {seed}: {len(wrong)} of {len(histories)} are wrong: {list(wrong.items())[:5]}"


def _differs(ones: list[int], others: list[int]) -> int:
    pairs = zip(ones, others, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(ones), len(others)))

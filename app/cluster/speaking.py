"""Where sentences are made into sound: on this machine, on a named node, or on another one when these cannot.

What a node has not finished when it is lost is said again by the next: from the beginning of the sentence it was in,
less the sound of it that has been given away already where the voice is the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from app.cluster.routing import USABLE, in_zones, may_use, named
from app.errors import NodeBusy, NodeError, NodeLost
from app.events import NodeInfo
from app.thinking import Spoken

log = logging.getLogger(__name__)
LOCAL = "local"
OWN_TRIES = 3
"""On this machine, whose node is started anew when it dies."""
AGAIN_SECONDS = 0.1


class Mouth(Protocol):
    """What is needed of a connection; `NodeClient` is one."""

    def speak(self, sentences: AsyncIterator[str], *, voice: str, speed: float) -> AsyncGenerator[Spoken, None]:
        """Turn sentences into sound."""
        ...


def speakers(nodes: Sequence[NodeInfo], voice: str, zones: tuple[str, ...], wanted: str) -> list[NodeInfo]:
    """Return the nodes that may speak, the first to be asked first: the wanted one, this machine, idle ones, near ones.

    This machine is among them unless it is known to have no such voice. Raises NodeError for a name that is no node's.
    """
    able = [
        node
        for node in nodes
        if node.local or (node.trusted and node.state in USABLE and may_use(node) and in_zones(node, zones))
    ]
    able = [node for node in able if _has(node, voice)]
    asked = named(nodes, wanted) if wanted else None
    return sorted(
        able,
        key=lambda node: (asked is None or node.id != asked.id, not node.local, node.active, node.latency_ms, node.id),
    )


def _has(node: NodeInfo, voice: str) -> bool:
    if node.local and not node.models:
        return True  # it has not said yet
    return any(model.role == "speak" and voice in ("", model.name, model.sha256) for model in node.models)


@dataclass(frozen=True, slots=True)
class _Place:
    id: str
    name: str
    """"local" is this machine."""
    open: Callable[[], Awaitable[Mouth | None]] = field(repr=False)


class Speaking:
    """Speaks with the nodes of a cluster."""

    def __init__(
        self,
        local: Callable[[], Awaitable[Mouth]],
        nodes: Callable[[], Sequence[NodeInfo]],
        client: Callable[[str], Mouth | None],
    ) -> None:
        """`local`: the connection to this machine's node; `client`: to another, None while there is none."""
        self._local, self._nodes, self._client = local, nodes, client

    async def speak(
        self, sentences: AsyncIterator[str], *, voice: str, speed: float, zones: tuple[str, ...], node: str
    ) -> AsyncGenerator[Spoken, None]:
        """Yield the sound of each sentence. Raises NodeError: no node can speak, or none is left that can."""
        waiting = _Sentences(sentences)
        try:
            async with aclosing(self._speak(waiting, voice, speed, zones, node)) as made:
                async for spoken in made:
                    yield spoken
        finally:
            await waiting.close()

    async def _speak(
        self, waiting: _Sentences, voice: str, speed: float, zones: tuple[str, ...], node: str
    ) -> AsyncGenerator[Spoken, None]:
        tries: dict[str, int] = {}
        last: NodeError | None = None
        while True:
            place = self._next(voice, zones, node, tries)
            if place is None:
                raise last or NodeError(
                    f"No node has the voice {voice}." if voice else "No node here has a voice.",
                    code="model_missing",
                    hint="`tangnet models list` shows voices; add one with: tangnet models add hibari-heart",
                )
            try:
                async with aclosing(_spoken(place, waiting, voice, speed)) as made:
                    async for spoken in made:
                        yield spoken
            except NodeError as error:
                if waiting.failed is not None:
                    raise waiting.failed from None
                last = error
                again = place.name == LOCAL and isinstance(error, NodeLost | NodeBusy)
                tries[place.id] = tries.get(place.id, 0) + 1 if again else OWN_TRIES
                log.info("%s does not speak: %s", place.name, error.message)
                if again:
                    await asyncio.sleep(AGAIN_SECONDS * tries[place.id])
            else:
                if waiting.failed is not None:
                    raise waiting.failed
                return

    def _next(self, voice: str, zones: tuple[str, ...], wanted: str, tries: Mapping[str, int]) -> _Place | None:
        """Return where to go on; None: nowhere."""
        nodes = self._nodes()
        places = []
        for info in speakers(nodes, voice, zones, wanted):
            if info.local:
                places.append(_Place(LOCAL, LOCAL, self._local))
            else:
                places.append(_Place(info.id, info.name, partial(self._other, info.id)))
        if all(not info.local for info in nodes):
            places.insert(0, _Place(LOCAL, LOCAL, self._local))
        return next((place for place in places if tries.get(place.id, 0) < OWN_TRIES), None)

    async def _other(self, id: str) -> Mouth | None:
        return self._client(id)


async def _spoken(place: _Place, waiting: _Sentences, voice: str, speed: float) -> AsyncGenerator[Spoken, None]:
    """Speak on one node what is not said yet."""
    mouth = await place.open()
    if mouth is None:
        raise NodeLost(f"{place.name} cannot be reached.")
    first, skip = waiting.done, 0
    async with aclosing(mouth.speak(waiting.left(), voice=voice, speed=speed)) as events:
        async for event in events:
            if event.voice:
                waiting.given *= event.voice == waiting.voice  # by another voice it is said from its beginning
                waiting.voice, skip = event.voice, waiting.given
            if first + event.sentence != waiting.done or not waiting.pending:
                raise NodeError(f"{place.name} spoke out of turn.", code="bad_reply")
            sound = event.pcm16[skip:]
            skip -= len(event.pcm16) - len(sound)
            waiting.given += len(sound)
            if event.last:
                waiting.finish()
                skip = 0
            yield replace(event, pcm16=sound, sentence=first + event.sentence, node=place.name)
    if not waiting.ended or waiting.pending:
        raise NodeLost(f"{place.name} ended without having said everything.")


class _Sentences:
    """Sentences on their way to a node; those that are not said yet can be given to another one."""

    def __init__(self, source: AsyncIterator[str]) -> None:
        self._source = aiter(source)
        self._asked: asyncio.Future[None] | None = None
        self.pending: deque[str] = deque()
        self.done = 0
        """Sentences that are said."""
        self.given = 0
        """Bytes of the sentence after them that were given away."""
        self.voice = ""
        """That gave it."""
        self.ended = False
        self.failed: Exception | None = None
        """What the source raised."""

    def finish(self) -> None:
        """One more is said."""
        self.pending.popleft()
        self.done += 1
        self.given = 0

    async def left(self) -> AsyncGenerator[str, None]:
        """Yield what is not said yet, then what comes."""
        at = self.done
        while True:
            if at - self.done < len(self.pending):
                yield self.pending[at - self.done]
                at += 1
            elif self.ended:
                return
            else:
                await self._take()

    async def close(self) -> None:
        """Ask the source for no more."""
        if self._asked is not None:
            self._asked.cancel()
            await asyncio.gather(self._asked, return_exceptions=True)

    async def _take(self) -> None:
        # The question outlives the call that asks: cancelling it would end the source, and with it the answer's rest.
        asked = self._asked = self._asked or asyncio.ensure_future(self._ask())
        await asyncio.shield(asked)
        if asked is self._asked:
            self._asked = None

    async def _ask(self) -> None:
        try:
            self.pending.append(await anext(self._source))
        except StopAsyncIteration:
            self.ended = True
        except Exception as error:  # gRPC would only say that the call was cancelled
            self.ended, self.failed = True, error

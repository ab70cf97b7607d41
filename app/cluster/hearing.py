"""Where speech is turned into text: on this machine, unless the setting voice.elsewhere lets sound leave it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from app.cluster.routing import USABLE, may_use
from app.errors import NodeError, NodeLost
from app.events import Hearing, NodeInfo, Transcribed

MOST_KEPT_BYTES = 20_000_000
"""Ten minutes of sound: what can be heard again on this machine when the other is lost."""


class Ear(Protocol):
    """What is needed of a connection; `NodeClient` is one."""

    def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str, hotwords: Sequence[str] = ()
    ) -> AsyncGenerator[Hearing | Transcribed, None]:
        """Turn 16 kHz mono PCM16 into text."""
        ...


def listener(nodes: Sequence[NodeInfo]) -> NodeInfo | None:
    """Return the paired node that hears quicker than this machine; None: this machine itself.

    Quicker is one with a transcription model and a graphics processor when this machine has none of it, and nothing
    waits there; any that has a model when this machine is known to have none.
    """
    here = next((node for node in nodes if node.local), None)
    able = [node for node in nodes if not node.local and node.trusted and node.state in USABLE and may_use(node)]
    able = [node for node in able if _hears(node) and not node.queued]
    deaf = here is not None and bool(here.models) and not _hears(here)
    if not deaf:
        able = [node for node in able if node.accelerator and not (here and here.accelerator)]
    return min(able, key=lambda node: (not node.accelerator, node.active, node.latency_ms, node.id), default=None)


async def heard(
    audio: AsyncIterator[bytes],
    language: str,
    here: Callable[[], Awaitable[Ear]],
    elsewhere: tuple[NodeInfo, Ear] | None,
    hotwords: Sequence[str] = (),
) -> AsyncGenerator[Hearing | Transcribed, None]:
    """Yield what is heard, and last the whole text with the name of the node that heard it, "" being this machine.

    Raises:
        NodeLost: the other node was lost before all of the sound had come, or the sound was too long to be kept.
        NodeError: it cannot be heard here.
    """
    kept = _Kept(audio)
    if elsewhere is not None:
        node, ear = elsewhere
        try:
            async with aclosing(ear.transcribe(kept.blocks(), language=language, hotwords=hotwords)) as events:
                async for event in events:
                    yield replace(event, node=node.name) if isinstance(event, Transcribed) else event
            return
        except NodeError as error:
            # The rest of a microphone's sound went with the call: half a sentence must not pass for the whole.
            if not kept.whole and kept.begun:
                raise NodeLost(
                    f"{node.name} was lost while it listened: {error.message}",
                    hint="Say it again; `voice.elsewhere` in the settings keeps your voice on this machine.",
                ) from error
    client = await here()
    async with aclosing(client.transcribe(kept.again(), language=language, hotwords=hotwords)) as events:
        async for event in events:
            yield event


class _Kept:
    """Sound that can be read a second time, as long as it is not too much."""

    def __init__(self, audio: AsyncIterator[bytes]) -> None:
        self._audio = audio
        self._blocks: list[bytes] = []
        self._bytes = 0
        self._ended = False
        self.begun = False

    @property
    def whole(self) -> bool:
        return self._ended and self._bytes <= MOST_KEPT_BYTES

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        self.begun = True
        async for block in self._audio:
            self._bytes += len(block)
            if self._bytes <= MOST_KEPT_BYTES:
                self._blocks.append(block)
            yield block
        self._ended = True

    async def again(self) -> AsyncGenerator[bytes, None]:
        for block in self._blocks:
            yield block
        if not self._ended:
            async for block in self._audio:
                yield block


def _hears(node: NodeInfo) -> bool:
    return any(model.role == "transcribe" and model.present for model in node.models)

"""A node that refuses a two-way call while much is still to be sent to it: the caller learns why, every time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.cluster.client import NodeClient
from app.errors import NodeError
from tests.integration.node_serving import serving

TIMES = 30


async def sound() -> AsyncIterator[bytes]:
    for _ in range(200):
        yield b"\0" * 1024


async def sentences() -> AsyncIterator[str]:
    for number in range(200):
        yield f"Sentence {number}."


CALLS: dict[str, Callable[[NodeClient], AsyncIterator[object]]] = {
    "transcribe": lambda client: client.transcribe(sound(), language="en"),
    "speak": lambda client: client.speak(sentences(), voice="", speed=1.0),
    "attend": lambda client: client.attend(sound(), wake_word="nobody_has_it", threshold=0.5),
}


@pytest.mark.parametrize("call", CALLS)
async def test_why_a_node_refuses_is_never_lost(home: Path, call: str) -> None:
    async with serving(home) as node:
        client = NodeClient.local(node.address.removeprefix("unix:"), "pi")
        try:
            codes = []
            for _ in range(TIMES):
                with pytest.raises(NodeError) as refusal:
                    async for _event in CALLS[call](client):
                        pass
                codes.append(refusal.value.code)
        finally:
            await client.close()
    assert codes == ["model_missing"] * TIMES
